import { lgamma } from "../core/scalarMath.ts";

/*
 * The incomplete gamma and beta functions of numbers, in float64: series and continued fractions with as many terms as it takes. They are
 * what the functions of arrays are compared with.
 */

const most = 1_000_000;

/** x^a exp(-x) / gamma(a + 1). */
function density(a: number, x: number): number {
  return Math.exp(a * Math.log(x) - x - lgamma(a + 1));
}

function lowerBySeries(a: number, x: number): number {
  let [term, sum] = [1, 1];
  for (let n = 1; n < most && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= x / (a + n);
    sum += term;
  }
  return density(a, x) * sum;
}

/** a_1 / (b_1 + a_2 / (b_2 + ...)) by its convergents. */
function continuedFraction(numerator: (n: number) => number, denominator: (n: number) => number): number {
  let [p0, p1, q0, q1] = [1, 0, 0, 1];
  let last = 0;
  for (let n = 1; n < most; n++) {
    const [a, b] = [numerator(n), denominator(n)];
    [p0, p1] = [p1, b * p1 + a * p0];
    [q0, q1] = [q1, b * q1 + a * q0];
    if (q1 === 0) continue;
    const value = p1 / q1;
    if (Math.abs(value - last) <= 1e-17 * Math.abs(value)) return value;
    last = value;
    // Only quotients matter.
    const scale = 1 / Math.max(Math.abs(p1), Math.abs(q1));
    [p0, p1, q0, q1] = [p0 * scale, p1 * scale, q0 * scale, q1 * scale];
  }
  return last;
}

function upperByFraction(a: number, x: number): number {
  const fraction = continuedFraction(
    (n) => (n === 1 ? 1 : (n - 1) * (a - n + 1)),
    (n) => x + 2 * n - 1 - a,
  );
  return density(a, x) * a * fraction;
}

/** The values at the ends of the domain, or undefined within; `upper` is 1 for Q. */
function atEnds(a: number, x: number, upper: 0 | 1): number | undefined {
  if (!(a >= 0 && x >= 0) || (a === 0 && x === 0)) return Number.NaN;
  if (a === 0 || x === Number.POSITIVE_INFINITY) return 1 - upper;
  if (x === 0 || a === Number.POSITIVE_INFINITY) return upper;
  return undefined;
}

/** The regularized lower incomplete gamma function. */
export function gammaP(a: number, x: number): number {
  const end = atEnds(a, x, 0);
  if (end !== undefined) return end;
  return x < 1 || x <= a ? lowerBySeries(a, x) : 1 - upperByFraction(a, x);
}

/** The regularized upper incomplete gamma function. */
export function gammaQ(a: number, x: number): number {
  const end = atEnds(a, x, 1);
  if (end !== undefined) return end;
  return x < 1 || x <= a ? 1 - lowerBySeries(a, x) : upperByFraction(a, x);
}

/** The derivative of P in `a`, by differences extrapolated to step 0. */
export function gammaPGradA(a: number, x: number): number {
  if (!(a > 0 && x >= 0)) return Number.NaN;
  if (x === 0 || x === Number.POSITIVE_INFINITY) return 0;
  const slope = (h: number): number =>
    x < 1 || x <= a
      ? (lowerBySeries(a + h, x) - lowerBySeries(a - h, x)) / (2 * h)
      : (upperByFraction(a - h, x) - upperByFraction(a + h, x)) / (2 * h);
  return extrapolated(slope, 0.05 * Math.min(a, Math.max(Math.sqrt(a), 1)));
}

function extrapolated(slope: (h: number) => number, step: number): number {
  const rows = [slope(step)];
  for (let k = 1; k < 7; k++) {
    let value = slope(step / 2 ** k);
    for (let j = 0; j < k; j++) {
      const better = value + (value - rows[j]) / (4 ** (j + 1) - 1);
      rows[j] = value;
      value = better;
    }
    rows[k] = value;
  }
  return rows[rows.length - 1];
}

/** The derivative of a sample of the gamma distribution in its shape. */
export function gammaSampleGrad(a: number, x: number): number {
  if (!(a > 0 && x >= 0)) return Number.NaN;
  if (x === 0 || x === Number.POSITIVE_INFINITY) return 0;
  return (-gammaPGradA(a, x) * x) / (density(a, x) * a);
}

/** The regularized incomplete beta function. */
export function betaI(a: number, b: number, x: number): number {
  if (!(a >= 0 && b >= 0 && x >= 0 && x <= 1)) return Number.NaN;
  const [aZero, bZero] = [
    a === 0 || b === Number.POSITIVE_INFINITY,
    b === 0 || a === Number.POSITIVE_INFINITY,
  ];
  if (aZero && bZero) return Number.NaN;
  if (aZero) return x === 0 ? 0 : 1;
  if (bZero) return x === 1 ? 1 : 0;
  if (x === 0 || x === 1) return x;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaI(b, a, 1 - x);
  const logBeta = lgamma(a) + lgamma(b) - lgamma(a + b);
  const fraction = continuedFraction(
    (n) => {
      if (n === 1) return 1;
      const m = (n - 1) >> 1;
      if (n % 2 === 1) return (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
      return (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    },
    () => 1,
  );
  return (Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta) * fraction) / a;
}
