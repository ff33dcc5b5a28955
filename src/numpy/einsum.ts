import type { ArrayLike, NDArray } from "../core/array.ts";
import { bool, type DType, promoteEntries } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { isOptions, readOptions } from "./arguments.ts";
import { readEinsum } from "./einsumArguments.ts";
import { type Contraction, type EinsumOptimize, planContractions } from "./einsumPath.ts";
import { type ProductOptions, productType } from "./products.ts";
import { convert } from "./promote.ts";

export type { EinsumOptimize, EinsumPath } from "./einsumPath.ts";

/** Options of {@link einsum}. */
export interface EinsumOptions extends ProductOptions {
  /** The order of contractions of three or more operands; default "auto". */
  optimize?: EinsumOptimize;
}

/**
 * Products and sums written as subscripts: one letter per axis of each operand, and after `->` the axes of the result. Letters that are
 * missing there are summed over; a letter repeated in an operand takes its diagonal; `...` stands for any further axes, which
 * broadcast. Without `->` the result has the letters that appear once, in alphabetical order. Three or more operands are
 * contracted pair by pair in the order that needs the fewest operations.
 *
 * Instead of a text, each operand may be followed by a list of integers for its axes, and the last list names those of the result.
 *
 * @throws ValueError for malformed subscripts, and sizes that do not agree
 * @example
 * ```ts
 * const a = jnp.array([[1, 2], [3, 4]]);
 * String(jnp.einsum("ij,jk->ik", a, a)); // => "[[ 7. 10.]\n [15. 22.]]"
 * String(jnp.einsum("ii", a)); // => "5.0"
 * String(jnp.einsum(a, [0, 1], [1, 0])); // => "[[1. 3.]\n [2. 4.]]"
 * ```
 */
export function einsum(subscripts: string, ...args: (ArrayLike | EinsumOptions)[]): NDArray;
export function einsum(
  operand: ArrayLike,
  axes: readonly number[],
  ...args: (ArrayLike | readonly number[] | EinsumOptions)[]
): NDArray;
export function einsum(...args: unknown[]): NDArray {
  const options = isOptions(args[args.length - 1]) ? args.pop() : undefined;
  const o = readOptions<EinsumOptions>(
    "einsum",
    [],
    [options],
    ["optimize", "precision", "preferredElementType"],
  );
  const { subscripts: subscriptsOf, operands: arrays } = readEinsum("einsum", args);
  const { dtype, weakType, operands: typed } = productType("einsum", arrays, o.preferredElementType);
  const remaining = [...typed];
  for (const step of planContractions(subscriptsOf, o.optimize ?? "auto")) {
    const inputs = step.positions.map((p) => remaining.splice(p, 1)[0]);
    const context = { step, dtype, precision: o.precision };
    remaining.push(
      inputs.length === 1 ? reduceOne(inputs[0], context) : contractTwo(inputs[0], inputs[1], context),
    );
  }
  return convert(remaining[0], dtype, weakType);
}

interface StepContext {
  readonly step: Contraction;
  readonly dtype: DType;
  readonly precision: ProductOptions["precision"];
}
/** An operand with the letters of its axes. */
interface Named {
  readonly x: NDArray;
  readonly names: string;
}

const count = (names: string, c: string): number => names.split(c).length - 1;
const without = (names: string, removed: Iterable<string>): string => {
  const set = new Set(removed);
  return [...names].filter((c) => !set.has(c)).join("");
};

/** Sums over axes in the dtype of the result, where that is wider. */
function sumAxes(x: NDArray, axes: readonly number[], dtype: DType): NDArray {
  const promoted = promoteEntries([x.aval, { dtype, weakType: false }]).dtype;
  const wide = promoted === x.dtype ? x : convert(x, dtype);
  return wide.dtype === bool ? lax.reduceOr(wide, axes) : lax.reduceSum(wide, axes);
}

