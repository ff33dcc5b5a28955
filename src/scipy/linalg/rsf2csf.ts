import type { ArrayLike, NDArray } from "../../core/array.ts";
import { shapeStr } from "../../core/aval.ts";
import { finfo, toComplexDType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { H, matmul } from "../../lax/linalg/matrices.ts";
import { readOptions } from "../../numpy/arguments.ts";
import { hypot } from "../../numpy/binary.ts";
import { conj } from "../../numpy/complex.ts";
import { arange } from "../../numpy/creation.ts";
import { stack } from "../../numpy/manipulationJoin.ts";
import { expandDims, reshape } from "../../numpy/manipulationShape.ts";
import { abs, sqrt } from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { jit } from "../../transforms/jit.ts";
import { vmap } from "../../transforms/vmap.ts";
import { inexactArguments } from "./arguments.ts";

/** An eigenvalue of a 2 x 2 matrix. */
function eigenvalueOf(block: NDArray): NDArray {
  const at = (i: number, j: number): NDArray => block.get(i, j);
  const half = at(0, 0).sub(at(1, 1)).mul(0.5);
  const mean = at(0, 0).add(at(1, 1)).mul(0.5);
  return mean.add(sqrt(half.mul(half).add(at(0, 1).mul(at(1, 0)))));
}

type Pair = [T: NDArray, Z: NDArray];

/** Makes the element below the diagonal in row m zero by a rotation of rows and columns m - 1 and m. */
function rotate(m: NDArray, [t, z]: Pair): Pair {
  const n = t.shape[0];
  const first = lax.sub(m, 1);
  const places = arange(n, { dtype: "int32" });
  const block = lax.dynamicSlice(t, [first, first], [2, 2]);
  const mu = eigenvalueOf(block).sub(block.get(1, 1));
  const below = block.get(1, 0);
  const length = hypot(abs(mu), abs(below)).astype(t.dtype);
  const [c, s] = [mu.div(length), below.div(length)];
  const g = stack([stack([conj(c), s]), stack([lax.neg(s), c])]);
  const rows = lax.dynamicSliceInDim(t, first, 2, 0);
  const turned = lax.dynamicUpdateSliceInDim(t, where(places.ge(first), matmul(g, rows), rows), first, 0);
  const columns = lax.dynamicSliceInDim(turned, first, 2, 1);
  const isAbove = expandDims(places, 1).le(m);
  const newColumns = where(isAbove, matmul(columns, H(g)), columns);
  const ofZ = lax.dynamicSliceInDim(z, first, 2, 1);
  return [
    lax.dynamicUpdateSliceInDim(turned, newColumns, first, 1),
    lax.dynamicUpdateSliceInDim(z, matmul(ofZ, H(g)), first, 1),
  ];
}

function toComplexForm(t0: NDArray, z0: NDArray): Pair {
  const dtype = toComplexDType(t0.dtype);
  const start: Pair = [t0.astype(dtype), z0.astype(dtype)];
  const n = t0.shape[0];
  if (n < 2) return start;
  const { eps } = finfo(dtype);
  const step = (i: NDArray, [t, z]: Pair): Pair => {
    const m = lax.sub(n - 1, i);
    const block = abs(lax.dynamicSlice(t, [lax.sub(m, 1), lax.sub(m, 1)], [2, 2]));
    const isLarge = block.get(1, 0).gt(block.get(0, 0).add(block.get(1, 1)).mul(eps));
    const [t1, z1] = lax.cond(
      isLarge,
      (pair: Pair) => rotate(m, pair),
      (pair: Pair) => pair,
      [t, z] as Pair,
    ) as Pair;
    const zero = lax.full([1, 1], 0, dtype);
    return [lax.dynamicUpdateSlice(t1, zero, [m, lax.sub(m, 1)]), z1];
  };
  return lax.foriLoop(0, n - 1, step, start) as Pair;
}

/**
 * Turns the real Schur form of matrices into the complex one: T becomes upper triangular, and `Z T Z^H` stays.
 *
 * @param T what {@link schur} returns, `[..., n, n]`
 * @param Z of the same shape
 * @returns `[T, Z]`, complex
 * @throws ValueError for matrices that are not square, or of unlike shapes
 * @example
 * ```ts
 * const [t] = scipy.linalg.rsf2csf(...scipy.linalg.schur(jnp.array([[0, 1], [-1, 0]])));
 * String(t.get(1, 0)); // => "0j"
 * ```
 */
export function rsf2csf(
  T: ArrayLike,
  Z: ArrayLike,
  checkFinite?: boolean | { checkFinite?: boolean },
): [NDArray, NDArray] {
  readOptions("scipy.linalg.rsf2csf", ["checkFinite"], [checkFinite]);
  const [t, z] = inexactArguments("rsf2csf", T, Z);
  for (const [name, x] of [
    ["T", t],
    ["Z", z],
  ] as const) {
    if (x.ndim < 2 || x.shape[x.ndim - 1] !== x.shape[x.ndim - 2])
      throw new ValueError(`Input '${name}' must be square.`);
  }
  if (t.shape.join() !== z.shape.join())
    throw new ValueError(
      `Input array shapes must match: Z: ${shapeStr(z.shape)} vs. T: ${shapeStr(t.shape)}`,
    );
  return rsf2csfJit(t, z);
}
const rsf2csfJit = jit(
  (t: NDArray, z: NDArray): Pair => {
    if (t.ndim === 2) return toComplexForm(t, z);
    const flat = [t, z].map((x) => reshape(x, [-1, ...x.shape.slice(-2)]));
    const results = vmap(toComplexForm as (x: NDArray, y: NDArray) => NDArray[])(flat[0], flat[1]);
    const [newT, newZ] = (results as unknown as NDArray[]).map((x) => reshape(x, t.shape));
    return [newT, newZ];
  },
  { name: "rsf2csf" },
);
