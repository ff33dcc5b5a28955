import type { NDArray } from "../core/array.ts";
import { sizeOf } from "../core/aval.ts";
import type { JvpRule, TransposeRule } from "../core/primitive.ts";
import { type LinearOperand, notLinear, type Primitive, UndefinedPrimal, Zero } from "../core/primitive.ts";
import { instantiate, zeroTangent } from "../core/tangents.ts";
import { bind1 } from "../core/trace.ts";
import { maximum, minimum } from "../core/wideIntegers.ts";
import { uint32 } from "../dtypes/index.ts";
import { NotImplementedError } from "../errors.ts";
import { fullLike, iota, zerosLike } from "./creation.ts";
import { standardJvp } from "./families.ts";
// biome-ignore lint/suspicious/noImportCycles: see gather.ts
import { type GatherOptions, gather } from "./gather.ts";
import type { Ints } from "./intTuples.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { reshape } from "./reshape.ts";
import {
  bindScatter,
  type ScatterDimensionNumbers,
  type ScatterOptions,
  type ScatterParams,
  scatterPrimitive,
  scatterWindows,
  updateJaxpr,
} from "./scatter.ts";
import { windowSizes } from "./windows.ts";

/** Reads the elements of `t` that a scatter's updates were written to: the gather that mirrors it. */
export function gatherBack(
  t: NDArray,
  indices: NDArray,
  n: Required<ScatterDimensionNumbers>,
  updates: Ints,
  options: GatherOptions = {},
): NDArray {
  const numbers = {
    offsetDims: n.updateWindowDims,
    collapsedSliceDims: n.insertedWindowDims,
    startIndexMap: n.scatterDimsToOperandDims,
    operandBatchingDims: n.operandBatchingDims,
    startIndicesBatchingDims: n.scatterIndicesBatchingDims,
  };
  return gather(t, indices, numbers, windowSizes(t.ndim, updates, scatterWindows(n)), options);
}
/** {@link gatherBack} for cotangents: dropped updates get zero. */
function cotangentOfUpdates(ct: NDArray, indices: NDArray, params: ScatterParams, updates: Ints): NDArray {
  return gatherBack(ct, indices, params.dimensionNumbers, updates, { mode: params.mode, fillValue: 0n });
}
const shapeOf = (x: LinearOperand): Ints => x.aval.shape;

// scatter-add and scatter-sub: linear in operand and updates together.

/* @__NO_SIDE_EFFECTS__ */
function linearScatterJvp(primitive: () => Primitive<ScatterParams>): JvpRule<ScatterParams> {
  return ([x, indices, updates], [tx, , tu], params) => {
    const out = bind1(primitive(), [x, indices, updates], params);
    if (tx instanceof Zero && tu instanceof Zero) return [[out], [zeroTangent(out)]];
    const tangents = [instantiate(tx), indices, instantiate(tu)];
    return [[out], [bind1(primitive(), tangents, params)]];
  };
}
/* @__NO_SIDE_EFFECTS__ */
function linearScatterTranspose(negate: boolean): TransposeRule<ScatterParams> {
  return ([ct], [x, indices, updates], params) => {
    if (ct instanceof Zero) return [null, null, null];
    let ofUpdates: NDArray | null = null;
    if (updates instanceof UndefinedPrimal) {
      ofUpdates = cotangentOfUpdates(ct, indices as NDArray, params, shapeOf(updates));
      if (negate) ofUpdates = ops.neg(ofUpdates);
    }
    return [x instanceof UndefinedPrimal ? ct : null, null, ofUpdates];
  };
}

const scatterAddPrimitive: Primitive<ScatterParams> = scatterPrimitive("scatter-add", {
  update: (x, u) => x + u,
  wide: (x, u) => x + u,
  combine: "add",
  jvp: /* @__PURE__ */ linearScatterJvp(() => scatterAddPrimitive),
  transpose: /* @__PURE__ */ linearScatterTranspose(false),
});
const scatterSubPrimitive: Primitive<ScatterParams> = scatterPrimitive("scatter-sub", {
  update: (x, u) => x - u,
  wide: (x, u) => x - u,
  combine: "add",
  negate: true,
  jvp: /* @__PURE__ */ linearScatterJvp(() => scatterSubPrimitive),
  transpose: /* @__PURE__ */ linearScatterTranspose(true),
});

