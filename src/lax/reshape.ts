import type { NDArray } from "../core/array.ts";
import { shapeStr, shapesEqual, sizeOf } from "../core/aval.ts";
import { keysForwarded } from "../core/keyUse.ts";
import type { Expr, ExprBuilder, Operand } from "../core/lowering.ts";
import { checkPositions } from "../core/positions.ts";
import { definePrimitive, type Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { moveBatchDim } from "./batching.ts";
import { linearJvp, linearTranspose } from "./families.ts";
import { offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { takeElements } from "./hostMoves.ts";
import { argsort, hasDuplicates, type Ints, isInts, isRange, range } from "./intTuples.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { canonicalizeAxis, canonicalizeShape, dataOperand, isIntList } from "./shapeChecks.ts";

// Transposition.

interface TransposeParams {
  readonly permutation: Ints;
  [key: string]: unknown;
}

const transposePrimitive: Primitive<TransposeParams> = definePrimitive<TransposeParams>({
  name: "transpose",
  abstractEval: ([x], { permutation }) => {
    if (
      !isRange(
        permutation.slice().sort((a, b) => a - b),
        x.ndim,
      )
    ) {
      throw new TypeError(
        "transpose permutation isn't a permutation of operand dimensions, " +
          `got permutation ${shapeStr(permutation)} for operand shape ${shapeStr(x.shape)}.`,
      );
    }
    return [x.update({ shape: permutation.map((d) => x.shape[d]) })];
  },
  reference: ([x], { permutation }, [out]) => {
    const strides = rowMajorStrides(x.shape);
    const permuted = permutation.map((d) => strides[d]);
    return [takeElements(x, offsetsOf(out.shape, permuted))];
  },
  jvp: /* @__PURE__ */ linearJvp(() => transposePrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, _operand, { permutation }) =>
    transpose(ct, argsort(permutation)),
  ),
  batching: ([x], [dim], { permutation }) => {
    const at = dim as number;
    return [[transpose(x, [at, ...permutation.map((d) => (d < at ? d : d + 1))])], [0]];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (_b, [x], index, { permutation }) => x.at(argsort(permutation).map((i) => index[i])),
  },
});

/**
 * Permutes the axes: axis `i` of the result is axis `permutation[i]` of `x`.
 * @throws TypeError when `permutation` is not a permutation of the axes.
 * @example
 * lax.transpose(jnp.array([[1, 2], [3, 4]]), [1, 0])
 * // => Array([[1., 3.],
 * //           [2., 4.]], dtype=float32)
 */
export function transpose(x: LaxOperand, permutation: Ints): NDArray {
  const operand = dataOperand(x, "transpose");
  if (!isIntList(permutation)) throw new TypeError("transpose permutation must be a list of integers");
  if (operand === x && isRange(permutation, operand.ndim)) return operand;
  return bind1(transposePrimitive, [operand], { permutation: Array.from(permutation) });
}

// Reshaping.

interface ReshapeParams {
  readonly dimensions: Ints | null;
  readonly newSizes: Ints;
  [key: string]: unknown;
}

const reshapePrimitive: Primitive<ReshapeParams> = definePrimitive<ReshapeParams>({
  name: "reshape",
  keyUse: keysForwarded,
  abstractEval: ([x], { newSizes, dimensions }) => {
    if (newSizes.some((n) => n < 0)) {
      throw new TypeError(`reshape new_sizes must all be positive, got ${shapeStr(newSizes)}.`);
    }
    if (
      dimensions !== null &&
      !isRange(
        dimensions.slice().sort((a, b) => a - b),
        x.ndim,
      )
    ) {
      throw new TypeError(
        "reshape dimensions must be a permutation of operand dimensions, " +
          `got dimensions ${shapeStr(dimensions)} for shape ${shapeStr(x.shape)}.`,
      );
    }
    if (sizeOf(newSizes) !== x.size) {
      throw new TypeError(
        `reshape total size must be unchanged, got new_sizes ${shapeStr(newSizes)} (product ${sizeOf(newSizes)}) ` +
          `for shape ${shapeStr(x.shape)} (product ${x.size}).`,
      );
    }
    return [x.update({ shape: newSizes })];
  },
  reference: ([x], { dimensions }) => {
    if (dimensions === null) return [x.data.slice()];
    const strides = rowMajorStrides(x.shape);
    const sizes = dimensions.map((d) => x.shape[d]);
    return [
      takeElements(
        x,
        offsetsOf(
          sizes,
          dimensions.map((d) => strides[d]),
        ),
      ),
    ];
  },
  jvp: /* @__PURE__ */ linearJvp(() => reshapePrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, operand, { dimensions }) => {
    if (dimensions === null) return reshape(ct, operand.shape);
    const permuted = reshape(
      ct,
      dimensions.map((d) => operand.shape[d]),
    );
    return transpose(permuted, argsort(dimensions));
  }),
  batching: ([x], [dim], { newSizes, dimensions }) => {
    const moved = moveBatchDim(x, dim as number, 0);
    const dims = dimensions === null ? null : [0, ...dimensions.map((d) => d + 1)];
    return [[reshape(moved, [moved.shape[0], ...newSizes], dims)], [0]];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x], index, { newSizes, dimensions }) => readReshaped(b, x, dimensions, newSizes, index),
  },
  printParams: ({ dimensions, newSizes }) => ({ dimensions, new_sizes: newSizes, sharding: null }),
});

