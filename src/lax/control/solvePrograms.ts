import type { NDArray } from "../../core/array.ts";
import { ClosedJaxpr, Jaxpr, Var } from "../../core/jaxpr.ts";
import { ValueError } from "../../errors.ts";
import { structure } from "../../tree/flatten.ts";
import type { PyTreeDef } from "../../tree/treedef.ts";
import { range } from "./programs.ts";
import type { AvalTree, TracedFunction } from "./traceFunction.ts";

/** The program with further inputs, which it does not read, after `from` of its own: `before` and `after` those that it closes over. */
export function amongOperands(
  program: ClosedJaxpr,
  numConsts: number,
  before: readonly Var[],
  after: readonly Var[],
): ClosedJaxpr {
  const { constvars, invars, eqns, outvars } = program.jaxpr;
  const fresh = (v: Var): Var => new Var(v.aval);
  const inputs = [
    ...before.map(fresh),
    ...invars.slice(0, numConsts),
    ...after.map(fresh),
    ...invars.slice(numConsts),
  ];
  return new ClosedJaxpr(new Jaxpr(constvars, inputs, eqns, outvars), program.consts);
}

/** The inputs of a traced function that stand for what it closes over. */
export function constVars({ program, consts }: TracedFunction): readonly Var[] {
  return program.jaxpr.invars.slice(0, consts.length);
}

/**
 * @throws TypeError when a function that is to map a tree to one of the same structure returns another; with `hasAux`, a pair of such a tree
 * and anything
 * @throws ValueError when a shape differs
 */
export function checkResult(
  name: string,
  expectedName: string,
  { program, outTree }: TracedFunction,
  expected: AvalTree,
  hasAux = false,
): void {
  const actual = hasAux ? firstOfPair(name, outTree) : outTree;
  if (actual !== expected.tree) {
    throw new TypeError(
      `${name}() output pytree structure must match ${expectedName}, got ${actual} and ${expected.tree}.`,
    );
  }
  const shapes = (avals: readonly { shape: readonly number[] }[]): string =>
    `[${avals.map((a) => `(${a.shape.join(", ")})`).join(", ")}]`;
  const own = program.outAvals.slice(0, expected.avals.length);
  if (shapes(own) === shapes(expected.avals)) return;
  throw new ValueError(
    `${name}() output shapes must match ${expectedName}, got ${shapes(own)} and ${shapes(expected.avals)}`,
  );
}

function firstOfPair(name: string, outTree: PyTreeDef): PyTreeDef {
  const pair = outTree.unflatten(range(0, outTree.numLeaves)) as unknown;
  if (Array.isArray(pair) && pair.length === 2) return structure(pair[0]);
  throw new TypeError(
    `${name}() with hasAux must return a pair [solution, aux], got the structure ${outTree}.`,
  );
}

/** Cuts operands into lists of given lengths; the last takes the rest. */
export function portions(operands: readonly NDArray[], counts: readonly number[]): NDArray[][] {
  let at = 0;
  const lists = counts.map((n) => operands.slice(at, (at += n)));
  lists.push(operands.slice(at));
  return lists;
}
