import type { Atom, Eqn, Jaxpr } from "../core/jaxpr.ts";
import { isView } from "./views.ts";

/** A sum over devices of what each of them computes by a product: one product that sums over the devices too. */
export interface JointProduct {
  readonly product: Eqn;
  /** What lies between the product and the sum, in order: views, which commute with it. */
  readonly views: readonly Eqn[];
}

/**
 * The sums over all of these axes that can be done within a product, by their equations. So the products of the devices, all gradients of
 * parameters in training say, are not written down to be added: they meet in registers, together with what follows. A product is taken
 * only if nothing else needs it.
 */
export function jointProducts(jaxpr: Jaxpr, names: readonly string[]): Map<Eqn, JointProduct> {
  const uses = new Map<Atom, number>();
  for (const atom of [...jaxpr.outvars, ...jaxpr.eqns.flatMap(({ inputs }) => inputs)]) {
    uses.set(atom, (uses.get(atom) ?? 0) + 1);
  }
  const origin = new Map<Atom, Eqn>(jaxpr.eqns.flatMap((eqn) => eqn.outputs.map((v) => [v, eqn] as const)));
  const found = new Map<Eqn, JointProduct>();
  for (const eqn of jaxpr.eqns) {
    const collective = eqn.primitive.collective;
    if (collective?.isSum?.(eqn.params) !== true || eqn.inputs.length !== 1) continue;
    const own = collective.names(eqn.params);
    if (own.length !== names.length || !names.every((name) => own.includes(name))) continue;
    const views: Eqn[] = [];
    let [at] = eqn.inputs;
    for (;;) {
      const from = uses.get(at) === 1 ? origin.get(at) : undefined;
      if (from === undefined) break;
      if (from.primitive.summedBatching !== undefined) {
        found.set(eqn, { product: from, views });
        break;
      }
      if (!isView(from) || from.inputs.length === 0) break;
      views.unshift(from);
      [at] = from.inputs;
    }
  }
  return found;
}
