import { NDArray } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import { bind, Tracer } from "../../core/trace.ts";
import { ConcretizationTypeError, ValueError } from "../../errors.ts";
import { flattenArrays } from "../../transforms/flatFunction.ts";
import { checkOptions } from "../../transforms/options.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { isPlainObject } from "../../tree/descend.ts";
import { checkCarry, promoteWeakCarries } from "./carryTypes.ts";
import { count, marked, merged, parts, unmarked } from "./lists.ts";
import { forwarding, range, rearranged } from "./programs.ts";
import { scanP } from "./scanPrimitive.ts";
import { runsStepwise, scanStepwise } from "./stepwise.ts";
import { avalTree, type TracedFunction, traceFunction } from "./traceFunction.ts";
import type { ParameterAt, TreeWithNumbers } from "./types.ts";

export interface ScanOptions {
  /** The number of steps; needed when there is nothing to scan. */
  length?: number | null | undefined;
  /** From the last slice to the first; results are stacked in the places of the slices. Default false. */
  reverse?: boolean | undefined;
  /**
   * How many steps to compile as one, which pays where steps are short: 0 or true for all. A hint: it is the most up to this number that divide
   * the length. Results are the same but for the rounding of sums. Default 1.
   */
  unroll?: number | boolean | undefined;
  /** Accepted for compatibility; derivatives are split into loops as is best anyway. */
  _splitTranspose?: boolean | undefined;
}
const optionNames = ["length", "reverse", "unroll", "_splitTranspose"];

/**
 * A loop over the leading axis of arrays that carries a state along: `f(carry, x)` returns the next carry and a result, and the results are
 * stacked.
 *
 * The loop is traced once and compiled into one native loop. It is differentiable in both modes, to any order.
 *
 * @param f maps a carry and a slice of `xs` to `[carry, y]`. The carry keeps its structure, shapes and dtypes; lone numbers in `init` take
 * the dtype of what `f` returns.
 * @param init the first carry, a tree of arrays
 * @param xs a tree of arrays with equal first axes, or null to scan over nothing, with `length`
 * @returns `[carry, ys]`, the last carry and the tree of stacked results; each y has a new first axis of the loop's length
 * @throws TypeError when the body does not return a pair, or changes the structure or a type of the carry
 * @throws ValueError when lengths differ or are not known
 * @example
 * ```ts
 * const [sum, sums] = lax.scan((c: NDArray, x: NDArray) => [c.add(x), c.add(x)], 0, jnp.array([1, 2, 3]));
 * `${sum} ${sums}`; // => "6.0 [1. 3. 6.]"
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: parameters of a body without annotations
export function scan<F extends (carry: any, x: any) => readonly [unknown, unknown]>(
  f: F,
  init: TreeWithNumbers<ParameterAt<F, 0>>,
  xs?:
    | TreeWithNumbers<ParameterAt<F, 1>>
    | null
    | (ScanOptions & { xs?: TreeWithNumbers<ParameterAt<F, 1>> }),
  options?: ScanOptions | number | null,
  reverse?: boolean,
  unroll?: number | boolean,
  _splitTranspose?: boolean,
): [ParameterAt<F, 0>, ReturnType<F>[1]];
export function scan(f: AnyFunction, init: unknown, given: unknown = null, ...rest: unknown[]): unknown {
  if (typeof f !== "function") throw new TypeError("lax.scan: f argument should be a callable.");
  const { xs, ...o } = readOptions(given, rest);
  const { leaves: initLeaves, treedef: carryTree } = flattenArrays(init, "lax.scan: init is");
  const { leaves: xLeaves, treedef: xTree } = flattenArrays(xs, "lax.scan: xs is");
  const length = scanLength(xLeaves, o.length ?? null);
  const unroll = unrollOf(o.unroll ?? 1, length);
  if (runsStepwise()) {
    const steps = { length, reverse: o.reverse ?? false };
    return scanStepwise(f, carryTree.unflatten(initLeaves), xLeaves, xTree, steps);
  }
  const xAvals = xLeaves.map(({ aval }) => aval.update({ shape: aval.shape.slice(1) }));

  const trace = (carries: readonly NDArray[]) =>
    traceBody(f, [avalTree(carries, carryTree), { tree: xTree, avals: xAvals }]);
  let carries: readonly NDArray[] = initLeaves;
  let body = trace(carries);
  if (body.carry.tree.numLeaves === carryTree.numLeaves) {
    const promoted = promoteWeakCarries(carries, body.carry.avals);
    if (promoted !== null) {
      carries = promoted;
      body = trace(carries);
    }
  }
  checkCarry("scan body", f, avalTree(carries, carryTree), body.carry);

  const outs = bindScan(body.traced, carries, xLeaves, { length, reverse: o.reverse ?? false, unroll });
  return body.traced.outTree.unflatten(outs);
}

function traceBody(f: AnyFunction, args: Parameters<typeof traceFunction>[1]) {
  const traced = traceFunction(f, args, "scan body");
  const { outTree, program } = traced;
  if (outTree.kind !== "list" || outTree.childDefs.length !== 2) {
    const got = outTree.kind === "leaf" ? program.outAvals[0].strWeak() : String(outTree);
    throw new TypeError(`scan body output must be a pair [carry, y], got ${got}.`);
  }
  const [tree] = outTree.childDefs;
  return { traced, carry: { tree, avals: program.outAvals.slice(0, tree.numLeaves) } };
}

/**
 * Binds the primitive. A carry that the body passes on is a constant of the loop, and a scanned array whose slices the body returns is a
 * result as it is.
 */
