import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { ClosedJaxpr } from "../core/jaxpr.ts";
import type { Params } from "../core/primitive.ts";
import { currentTrace, isEager, Tracer } from "../core/trace.ts";
import { UnexpectedTracerError } from "../errors.ts";
import { leaves as treeLeaves } from "../tree/flatten.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { closeOverConcrete, traceToJaxpr } from "./traceToJaxpr.ts";

/** Parameters that calls of functions with custom rules have in common. */
export interface CustomCallParams extends Params {
  readonly name: string;
  /** The function; null in a call whose rule runs at once, in place of the function. */
  readonly callJaxpr: ClosedJaxpr | null;
  /** Leading operands that the function closed over; its rules do not see them. */
  readonly numLifted: number;
}

/** The structure of a function's results, known once the function, or the rule in its place, has run; and their types, of the function. */
export interface ResultTree {
  treedef?: PyTreeDef;
  avals?: readonly ShapedArray[];
}

/**
 * Calls a function that has a rule of its own. Evaluated at once there is nothing to differentiate, and the function runs. When the call is
 * differentiated right here, the rule runs, and the function need not even be traceable. Otherwise the function becomes a program.
 *
 * @param run the function on flat arrays
 * @param bindCall binds the primitive of the call to `operands`, the first `numLifted` of which the program closed over
 */
export function callWithRule(
  leaves: readonly NDArray[],
  run: (leaves: NDArray[]) => NDArray[],
  bindCall: (callJaxpr: ClosedJaxpr | null, operands: readonly NDArray[], numLifted: number) => NDArray[],
  description: string,
): NDArray[] {
  if (isEager()) return run([...leaves]);
  if (currentTrace().differentiates(leaves)) return bindCall(null, leaves, 0);
  const { jaxpr, consts } = traceToJaxpr(
    run,
    leaves.map((x) => x.aval),
    description,
  );
  const { closed, lifted } = closeOverConcrete(jaxpr, consts);
  return bindCall(closed, [...lifted, ...leaves], lifted.length);
}

/** The program of a call. */
export function programOf({ callJaxpr, name }: CustomCallParams): ClosedJaxpr {
  if (callJaxpr === null) throw new Error(`the call of ${name} was bound without its program`);
  return callJaxpr;
}

/** @throws UnexpectedTracerError when a value that the function closed over has a derivative */
export function rejectPerturbedClosure(
  nonzeros: readonly boolean[],
  { numLifted, name }: CustomCallParams,
  kind: "custom_jvp" | "custom_vjp",
): void {
  if (!nonzeros.slice(0, numLifted).includes(true)) return;
  throw new UnexpectedTracerError(
    `Detected differentiation of a ${kind} function with respect to a closed-over value. That is not supported because the custom rule ` +
      `of ${name} only specifies how to differentiate with respect to explicit input parameters. Make the value an explicit argument ` +
      "of the function, and adapt its rule.",
  );
}

/** The arguments of a call, and those among them that rules do not differentiate. */
export class SplitArguments {
  readonly dynamic: readonly unknown[];
  /** The others, in order of their positions. */
  readonly fixed: readonly unknown[];
  private readonly args: readonly unknown[];
  private readonly positions: readonly number[];

  /** @throws TypeError for a position out of range */
  constructor(args: readonly unknown[], positions: readonly number[], where: string) {
    for (const i of positions) {
      if (i < args.length) continue;
      throw new TypeError(
        `${where} has nondiffArgnums ${positions.join(", ")}, but was called with only ${args.length} positional arguments.`,
      );
    }
    this.args = args;
    this.positions = positions;
    this.dynamic = positions.length === 0 ? args : args.filter((_, i) => !positions.includes(i));
    this.fixed = positions.map((i) => args[i]);
  }

  /** All arguments, with others in place of the dynamic ones. */
  restore(dynamic: readonly unknown[]): unknown[] {
    if (this.positions.length === 0) return [...dynamic];
    let next = 0;
    return this.args.map((x, i) => (this.positions.includes(i) ? x : dynamic[next++]));
  }

  /** Whether a fixed argument holds a tracer. */
  hasFixedTracers(): boolean {
    return this.fixed.some((x) => treeLeaves(x).some((leaf: unknown) => leaf instanceof Tracer));
  }
}

/** @throws TypeError for positions that are no non-negative integers */
export function nondiffPositions(argnums: number | readonly number[] | undefined, where: string): number[] {
  const list = argnums === undefined ? [] : typeof argnums === "number" ? [argnums] : [...argnums];
  for (const i of list) {
    if (!Number.isInteger(i) || i < 0) {
      throw new TypeError(`${where}: nondiffArgnums must be non-negative integers, got ${String(i)}.`);
    }
  }
  return list.sort((a, b) => a - b);
}
