import { ValueError } from "../errors.ts";
import type { EinsumSubscripts } from "./einsumParse.ts";

/** Pairs of positions to contract; each result goes to the end of the list of operands. */
export type EinsumPath = readonly (readonly number[])[];
/** How to order the contractions: by exhaustive search, greedily, by number of operands ("auto", true), left to right (false), or as given. */
export type EinsumOptimize = boolean | "auto" | "optimal" | "greedy" | EinsumPath;

/** One step of an einsum: which operands, which letters disappear, and the subscripts of the step. */
export interface Contraction {
  /** Positions in the list of operands, from the last. */
  readonly positions: readonly number[];
  readonly removed: ReadonlySet<string>;
  readonly inputs: readonly string[];
  readonly output: string;
}

type Letters = ReadonlySet<string>;
const union = (sets: readonly Letters[]): Set<string> => new Set(sets.flatMap((s) => [...s]));

/** Searching all orders is cheap up to this many operands. */
const optimalLimit = 7;

/**
 * The steps that compute an einsum.
 * @throws ValueError for a path that does not fit the operands
 */
export function planContractions(subscripts: EinsumSubscripts, optimize: EinsumOptimize): Contraction[] {
  const path = choosePath(subscripts, optimize);
  const terms = [...subscripts.inputs];
  const letters: Letters[] = terms.map((t) => new Set(t));
  const output = new Set(subscripts.output);
  return path.map((pair, step) => {
    const positions = [...pair].sort((i, j) => j - i);
    if (positions.some((p, i) => !(p >= 0 && p < terms.length) || p === positions[i + 1])) {
      throw new ValueError(
        `einsum: the path ${JSON.stringify(path)} does not fit ${subscripts.inputs.length} operands.`,
      );
    }
    const inputs = positions.map((p) => terms.splice(p, 1)[0]);
    const involved = union(positions.map((p) => letters.splice(p, 1)[0]));
    const needed = union([output, ...letters]);
    const kept = [...involved].filter((c) => needed.has(c));
    const all = inputs.join("");
    const last = step === path.length - 1;
    const result = last ? subscripts.output : kept.sort((a, b) => all.indexOf(a) - all.indexOf(b)).join("");
    terms.push(result);
    letters.push(new Set(kept));
    return {
      positions,
      removed: new Set([...involved].filter((c) => !needed.has(c))),
      inputs,
      output: result,
    };
  });
}

function choosePath(subscripts: EinsumSubscripts, optimize: EinsumOptimize): EinsumPath {
  const n = subscripts.inputs.length;
  if (Array.isArray(optimize)) {
    const steps = optimize as EinsumPath;
    if (steps.some((s) => s.length === 0 || s.length > 2)) {
      throw new ValueError("einsum contracts one or two operands at a time: give a path of pairs.");
    }
    const left = n - steps.reduce((k, s) => k + s.length - 1, 0);
    if (left !== 1)
      throw new ValueError(`einsum: the path ${JSON.stringify(steps)} leaves ${left} operands, expected 1.`);
    return steps;
  }
  if (n <= 2) return [Array.from({ length: n }, (_, i) => i)];
  if (optimize === false) return Array.from({ length: n - 1 }, () => [0, 1]);
  if (optimize === "optimal") return optimalPath(subscripts);
  if (optimize === "greedy") return greedyPath(subscripts);
  if (optimize !== true && optimize !== "auto") {
    throw new ValueError(
      `einsum: optimize must be "auto", "optimal", "greedy", a boolean or a path, got ${String(optimize)}.`,
    );
  }
  return n <= optimalLimit ? optimalPath(subscripts) : greedyPath(subscripts);
}

/** The letters that remain of a pair, and the multiplications and additions it costs. */
function contractPair(
  a: Letters,
  b: Letters,
  others: readonly Letters[],
  { output, sizes }: EinsumSubscripts,
): { result: Letters; flops: number; size: number } {
  const needed = union([new Set(output), ...others]);
  const either = union([a, b]);
  const sizeOf = (set: Iterable<string>): number => {
    let n = 1;
    for (const c of set) n *= sizes.get(c) as number;
    return n;
  };
  const sums = [...a].some((c) => b.has(c) && !needed.has(c));
  const result = new Set([...either].filter((c) => needed.has(c)));
  return { result, flops: sizeOf(either) * (sums ? 2 : 1), size: sizeOf(result) };
}

/** The cheapest order of all; of several, the first in lexicographic order. */
function optimalPath(subscripts: EinsumSubscripts): EinsumPath {
  let bestFlops = Number.POSITIVE_INFINITY;
  let best: EinsumPath = [];
  const visit = (operands: readonly Letters[], path: EinsumPath, flops: number): void => {
    if (operands.length === 1) {
      bestFlops = flops;
      best = path;
      return;
    }
    for (let i = 0; i < operands.length; i++) {
      for (let j = i + 1; j < operands.length; j++) {
        const others = operands.filter((_, k) => k !== i && k !== j);
        const { result, flops: cost } = contractPair(operands[i], operands[j], others, subscripts);
        if (flops + cost < bestFlops) visit([...others, result], [...path, [i, j]], flops + cost);
      }
    }
  };
  visit(
    subscripts.inputs.map((t) => new Set(t)),
    [],
    0,
  );
  return best;
}

/** At each step the pair whose result is smallest compared with its operands. */
function greedyPath(subscripts: EinsumSubscripts): EinsumPath {
  let operands: Letters[] = subscripts.inputs.map((t) => new Set(t));
  const path: [number, number][] = [];
  const sizeOf = (set: Letters): number =>
    [...set].reduce((n, c) => n * (subscripts.sizes.get(c) as number), 1);
  while (operands.length > 1) {
    let best: { pair: [number, number]; key: readonly [number, number]; result: Letters } | null = null;
    for (let i = 0; i < operands.length; i++) {
      for (let j = i + 1; j < operands.length; j++) {
        const others = operands.filter((_, k) => k !== i && k !== j);
        const { result, flops, size } = contractPair(operands[i], operands[j], others, subscripts);
        const key = [size - sizeOf(operands[i]) - sizeOf(operands[j]), flops] as const;
        if (best === null || key[0] < best.key[0] || (key[0] === best.key[0] && key[1] < best.key[1])) {
          best = { pair: [i, j], key, result };
        }
      }
    }
    const { pair, result } = best as NonNullable<typeof best>;
    path.push(pair);
    operands = [...operands.filter((_, k) => !pair.includes(k)), result];
  }
  return path;
}
