import type { NDArray } from "./array.ts";
import { joinVarying, noVarying, type ShapedArray } from "./aval.ts";
import { jaxprsInParams } from "./jaxpr.ts";
import type { Params, Primitive } from "./primitive.ts";
import { boundAxis } from "./trace.ts";

// Over which axes of a mesh values vary, as part of their types: in functions under shardMap with checkVma.

/** The types of the results of an operation, with the axes over which they vary. */
export function varyingResults(
  primitive: Primitive,
  inputs: readonly ShapedArray[],
  params: Params,
  outputs: readonly ShapedArray[],
): readonly ShapedArray[] {
  const { collective } = primitive;
  if (collective !== undefined) {
    const own = joinVarying(inputs);
    const names = collective.names(params);
    const checked = names.filter((name) => boundAxis(name)?.checked === true);
    const varying = collective.varying === "adds" ? added(own, checked) : removed(own, collective, names);
    return varying.length === 0 ? dropAll(outputs) : outputs.map((aval) => aval.update({ varying }));
  }
  const varying = joinVarying(inputs);
  // Programs say of which types their results are.
  if (varying.length === 0 || jaxprsInParams(params).length > 0) return outputs;
  return outputs.map((aval) => aval.update({ varying }));
}

function added(varying: readonly string[], names: readonly string[]): readonly string[] {
  return [...new Set([...varying, ...names])].sort();
}
function removed(
  varying: readonly string[],
  collective: NonNullable<Primitive["collective"]>,
  names: readonly string[],
): readonly string[] {
  return collective.varying === "drops" ? varying.filter((name) => !names.includes(name)) : varying;
}
function dropAll(avals: readonly ShapedArray[]): readonly ShapedArray[] {
  return avals.map((aval) => (aval.varying.length === 0 ? aval : aval.update({ varying: noVarying })));
}

/** The axes over which `x` is still to vary, to go with values that vary over `varying`. */
export function missingAxes(x: NDArray, varying: readonly string[]): readonly string[] {
  const own = x.aval.varying;
  return own === varying ? noVarying : varying.filter((name) => !own.includes(name));
}