function bindScan(
  { program, consts }: TracedFunction,
  init: readonly NDArray[],
  xs: readonly NDArray[],
  params: { length: number; reverse: boolean; unroll: number },
): NDArray[] {
  const numConsts = consts.length;
  const numCarry = init.length;
  const forwarded = forwarding(program.jaxpr);
  const passedOn = forwarded.slice(0, numCarry).map((from, i) => from === numConsts + i);
  const returned = forwarded
    .slice(numCarry)
    .map((from) => (from !== null && from >= numConsts + numCarry ? from - numConsts - numCarry : null));

  const [constIn, carryIn, xIn] = parts(range(0, program.jaxpr.invars.length), numConsts, numCarry);
  const [carryOut, yOut] = parts(range(0, program.jaxpr.outvars.length), numCarry);
  const jaxpr = rearranged(
    program,
    [...marked(carryIn, passedOn), ...constIn, ...unmarked(carryIn, passedOn), ...xIn],
    [...unmarked(carryOut, passedOn), ...yOut.filter((_, i) => returned[i] === null)],
  );
  const loopCarry = unmarked(init, passedOn);
  const outs = bind(scanP, [...marked(init, passedOn), ...consts, ...loopCarry, ...xs], {
    ...params,
    jaxpr,
    numConsts: numConsts + count(passedOn),
    numCarry: loopCarry.length,
  });
  const [lastCarry, stacked] = parts(outs, loopCarry.length);
  let next = 0;
  const ys = returned.map((from) => (from === null ? stacked[next++] : xs[from]));
  return [...merged(passedOn, lastCarry, marked(init, passedOn)), ...ys];
}

/** Options by name or by position. An object of options may stand in the place of `xs`, where it cannot be one: numbers have no axis. */
function readOptions(xs: unknown, rest: readonly unknown[]): ScanOptions & { xs: unknown } {
  const [first, reverse, unroll] = rest;
  if (isPlainObject(first)) {
    checkOptions("lax.scan", first, optionNames);
    return { ...(first as ScanOptions), xs };
  }
  if (first === undefined && isPlainObject(xs) && Object.entries(xs).some(isOption)) {
    checkOptions("lax.scan", xs, ["xs", ...optionNames]);
    return { xs: null, ...(xs as ScanOptions) };
  }
  return {
    xs,
    length: first as number | null,
    reverse: reverse as boolean,
    unroll: unroll as number | boolean,
  };
}

const isOption = ([key, value]: [string, unknown]): boolean =>
  optionNames.includes(key) && (typeof value === "number" || typeof value === "boolean");

function scanLength(xs: readonly NDArray[], given: unknown): number {
  const scalars = xs.filter((x) => x.ndim === 0);
  if (scalars.length > 0) {
    throw new ValueError(
      `scan got value with no leading axis to scan over: ${scalars.map(valueText).join(", ")}.`,
    );
  }
  const lengths = xs.map((x) => x.shape[0]);
  if (given === null) {
    if (lengths.length === 0)
      throw new ValueError("scan got no values to scan over and `length` not provided.");
    if (lengths.some((n) => n !== lengths[0]))
      throw new ValueError(`scan got values with different leading axis sizes: ${lengths.join(", ")}.`);
    return lengths[0];
  }
  const length = concreteLength(given);
  if (lengths.some((n) => n !== length)) {
    throw new ValueError(
      `scan got \`length\` argument of ${length} which disagrees with leading axis sizes [${lengths.join(", ")}].`,
    );
  }
  return length;
}

function concreteLength(given: unknown): number {
  if (given instanceof Tracer) {
    throw new ConcretizationTypeError(
      `Abstract tracer value encountered where concrete value is expected: traced array with shape ${given.aval}.\n` +
        "The `length` argument to `scan` expects a concrete integer. For scan-like iteration with a dynamic length, use whileLoop or foriLoop.",
    );
  }
  const length = given instanceof NDArray ? Number(given) : given;
  if (typeof length !== "number" || !Number.isInteger(length) || length < 0)
    throw new ValueError(`scan: \`length\` must be a non-negative integer, got ${String(given)}.`);
  return length;
}

function valueText(x: NDArray): string {
  const { aval }: { aval: ShapedArray } = x;
  return x instanceof Tracer ? aval.toString() : String(x);
}

/** @throws ValueError for what is neither a boolean nor a non-negative integer */
export function unrollOf(unroll: unknown, length: number): number {
  if (typeof unroll === "boolean") return unroll ? Math.max(length, 1) : 1;
  if (typeof unroll === "number" && Number.isInteger(unroll) && unroll >= 0) return unroll;
  throw new ValueError(
    `scan: \`unroll\` must be a boolean or a non-negative integer, got ${String(unroll)}.`,
  );
}
