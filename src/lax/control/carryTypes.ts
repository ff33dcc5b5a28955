import { ArrayImpl, type NDArray } from "../../core/array.ts";
import { type ShapedArray, shapedArray, shapesEqual, typeMatch, varyingMatch } from "../../core/aval.ts";
import { literal } from "../../core/values.ts";
import { promoteEntries } from "../../dtypes/index.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { keystr } from "../../tree/keys.ts";
import { flattenWithPath } from "../../tree/paths.ts";
import { equalityErrorsTreeDef } from "../../tree/structure-errors.ts";
import type { KeyPath } from "../../tree/types.ts";
import { ops } from "../ops.ts";
import type { AvalTree } from "./traceFunction.ts";

/** Initial carries of weak type in the types that the body returns; null when none changes. */
export function promoteWeakCarries(
  init: readonly NDArray[],
  out: readonly ShapedArray[],
): readonly NDArray[] | null {
  const promoted = init.map((x, i) => {
    if (!x.aval.weakType || typeMatch(x.aval, out[i])) return x;
    const { dtype } = promoteEntries([x.aval, out[i]]);
    if (x instanceof ArrayImpl && x.literal !== undefined) return literal(x.literal, shapedArray([], dtype));
    return ops.convertElementType(x, dtype);
  });
  return promoted.every((x, i) => x === init[i]) ? null : promoted;
}

/**
 * Checks that a loop's body returns what it is given.
 * @throws TypeError that says which component of the carry differs, and how
 */
export function checkCarry(role: string, body: AnyFunction, input: AvalTree, output: AvalTree): void {
  const name = firstParameter(body);
  const component = (path: KeyPath): string => {
    const at = keystr(path);
    if (name === null) return at === "" ? "the input carry" : `the input carry at path ${at}`;
    return at === "" ? `the input carry ${name}` : `the input carry component ${name}${at}`;
  };
  if (input.tree !== output.tree) {
    const differences = equalityErrorsTreeDef(input.tree, output.tree).map(
      ({ path, first, second, explanation }) =>
        `${component(path)} is a ${first} but the corresponding component of the carry output is a ${second}, so ${explanation}`,
    );
    throw new TypeError(
      `${role} function carry input and carry output must have the same pytree structure, but they differ:\n\n` +
        `${sentences(differences)}\n` +
        "Revise the function so that the carry output has the same pytree structure as the carry input.",
    );
  }
  const differences = pathsOf(input.tree).flatMap((path, i) => {
    const [a, b] = [input.avals[i], output.avals[i]];
    if (typeMatch(a, b) && varyingMatch(a, b)) return [];
    return `${component(path)} has type ${a} but the corresponding output carry component has type ${b}${mismatch(a, b)}`;
  });
  if (differences.length === 0) return;
  throw new TypeError(
    `${role} function carry input and carry output must have equal types, but they differ:\n\n` +
      `${sentences(differences)}\n${varyingHint(input, output)}` +
      "Revise the function so that all output types match the corresponding input types.",
  );
}

/** What to do about carries that vary over axes of a mesh only after a step. */
function varyingHint(input: AvalTree, output: AvalTree): string {
  const added = output.avals.flatMap((a, i) =>
    a.varying.filter((name) => !input.avals[i].varying.includes(name)),
  );
  if (added.length === 0) return "";
  const names = [...new Set(added)].map((name) => `'${name}'`).join(", ");
  return (
    `This might be fixed by applying \`lax.pcast(..., [${names}], { to: 'varying' })\` to the initial carry value that ` +
    "corresponds to it.\n\n"
  );
}

/** The path of every leaf. */
export function pathsOf(tree: AvalTree["tree"]): KeyPath[] {
  return flattenWithPath(tree.unflatten(new Array(tree.numLeaves).fill(0)))[0].map(([path]) => path);
}

/** How two types differ, as the end of a sentence. */
export function mismatch(a: ShapedArray, b: ShapedArray): string {
  const found = [];
  if (a.dtype !== b.dtype) found.push("the dtypes do not match");
  if (!shapesEqual(a.shape, b.shape)) found.push("the shapes do not match");
  if (!varyingMatch(a, b)) found.push("the manual axis types do not match");
  return found.length === 0 ? "" : `, so ${found.join(", and ")}`;
}

/** One difference as a sentence, several as a list. */
export function sentences(differences: readonly string[], capitalize = true): string {
  const [first] = differences;
  if (differences.length === 1)
    return `${capitalize ? first[0].toUpperCase() : first[0]}${first.slice(1)}.\n`;
  return `${differences.map((d) => `  * ${d}`).join(";\n")}.\n`;
}

/** The name of a function's first parameter, if it has one: destructured parameters do not. */
function firstParameter(f: AnyFunction): string | null {
  const parameter = /^(?:async\s+)?(?:function\b[^(]*)?\(?\s*([A-Za-z_$][\w$]*)\s*(?:[,)=]|=>)/;
  return parameter.exec(Function.prototype.toString.call(f))?.[1] ?? null;
}
