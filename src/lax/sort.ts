import type { NDArray } from "../core/array.ts";
import { shapeStr, shapesEqual } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import {
  type BatchingRule,
  definePrimitive,
  type JvpRule,
  notLinear,
  type Primitive,
  type Tangent,
  Zero,
} from "../core/primitive.ts";
import { asNumpyInts } from "../core/pythonText.ts";
import { bind } from "../core/trace.ts";
import { type HostData, hostArray, isComplex, isKey, uint32, wordsPerElement } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { sortTemplate } from "../kernels/sort.ts";
import { axesWithout, moveBatchDim } from "./batching.ts";
import { broadcastedIota } from "./creation.ts";
import { gather } from "./gather.ts";
import { splitParts } from "./hostComplex.ts";
import { offsetsOf, rowMajorStrides, valuesOf } from "./hostLoops.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { canonicalizeAxis } from "./shapeChecks.ts";

interface SortParams {
  readonly [name: string]: unknown;
  readonly dimension: number;
  readonly isStable: boolean;
  readonly numKeys: number;
}

/** -1, 0 or 1; NaN after everything, -0 equal to 0. */
function compare(p: number | bigint, q: number | bigint): number {
  if (p < q) return -1;
  if (p > q) return 1;
  return p === q ? 0 : Number(Number.isNaN(p)) - Number(Number.isNaN(q));
}

function sortReference(inputs: readonly HostArray[], { dimension, numKeys }: SortParams): HostData[] {
  const { shape } = inputs[0];
  const strides = rowMajorStrides(shape);
  const others = axesWithout(shape.length, dimension);
  const rows = offsetsOf(
    others.map((i) => shape[i]),
    others.map((i) => strides[i]),
  );
  const [n, stride] = [shape[dimension], strides[dimension]];
  const keys = inputs
    .slice(0, numKeys)
    .flatMap((x) => (isComplex(x.dtype) ? splitParts(x) : [x]))
    .map(valuesOf);
  const results = inputs.map((x) => hostArray(x.dtype, x.data.length / wordsPerElement(x.dtype)));
  for (const base of rows) {
    const order = Array.from({ length: n }, (_, i) => base + i * stride);
    order.sort((i, j) => {
      for (const key of keys) {
        const c = compare(key[i], key[j]);
        if (c !== 0) return c;
      }
      return 0;
    });
    inputs.forEach((x, k) => {
      const words = wordsPerElement(x.dtype);
      order.forEach((from, i) => {
        for (let w = 0; w < words; w++)
          results[k][(base + i * stride) * words + w] = x.data[from * words + w];
      });
    });
  }
  return results;
}

/** Sorts positions along, and gathers the tangents in their order. */
const sortJvp: JvpRule<SortParams> = (primals, tangents, params) => {
  const { shape } = primals[0];
  const { dimension } = params;
  const places = broadcastedIota(uint32, shape, dimension);
  const sorted = bind(sortPrimitive, [...primals, places], params);
  const batch = asNumpyInts(axesWithout(shape.length, dimension));
  const indices = ops.expandDims(sorted[primals.length], [shape.length]);
  const reorder = (t: Tangent): Tangent =>
    t instanceof Zero
      ? t
      : gather(
          t,
          indices,
          {
            offsetDims: [],
            collapsedSliceDims: [dimension],
            startIndexMap: [dimension],
            operandBatchingDims: batch,
            startIndicesBatchingDims: batch,
          },
          shape.map(() => 1),
          { mode: "promise_in_bounds" },
        );
  return [sorted.slice(0, primals.length), tangents.map(reorder)];
};

const sortBatching: BatchingRule<SortParams> = (operands, dims, params) => {
  const first = dims.findIndex((d) => d !== null);
  const dim = dims[first] as number;
  const { shape } = operands[first];
  const args = operands.map((x, i) => {
    const d = dims[i];
    if (d !== null) return moveBatchDim(x, d, dim);
    return ops.broadcastInDim(x, shape, axesWithout(shape.length, dim));
  });
  const dimension = params.dimension + (dim <= params.dimension ? 1 : 0);
  return [bind(sortPrimitive, args, { ...params, dimension }), args.map(() => dim)];
};

