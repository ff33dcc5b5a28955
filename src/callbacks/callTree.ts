import type { PyTreeDef } from "../tree/treedef.ts";

/** The structure of a call as JAX prints it: a tuple of positional arguments, and a dict of named ones. */
export function callTreeText(args: PyTreeDef, named?: PyTreeDef): string {
  const items = args.children().map(inner);
  const tuple = items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
  return `PyTreeDef((${tuple}, ${named === undefined ? "{}" : inner(named)}))`;
}

function inner(def: PyTreeDef): string {
  return String(def).slice("PyTreeDef(".length, -1);
}
