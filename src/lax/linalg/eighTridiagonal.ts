import type { NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import type { Params, Primitive } from "../../core/primitive.ts";
import { instantiate } from "../../core/tangents.ts";
import { bind } from "../../core/trace.ts";
import { ops } from "../ops.ts";
import { eighTangents } from "./eigh.ts";
import { linalgPrimitive } from "./family.ts";
import { eighTridiagonalRoutine } from "./routines/eigh.ts";

interface EighTridiagonalParams extends Params {
  readonly valuesOnly: boolean;
}

const primitive: Primitive<EighTridiagonalParams> = linalgPrimitive<EighTridiagonalParams>(
  "eigh_tridiagonal",
  {
    ranks: [1, 1],
    accepts: [["floating"], ["floating"]],
    results: ([[n], [m]], { valuesOnly }) => {
      if (n < 1 || m !== n - 1) {
        throw new TypeError(
          `eigh_tridiagonal takes n > 0 numbers on and n - 1 next to the diagonal, got shapes ${shapeStr([n])} and ${shapeStr([m])}.`,
        );
      }
      return valuesOnly ? [{ shape: [n] }] : [{ shape: [n] }, { shape: [n, n] }];
    },
    routine: ([[n]], { valuesOnly }, { real }) => eighTridiagonalRoutine(n, valuesOnly, real),
    jvp: ([d, e], [td, te], { valuesOnly }) => {
      const [values, vectors] = bind(primitive, [d, e], { valuesOnly: false });
      const [dVectors, dValues] = eighTangents(
        vectors,
        values,
        tridiagonalMatrix(instantiate(td), instantiate(te)),
      );
      return valuesOnly
        ? [[values], [dValues]]
        : [
            [values, vectors],
            [dValues, dVectors],
          ];
    },
  },
);

/** Symmetric matrices with d on and e next to their diagonals. */
function tridiagonalMatrix(d: NDArray, e: NDArray): NDArray {
  const n = d.shape[d.ndim - 1];
  /** A vector as a diagonal: every row of n + 1 numbers is one number and zeros, and the rows of the matrix run on over them. */
  const placed = (x: NDArray, first: number): NDArray => {
    const batch = x.shape.slice(0, -1);
    const kept = batch.map(() => [0, 0, 0] as const);
    const zero = ops.full([], 0, x.dtype);
    const count = x.shape[x.ndim - 1];
    const rows = ops.pad(ops.expandDims(x, [x.ndim]), zero, [...kept, [0, 0, 0], [0, n, 0]]);
    const flat = ops.reshape(rows, [...batch, count * (n + 1)]);
    const end = n * n - first - count * (n + 1);
    return ops.reshape(ops.pad(flat, zero, [...kept, [first, end, 0]]), [...batch, n, n]);
  };
  return ops.add(placed(d, 0), ops.add(placed(e, 1), placed(e, n)));
}

/** Eigenvalues, ascending, of real symmetric tridiagonal matrices, and eigenvectors unless only the values are wanted. */
export function eighTridiagonal(d: NDArray, e: NDArray, valuesOnly: boolean): NDArray[] {
  return bind(primitive, [d, e], { valuesOnly });
}