const sortPrimitive: Primitive<SortParams> = definePrimitive<SortParams>({
  name: "sort",
  abstractEval: (avals, { numKeys }) => {
    if (avals.some((a) => !shapesEqual(a.shape, avals[0].shape))) {
      const shapes = avals.map((a) => shapeStr(a.shape)).join(" ");
      throw new TypeError(`Arguments to sort must have equal shapes, got: ${shapes}`);
    }
    for (const a of avals.slice(0, numKeys)) {
      if (isKey(a.dtype))
        throw new TypeError("sort: random keys have no order; sort by random.keyData instead.");
    }
    return avals;
  },
  reference: (inputs, params) => sortReference(inputs, params),
  jvp: sortJvp,
  transpose: notLinear,
  batching: sortBatching,
  lowering: {
    kind: "sort",
    template: sortTemplate,
    dimension: ({ dimension }) => dimension,
    numKeys: ({ numKeys }) => numKeys,
  },
});

export interface SortOptions {
  /** The axis to sort along; default the last. */
  readonly dimension?: number;
  /** Whether equal keys keep their order; they do in any case. */
  readonly isStable?: boolean;
  /** How many leading operands are keys, compared lexicographically. */
  readonly numKeys?: number;
}

/**
 * Sorts in ascending order along an axis; NaN comes last, -0 and 0 are equal. Several arrays of one shape are sorted together:
 * the first `numKeys` are the keys, the rest follows.
 * @throws TypeError when shapes differ; ValueError for an axis or `numKeys` out of range.
 * @example
 * lax.sort(jnp.array([3, 1, 2])) // => Array([1., 2., 3.], dtype=float32)
 * lax.sort([jnp.array([2, 1]), jnp.array([10, 20])]) // => [Array([1., 2.], dtype=float32), Array([20., 10.], dtype=float32)]
 */
export function sort(
  x: NDArray | ArrayBufferView,
  dimension?: number | SortOptions,
  isStable?: boolean,
  numKeys?: number,
): NDArray;
export function sort(
  xs: readonly LaxOperand[],
  dimension?: number | SortOptions,
  isStable?: boolean,
  numKeys?: number,
): NDArray[];
export function sort(
  operand: NDArray | ArrayBufferView | readonly LaxOperand[],
  dimension: number | SortOptions = -1,
  isStable = true,
  numKeys = 1,
): NDArray | NDArray[] {
  if (typeof dimension === "object") {
    const o = dimension;
    return sort(operand as readonly LaxOperand[], o.dimension ?? -1, o.isStable ?? true, o.numKeys ?? 1);
  }
  if (!Array.isArray(operand)) {
    const x = unaryOperand(operand as LaxOperand, "sort");
    if (numKeys !== 1) throw new ValueError(`num_keys=${numKeys} must equal 1 for a single operand.`);
    return bind(sortPrimitive, [x], { dimension: canonicalizeAxis(dimension, x.ndim), isStable, numKeys })[0];
  }
  const xs = (operand as readonly LaxOperand[]).map((x) => unaryOperand(x, "sort"));
  if (xs.length === 0) throw new TypeError("Sort requires at least one operand");
  if (!(numKeys >= 1 && numKeys <= xs.length)) {
    throw new ValueError(`num_keys=${numKeys} must be between 1 and len(operand)=${xs.length}`);
  }
  return bind(sortPrimitive, xs, { dimension: canonicalizeAxis(dimension, xs[0].ndim), isStable, numKeys });
}

/**
 * Sorts `keys` along an axis and `values` by the same permutation.
 * @example
 * lax.sortKeyVal(jnp.array([2, 1]), jnp.array([10, 20])) // => [Array([1., 2.], dtype=float32), Array([20., 10.], dtype=float32)]
 */
export function sortKeyVal(
  keys: LaxOperand,
  values: LaxOperand,
  dimension: number | Omit<SortOptions, "numKeys"> = -1,
  isStable = true,
): [NDArray, NDArray] {
  const [k, v] =
    typeof dimension === "object"
      ? sort([keys, values], dimension)
      : sort([keys, values], dimension, isStable);
  return [k, v];
}
