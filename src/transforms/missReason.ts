import type { ShapedArray } from "../core/aval.ts";
import { keystr } from "../tree/keys.ts";
import { flattenWithPath } from "../tree/paths.ts";
import { repr } from "../tree/repr.ts";
import { staticEquals } from "../tree/statics.ts";
import type { PyTreeDef } from "../tree/treedef.ts";

/** What a function was traced for. */
export interface Signature {
  readonly treedef: PyTreeDef;
  readonly avals: readonly ShapedArray[];
  /** The values of the static arguments, in order of their positions. */
  readonly statics: readonly unknown[];
  /** The settings under which it was traced. */
  readonly context: number;
}

/** Differences that are listed. */
const most = 3;

/**
 * Why a jitted function is traced for these arguments, in view of what it was traced for before. `args`: the arguments that are not
 * static, for the paths of leaves; `positions`: those of the static ones.
 */
export function missReason(
  args: readonly unknown[],
  { treedef, avals, statics, context }: Signature,
  positions: readonly number[],
  known: readonly Signature[],
): string {
  if (known.length === 0) return "first call";
  const alike = known.filter((s) => s.treedef === treedef && s.avals.length === avals.length);
  if (alike.length === 0) return "arguments of a new tree structure";
  const different = (s: Signature) => avals.flatMap((aval, i) => (aval === s.avals[i] ? [] : [i]));
  let closest = alike[0];
  const changedStatics = (s: Signature) =>
    statics.flatMap((value, i) => (staticEquals(value, s.statics[i]) ? [] : [i]));
  const distance = (s: Signature) =>
    different(s).length + changedStatics(s).length + (s.context === context ? 0 : 1);
  for (const s of alike) if (distance(s) < distance(closest)) closest = s;
  const changed = different(closest);
  if (changed.length === 0) {
    const texts = changedStatics(closest).map(
      (i) => `argument ${positions[i]} is ${repr(statics[i])} and was ${repr(closest.statics[i])}`,
    );
    if (texts.length > 0) return `new static arguments: ${texts.join(", ")}`;
    return closest.context === context
      ? "other named axes are bound"
      : "settings changed that decide what is traced";
  }
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