/**
 * Adds updates to windows of `operand` at computed places, in XLA's general form; `x.at(...).add(y)` is easier to use. Updates of one
 * element accumulate.
 * @param indices Integers; the last dimension holds the index vectors.
 * @throws TypeError when dtypes or dimension numbers do not fit; ValueError for other than integer indices and unknown modes.
 * @example
 * const elements = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
 * lax.scatterAdd(jnp.zeros([3]), jnp.int32([[1], [1]]), jnp.array([2, 3]), elements)
 * // => Array([0., 5., 0.], dtype=float32)
 */
export function scatterAdd(
  operand: LaxOperand,
  indices: LaxOperand,
  updates: LaxOperand,
  dimensionNumbers: ScatterDimensionNumbers,
  options: ScatterOptions = {},
): NDArray {
  return bindScatter(scatterAddPrimitive, operand, indices, updates, dimensionNumbers, options, (x) =>
    updateJaxpr("add", x, false),
  );
}

/** Subtracts updates; see {@link scatterAdd}. */
export function scatterSub(
  operand: LaxOperand,
  indices: LaxOperand,
  updates: LaxOperand,
  dimensionNumbers: ScatterDimensionNumbers,
  options: ScatterOptions = {},
): NDArray {
  return bindScatter(scatterSubPrimitive, operand, indices, updates, dimensionNumbers, options, (x) =>
    updateJaxpr("sub", x, false),
  );
}

// scatter-mul.

function requireUnique(params: ScatterParams, what: string): void {
  if (params.uniqueIndices) return;
  throw new NotImplementedError(
    `${what} only implemented if \`unique_indices=True\`. Pass { uniqueIndices: true } when no element is ` +
      "written twice.",
  );
}

const scatterMulPrimitive: Primitive<ScatterParams> = scatterPrimitive("scatter-mul", {
  update: (x, u, dtype) => (dtype.kind === "float" ? x * u : Math.imul(x, u)),
  wide: (x, u) => x * u,
  combine: "mul",
  jvp: /* @__PURE__ */ standardJvp(
    () => scatterMulPrimitive,
    [
      (g, _ans, [, indices, updates], params) => bind1(scatterMulPrimitive, [g, indices, updates], params),
      null,
      (g, _ans, [x, indices], params) => {
        requireUnique(params, "scatter_mul gradients are");
        return ops.mul(x, scatterAdd(zerosLike(x), indices, g, params.dimensionNumbers, params));
      },
    ],
  ),
  transpose: ([ct], [x, indices, updates], params) => {
    if (ct instanceof Zero) return [null, null, null];
    const places = indices as NDArray;
    let ofOperand: NDArray | null = null;
    let ofUpdates: NDArray | null = null;
    if (x instanceof UndefinedPrimal) {
      const transposed = { ...params, updateJaxpr: updateJaxpr("mul", ct, true) };
      ofOperand = bind1(scatterMulPrimitive, [ct, places, updates as NDArray], transposed);
    }
    if (updates instanceof UndefinedPrimal) {
      requireUnique(params, "scatter_mul gradients are");
      ofUpdates = cotangentOfUpdates(ops.mul(ct, x as NDArray), places, params, shapeOf(updates));
    }
    return [ofOperand, null, ofUpdates];
  },
});

/**
 * Multiplies by updates; see {@link scatterAdd}. Its derivative by the updates needs `uniqueIndices`.
 */
export function scatterMul(
  operand: LaxOperand,
  indices: LaxOperand,
  updates: LaxOperand,
  dimensionNumbers: ScatterDimensionNumbers,
  options: ScatterOptions = {},
): NDArray {
  return bindScatter(scatterMulPrimitive, operand, indices, updates, dimensionNumbers, options, (x) =>
    updateJaxpr("mul", x, false),
  );
}

