/**
 * Special functions in float64, for the interpreter of programs. Accurate to about 1e-14 relative; slow and plain.
 */

/** erf by its Taylor series near 0 and by {@link erfc} elsewhere. */
export function erf(x: number): number {
  if (x !== x) return x;
  if (x === 0) return x;
  if (Math.abs(x) > 2) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** erfc by its continued fraction for large arguments. */
export function erfc(x: number): number {
  if (x !== x) return x;
  if (x < 0.5) return 1 - erf(x);
  if (x > 28) return 0;
  if (x < 2) return 1 - erf(x);
  let f = 0;
  for (let n = 120; n >= 1; n--) f = n / 2 / (x + f);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + f);
}

/** The inverse of erf: a starting value refined by Newton steps on erf or, in the tails, on log erfc. */
export function erfInv(y: number): number {
  if (y !== y || y < -1 || y > 1) return Number.NaN;
  if (y === 1 || y === -1) return y * Infinity;
  if (y === 0) return y;
  const a = Math.abs(y);
  const w = -Math.log((1 - a) * (1 + a));
  // Winitzki's approximation.
  const c = 2 / (Math.PI * 0.147) - w / 2;
  let x = Math.sqrt(Math.sqrt(c * c + w / 0.147) - c);
  for (let i = 0; i < 6; i++) {
    const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
    const error = a < 0.9 ? erf(x) - a : 1 - a - erfc(x);
    const step = error / slope;
    x -= step / (1 + x * step);
  }
  return y < 0 ? -x : x;
}

/** log |gamma(x)|: Stirling's series after moving the argument up, reflection below a half. */
export function lgamma(x: number): number {
  if (x !== x) return x;
  if (x === Infinity || x === -Infinity) return Infinity;
  if (x < 0.5) {
    const s = Math.abs(Math.sin(Math.PI * (x - Math.floor(x))));
    return s === 0 ? Infinity : Math.log(Math.PI / s) - lgamma(1 - x);
  }
  if (x === 1 || x === 2) return 0;
  let product = 1;
  let z = x;
  while (z < 12) {
    product *= z;
    z++;
  }
  const r = 1 / (z * z);
  const series = (1 / z) * (1 / 12 + r * (-1 / 360 + r * (1 / 1260 + r * (-1 / 1680 + r * (1 / 1188 + r * (-691 / 360360))))));
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** The derivative of lgamma: its asymptotic series after moving the argument up, reflection below zero. */
export function digamma(x: number): number {
  if (x !== x || x === -Infinity) return Number.NaN;
  if (x === Infinity) return x;
  if (x <= 0) {
    const fraction = x - Math.floor(x);
    return fraction === 0 ? Number.NaN : digamma(1 - x) - Math.PI / Math.tan(Math.PI * fraction);
  }
  let sum = 0;
  let z = x;
  while (z < 12) {
    sum -= 1 / z;
    z++;
  }
  const r = 1 / (z * z);
  const series = r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * (691 / 32760))))));
  return sum + Math.log(z) - 0.5 / z - series;
}
