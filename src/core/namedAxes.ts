import { type Jaxpr, jaxprsInParams } from "./jaxpr.ts";
import type { Params, Primitive } from "./primitive.ts";

const known = new WeakMap<Jaxpr, ReadonlySet<string>>();

/** The named axes that a program refers to and does not bind itself. */
export function axesUsedBy(jaxpr: Jaxpr): ReadonlySet<string> {
  let names = known.get(jaxpr);
  if (names === undefined) {
    const found = new Set<string>();
    for (const { primitive, params } of jaxpr.eqns) {
      for (const name of axesUsed(primitive, params)) found.add(name);
    }
    names = found;
    known.set(jaxpr, names);
  }
  return names;
}

/** The named axes that one operation refers to, itself or in the programs that it holds. */
export function axesUsed(primitive: Primitive, params: Params): readonly string[] {
  if (primitive.collective !== undefined) return primitive.collective.names(params);
  const bound = primitive.bindsAxes?.(params) ?? [];
  const used = jaxprsInParams(params).flatMap((program) => [...axesUsedBy(program)]);
  return bound.length === 0 ? used : used.filter((name) => !bound.some((axis) => axis.name === name));
}
