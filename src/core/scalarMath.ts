/**
 * Scalar functions in double precision that `Math` lacks, or defines otherwise than IEEE 754 and C do. The reference
 * evaluations and the float64 kernels use them. Coefficients without a source are our own minimax fits.
 */

/** Evaluates c[0] + c[1] x + c[2] x^2 + ... */
function polynomial(x: number, c: readonly number[]): number {
  let sum = 0;
  for (let i = c.length - 1; i >= 0; i--) sum = sum * x + c[i];
  return sum;
}

// ---- error functions

/** erf(x)/x - 1 in x^2, for |x| <= 1; relative error 2^-62. */
const ERF_NEAR = [
  0.1283791670955126, -0.3761263890318375, 0.11283791670954857, -0.026866170645072893, 0.005223977624780861,
  -0.0008548326978741858, 0.0001205533103688653, -1.4925593506566932e-5, 1.6460972811734772e-6,
  -1.6350025165929298e-7, 1.4657879459399157e-8, -1.1365664487203665e-9, 5.94525927698082e-11,
];
/** exp(x^2) erfc(x) on [1, 28]; relative error 2^-53. */
const ERFCX_NUMERATOR = [
  1.0000000347420144, 2.193779375691893, 2.3612703505852553, 1.600541486422161, 0.7427427709376173,
  0.2418526742758728, 0.05439155450761126, 0.00785459229644188, 0.0005857037363824053,
];
const ERFCX_DENOMINATOR = [
  1, 3.3221588997554545, 5.109923474316977, 4.796572210746295, 3.044261556121139, 1.3641614667333077,
  0.4356336554636651, 0.09692558665544067, 0.013921902363262833, 0.0010381328430398235,
];

/** erfc(x) for x >= 1. */
function erfcTail(x: number): number {
  if (x > 28) return 0;
  // exp(-x^2) with the rounding error of x^2 put back: the square of a float32 is exact.
  const head = Math.fround(x);
  const gaussian = Math.exp(-head * head) * Math.exp((head - x) * (head + x));
  return (gaussian * polynomial(x, ERFCX_NUMERATOR)) / polynomial(x, ERFCX_DENOMINATOR);
}

/** The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a <= 1) return x + x * polynomial(x * x, ERF_NEAR);
  return x > 0 ? 1 - erfcTail(a) : x < 0 ? erfcTail(a) - 1 : x;
}

/** 1 - erf(x), without cancellation for large x. */
export function erfc(x: number): number {
  if (x >= 1) return erfcTail(x);
  // Near 1/2 the subtraction 1 - erf(x) would lose a bit; taking 1/2 out first does not.
  if (x > 0.5) return 0.5 - (x - 0.5 + x * polynomial(x * x, ERF_NEAR));
  return x > -1 ? 1 - erf(x) : x <= -1 ? 2 - erfcTail(-x) : x;
}

/** The inverse of {@link erf} on [-1, 1]; NaN outside. */
export function erfInv(x: number): number {
  const a = Math.abs(x);
  if (!(a < 1)) return a === 1 ? x * Number.POSITIVE_INFINITY : Number.NaN;
  let y: number;
  if (a < 0.01) {
    y = a * (Math.sqrt(Math.PI) / 2) * (1 + (Math.PI / 12) * a * a);
  } else {
    // Winitzki's approximation, good to 0.2%.
    const w = Math.log1p(-a * a);
    const b = 2 / (Math.PI * 0.147) + w / 2;
    y = Math.sqrt(Math.sqrt(b * b - w / 0.147) - b);
  }
  // Halley's iteration triples the number of correct digits each time.
  for (let i = 0; i < 3; i++) {
    const residual = a > 0.5 ? 1 - a - erfc(y) : erf(y) - a;
    const step = (residual * Math.sqrt(Math.PI)) / 2 / Math.exp(-y * y);
    y -= step / (1 + y * step);
  }
  return x < 0 || Object.is(x, -0) ? -y : y;
}

// ---- gamma functions

const ONE_MINUS_EULER = 0.42278433509846713;
/** zeta(k) - 1 for k = 2, 3, ...: the Taylor coefficients of the gamma functions at 2. */
const ZETA_MINUS_ONE = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853,
  0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5,
  3.058823630702049e-5, 1.528225940865187e-5, 7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6,
  9.539620338727962e-7, 4.769329867878064e-7, 2.38450502727733e-7, 1.1921992596531106e-7,
  5.960818905125948e-8, 2.980350351465228e-8, 1.4901554828365043e-8, 7.45071178983543e-9,
  3.725334024788457e-9,
];
const LGAMMA_AT_2 = [ONE_MINUS_EULER, ...ZETA_MINUS_ONE.map((z, i) => (i % 2 === 0 ? z : -z) / (i + 2))];
const DIGAMMA_AT_2 = [ONE_MINUS_EULER, ...ZETA_MINUS_ONE.map((z, i) => (i % 2 === 0 ? z : -z))];
/** B(2k) / (2k (2k-1)), of Stirling's series. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
/** -B(2k) / 2k, of the asymptotic series of digamma. */
const DIGAMMA_ASYMPTOTIC = [-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760, -1 / 12];

