import { ArrayImpl, type NDArray } from "../../core/array.ts";
import {
  definePrimitive,
  type JvpRule,
  type NoRule,
  notDifferentiable,
  notLinear,
  type Params,
  type Primitive,
  type TransposeRule,
} from "../../core/primitive.ts";
import { asNumpyInts } from "../../core/printing.ts";
import { bind1, type NamedAxis } from "../../core/trace.ts";
import { leafToArray } from "../../core/values.ts";
import { float32, int32, isBool, isInteger } from "../../dtypes/index.ts";
import { map } from "../../tree/map.ts";
import { axesWithout, batchDimAtFront, moveBatchDim } from "../batching.ts";
import { linearJvp } from "../families.ts";
import { constLike, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { reduceMax, reduceMin, reduceSum } from "../reductions.ts";
import {
  type AxisGroups,
  type AxisNames,
  checkedGroups,
  groupsOf,
  membersOf,
  namesOf,
  requireAxes,
  splitNames,
} from "./axes.ts";
import { reduceGroups, spread } from "./members.ts";

/** Axes of the operand by position, or axes of maps by name. */
type Axis = number | string;

export interface ReduceAxesParams extends Params {
  readonly axes: readonly Axis[];
  readonly axisIndexGroups: AxisGroups | null;
}

export interface CollectiveOptions {
  /** Groups of members that take part together, instead of all. */
  readonly axisIndexGroups?: AxisGroups | null;
}

const isName = (axis: Axis): axis is string => typeof axis === "string";
const isPosition = (axis: Axis): axis is number => typeof axis === "number";

interface CollectiveReduction {
  readonly op: "sum" | "max" | "min";
  readonly reduce: (x: LaxOperand, axes: readonly number[]) => NDArray;
  /** The result for a value that `size` members share. */
  readonly ofShared: (x: NDArray, size: number) => NDArray;
  readonly jvp: JvpRule<ReduceAxesParams> | NoRule;
  readonly transpose: TransposeRule<ReduceAxesParams> | NoRule;
}

/** A reduction over members of named axes, and over axes of the operand: a name that is mapped becomes a position. */
function collectiveReduction(name: string, spec: CollectiveReduction): Primitive<ReduceAxesParams> {
  const primitive: Primitive<ReduceAxesParams> = definePrimitive<ReduceAxesParams>({
    name,
    abstractEval: ([x], { axes }) => {
      requireAxes(axes.filter(isName), name);
      return [x.update({ shape: x.shape.filter((_, i) => !axes.includes(i)) })];
    },
    reference: () => {
      throw new Error(`${name} is evaluated as an ordinary reduction`);
    },
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
      batching: ([x], [dim], params, mapped) => reduceMapped(primitive, spec, x, dim, params, mapped),
    },
    // What is left to compile has positions only.
    lowering: { kind: "reduction", op: spec.op, axes: ({ axes }) => axes.filter(isPosition) },
    printParams: ({ axes, axisIndexGroups }) => ({ axes, axis_index_groups: axisIndexGroups }),
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

const sumPrimitive: Primitive<ReduceAxesParams> = collectiveReduction("psum", {
  op: "sum",
  reduce: reduceSum,
  ofShared: (x, size) => ops.mul(constLike(x, size), x),
  jvp: linearJvp(() => sumPrimitive),
  // The cotangents of all members are summed, as each of them has the sum; along positions they are only repeated.
  transpose: ([ct], [x], { axes, axisIndexGroups }) => {
    if (!("shape" in ct)) return [null];
    const positions = axes.filter(isPosition);
    const names = axes.filter(isName);
    const wide =
      positions.length === 0
        ? ct
        : ops.broadcastInDim(ct, x.aval.shape, asNumpyInts(axesWithout(x.aval.ndim, ...positions)));
    return [names.length === 0 ? wide : bind1(sumPrimitive, [wide], { axes: names, axisIndexGroups })];
  },
});
const maxPrimitive = collectiveReduction("pmax", {
  op: "max",
  reduce: reduceMax,
  ofShared: (x) => x,
  jvp: notDifferentiable("its derivative is not defined in JAX either; use psum, or allGather and max"),
  transpose: notLinear,
});
const minPrimitive = collectiveReduction("pmin", {
  op: "min",
  reduce: reduceMin,
  ofShared: (x) => x,
  jvp: notDifferentiable("its derivative is not defined in JAX either; use psum, or allGather and min"),
  transpose: notLinear,
});

/**
 * The sum over the members of one or several mapped axes, for every leaf of `x`; bools count as int32. A value that the members share (a number,
 * an array from outside) is multiplied by their number, so `psum(1, "i")` is the number of members.
 *
 * @throws NameError for a name that is not bound; ValueError for groups that do not cover the axis
 * @example
 * vmap((x) => lax.psum(x, "i"), { axisName: "i" })(jnp.array([1, 2, 3])) // => Array([6., 6., 6.], dtype=float32)
 */
export function psum<T>(x: T, axisName: AxisNames, options: CollectiveOptions = {}): T {
  const names = namesOf(axisName, "psum");
  const axisIndexGroups = checkedGroups(options.axisIndexGroups, names, false);
  const size = membersOf(names, axisIndexGroups);
  if (names.length === 0) return x;
  return map((leaf: unknown) => {
    if (typeof leaf === "number") return leaf * size;
    const array = toCount(leafOf(leaf, "psum"));
    if (array instanceof ArrayImpl) return ops.mul(constLike(array, size), array);
    return bind1(sumPrimitive, [array], { axes: names, axisIndexGroups });
  }, x) as T;
}

/**
 * The mean over the members of mapped axes; see {@link psum}. Integers give float32.
 * @throws NameError for a name that is not bound
 * @example
 * vmap((x) => lax.pmean(x, "i"), { axisName: "i" })(jnp.array([1, 2, 6])) // => Array([3., 3., 3.], dtype=float32)
 */
export function pmean<T>(x: T, axisName: AxisNames, options: CollectiveOptions = {}): T {
  const names = namesOf(axisName, "pmean");
  const size = membersOf(names, checkedGroups(options.axisIndexGroups, names, false));
  return map(
    (leaf: unknown) => {
      if (typeof leaf === "number") return leaf / size;
      const array = leaf as NDArray;
      const floating = isInteger(array.dtype) ? ops.convertElementType(array, float32) : array;
      return ops.div(floating, constLike(floating, size));
    },
    psum(x, axisName, options),
  ) as T;
}

/**
 * The maximum over the members of mapped axes, for every leaf of `x`; NaN where a member has one. Not differentiable, as in JAX.
 * @throws NameError for a name that is not bound
 * @example
 * vmap((x) => lax.pmax(x, "i"), { axisName: "i" })(jnp.array([1, 3, 2])) // => Array([3., 3., 3.], dtype=float32)
 */
export function pmax<T>(x: T, axisName: AxisNames, options: CollectiveOptions = {}): T {
  return extreme(maxPrimitive, "pmax", x, axisName, options);
}

/**
 * The minimum over the members of mapped axes; see {@link pmax}.
 * @throws NameError for a name that is not bound
 * @example
 * vmap((x) => lax.pmin(x, "i"), { axisName: "i" })(jnp.array([1, 3, 2])) // => Array([1., 1., 1.], dtype=float32)
 */
export function pmin<T>(x: T, axisName: AxisNames, options: CollectiveOptions = {}): T {
  return extreme(minPrimitive, "pmin", x, axisName, options);
}

function extreme<T>(
  primitive: Primitive<ReduceAxesParams>,
  where: string,
  x: T,
  axisName: AxisNames,
  options: CollectiveOptions,
): T {
  const names = namesOf(axisName, where);
  requireAxes(names, where);
  const axisIndexGroups = checkedGroups(options.axisIndexGroups, names, false);
  return map(
    (leaf: unknown) => bind1(primitive, [leafOf(leaf, where)], { axes: names, axisIndexGroups }),
    x,
  ) as T;
}

/**
 * The number of members of one or several mapped axes.
 * @throws NameError for a name that is not bound
 * @example
 * vmap((x) => x.mul(lax.axisSize("i")), { axisName: "i" })(jnp.array([1, 2])) // => Array([2., 4.], dtype=float32)
 */
export function axisSize(axisName: AxisNames): number {
  return membersOf(namesOf(axisName, "axisSize"));
}

function leafOf(leaf: unknown, where: string): NDArray {
  return leafToArray(leaf) ?? unaryOperand(leaf as LaxOperand, where);
}
function toCount(x: NDArray): NDArray {
  return isBool(x.dtype) ? ops.convertElementType(x, int32) : x;
}
