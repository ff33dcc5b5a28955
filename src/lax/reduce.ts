import type { NDArray } from "../core/array.ts";
import { sizeOf } from "../core/aval.ts";
import { evalReference, hostArrayOf } from "../core/evalReference.ts";
import type { HostArray } from "../core/hostArray.ts";
import type { ClosedJaxpr } from "../core/jaxpr.ts";
import { definePrimitive, notLinear, type Primitive, Zero } from "../core/primitive.ts";
import { bind } from "../core/trace.ts";
import { hostArray } from "../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../errors.ts";
import { runJvp } from "../transforms/jvpTrace.ts";
import { axesWithout, batchDimAtFront } from "./batching.ts";
import { offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import type { Combine } from "./monoids.ts";
import type { LaxOperand } from "./ops.ts";
import { ops } from "./ops.ts";
import { asProgram } from "./programLowering.ts";
import { flattenReduced, type MonoidName, monoidOf, onElements, traceReducer } from "./reducers.ts";
import { reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd, reduceSum, reduceXor } from "./reductions.ts";
import { broadcastInDim } from "./shape.ts";
import { isIntList } from "./shapeChecks.ts";
import { reduceAxis } from "./windowFold.ts";

interface GeneralReduceParams {
  readonly [name: string]: unknown;
  readonly computation: unknown;
  readonly jaxpr: ClosedJaxpr;
  readonly dimensions: readonly number[];
}

const halves = <T>(list: readonly T[]): [T[], T[]] => [
  list.slice(0, list.length / 2),
  list.slice(list.length / 2),
];

const kept = (shape: readonly number[], dimensions: readonly number[]): number[] =>
  axesWithout(shape.length, ...dimensions).map((d) => shape[d]);

/** All elements along some axes, in their order, after the initial values. */
function reduceAll(
  xs: readonly NDArray[],
  inits: readonly NDArray[],
  dimensions: readonly number[],
  combine: Combine,
): readonly NDArray[] {
  const { shape } = xs[0];
  const result = kept(shape, dimensions);
  const first = inits.map((x) => broadcastInDim(x, result, []));
  if (shape.includes(0)) return first;
  let rest = xs;
  for (const axis of dimensions.slice().sort((p, q) => q - p)) rest = reduceAxis(rest, axis, combine);
  return combine(first, rest);
}

function reduceReference(inputs: readonly HostArray[], { jaxpr, dimensions }: GeneralReduceParams) {
  const [xs, inits] = halves(inputs);
  const { shape } = xs[0];
  const strides = rowMajorStrides(shape);
  const sorted = dimensions.slice().sort((p, q) => p - q);
  const offsets = (axes: readonly number[]) =>
    offsetsOf(
      axes.map((d) => shape[d]),
      axes.map((d) => strides[d]),
    );
  const group = offsets(sorted);
  const results = xs.map((x) => hostArray(x.dtype, sizeOf(kept(shape, dimensions))));
  const consts = jaxpr.consts.map(hostArrayOf);
  offsets(axesWithout(shape.length, ...dimensions)).forEach((base, i) => {
    let acc: readonly HostArray[] = inits;
    for (const offset of group) {
      const at = base + offset;
      const elements = xs.map((x) => ({ ...x, shape: [], data: x.data.slice(at, at + 1) }));
      acc = evalReference(jaxpr.jaxpr, consts, [...acc, ...elements]);
    }
    acc.forEach((a, k) => {
      results[k][i] = a.data[0];
    });
  });
  return results;
}

const reducePrimitive: Primitive<GeneralReduceParams> = definePrimitive<GeneralReduceParams>({
  name: "reduce",
  abstractEval: (avals, { dimensions }) => {
    const [xs, inits] = halves(avals);
    if (inits.some((a) => a.ndim !== 0)) {
      const shapes = inits.map((a) => `(${a.shape.join(", ")}${a.ndim === 1 ? "," : ""})`);
      throw new ValueError(`reduce found non-scalar initial value: [${shapes.join(", ")}]`);
    }
    if (xs.some((x, i) => x.dtype !== inits[i].dtype)) {
      throw new TypeError(
        "reduce operand dtypes should match corresponding initial value dtypes, " +
          `got operands=[${xs.join(", ")}] and initial_values=[${inits.join(", ")}]`,
      );
    }
    return xs.map((x, i) =>
      x.update({ shape: kept(x.shape, dimensions), weakType: x.weakType && inits[i].weakType }),
    );
  },
  reference: (inputs, params) => reduceReference(inputs, params),
  jvp: (primals, tangents, params) => {
    const [xs, inits] = halves(primals);
    const [ts, initTangents] = halves(tangents);
    if (initTangents.some((t) => !(t instanceof Zero))) {
      throw new NotImplementedError(
        "Gradient of general lax.reduce with non-zero tangents for initial values to reduction not implemented",
      );
    }
    const combine = onElements(params.jaxpr);
    return runJvp(
      (args) => reduceAll(args, inits, params.dimensions, combine),
      xs,
      ts,
      "differentiating a reduction",
    );
  },
  transpose: notLinear,
  batching: (args, dims, params, size) => {
    const [xs, inits] = halves(args);
    const [xDims, initDims] = halves(dims);
    if (initDims.some((d) => d !== null)) {
      throw new NotImplementedError("reduce batching is not implemented for initial values");
    }
    const operands = xs.map((x, i) => batchDimAtFront(x, xDims[i], size));
    const dimensions = params.dimensions.map((d) => d + 1);
    const outs = bind(reducePrimitive, [...operands, ...inits], { ...params, dimensions });
    return [outs, outs.map(() => 0)];
  },
  lowering: /* @__PURE__ */ asProgram((args, { jaxpr, dimensions }) => {
    const [xs, inits] = halves(args);
    return reduceAll(xs, inits, dimensions, onElements(jaxpr));
  }),
});

const reductions: Readonly<Record<MonoidName, (x: NDArray, axes: readonly number[]) => NDArray>> = {
  sum: reduceSum,
  prod: reduceProd,
  max: reduceMax,
  min: reduceMin,
  and: reduceAnd,
  or: reduceOr,
  xor: reduceXor,
};

/**
 * Reduces arrays along axes by a computation of your own. `computation(a, b)` combines two trees of scalars, is associative, and has
 * `initValues` as its identity. With `lax.add`, `mul`, `max`, `min` or a bitwise operation it is `reduceSum` and so on.
 *
 * @param operands an array, or a tree of arrays of one shape that are reduced together
 * @param initValues a scalar for each array, in the same tree
 * @param dimensions the axes to reduce
 * @throws ValueError when trees or axes do not fit; TypeError when dtypes differ.
 * @example
 * const best = ([x, i], [y, j]) => [lax.max(x, y), lax.select(lax.ge(x, y), i, j)];
 * lax.reduce([jnp.array([3, 9, 4]), jnp.int32([0, 1, 2])], [-Infinity, 0], best, [0])
 * // => [Array(9., dtype=float32), Array(1, dtype=int32)]
 */
export function reduce<T>(
  operands: T,
  initValues: unknown,
  // biome-ignore lint/suspicious/noExplicitAny: trees of scalars in the structure of the operands
  computation: (a: any, b: any) => unknown,
  dimensions: readonly number[],
): T extends LaxOperand ? NDArray : T {
  const reduced = flattenReduced("lax.reduce", operands, initValues);
  const { operands: xs, inits, tree } = reduced;
  if (xs.length === 0) throw new ValueError("lax.reduce needs at least one operand.");
  checkDimensions(dimensions, xs);
  const monoid = monoidOf(computation, reduced);
  if (monoid !== null) {
    const result = reductions[monoid](xs[0], dimensions);
    const weak = xs[0].aval.weakType && inits[0].aval.weakType;
    const same = result.aval.weakType === weak;
    return tree.unflatten([same ? result : ops.convertElementType(result, result.dtype, weak)]) as never;
  }
  const jaxpr = traceReducer("lax.reduce", computation, reduced);
  const params = { computation, jaxpr, dimensions: Array.from(dimensions) };
  return tree.unflatten(bind(reducePrimitive, [...xs, ...inits], params)) as never;
}

function checkDimensions(dimensions: readonly number[], xs: readonly NDArray[]): void {
  const { shape } = xs[0];
  if (!isIntList(dimensions) || dimensions.some((d) => d < 0 || d >= shape.length)) {
    throw new ValueError(
      `lax.reduce: dimensions [${dimensions}] are out of range for an operand of shape [${shape}].`,
    );
  }
  if (new Set(dimensions).size !== dimensions.length) {
    throw new ValueError(`duplicate value in 'dimensions' of reduce: [${dimensions}]`);
  }
  if (xs.some((x) => x.shape.join() !== shape.join())) {
    throw new ValueError(
      `lax.reduce: operands must have one shape, got ${xs.map((x) => `[${x.shape}]`).join(", ")}.`,
    );
  }
}