function sumNames({ x, names }: Named, removed: readonly string[], dtype: DType): Named {
  if (removed.length === 0) return { x, names };
  const axes = removed.map((c) => names.indexOf(c));
  return { x: sumAxes(x, axes, dtype), names: without(names, removed) };
}

/** Takes diagonals of repeated letters: everything else is masked out and summed. */
function takeDiagonals(operand: Named, kept: string, dtype: DType): Named {
  let { x, names } = operand;
  for (const c of new Set(operand.names)) {
    const axes = [...names].flatMap((d, i) => (d === c ? [i] : []));
    if (axes.length < 2) continue;
    const diagonal = lax.delta(bool, x.shape, axes);
    x = lax.select(diagonal, x, lax.fullLike(x, 0));
    const keeps = kept.includes(c);
    const summed = keeps ? axes.slice(0, -1) : axes;
    x = sumAxes(x, summed, dtype);
    names = [...names].filter((_, i) => !summed.includes(i)).join("");
  }
  return { x, names };
}

function reduceOne(x: NDArray, { step, dtype }: StepContext): NDArray {
  const [names] = step.inputs;
  const unique = [...step.removed].sort().filter((c) => count(names, c) === 1);
  const reduced = takeDiagonals(sumNames({ x, names }, unique, dtype), step.output, dtype);
  return arrange(reduced, step.output);
}

function contractTwo(left: NDArray, right: NDArray, { step, dtype, precision }: StepContext): NDArray {
  const [leftNames, rightNames] = step.inputs;
  const removed = [...step.removed].sort();
  let lhs = dropSingletons({ x: left, names: leftNames }, { x: right, names: rightNames });
  let rhs = dropSingletons({ x: right, names: rightNames }, lhs);
  const only = (a: Named, b: Named): string[] =>
    removed.filter((c) => count(a.names, c) === 1 && !b.names.includes(c));
  const [onlyLeft, onlyRight] = [only(lhs, rhs), only(rhs, lhs)];
  lhs = sumNames(lhs, onlyLeft, dtype);
  rhs = sumNames(rhs, onlyRight, dtype);
  lhs = takeDiagonals(lhs, step.output + rhs.names, dtype);
  rhs = takeDiagonals(rhs, step.output + lhs.names, dtype);

  const inBoth = (c: string): boolean => lhs.names.includes(c) && rhs.names.includes(c);
  const contracted = removed.filter(inBoth);
  const batch = [...step.output].filter(inBoth);
  const axesOf = (a: Named, letters: readonly string[]): number[] => letters.map((c) => a.names.indexOf(c));
  const gone = [...batch, ...contracted];
  const [freeLeft, freeRight] = [without(lhs.names, gone), without(rhs.names, gone)];
  // One of the two orders may give the axes of the result without a transposition.
  const swapped = batch.join("") + freeRight + freeLeft;
  const swap = swapped === step.output;
  const [a, b] = swap ? [rhs, lhs] : [lhs, rhs];
  const product = lax.dotGeneral(
    a.x,
    b.x,
    [
      [axesOf(a, contracted), axesOf(b, contracted)],
      [axesOf(a, batch), axesOf(b, batch)],
    ],
    { precision, preferredElementType: dtype },
  );
  return arrange({ x: product, names: swap ? swapped : batch.join("") + freeLeft + freeRight }, step.output);
}

/** Removes axes of size 1 that the other operand broadcasts. */
function dropSingletons({ x, names }: Named, other: Named): Named {
  const dropped = [...names].flatMap((c, i) => {
    const j = other.names.indexOf(c);
    return x.shape[i] === 1 && j >= 0 && other.x.shape[j] !== 1 ? [i] : [];
  });
  if (dropped.length === 0) return { x, names };
  return { x: lax.squeeze(x, dropped), names: [...names].filter((_, i) => !dropped.includes(i)).join("") };
}

function arrange({ x, names }: Named, output: string): NDArray {
  return lax.transpose(
    x,
    [...output].map((c) => names.indexOf(c)),
  );
}
