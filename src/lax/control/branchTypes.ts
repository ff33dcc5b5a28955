import { typeMatch, varyingMatch } from "../../core/aval.ts";
import { functionName } from "../../transforms/functionName.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { keystr } from "../../tree/keys.ts";
import { equalityErrorsTreeDef } from "../../tree/structure-errors.ts";
import type { KeyPath } from "../../tree/types.ts";
import { mismatch, pathsOf, sentences } from "./carryTypes.ts";
import type { AvalTree } from "./traceFunction.ts";

/** A branch and what it returns. */
export interface Branch {
  /** What the branch is, such as "trueFun". */
  readonly role: string;
  readonly f: AnyFunction;
  readonly results: AvalTree;
}

/**
 * Checks that two branches return the same structure and types.
 * @throws TypeError that says which results differ, and how
 */
export function checkBranches(where: string, a: Branch, b: Branch): void {
  const at = (path: KeyPath) => (path.length === 0 ? "" : ` at path ${keystr(path)}`);
  const functions = `${a.role} is ${functionName(a.f)}\n${b.role} is ${functionName(b.f)}\n\n`;
  const revise = `Revise ${a.role} and/or ${b.role} so that`;
  if (a.results.tree !== b.results.tree) {
    const differences = equalityErrorsTreeDef(a.results.tree, b.results.tree).map(
      ({ path, first, second, explanation }) =>
        `${a.role} output${at(path)} is a ${first} but ${b.role} output${at(path)} is a ${second}, so ${explanation}`,
    );
    throw new TypeError(
      `${where} branch outputs must have the same pytree structure, but they differ:\n\n${functions}` +
        `${sentences(differences, false)}\n${revise} they have the same pytree structure.`,
    );
  }
  const differences = pathsOf(a.results.tree).flatMap((path, i) => {
    const [x, y] = [a.results.avals[i], b.results.avals[i]];
    if (typeMatch(x, y) && varyingMatch(x, y)) return [];
    return (
      `the output of ${a.role}${at(path)} has type ${x} but the corresponding output of ${b.role} has type ` +
      `${y}${mismatch(x, y)}`
    );
  });
  if (differences.length === 0) return;
  throw new TypeError(
    `${where} branches must have equal output types but they differ.\n\n${functions}` +
      `${sentences(differences)}\n${revise} all output types match.`,
  );
}
