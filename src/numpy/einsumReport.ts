import type { ArrayLike } from "../core/array.ts";
import { isOptions, readOptions } from "./arguments.ts";
import { readEinsum } from "./einsumArguments.ts";
import { type EinsumOptimize, type EinsumPath, planContractions } from "./einsumPath.ts";

/** One step of an einsum, as it is reported. */
export interface EinsumStep {
  /** The subscripts of the step: `"jk,ij->ki"`. */
  readonly current: string;
  /** What remains to be contracted after it. */
  readonly remaining: string;
  /** The number of axes that the step runs over. */
  readonly scaling: number;
}
/** What {@link einsumPath} says about an order of contractions. It prints as a table. */
export interface EinsumPathInfo {
  readonly subscripts: string;
  readonly steps: readonly EinsumStep[];
  /** Operations of one loop over all axes. */
  readonly naiveCost: number;
  /** Operations of the steps. */
  readonly optimizedCost: number;
  readonly speedup: number;
  /** Elements of the largest result of a step. */
  readonly largestIntermediate: number;
  toString(): string;
}

function report(info: Omit<EinsumPathInfo, "toString">, naiveScaling: number): string {
  const power = (x: number) => x.toExponential(3);
  const scaling = Math.max(...info.steps.map((s) => s.scaling));
  const line = "-".repeat(72);
  const rows = info.steps.map(
    ({ scaling: n, current, remaining }) =>
      `${String(n).padStart(4)}    ${current.padStart(28)}    ${remaining.padStart(28)}`,
  );
  return [
    `  Complete contraction:  ${info.subscripts}`,
    `         Naive scaling:  ${naiveScaling}`,
    `     Optimized scaling:  ${scaling}`,
    `      Naive FLOP count:  ${power(info.naiveCost)}`,
    `  Optimized FLOP count:  ${power(info.optimizedCost)}`,
    `   Theoretical speedup:  ${power(info.speedup)}`,
    `  Largest intermediate:  ${power(info.largestIntermediate)} elements`,
    line,
    `scaling ${"current".padStart(28)}    ${"remaining".padStart(28)}`,
    line,
    ...rows,
  ].join("\n");
}

/** Options of {@link einsumPath}. */
export interface EinsumPathOptions {
  /** As for `einsum`; default "auto". */
  optimize?: EinsumOptimize;
}
/**
 * The order in which `einsum` contracts its operands, as pairs of positions in the list of operands, to whose end each result goes; and
 * what it costs. The path can be given to `einsum` as `optimize`.
 *
 * @throws ValueError for malformed subscripts, and sizes that do not agree
 * @example
 * ```ts
 * const [path, info] = jnp.einsumPath("ij,jk,kl->il", jnp.ones([2, 9]), jnp.ones([9, 9]), jnp.ones([9, 3]));
 * path; // => [[0, 1], [0, 1]]
 * info.optimizedCost; // => 432
 * ```
 */
export function einsumPath(
  subscripts: string,
  ...args: (ArrayLike | EinsumPathOptions)[]
): [EinsumPath, EinsumPathInfo];
export function einsumPath(
  operand: ArrayLike,
  axes: readonly number[],
  ...args: (ArrayLike | readonly number[] | EinsumPathOptions)[]
): [EinsumPath, EinsumPathInfo];
export function einsumPath(...args: unknown[]): [EinsumPath, EinsumPathInfo] {
  const options = isOptions(args[args.length - 1]) ? args.pop() : undefined;
  const o = readOptions<EinsumPathOptions>("einsumPath", [], [options], ["optimize"]);
  const { subscripts } = readEinsum("einsumPath", args);
  const { inputs, output, sizes } = subscripts;
  const sizeOf = (letters: Iterable<string>): number =>
    [...letters].reduce((n, c) => n * (sizes.get(c) as number), 1);
  const planned = planContractions(subscripts, o.optimize ?? "auto");
  const terms = [...inputs];
  let optimizedCost = 0;
  let largestIntermediate = 0;
  const steps = planned.map((step): EinsumStep => {
    for (const p of step.positions) terms.splice(p, 1);
    terms.push(step.output);
    const letters = new Set(step.inputs.join(""));
    // A multiplication for each operand but the first, and an addition where something is summed.
    const operations = Math.max(1, step.inputs.length - 1) + (step.removed.size > 0 ? 1 : 0);
    optimizedCost += sizeOf(letters) * operations;
    largestIntermediate = Math.max(largestIntermediate, sizeOf(step.output));
    return {
      current: `${step.inputs.join(",")}->${step.output}`,
      remaining: `${terms.join(",")}->${output}`,
      scaling: letters.size,
    };
  });
  const all = new Set(inputs.join(""));
  const summed = [...all].some((c) => !output.includes(c));
  const naiveCost = sizeOf(all) * (Math.max(1, inputs.length - 1) + (summed ? 1 : 0));
  const info = {
    subscripts: `${inputs.join(",")}->${output}`,
    steps,
    naiveCost,
    optimizedCost,
    speedup: naiveCost / optimizedCost,
    largestIntermediate,
  };
  const path = planned.map(({ positions }) => [...positions].sort((i, j) => i - j));
  return [path, { ...info, toString: () => report(info, all.size) }];
}
