import type { ArrayImpl } from "./array.ts";
import type { Atom, Jaxpr } from "./jaxpr.ts";

/** On which devices an array is, and which part on which: a `Sharding` of the folder above, which the core only passes on. */
export interface Placement {
  toString(): string;
}

/** Places the results of an operation where its operands are. */
export type Follow = (inputs: readonly ArrayImpl[], outputs: readonly ArrayImpl[]) => void;
let follow: Follow | null = null;
/** Called once the first array is placed: before, there is nothing to follow. */
export function installFollow(f: Follow): void {
  follow = f;
}
export function followPlacement(inputs: readonly ArrayImpl[], outputs: readonly ArrayImpl[]): void {
  if (follow !== null) follow(inputs, outputs);
}

/** Places results where a program says. */
export function placeResults(
  outputs: readonly ArrayImpl[],
  placementOf: (output: number) => Placement | null,
): void {
  outputs.forEach((x, i) => {
    const placement = placementOf(i);
    if (placement !== null) x.placement = placement;
  });
}

const known = new WeakMap<Jaxpr, readonly (Placement | null)[]>();

/** Where the operations that compute the results of a program place them. */
export function placementsOf(jaxpr: Jaxpr): readonly (Placement | null)[] {
  let placements = known.get(jaxpr);
  if (placements === undefined) {
    const places = new Map<Atom, Placement>();
    const wanted = new Set(jaxpr.outvars);
    for (const { primitive, outputs, params } of jaxpr.eqns) {
      if (primitive.placement === undefined) continue;
      outputs.forEach((v, i) => {
        const place = wanted.has(v) ? primitive.placement?.(params, i) : null;
        if (place !== null && place !== undefined) places.set(v, place);
      });
    }
    placements = jaxpr.outvars.map((atom) => places.get(atom) ?? null);
    known.set(jaxpr, placements);
  }
  return placements;
}
