import type { NDArray } from "../../core/array.ts";
import { type BatchDim, definePrimitive, type Params, type Primitive } from "../../core/primitive.ts";
import { bind1, type NamedAxis } from "../../core/trace.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import { map } from "../../tree/map.ts";
import { axesWithout, batchDimAtFront, moveBatchDim } from "../batching.ts";
import { dynamicSliceInDim } from "../dynamicSlice.ts";
import { linearJvp, linearTranspose } from "../families.ts";
import { constLike, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import {
  type AxisGroups,
  type AxisNames,
  checkedAxis,
  checkedGroups,
  groupsOf,
  membersOf,
  namesOf,
  requireAxes,
  splitNames,
} from "./axes.ts";
import { axisIndex } from "./axisIndex.ts";
import { gatherGroups, mergeAxes, repeat, scatterGroups, splitAxis, spread } from "./members.ts";
import { unevaluated } from "./permute.ts";
import { varyFor } from "./varying.ts";

interface GatherParams extends Params {
  readonly allGatherDimension: number;
  readonly axisIndexGroups: AxisGroups | null;
  readonly axisName: readonly string[];
  readonly axisSize: number;
  readonly tiled: boolean;
}

interface GatherSpec {
  /** The cotangent of the operand, given that of the result. */
  readonly transpose: (ct: NDArray, params: GatherParams) => NDArray;
  /** Whether the type of the result says that members share it. */
  readonly invariant: boolean;
}

/* @__NO_SIDE_EFFECTS__ */
function gather(name: string, { transpose, invariant }: GatherSpec): Primitive<GatherParams> {
  const primitive: Primitive<GatherParams> = definePrimitive<GatherParams>({
    name,
    abstractEval: ([x], { allGatherDimension: at, axisName, axisSize, tiled }) => {
      requireAxes(axisName, name);
      const shape = x.shape.slice();
      if (tiled) shape[at] *= axisSize;
      else shape.splice(at, 0, axisSize);
      return [x.update({ shape })];
    },
    reference: unevaluated(name),
    jvp: linearJvp(() => primitive),
    transpose: linearTranspose((ct, _x, params) => transpose(ct, params)),
    batching: ([x], [dim], params) => {
      const d = dim as number;
      const at = params.allGatherDimension;
      const allGatherDimension = d <= at ? at + 1 : at;
      // A new axis before the mapped one moves it.
      const dimOut = d <= at || params.tiled ? d : d + 1;
      return [[bind1(primitive, [x], { ...params, allGatherDimension })], [dimOut]];
    },
    collective: {
      names: ({ axisName }) => axisName,
      ...(invariant && { varying: "drops" }),
      batching: ([x], [d], p, axes) => gatherMapped(x, d, p, axes),
    },
    lowering: { kind: "none", reason: `${name} is compiled where its axis is mapped` },
    printParams: ({ allGatherDimension, axisIndexGroups, axisName, axisSize, tiled }) => ({
      all_gather_dimension: allGatherDimension,
      ...(!invariant && { axis_index_groups: axisIndexGroups }),
      axis_name: axisName,
      axis_size: axisSize,
      tiled,
    }),
  });
  return primitive;
}

const gatherPrimitive = gather("all_gather", {
  invariant: false,
  transpose: (ct, { allGatherDimension, ...params }) =>
    bind1(scatterPrimitive, [ct], { ...params, scatterDimension: allGatherDimension }),
});

/** As a value that members share: its cotangent is one, of which each takes the part that it gave. */
const invariantPrimitive = gather("all_gather_invariant", {
  invariant: true,
  transpose: (ct, { allGatherDimension: at, axisName, axisSize, tiled }) => {
    const size = tiled ? ct.shape[at] / axisSize : 1;
    const own = varyFor(ct, axisName);
    const part = dynamicSliceInDim(own, ops.mul(axisIndex(axisName), size), size, at);
    return tiled ? part : ops.squeeze(part, [at]);
  },
});

function gatherMapped(
  x: NDArray,
  dim: BatchDim,
  params: GatherParams,
  mapped: readonly NamedAxis[],
): [NDArray[], BatchDim[]] {
  const { allGatherDimension: at, axisName, axisIndexGroups, tiled } = params;
  const { own, others } = splitNames(
    mapped,
    axisName,
    axisIndexGroups === null ? null : "grouped all_gather",
  );
  if (others.length > 0) return gatherPart(x, dim, params, mapped, own, others);
  const groups = groupsOf(mapped, own, axisIndexGroups);
  const count = groups[0].length;
  if (dim === null) {
    const wide = repeat(x, count, at);
    return [[tiled ? mergeAxes(wide, at) : wide], [null]];
  }
  const inOrder = groups.length === 1 && groups[0].every((member, i) => member === i);
  if (inOrder) {
    const wide = moveBatchDim(x, dim, at);
    return [[tiled ? mergeAxes(wide, at) : wide], [null]];
  }
  const gathered = gatherGroups(moveBatchDim(x, dim, 0), groups, at, tiled);
  return groups.length === 1 ? [[ops.squeeze(gathered, [0])], [null]] : [[spread(gathered, groups)], [0]];
}

/** Gathers along the mapped axes first, and leaves the rest to the maps of the other names. */
function gatherPart(
  x: NDArray,
  dim: BatchDim,
  params: GatherParams,
  mapped: readonly NamedAxis[],
  own: readonly string[],
  others: readonly string[],
): [NDArray[], BatchDim[]] {
  const { allGatherDimension: at, axisName, tiled } = params;
  const part = { ...params, allGatherDimension: 0, axisIndexGroups: null, tiled: false };
  const ownSize = groupsOf(mapped, own)[0].length;
  const [[near], [dimOut]] = gatherMapped(x, dim, { ...part, axisName: own, axisSize: ownSize }, mapped);
  const shift = dimOut === null ? 0 : 1;
  const all = bind1(gatherPrimitive, [near], {
    ...part,
    allGatherDimension: shift,
    axisName: others,
    axisSize: membersOf(others),
  });
  // Axes now: the map's, where there is one; the other names; the own names; those of a member.
  const sizeOf = (name: string): number => mapped.find((a) => a.name === name)?.size ?? membersOf([name]);
  const order = [...others, ...own];
  const rest = all.shape.slice(shift + 2);
  const grid = ops.reshape(all, [...all.shape.slice(0, shift), ...order.map(sizeOf), ...rest]);
  const permutation = [
    ...axesWithout(shift),
    ...axisName.map((name) => shift + order.indexOf(name)),
    ...axesWithout(grid.ndim).slice(shift + order.length),
  ];
  const sorted = ops.reshape(ops.transpose(grid, permutation), [
    ...all.shape.slice(0, shift),
    params.axisSize,
    ...rest,
  ]);
  const placed = moveBatchDim(sorted, shift, at + shift);
  return [[tiled ? mergeAxes(placed, at + shift) : placed], [dimOut === null ? null : 0]];
}

interface ScatterParams extends Params {
  readonly axisIndexGroups: AxisGroups | null;
  readonly axisName: readonly string[];
  readonly axisSize: number;
  readonly scatterDimension: number;
  readonly tiled: boolean;
}

const scatterPrimitive: Primitive<ScatterParams> = definePrimitive<ScatterParams>({
  name: "reduce_scatter",
  abstractEval: ([x], { axisName, axisSize, scatterDimension: at, tiled }) => {
    requireAxes(axisName, "reduce_scatter");
    const shape = x.shape.slice();
    if (tiled) {
      if (shape[at] % axisSize !== 0) {
        throw new ValueError(
          `tiled reduce_scatter operand scatter dimension size ${shape[at]} must be divisible by shard_count ${axisSize}`,
        );
      }
      shape[at] /= axisSize;
    } else if (shape[at] !== axisSize) {
      throw new ValueError(
        `reduce_scatter operand scatter dimension size ${shape[at]} must match shard count ${axisSize}`,
      );
    } else shape.splice(at, 1);
    return [x.update({ shape })];
  },
  reference: /* @__PURE__ */ unevaluated("reduce_scatter"),
  jvp: /* @__PURE__ */ linearJvp(() => scatterPrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, { scatterDimension, ...params }) =>
    bind1(gatherPrimitive, [ct], { ...params, allGatherDimension: scatterDimension }),
  ),
  batching: ([x], [dim], params) => {
    const d = dim as number;
    const at = params.scatterDimension;
    const scatterDimension = d <= at ? at + 1 : at;
    // The axis that goes moves the mapped one, if it is before it.
    const dimOut = d <= at || params.tiled ? d : d - 1;
    return [[bind1(scatterPrimitive, [x], { ...params, scatterDimension })], [dimOut]];
  },
  collective: {
    names: ({ axisName }) => axisName,
    batching: ([x], [dim], { axisName, axisIndexGroups, scatterDimension: at, tiled }, mapped) => {
      const { own } = splitNames(mapped, axisName, "psum_scatter");
      const groups = groupsOf(mapped, own, axisIndexGroups);
      const count = groups[0].length;
      if (groups.length === 1 && groups[0].every((member, i) => member === i)) {
        const sums = dim === null ? ops.mul(x, constLike(x, count)) : ops.reduceSum(x, [dim]);
        return [[tiled ? splitAxis(sums, at, count) : sums], [at]];
      }
      const size = mapped.reduce((n, axis) => n * axis.size, 1);
      return [[scatterGroups(batchDimAtFront(x, dim, size), groups, at, tiled)], [0]];
    },
  },
  lowering: { kind: "none", reason: "reduce_scatter is compiled where its axis is mapped" },
});