/** The operand's element that stands at `index` after its axes are permuted by `dimensions` and reshaped to `newSizes`. */
function readReshaped(
  b: ExprBuilder,
  x: Operand,
  dimensions: Ints | null,
  newSizes: Ints,
  index: readonly Expr[],
): Expr {
  const order = dimensions ?? range(x.aval.ndim);
  const from = order.map((d) => x.aval.shape[d]);
  const groups = matchingGroups(from, newSizes);
  const merged = groups.some((g) => g.from.length > 1);
  if (merged && dimensions === null)
    return x.atLinear(linearIndex(b, newSizes, range(newSizes.length), index));
  const zero = b.const(0, int32);
  const at = new Array<Expr>(x.aval.ndim).fill(zero);
  for (const group of groups) {
    if (group.from.length > 1)
      checkPositions(
        group.from.map((k) => from[k]),
        true,
      );
    let rest = linearIndex(b, newSizes, group.to, index);
    for (let k = group.from.length - 1; k >= 0; k--) {
      const size = b.const(from[group.from[k]], int32);
      at[order[group.from[k]]] = k === 0 ? rest : b.op("rem", rest, size);
      if (k > 0) rest = b.op("div", rest, size);
    }
  }
  return x.at(at);
}

/** Row-major position within some axes of a shape. */
function linearIndex(b: ExprBuilder, shape: Ints, axes: Ints, index: readonly Expr[]): Expr {
  let position: Expr | null = null;
  for (const axis of axes) {
    const scaled: Expr | null = position === null ? null : b.op("mul", position, b.const(shape[axis], int32));
    position = scaled === null ? index[axis] : b.op("add", scaled, index[axis]);
  }
  return position ?? b.const(0, int32);
}

/** Splits two shapes of one size into the shortest runs of axes with equal products, leaving out axes of size 1. */
function matchingGroups(from: Ints, to: Ints): { from: number[]; to: number[] }[] {
  const groups: { from: number[]; to: number[] }[] = [];
  const a = range(from.length).filter((i) => from[i] !== 1);
  const c = range(to.length).filter((i) => to[i] !== 1);
  if (sizeOf(from) === 0) return [{ from: a, to: c }];
  let i = 0;
  let j = 0;
  while (i < a.length) {
    const group = { from: [a[i]], to: [c[j]] };
    let n = from[a[i++]];
    let m = to[c[j++]];
    while (n !== m) {
      if (n < m) {
        n *= from[a[i]];
        group.from.push(a[i++]);
      } else {
        m *= to[c[j]];
        group.to.push(c[j++]);
      }
    }
    groups.push(group);
  }
  return groups;
}

/**
 * The same elements in row-major order with another shape.
 * @param dimensions Permutes the axes first; default: as they are.
 * @throws TypeError when the number of elements differs.
 * @example
 * lax.reshape(jnp.arange(4), [2, 2])
 * // => Array([[0, 1],
 * //           [2, 3]], dtype=int32)
 */