/** sin(pi x), exact at integers and half integers. */
function sinPi(x: number): number {
  const r = x - 2 * Math.round(x / 2);
  return Math.abs(r) <= 0.25
    ? Math.sin(Math.PI * r)
    : Math.abs(r) < 0.75
      ? Math.sign(r) * Math.cos(Math.PI * (Math.abs(r) - 0.5))
      : Math.sin(Math.PI * (Math.sign(r) - r));
}

/** The logarithm of |gamma(x)|; infinite at 0 and the negative integers. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return Number.POSITIVE_INFINITY;
  if (x < 0.5) {
    if (x <= 0 && Number.isInteger(x)) return Number.POSITIVE_INFINITY;
    // Close to 0, gamma(x) = gamma(1 + x) / x; elsewhere the reflection formula.
    if (x > -0.5) return lgamma(1 + x) - Math.log(Math.abs(x));
    return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
  }
  if (x >= 8) {
    const z = 1 / x;
    return (
      (x - 0.5) * (Math.log(x) - 1) + (0.5 * Math.log(2 * Math.PI) - 0.5 + z * polynomial(z * z, STIRLING))
    );
  }
  // Shift into [1.5, 2.5], where y P(y) with y = x - 2 keeps the relative accuracy at the roots 1 and 2.
  if (x < 1.5) {
    const y = x - 1;
    return y * polynomial(y, LGAMMA_AT_2) - Math.log1p(y);
  }
  let product = 1;
  let y = x;
  while (y > 2.5) product *= --y;
  y -= 2;
  return y * polynomial(y, LGAMMA_AT_2) + Math.log(product);
}

/** The derivative of {@link lgamma}; NaN at 0 and the negative integers, as in XLA. */
export function digamma(x: number): number {
  if (x === Number.POSITIVE_INFINITY) return x;
  if (!Number.isFinite(x)) return Number.NaN;
  if (x < 0.5) {
    if (x <= 0 && Number.isInteger(x)) return Number.NaN;
    const r = x - Math.round(x);
    const cotangent =
      Math.abs(r) < 0.25 ? 1 / Math.tan(Math.PI * r) : Math.tan(Math.PI * ((r < 0 ? -0.5 : 0.5) - r));
    return digamma(1 - x) - Math.PI * cotangent;
  }
  if (x >= 10) {
    const z = 1 / x;
    return Math.log(x) - 0.5 * z + z * z * polynomial(z * z, DIGAMMA_ASYMPTOTIC);
  }
  let shift = 0;
  let y = x;
  if (y < 1.5) {
    shift = -1 / y;
    y += 1;
  }
  while (y > 2.5) {
    y -= 1;
    shift += 1 / y;
  }
  return polynomial(y - 2, DIGAMMA_AT_2) + shift;
}

// ---- elementary functions

/** 1 / (1 + exp(-x)), accurate in both tails. */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

export function rsqrt(x: number): number {
  return 1 / Math.sqrt(x);
}

export function exp2(x: number): number {
  // The integer part is exact; the product with ln 2 of the rest is small.
  const n = Math.floor(x);
  if (!Number.isFinite(n)) return 2 ** x;
  const fraction = Math.exp((x - n) * Math.LN2);
  return n < -1022
    ? fraction * 2 ** Math.max(n + 200, -1022) * 2 ** -200
    : n > 1023
      ? Number.POSITIVE_INFINITY
      : fraction * 2 ** n;
}

/** x to the power y as C defines it: unlike `**`, 1 to any power is 1, and so is -1 to an infinite one. */
export function pow(x: number, y: number): number {
  if (x === 1 || y === 0) return 1;
  if (x === -1 && (y === Number.POSITIVE_INFINITY || y === Number.NEGATIVE_INFINITY)) return 1;
  return x ** y;
}

/** -1, 0 or 1; keeps NaN and the sign of zero. */
export function sign(x: number): number {
  return Math.sign(x);
}

/** The remainder of truncating division, exact, with the sign of x (C's fmod). */
export function rem(x: number, y: number): number {
  return x % y;
}

/** Rounds to the nearest integer, halves to even. */
export function roundHalfEven(x: number): number {
  if (!(Math.abs(x) < 2 ** 52)) return x;
  // Adding 2^52 leaves no bits for a fraction, and additions round halves to even.
  const r = Math.abs(x) + 2 ** 52 - 2 ** 52;
  return x < 0 || Object.is(x, -0) ? -r : r;
}

/** Rounds to the nearest integer, halves away from zero. */
export function roundHalfAway(x: number): number {
  const t = Math.trunc(x);
  return Math.abs(x - t) >= 0.5 ? t + Math.sign(x) : t;
}

const f64 = /* @__PURE__ */ new Float64Array(1);
const f64Bits = /* @__PURE__ */ new BigInt64Array(f64.buffer);
const f32 = /* @__PURE__ */ new Float32Array(1);
const f32Bits = /* @__PURE__ */ new Int32Array(f32.buffer);

/** The next double after x in the direction of y; y itself when they are equal. */
export function nextafter(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE;
  f64[0] = x;
  f64Bits[0] += y > x === x > 0 ? 1n : -1n;
  return f64[0];
}

/** As {@link nextafter}, among float32 values. */
export function nextafterFloat32(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? 2 ** -149 : -(2 ** -149);
  f32[0] = x;
  f32Bits[0] += y > x === x > 0 ? 1 : -1;
  return f32[0];
}