export interface AllGatherOptions {
  readonly axisIndexGroups?: AxisGroups | null;
  /** Where the members are put side by side; default 0. */
  readonly axis?: number;
  /** Join the members along the existing axis instead of a new one. */
  readonly tiled?: boolean;
  /**
   * What the type of the result says under shardMap: that it may vary between devices (the default), or that they share it. Groups cannot
   * share.
   */
  readonly to?: "varying" | "invarying";
}

/**
 * Gives every member the values of all: along a new axis of the size of the mapped one, or, where `tiled`, one after the other along an axis
 * that exists. For every leaf of `x`.
 *
 * @throws NameError for a name that is not bound; ValueError for an axis out of range or groups of different sizes
 * @example
 * vmap((x) => lax.allGather(x, "i"), { axisName: "i" })(jnp.array([1, 2]))
 * // => Array([[1., 2.],
 * //           [1., 2.]], dtype=float32)
 */
export function allGather<T>(x: T, axisName: AxisNames, options: AllGatherOptions = {}): T {
  const names = namesOf(axisName, "allGather");
  const axisIndexGroups = checkedGroups(options.axisIndexGroups, names);
  const axisSize = membersOf(names, axisIndexGroups);
  const { axis = 0, tiled = false, to = "varying" } = options;
  if (to !== "varying" && to !== "invarying") {
    throw new ValueError(
      `Got unexpected \`to\` value for \`lax.allGather\`: ${String(to)}. Allowed \`to\` values are: {'varying', 'invarying'}`,
    );
  }
  if (to === "invarying" && axisIndexGroups !== null) {
    throw new NotImplementedError("allGather with axisIndexGroups to invarying");
  }
  const primitive = to === "varying" ? gatherPrimitive : invariantPrimitive;
  return map((leaf: LaxOperand) => {
    const array = unaryOperand(leaf, "allGather");
    const allGatherDimension = checkedAxis(axis, tiled ? array.ndim : array.ndim + 1, "allGather");
    const params = { allGatherDimension, axisIndexGroups, axisName: names, axisSize, tiled };
    return bind1(primitive, [varyFor(array, names)], params);
  }, x as LaxOperand) as T;
}