// scatter-min and scatter-max: the tangent of an element is the average over the values that tie for it.

/* @__NO_SIDE_EFFECTS__ */
function extremalJvp(primitive: () => Primitive<ScatterParams>): JvpRule<ScatterParams> {
  return ([x, indices, updates], [tx, , tu], params) => {
    const out = bind1(primitive(), [x, indices, updates], params);
    if (tx instanceof Zero && tu instanceof Zero) return [[out], [zeroTangent(out)]];
    const ofOperand = instantiate(tx);
    const ofUpdates = instantiate(tu);
    const numbers = params.dimensionNumbers;
    // Counting must clip where the operation does; JAX's own rule drops there, and is wrong for clipped updates.
    const clip: ScatterOptions = params.mode === "clip" ? { mode: "clip" } : {};
    const back = (t: NDArray): NDArray => gatherBack(t, indices, numbers, updates.shape, clip);
    const initial = back(x);
    const target = back(out);
    const successful = ops.eq(updates, target);
    const retained = ops.eq(initial, target);
    const winners = back(
      scatterAdd(
        zerosLike(x),
        indices,
        ops.select(successful, fullLike(updates, 1), zerosLike(updates)),
        numbers,
        clip,
      ),
    );
    const references = back(scatterAdd(zerosLike(x), indices, fullLike(updates, 1), numbers, clip));
    const share = ops.select(retained, ops.div(1, ops.add(winners, 1)), ops.div(1, winners));
    const updatesCoefficient = ops.select(successful, share, zerosLike(updates));
    const kept = ops.select(retained, ops.div(1, ops.add(winners, 1)), zerosLike(winners));
    const operandCoefficient = ops.div(ops.add(-1, kept), references);
    const change = ops.add(
      ops.mul(back(ofOperand), operandCoefficient),
      ops.mul(ofUpdates, updatesCoefficient),
    );
    return [[out], [scatterAdd(ofOperand, indices, change, numbers, params)]];
  };
}

const scatterMinPrimitive: Primitive<ScatterParams> = scatterPrimitive("scatter-min", {
  update: (x, u) => Math.min(x, u),
  wide: minimum,
  combine: "min",
  jvp: /* @__PURE__ */ extremalJvp(() => scatterMinPrimitive),
  transpose: notLinear,
});
const scatterMaxPrimitive: Primitive<ScatterParams> = scatterPrimitive("scatter-max", {
  update: (x, u) => Math.max(x, u),
  wide: maximum,
  combine: "max",
  jvp: /* @__PURE__ */ extremalJvp(() => scatterMaxPrimitive),
  transpose: notLinear,
});

/** Takes the minimum of elements and updates; see {@link scatterAdd}. Ties share the derivative evenly. */
export function scatterMin(
  operand: LaxOperand,
  indices: LaxOperand,
  updates: LaxOperand,
  dimensionNumbers: ScatterDimensionNumbers,
  options: ScatterOptions = {},
): NDArray {
  return bindScatter(scatterMinPrimitive, operand, indices, updates, dimensionNumbers, options, (x) =>
    updateJaxpr("min", x, false),
  );
}

/** Takes the maximum of elements and updates; see {@link scatterAdd}. Ties share the derivative evenly. */
export function scatterMax(
  operand: LaxOperand,
  indices: LaxOperand,
  updates: LaxOperand,
  dimensionNumbers: ScatterDimensionNumbers,
  options: ScatterOptions = {},
): NDArray {
  return bindScatter(scatterMaxPrimitive, operand, indices, updates, dimensionNumbers, options, (x) =>
    updateJaxpr("max", x, false),
  );
}

// scatter: replaces elements.

/**
 * With indices that may repeat, primal and tangent must agree on which update wins. Each update gets a positive number; the numbers are
 * scattered and gathered back, so that an update knows whether it won; then winners are added to an operand that is zero there.
 */
