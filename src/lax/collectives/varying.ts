import type { NDArray } from "../../core/array.ts";
import { joinVarying } from "../../core/aval.ts";
import { jaxprsInParams } from "../../core/jaxpr.ts";
import { definePrimitive, type Params, type Primitive } from "../../core/primitive.ts";
import { bind1, boundAxis, installAlignment } from "../../core/trace.ts";
import { missingAxes } from "../../core/varying.ts";
import { ValueError } from "../../errors.ts";
import { map } from "../../tree/map.ts";
import { vectorizedBatching } from "../batching.ts";
import { linearJvp, linearTranspose } from "../families.ts";
import { constLike, unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { reduceSum } from "../reductions.ts";
import { type AxisNames, namesOf, requireAxes, splitNames } from "./axes.ts";
import { collectiveReduction, isName, type ReduceAxesParams, repeatPositions } from "./reduction.ts";

interface VaryParams extends Params {
  readonly axes: readonly string[];
}

/** The identity, to a type that varies over more axes. It stands where a value that devices share meets one that they do not. */
const varyPrimitive: Primitive<VaryParams> = definePrimitive<VaryParams>({
  name: "pvary",
  abstractEval: ([x]) => [x],
  reference: ([x]) => [x.data],
  jvp: /* @__PURE__ */ linearJvp(() => varyPrimitive),
  // Each device has the value, so its cotangent is the sum of theirs.
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, { axes }) => psumInvariant(ct, axes)),
  batching: /* @__PURE__ */ vectorizedBatching(() => varyPrimitive),
  collective: {
    names: ({ axes }) => axes,
    varying: "adds",
    batching: ([x], [dim], { axes }, mapped) => {
      const { others } = splitNames(mapped, axes, null);
      return [[others.length === 0 ? x : bind1(varyPrimitive, [x], { axes: others })], [dim]];
    },
  },
  lowering: { kind: "pointwise", cost: "view", emit: (_b, [x], index) => x.at(index) },
});

/** The sum over devices as a value that they share: its cotangent is one, which is given to each. */
const sumPrimitive: Primitive<ReduceAxesParams> = collectiveReduction("psum_invariant", {
  op: "sum",
  reduce: reduceSum,
  ofShared: (x, size) => ops.mul(constLike(x, size), x),
  invariant: true,
  grouped: false,
  jvp: /* @__PURE__ */ linearJvp(() => sumPrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, x, { axes }) =>
    vary(repeatPositions(ct, x.shape, axes), axes.filter(isName)),
  ),
});

/** The sum over `names` of a value that varies over them. */
export function psumInvariant(x: NDArray, names: readonly string[]): NDArray {
  return bind1(sumPrimitive, [x], { axes: names, axisIndexGroups: null });
}

/** `x` as a value that varies over `axes` too, those that are checked. */
export function vary(x: NDArray, axes: readonly string[]): NDArray {
  const missing = missingAxes(x, axes);
  return missing.length === 0 ? x : bind1(varyPrimitive, [x], { axes: missing });
}

/** `x` as a collective over `names` needs it: varying over those of them that are checked. */
export function varyFor(x: NDArray, names: readonly string[]): NDArray {
  return vary(
    x,
    names.filter((name) => boundAxis(name)?.checked === true),
  );
}

installAlignment((primitive, args, params) => {
  if (args.length < 2 || primitive.collective !== undefined || jaxprsInParams(params).length > 0) return args;
  const varying = joinVarying(args.map((x) => x.aval));
  return varying.length === 0 ? args : args.map((x) => vary(x, varying));
}, vary);

/**
 * Changes over which axes of a mesh the type of a value varies, for every leaf of `x`; the value stays. Only "varying" can be asked for.
 * @throws NameError for a name that is not bound; ValueError for another `to`, and for a value that varies over the axis already
 * @example
 * vmap((x) => x.add(lax.pcast(1, "i", { to: "varying" })), { axisName: "i" })(jnp.array([1, 2])) // => Array([2., 3.], dtype=float32)
 */
export function pcast<T>(x: T, axisName: AxisNames, options: { readonly to: "varying" }): T {
  const names = namesOf(axisName, "pcast");
  requireAxes(names, "pcast");
  if (options?.to !== "varying") {
    throw new ValueError("pcast: Got unexpected `to` value. Allowed `to` values are: {'varying'}");
  }
  return map((leaf: LaxOperand) => {
    const array = unaryOperand(leaf, "pcast");
    if (names.some((name) => array.aval.varying.includes(name))) {
      throw new ValueError("Unsupported pcast from=varying, to='varying'");
    }
    return varyFor(array, names);
  }, x as LaxOperand) as T;
}
