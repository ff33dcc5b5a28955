// Statistics in plain numbers, for tests of samplers.

/** The largest difference between the empirical distribution of a sample and a distribution function. */
export function ksDistance(sample: readonly number[], cdf: (x: number) => number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const n = sorted.length;
  return sorted.reduce((d, x, i) => {
    const p = cdf(x);
    return Math.max(d, Math.abs(p - i / n), Math.abs(p - (i + 1) / n));
  }, 0);
}

/** Pearson's statistic of counts against probabilities. */
export function chiSquared(counts: readonly number[], probabilities: readonly number[]): number {
  const n = counts.reduce((a, b) => a + b, 0);
  return counts.reduce((sum, c, i) => {
    const expected = n * (probabilities[i] as number);
    return sum + (c - expected) ** 2 / expected;
  }, 0);
}

/** The error function, to 1e-7 (Abramowitz and Stegun 7.1.26 refined by a series near 0). */
export function erf(x: number): number {
  const a = Math.abs(x);
  let value: number;
  if (a < 2) {
    let term = a;
    value = a;
    for (let k = 1; k < 60; k++) {
      term *= (-a * a) / k;
      value += term / (2 * k + 1);
    }
    value *= 2 / Math.sqrt(Math.PI);
  } else {
    const t = 1 / (1 + 0.3275911 * a);
    const poly =
      t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    value = 1 - poly * Math.exp(-a * a);
  }
  return x < 0 ? -value : value;
}