export function reshape(
  x: LaxOperand,
  newSizes: Ints,
  dimensions: Ints | null | { readonly dimensions?: Ints | null } = null,
): NDArray {
  const operand = dataOperand(x, "reshape");
  const sizes = canonicalizeShape(newSizes);
  const order = isInts(dimensions) ? dimensions : (dimensions?.dimensions ?? null);
  const dims = order === null || isRange(order, operand.ndim) ? null : Array.from(order);
  if (operand === x && operand.ndim > 0 && dims === null && shapesEqual(operand.shape, sizes)) return operand;
  return bind1(reshapePrimitive, [operand], { dimensions: dims, newSizes: sizes });
}

/**
 * Merges the axes from `startDimension` up to (not including) `stopDimension` into one; default: to the last.
 * @throws ValueError for an empty backward range.
 * @example
 * lax.collapse(jnp.zeros([2, 3, 4]), 0, 2).shape // => [6, 4]
 */
export function collapse(x: NDArray, startDimension: number, stopDimension: number | null = null): NDArray {
  const clip = (d: number): number => Math.min(Math.max(d < 0 ? d + x.ndim : d, 0), x.ndim);
  const lo = clip(startDimension);
  const hi = clip(stopDimension ?? x.ndim);
  if (hi < lo) {
    throw new ValueError(
      `Invalid dimension range passed to collapse: ${shapeStr(x.shape)}[${startDimension}:${stopDimension ?? "None"}]`,
    );
  }
  return reshape(x, [...x.shape.slice(0, lo), sizeOf(x.shape.slice(lo, hi)), ...x.shape.slice(hi)]);
}

// Squeezing.

interface SqueezeParams {
  readonly dimensions: Ints;
  [key: string]: unknown;
}

const squeezePrimitive: Primitive<SqueezeParams> = definePrimitive<SqueezeParams>({
  name: "squeeze",
  keyUse: keysForwarded,
  abstractEval: ([x], { dimensions }) => {
    if (hasDuplicates(dimensions)) throw new ValueError(`dimensions are not unique: ${shapeStr(dimensions)}`);
    if (dimensions.some((d) => d < 0 || d >= x.ndim)) {
      throw new ValueError(`dimensions outside range [0, ndim): ${shapeStr(dimensions)}`);
    }
    if (dimensions.some((d) => x.shape[d] !== 1)) {
      throw new ValueError(
        "cannot select an axis to squeeze out which has size not equal to one, " +
          `got shape=${shapeStr(x.shape)} and dimensions=${shapeStr(dimensions)}`,
      );
    }
    return [x.update({ shape: x.shape.filter((_, i) => !dimensions.includes(i)) })];
  },
  reference: ([x]) => [x.data.slice()],
  jvp: /* @__PURE__ */ linearJvp(() => squeezePrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, _operand, { dimensions }) =>
    ops.expandDims(ct, dimensions),
  ),
  batching: ([x], [dim], { dimensions }) => {
    const moved = moveBatchDim(x, dim as number, 0);
    const shifted = dimensions.map((d) => d + 1);
    return [[squeeze(moved, shifted)], [0]];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x], index, { dimensions }) => {
      let next = 0;
      return x.at(x.aval.shape.map((_, i) => (dimensions.includes(i) ? b.const(0, int32) : index[next++])));
    },
  },
});

/**
 * Removes axes of size 1; negative dimensions count from the end.
 * @throws ValueError when an axis is out of range, repeated, or not of size 1.
 * @example
 * lax.squeeze(jnp.zeros([1, 2, 1]), [0, -1]).shape // => [2]
 */
export function squeeze(x: LaxOperand, dimensions: Ints): NDArray {
  const operand = dataOperand(x, "squeeze");
  const dims = dimensions.map((d) => canonicalizeAxis(d, operand.ndim)).sort((a, b) => a - b);
  if (operand === x && dims.length === 0) return operand;
  return bind1(squeezePrimitive, [operand], { dimensions: dims });
}
