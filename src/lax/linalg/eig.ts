import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import type { Params, Primitive } from "../../core/primitive.ts";
import { instantiate, zeroTangent } from "../../core/tangents.ts";
import { bind } from "../../core/trace.ts";
import { int32, toComplexDType } from "../../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import { installComplex } from "../../kernels/complex.ts";
import { checkOptions } from "../../transforms/options.ts";
import { abs, integerPow } from "../arithmetic.ts";
import { complex, imag, real } from "../complex.ts";
import { broadcastedIota } from "../creation.ts";
import { inexact, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { argmax } from "../reductions.ts";
import { linalgPrimitive } from "./family.ts";
import { lu, luSolve } from "./lu.ts";
import { asColumns, asRows, conj, diagonal, H, identity, matmul } from "./matrices.ts";
import { eigRoutine } from "./routines/eig.ts";

interface EigParams extends Params {
  readonly computeLeftEigenvectors: boolean;
  readonly computeRightEigenvectors: boolean;
  readonly enableEigvecDerivs: boolean;
}

const eigPrimitive: Primitive<EigParams> = linalgPrimitive<EigParams>("eig", {
  ranks: [2],
  results: ([shape], { computeLeftEigenvectors, computeRightEigenvectors }, operand) => {
    if (shape[0] !== shape[1]) {
      throw new ValueError(`The input to eig must be a square matrix. Got shape ${shapeStr(shape)}.`);
    }
    const dtype = toComplexDType(operand);
    const sides = [computeLeftEigenvectors, computeRightEigenvectors].filter((wanted) => wanted);
    return [{ shape: shape.slice(1), dtype }, ...sides.map(() => ({ shape, dtype }))];
  },
  routine: ([[n]], { computeLeftEigenvectors: left, computeRightEigenvectors: right }, field, [operand]) =>
    eigRoutine(n, { left, right }, { real: field.real, isComplex: operand.kind === "complex" }),
  jvp: ([a], [t], params) => {
    const { computeLeftEigenvectors: left, computeRightEigenvectors: right } = params;
    if ((left || right) && !params.enableEigvecDerivs) {
      throw new NotImplementedError(
        "Derivatives of non-symmetric eigenvectors are only valid under assumptions on the input that cannot be checked. Pass " +
          "{ enableEigvecDerivs: true } to lax.linalg.eig to opt in.",
      );
    }
    const outs = bind(eigPrimitive, [a], { ...params, computeRightEigenvectors: true });
    const [w, vr] = [outs[0], outs[outs.length - 1]];
    const wanted = right ? outs : outs.slice(0, -1);
    if (a.size === 0) return [wanted, wanted.map(zeroTangent)];
    const da = ops.convertElementType(instantiate(t), w.dtype);
    const ofRight = eigenTangents(w, vr, da);
    const tangents = [ofRight.dw];
    if (left) tangents.push(eigenTangents(conj(w), outs[1], H(da)).dv());
    if (right) tangents.push(ofRight.dv());
    return [wanted, tangents];
  },
  printParams: (params) => ({
    compute_left_eigenvectors: params.computeLeftEigenvectors,
    compute_right_eigenvectors: params.computeRightEigenvectors,
    enable_eigvec_derivs: params.enableEigvecDerivs,
    implementation: null,
  }),
});

/**
 * For distinct eigenvalues, from A V = V W: (V^-1 dA V)[i, j] / (w[j] - w[i]) is how much u[:, j] has of V[:, i]. dV[:, j] is u[:, j] and a
 * multiple of V[:, j], which keeps the length 1 and the component of the largest magnitude real.
 */
function eigenTangents(w: NDArray, v: NDArray, da: NDArray): { dw: NDArray; dv: () => NDArray } {
  const rowAxis = v.ndim - 2;
  const [factors, , permutation] = lu(v);
  const turned = matmul(luSolve(factors, permutation, da, 0), v);
  const dv = () => {
    const eye = identity(w.dtype, w.shape[w.ndim - 1], v.ndim);
    const differences = ops.sub(ops.add(eye, asRows(w)), asColumns(w));
    const inverses = ops.sub(integerPow(differences, -1), eye);
    const u = matmul(v, ops.mul(inverses, turned));
    const largest = ops.expandDims(argmax(abs(v), rowAxis, int32), [rowAxis]);
    const rows = broadcastedIota(int32, v.shape, rowAxis);
    const mask = ops.convertElementType(ops.eq(rows, largest), v.dtype);
    const along = ops.neg(real(ops.reduceSum(ops.mul(conj(v), u), [rowAxis])));
    const picked = (x: NDArray) => ops.reduceSum(ops.mul(mask, x), [rowAxis]);
    const turn = ops.neg(ops.div(imag(picked(u)), real(picked(v))));
    return ops.add(u, ops.mul(v, asRows(complex(along, turn))));
  };
  return { dw: diagonal(turned), dv };
}

export interface EigOptions {
  /** Whether the left eigenvectors are wanted; default true. */
  readonly computeLeftEigenvectors?: boolean;
  /** Whether the right eigenvectors are wanted; default true. */
  readonly computeRightEigenvectors?: boolean;
  /** Whether eigenvectors have derivatives; default false, since they are those for distinct eigenvalues and a single largest component. */
  readonly enableEigvecDerivs?: boolean;
}

/**
 * Eigenvalues and eigenvectors of square matrices: `A v = w v` for the right ones, `u^H A = w u^H` for the left ones.
 *
 * @param x the matrices, `[..., n, n]`, floating or complex
 * @returns `[w, vl, vr]`, complex: the eigenvalues `[..., n]`, in no particular order; the left and the right eigenvectors as columns, `[..., n, n]`,
 * those that are wanted: each of length 1, its component of the largest magnitude real. NaN where a matrix has elements that are not finite
 * @throws TypeError for a dtype that is neither floating nor complex, or fewer than two dimensions; ValueError for matrices that are not square;
 * NotImplementedError for derivatives of eigenvectors without `enableEigvecDerivs`
 * @example
 * const [w] = lax.linalg.eig(jnp.array([[0, 1], [-1, 0]]));
 * lax.imag(w) // => Array([ 1., -1.], dtype=float32)
 */
export function eig(x: LaxOperand, options: EigOptions = {}): NDArray[] {
  installComplex();
  checkOptions("lax.linalg.eig", options, [
    ...["computeLeftEigenvectors", "computeRightEigenvectors", "enableEigvecDerivs", "implementation"],
  ]);
  const {
    computeLeftEigenvectors = true,
    computeRightEigenvectors = true,
    enableEigvecDerivs = false,
  } = options;
  return bind(eigPrimitive, [unaryOperand(x, "eig", inexact)], {
    computeLeftEigenvectors,
    computeRightEigenvectors,
    enableEigvecDerivs,
  });
}
