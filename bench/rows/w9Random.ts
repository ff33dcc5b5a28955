import type { Group, Row, Verifier } from "./row.ts";

const n = 1e7;

/** Means of x, x^2, x^3, x^4 in float64. */
function moments(x: ArrayLike<number>): number[] {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const square = x[i] * x[i];
    sums[0] += x[i];
    sums[1] += square;
    sums[2] += square * x[i];
    sums[3] += square * square;
  }
  return sums.map((s) => s / x.length);
}

/** Means of the products of each number with one that follows it at a distance; zero for independent numbers of mean zero. */
function correlation(x: ArrayLike<number>, distance: number): number {
  let sum = 0;
  for (let i = distance; i < x.length; i++) sum += x[i] * x[i - distance];
  return sum / (x.length - distance);
}

interface Law {
  readonly moment: (k: number) => number;
  readonly inside: (x: number) => boolean;
  /** Different values among the first 1e5: a generator of few values fails. */
  readonly distinct: number;
}

/**
 * Every number in range, four moments and two correlations within 6 standard deviations of their law, and not only few values. The error is
 * the largest deviation in parts of the allowed one.
 */
export function lawful({ moment, inside, distinct }: Law, n: number): Verifier {
  return ([x]) => {
    if (x.length !== n) throw new Error(`${x.length} numbers instead of ${n}`);
    for (let i = 0; i < n; i++) {
      if (!inside(x[i])) return { error: Number.POSITIVE_INFINITY, correct: false };
    }
    const deviations = moments(x).map((m, j) => {
      const k = j + 1;
      return Math.abs(m - moment(k)) / Math.sqrt((moment(2 * k) - moment(k) ** 2) / n);
    });
    const mean = moment(1);
    const centred = new Float64Array(n);
    for (let i = 0; i < n; i++) centred[i] = x[i] - mean;
    const variance = moment(2) - mean ** 2;
    for (const distance of [1, 4]) {
      deviations.push((Math.abs(correlation(centred, distance)) / variance) * Math.sqrt(n));
    }
    const values = new Set(Array.from({ length: 1e5 }, (_, i) => x[i])).size;
    const error = values < distinct ? Number.POSITIVE_INFINITY : Math.max(...deviations) / 6;
    return { error, correct: error <= 1 };
  };
}

export const uniform: Law = { moment: (k) => 1 / (k + 1), inside: (x) => x >= 0 && x <= 1, distinct: 95000 };
/** Odd moments vanish, the others are 1, 3, 15, 105, ... */
const doubleFactorial = (k: number): number => (k <= 1 ? 1 : k * doubleFactorial(k - 2));
export const normal: Law = {
  moment: (k) => (k % 2 === 1 ? 0 : doubleFactorial(k - 1)),
  // Beyond 8 standard deviations lies one number in 1e15.
  inside: (x) => Math.abs(x) < 8,
  distinct: 95000,
};

const row = (kernel: "uniform" | "normal", law: Law): Row => ({
  id: `w9-${kernel}`,
  title: `1e7 ${kernel} numbers`,
  kernel,
  unit: "ms",
  parameters: { n },
  inputs: () => ({}),
  reference: () => lawful(law, n),
  work: { bytes: 4 * n },
});

export const w9: Group = {
  id: "w9",
  title: "random numbers",
  rows: [row("uniform", uniform), row("normal", normal)],
};