const scatterJvp: JvpRule<ScatterParams> = ([x, indices, updates], [tx, , tu], params) => {
  if (tx instanceof Zero && tu instanceof Zero) {
    const out = bind1(scatterSetPrimitive, [x, indices, updates], params);
    return [[out], [zeroTangent(out)]];
  }
  const ofOperand = instantiate(tx);
  const ofUpdates = instantiate(tu);
  if (params.uniqueIndices) {
    const out = bind1(scatterSetPrimitive, [x, indices, updates], params);
    return [[out], [bind1(scatterSetPrimitive, [ofOperand, indices, ofUpdates], params)]];
  }
  const numbers = params.dimensionNumbers;
  const idsShape = updates.shape.map((n, i) => (numbers.updateWindowDims.includes(i) ? 1 : n));
  const ids = ops.add(reshape(iota(uint32, sizeOf(idsShape)), idsShape), fullLike(updates, 1, uint32));
  const scattered = scatter(ops.full(x.shape, 0, uint32), indices, ids, numbers, params);
  const gathered = gatherBack(scattered, indices, numbers, updates.shape);
  const maskOperand = (t: NDArray): NDArray =>
    ops.select(ops.eq(scattered, zerosLike(scattered)), t, zerosLike(t));
  const maskUpdates = (t: NDArray): NDArray => ops.select(ops.eq(ids, gathered), t, zerosLike(t));
  const operand = maskOperand(x);
  const values = maskUpdates(updates);
  const operandTangent = maskOperand(ofOperand);
  const updatesTangent = maskUpdates(ofUpdates);
  const out = scatterAdd(operand, indices, values, numbers, params);
  return [[out], [scatterAdd(operandTangent, indices, updatesTangent, numbers, params)]];
};

const scatterSetPrimitive: Primitive<ScatterParams> = scatterPrimitive("scatter", {
  update: (_x, u) => u,
  wide: (_x, u) => u,
  combine: "set",
  jvp: scatterJvp,
  transpose: ([ct], [x, indices, updates], params) => {
    requireUnique(params, "scatter transpose is");
    if (ct instanceof Zero) return [null, null, null];
    const shape = shapeOf(updates);
    const places = indices as NDArray;
    let ofOperand: NDArray | null = null;
    let ofUpdates: NDArray | null = null;
    if (x instanceof UndefinedPrimal) {
      const zeros = ops.full(shape, 0, ct.dtype); // elements that were overwritten do not matter
      ofOperand = scatter(ct, places, zeros, params.dimensionNumbers, params);
    }
    if (updates instanceof UndefinedPrimal) ofUpdates = cotangentOfUpdates(ct, places, params, shape);
    return [ofOperand, null, ofUpdates];
  },
});

/**
 * Replaces windows of `operand` at computed places, in XLA's general form; `x.at(...).set(y)` is easier to use. Of several updates of one
 * element the last wins, in row-major order of the indices.
 * @throws TypeError when dtypes or dimension numbers do not fit; ValueError for other than integer indices and unknown modes.
 * @example
 * const elements = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
 * lax.scatter(jnp.zeros([3]), jnp.int32([[2], [0]]), jnp.array([5, 6]), elements)
 * // => Array([6., 0., 5.], dtype=float32)
 */
export function scatter(
  operand: LaxOperand,
  indices: LaxOperand,
  updates: LaxOperand,
  dimensionNumbers: ScatterDimensionNumbers,
  options: ScatterOptions = {},
): NDArray {
  return bindScatter(scatterSetPrimitive, operand, indices, updates, dimensionNumbers, options, () => null);
}

/** The scatter-add that a transpose rule stages. */
export function scatterAddOfTranspose(
  x: NDArray,
  indices: NDArray,
  updates: NDArray,
  numbers: ScatterDimensionNumbers,
  options: ScatterOptions,
): NDArray {
  return bindScatter(scatterAddPrimitive, x, indices, updates, numbers, options, (t) =>
    updateJaxpr("add", t, true),
  );
}
