import { ArrayImpl, type NDArray } from "../../core/array.ts";
import { notDifferentiable, notLinear, type Primitive } from "../../core/primitive.ts";
import { bind1, boundAxis } from "../../core/trace.ts";
import { leafToArray } from "../../core/values.ts";
import { float32, int32, isBool, isInteger } from "../../dtypes/index.ts";
import { NotImplementedError } from "../../errors.ts";
import { map } from "../../tree/map.ts";
import { linearJvp, linearTranspose } from "../families.ts";
import { constLike, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { reduceMax, reduceMin, reduceSum } from "../reductions.ts";
import { type AxisGroups, type AxisNames, checkedGroups, membersOf, namesOf, requireAxes } from "./axes.ts";
import { collectiveReduction, isName, type ReduceAxesParams, repeatPositions } from "./reduction.ts";
import { psumInvariant, varyFor } from "./varying.ts";

export interface CollectiveOptions {
  /** Groups of members that take part together, instead of all. */
  readonly axisIndexGroups?: AxisGroups | null;
}

const sumPrimitive: Primitive<ReduceAxesParams> = collectiveReduction("psum", {
  op: "sum",
  reduce: reduceSum,
  ofShared: (x, size) => ops.mul(constLike(x, size), x),
  jvp: /* @__PURE__ */ linearJvp(() => sumPrimitive),
  // The cotangents of all members are summed, as each of them has the sum; along positions they are only repeated.
  transpose: /* @__PURE__ */ linearTranspose((ct, x, { axes, axisIndexGroups }) => {
    const names = axes.filter(isName);
    const wide = repeatPositions(ct, x.shape, axes);
    return names.length === 0 ? wide : bind1(sumPrimitive, [wide], { axes: names, axisIndexGroups });
  }),
});
const maxPrimitive = collectiveReduction("pmax", {
  op: "max",
  invariant: true,
  reduce: reduceMax,
  ofShared: (x) => x,
  jvp: /* @__PURE__ */ notDifferentiable(
    "its derivative is not defined in JAX either; use psum, or allGather and max",
  ),
  transpose: notLinear,
});
const minPrimitive = collectiveReduction("pmin", {
  op: "min",
  invariant: true,
  reduce: reduceMin,
  ofShared: (x) => x,
  jvp: /* @__PURE__ */ notDifferentiable(
    "its derivative is not defined in JAX either; use psum, or allGather and min",
  ),
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
    if (names.some((name) => boundAxis(name)?.checked)) {
      if (axisIndexGroups !== null) throw new NotImplementedError("psum with axisIndexGroups under checkVma");
      return psumInvariant(varyFor(array, names), names);
    }
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
    (leaf: unknown) =>
      bind1(primitive, [varyFor(leafOf(leaf, where), names)], { axes: names, axisIndexGroups }),
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
