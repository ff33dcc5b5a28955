import type { ShapedArray } from "../core/aval.ts";
import { keystr } from "../tree/keys.ts";
import { flattenWithPath } from "../tree/paths.ts";
import type { PyTreeDef } from "../tree/treedef.ts";

/** What a function was traced for. */
export interface Signature {
  readonly treedef: PyTreeDef;
  readonly avals: readonly ShapedArray[];
}

/** Differences that are listed. */
const most = 3;

/**
 * Why a jitted function is traced for these arguments, in view of what it was traced for before. `args`: the arguments that are not
 * static, for the paths of leaves.
 */
export function missReason(
  args: readonly unknown[],
  { treedef, avals }: Signature,
  known: readonly Signature[],
): string {
  if (known.length === 0) return "first call";
  const alike = known.filter((s) => s.treedef === treedef && s.avals.length === avals.length);
  if (alike.length === 0) return "arguments of a new tree structure";
  const different = (s: Signature) => avals.flatMap((aval, i) => (aval === s.avals[i] ? [] : [i]));
  let closest = alike[0];
  for (const s of alike) if (different(s).length < different(closest).length) closest = s;
  const changed = different(closest);
  if (changed.length === 0) return "new static arguments";
  const paths = flattenWithPath(args)[0].map(([path]) => path);
  const shown = changed.slice(0, most).map((i) => {
    const [now, before] = [typeText(avals[i]), typeText(closest.avals[i])];
    return `arguments${keystr(paths[i])} is ${now} and was ${before}`;
  });
  const more = changed.length > most ? ` and ${changed.length - most} more` : "";
  return `new argument types: ${shown.join(", ")}${more}`;
}

function typeText(aval: ShapedArray): string {
  return `${aval}${aval.weakType ? " (weakly typed)" : ""}`;
}