export interface PsumScatterOptions {
  readonly axisIndexGroups?: AxisGroups | null;
  /** The axis along which the sum is cut; default 0. */
  readonly scatterDimension?: number;
  /** Keep the axis, with the part of a member, instead of taking one element of it. */
  readonly tiled?: boolean;
}

/**
 * As {@link psum}, but each member keeps only its part of the sum along `scatterDimension`: one element, or, where `tiled`, an equal run of
 * them. For every leaf of `x`.
 *
 * @throws NameError for a name that is not bound; ValueError for an axis that cannot be cut among the members
 * @example
 * vmap((x) => lax.psumScatter(x, "i"), { axisName: "i" })(jnp.array([[1, 2], [3, 4]])) // => Array([4., 6.], dtype=float32)
 */
export function psumScatter<T>(x: T, axisName: AxisNames, options: PsumScatterOptions = {}): T {
  const names = namesOf(axisName, "psumScatter");
  const axisIndexGroups = checkedGroups(options.axisIndexGroups, names);
  const axisSize = membersOf(names, axisIndexGroups);
  const { tiled = false } = options;
  return map((leaf: LaxOperand) => {
    const array = unaryOperand(leaf, "psumScatter");
    const scatterDimension = checkedAxis(options.scatterDimension ?? 0, array.ndim, "psumScatter");
    const params = { axisIndexGroups, axisName: names, axisSize, scatterDimension, tiled };
    scatterPrimitive.abstractEval([array.aval], params);
    return bind1(scatterPrimitive, [varyFor(array, names)], params);
  }, x as LaxOperand) as T;
}
