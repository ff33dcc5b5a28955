import type { NDArray } from "../../core/array.ts";
import {
  definePrimitive,
  type JvpRule,
  type NoRule,
  type Params,
  type Primitive,
  type TransposeRule,
} from "../../core/primitive.ts";
import { asNumpyInts } from "../../core/pythonText.ts";
import { bind1, type NamedAxis } from "../../core/trace.ts";
import { axesWithout, batchDimAtFront, moveBatchDim } from "../batching.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { foldPrimitives } from "../reductions.ts";
import { type AxisGroups, groupsOf, requireAxes, splitNames } from "./axes.ts";
import { reduceGroups, spread } from "./members.ts";

/** Axes of the operand by position, or axes of maps by name. */
type Axis = number | string;

export interface ReduceAxesParams extends Params {
  readonly axes: readonly Axis[];
  readonly axisIndexGroups: AxisGroups | null;
}

export const isName = (axis: Axis): axis is string => typeof axis === "string";
export const isPosition = (axis: Axis): axis is number => typeof axis === "number";

interface CollectiveReduction {
  readonly op: "sum" | "max" | "min";
  readonly reduce: (x: LaxOperand, axes: readonly number[]) => NDArray;
  /** The result for a value that `size` members share. */
  readonly ofShared: (x: NDArray, size: number) => NDArray;
  readonly jvp: JvpRule<ReduceAxesParams> | NoRule;
  readonly transpose: TransposeRule<ReduceAxesParams> | NoRule;
  /** Whether the type of the result says that devices share it. */
  readonly invariant?: boolean;
  /** Whether it can be over groups; default true. */
  readonly grouped?: boolean;
}

/** A reduction over members of named axes, and over axes of the operand: a name that is mapped becomes a position. */
/* @__NO_SIDE_EFFECTS__ */
export function collectiveReduction(name: string, spec: CollectiveReduction): Primitive<ReduceAxesParams> {
  const primitive: Primitive<ReduceAxesParams> = definePrimitive<ReduceAxesParams>({
    name,
    abstractEval: ([x], { axes }) => {
      requireAxes(axes.filter(isName), name);
      return [x.update({ shape: x.shape.filter((_, i) => !axes.includes(i)) })];
    },
    reference: (inputs, { axes }, out) =>
      foldPrimitives[spec.op].reference(inputs, { axes: axes.filter(isPosition) }, out),
    jvp: spec.jvp,
    transpose: spec.transpose,
    batching: ([x], [dim], params) => {
      const front = moveBatchDim(x, dim as number, 0);
      const axes = params.axes.map((axis) => (isPosition(axis) ? axis + 1 : axis));
      const moves = params.axes.some(isPosition);
      return [[bind1(primitive, [moves ? front : x], { ...params, axes })], [moves ? 0 : dim]];
    },
    collective: {
      names: ({ axes }) => axes.filter(isName),
      varying: spec.invariant === true ? "drops" : "same",
      isSum: ({ axes, axisIndexGroups }) =>
        spec.op === "sum" && axes.every(isName) && axisIndexGroups === null,
      batching: ([x], [dim], params, mapped) => reduceMapped(primitive, spec, x, dim, params, mapped),
    },
    // What is left to compile has positions only.
    lowering: { kind: "reduction", op: spec.op, axes: ({ axes }) => axes.filter(isPosition) },
    printParams: ({ axes, axisIndexGroups }) =>
      spec.grouped === false ? { axes } : { axes, axis_index_groups: axisIndexGroups },
  });
  return primitive;
}

function reduceMapped(
  primitive: Primitive<ReduceAxesParams>,
  spec: CollectiveReduction,
  x: NDArray,
  dim: number | null,
  params: ReduceAxesParams,
  mapped: readonly NamedAxis[],
): [NDArray[], (number | null)[]] {
  const { axes, axisIndexGroups } = params;
  const names = axes.filter(isName);
  const { own, others } = splitNames(
    mapped,
    names,
    axisIndexGroups === null ? null : `grouped ${primitive.name}`,
  );
  const rest = axes.filter((axis) => isPosition(axis) || others.includes(axis));
  const groups = groupsOf(mapped, own, axisIndexGroups);
  if (groups.length === 1) {
    if (dim === null) {
      const y = rest.length === 0 ? x : bind1(primitive, [x], { axes: rest, axisIndexGroups: null });
      return [[spec.ofShared(y, groups[0].length)], [null]];
    }
    const front = moveBatchDim(x, dim, 0);
    const all = axes.flatMap((axis): Axis[] => {
      if (isPosition(axis)) return [axis + 1];
      if (others.includes(axis)) return [axis];
      return axis === own[0] ? [0] : [];
    });
    return [[bind1(primitive, [front], { axes: all, axisIndexGroups: null })], [null]];
  }
  const size = mapped.reduce((n, axis) => n * axis.size, 1);
  const reduced = spread(reduceGroups(batchDimAtFront(x, dim, size), groups, spec.reduce), groups);
  if (rest.length === 0) return [[reduced], [0]];
  const shifted = rest.map((axis) => (isPosition(axis) ? axis + 1 : axis));
  return [[bind1(primitive, [reduced], { axes: shifted, axisIndexGroups: null })], [0]];
}

/** The cotangent repeated along the axes of the operand over which it was summed by position. */
export function repeatPositions(ct: NDArray, shape: readonly number[], axes: readonly Axis[]): NDArray {
  const positions = axes.filter(isPosition);
  if (positions.length === 0) return ct;
  return ops.broadcastInDim(ct, shape, asNumpyInts(axesWithout(shape.length, ...positions)));
}
