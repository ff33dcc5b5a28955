import { digamma, erf, erfc, erfInv, lgamma } from "../core/scalarMath.ts";
import * as wide from "../core/wideIntegers.ts";
import {
  bool,
  type DType,
  float0,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  isWideInteger,
  keyFry,
  roundToOdd,
  saturateToWide,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../dtypes/index.ts";

/**
 * What every operation of scalarOps.ts computes, in plain TypeScript. The node builder folds constants with the operations that are
 * exact (the same bits on every machine); the interpreter of programs uses all of them. Bools are 0 and 1; keys and integers of 64 bits
 * are bigints, which pass for numbers in the types of functions that handle values of any dtype.
 */

export type ScalarValue = number | bigint;
export type ScalarFunction = (a: number, b: number, c: number) => number;

type Unary = (x: number) => number;
type WideFunction = (a: bigint, b: bigint, c: bigint) => ScalarValue;

/** A function of bigints, or to bigints, as one of values of any dtype. */
const onAny = (f: (...args: never[]) => ScalarValue): ScalarFunction => f as unknown as ScalarFunction;

/** A value brought into a dtype: rounded for floats, wrapped for integers. */
export function roundTo(dtype: DType): Unary {
  const f = rounders.get(dtype);
  if (f === undefined) throw new TypeError(`the compiler does not compute with dtype ${dtype.name}`);
  return f;
}
const rounders = new Map<DType, Unary>([
  [float32, Math.fround],
  [float64, (x) => x],
  [int32, (x) => x | 0],
  [uint32, (x) => x >>> 0],
  [int16, (x) => (x << 16) >> 16],
  [uint16, (x) => x & 0xffff],
  [int8, (x) => (x << 24) >> 24],
  [uint8, (x) => x & 0xff],
  [bool, (x) => (x !== 0 ? 1 : 0)],
  [float0, () => 0],
  [int64, onAny((x: bigint) => BigInt.asIntN(64, x)) as Unary],
  [uint64, onAny((x: bigint) => BigInt.asUintN(64, x)) as Unary],
]);

const f64Bits = /* @__PURE__ */ new Float64Array(1);
const i64Bits = /* @__PURE__ */ new BigInt64Array(f64Bits.buffer);
const f32Bits = /* @__PURE__ */ new Float32Array(1);
const i32Bits = /* @__PURE__ */ new Int32Array(f32Bits.buffer);

function nextafter(x: number, y: number, single: boolean): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === y) return y;
  if (x === 0) return (y > 0 ? 1 : -1) * (single ? 2 ** -149 : 2 ** -1074);
  const away = x > 0 === y > x;
  if (single) {
    f32Bits[0] = x;
    i32Bits[0] += away ? 1 : -1;
    return f32Bits[0];
  }
  f64Bits[0] = x;
  i64Bits[0] += away ? 1n : -1n;
  return f64Bits[0];
}

function roundEven(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const below = Math.floor(x);
  const rest = x - below;
  const r = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  return r === 0 && (x < 0 || Object.is(x, -0)) ? -0 : r;
}

/** IEEE pow: unlike Math.pow, 1 to any power is 1, and so is -1 to an infinite one. */
function pow(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}

/** Half away from zero; the sum `x + 0.5` would round up just below a half. */
function roundAway(x: number): number {
  const t = Math.trunc(x);
  return Math.abs(x - t) >= 0.5 ? t + Math.sign(x) : t;
}

interface Row {
  /** For floats, computed in float64 and rounded once. */
  readonly f?: ScalarFunction;
  /** For integers of up to 32 bits and bools. */
  readonly i?: (dtype: DType) => ScalarFunction;
  /** For integers of 64 bits. */
  readonly w?: WideFunction;
  /** The float result is the same on every machine, so that it may be computed while compiling. */
  readonly exact?: true;
}

const ints = (f: ScalarFunction) => () => f;
const signed = (dtype: DType) => dtype.kind === "int";
/** A value as the unsigned integer with the same bits. */
const unsignedBits = (x: number, dtype: DType) => (dtype.bits === 32 ? x >>> 0 : x & (2 ** dtype.bits - 1));

const rows: Readonly<Record<string, Row>> = {
  add: { f: (a, b) => a + b, i: ints((a, b) => a + b), w: (a, b) => a + b, exact: true },
  sub: { f: (a, b) => a - b, i: ints((a, b) => a - b), w: (a, b) => a - b, exact: true },
  mul: { f: (a, b) => a * b, i: ints(Math.imul), w: (a, b) => a * b, exact: true },
  div: {
    f: (a, b) => a / b,
    i: () => (a, b) => (b === 0 ? -1 : Math.trunc(a / b)),
    w: wide.divide,
    exact: true,
  },
  rem: { f: (a, b) => a % b, i: ints((a, b) => (b === 0 ? a : a % b)), w: wide.remainder, exact: true },
  neg: { f: (a) => -a, i: ints((a) => -a), w: (a) => -a, exact: true },
  abs: { f: Math.abs, i: ints(Math.abs), w: wide.absolute, exact: true },
  sign: { f: Math.sign, i: ints(Math.sign), w: wide.sign, exact: true },
  max: { f: (a, b) => Math.max(a, b), i: ints((a, b) => Math.max(a, b)), w: wide.maximum, exact: true },
  min: { f: (a, b) => Math.min(a, b), i: ints((a, b) => Math.min(a, b)), w: wide.minimum, exact: true },
  pow: { f: pow },
  atan2: { f: Math.atan2 },
  nextafter: { f: (a, b) => nextafter(a, b, false), exact: true },
  floor: { f: Math.floor, exact: true },
  ceil: { f: Math.ceil, exact: true },
  round: { f: roundAway, exact: true },
  round_even: { f: roundEven, exact: true },
  sqrt: { f: Math.sqrt, exact: true },
  rsqrt: { f: (x) => 1 / Math.sqrt(x) },
  cbrt: { f: Math.cbrt },
  exp: { f: Math.exp },
  exp2: { f: (x) => 2 ** x },
  expm1: { f: Math.expm1 },
  log: { f: Math.log },
  log2: { f: Math.log2 },
  log1p: { f: Math.log1p },
  sin: { f: Math.sin },
  cos: { f: Math.cos },
  tan: { f: Math.tan },
  asin: { f: Math.asin },
  acos: { f: Math.acos },
  atan: { f: Math.atan },
  sinh: { f: Math.sinh },
  cosh: { f: Math.cosh },
  tanh: { f: Math.tanh },
  asinh: { f: Math.asinh },
  acosh: { f: Math.acosh },
  atanh: { f: Math.atanh },
  logistic: { f: (x) => 1 / (1 + Math.exp(-x)) },
  erf: { f: erf },
  erfc: { f: erfc },
  erf_inv: { f: erfInv },
  lgamma: { f: lgamma },
  digamma: { f: digamma },
  eq: { f: (a, b) => +(a === b), i: ints((a, b) => +(a === b)), w: (a, b) => +(a === b), exact: true },
  ne: { f: (a, b) => +(a !== b), i: ints((a, b) => +(a !== b)), w: (a, b) => +(a !== b), exact: true },
  lt: { f: (a, b) => +(a < b), i: ints((a, b) => +(a < b)), w: (a, b) => +(a < b), exact: true },
  le: { f: (a, b) => +(a <= b), i: ints((a, b) => +(a <= b)), w: (a, b) => +(a <= b), exact: true },
  gt: { f: (a, b) => +(a > b), i: ints((a, b) => +(a > b)), w: (a, b) => +(a > b), exact: true },
  ge: { f: (a, b) => +(a >= b), i: ints((a, b) => +(a >= b)), w: (a, b) => +(a >= b), exact: true },
  is_finite: { f: (a) => +Number.isFinite(a), exact: true },
  and: { i: ints((a, b) => a & b), w: (a, b) => a & b, exact: true },
  or: { i: ints((a, b) => a | b), w: (a, b) => a | b, exact: true },
  xor: { i: ints((a, b) => a ^ b), w: (a, b) => a ^ b, exact: true },
  not: { i: (dtype) => (dtype === bool ? (a) => 1 - a : (a) => ~a), w: (a) => ~a, exact: true },
  shift_left: {
    i: (dtype) => (a, b) => (b >>> 0 >= dtype.bits ? 0 : a << b),
    w: wide.shiftLeft,
    exact: true,
  },
  shift_right_logical: {
    i: (dtype) => (a, b) => (b >>> 0 >= dtype.bits ? 0 : unsignedBits(a, dtype) >>> b),
    w: wide.shiftRightLogical,
    exact: true,
  },
  shift_right_arithmetic: {
    i: (dtype) => (a, b) => {
      const value =
        signed(dtype) || dtype.bits === 32 ? a | 0 : (a << (32 - dtype.bits)) >> (32 - dtype.bits);
      return value >> (b >>> 0 >= dtype.bits ? 31 : b);
    },
    w: wide.shiftRightArithmetic,
    exact: true,
  },
  population_count: {
    i: (dtype) => (a) => {
      let n = 0;
      for (let x = unsignedBits(a, dtype); x !== 0; x = (x & (x - 1)) >>> 0) n++;
      return n;
    },
    w: wide.populationCount,
    exact: true,
  },
  clz: {
    i: (dtype) => (a) => Math.clz32(unsignedBits(a, dtype)) - (32 - dtype.bits),
    w: wide.leadingZeros,
    exact: true,
  },
  select: { f: (c, a, b) => (c !== 0 ? a : b), i: ints((c, a, b) => (c !== 0 ? a : b)), exact: true },
};

const keyMask = 0xffffffffn;
const keyRows: Readonly<Record<string, (a: bigint, b: bigint, c: bigint) => ScalarValue>> = {
  eq: (a, b) => +(a === b),
  ne: (a, b) => +(a !== b),
  key_word0: (a) => Number(a & keyMask),
  key_word1: (a) => Number(a >> 32n),
};

const boolResults = new Set(["eq", "ne", "lt", "le", "gt", "ge", "is_finite"]);
const cache = new Map<string, ScalarFunction>();

/** The function of an operation whose (last) operand has this dtype. Takes and gives values of their dtypes. */
export function scalarFunction(op: string, dtype: DType): ScalarFunction {
  const key = `${op}:${dtype.id}`;
  let f = cache.get(key);
  if (f === undefined) {
    f = makeFunction(op, dtype);
    cache.set(key, f);
  }
  return f;
}

function makeFunction(op: string, dtype: DType): ScalarFunction {
  // A choice is the same for values of every kind.
  if (op === "select" && (dtype === keyFry || isWideInteger(dtype)))
    return rows["select"].f as ScalarFunction;
  if (dtype === keyFry) {
    const row = keyRows[op];
    if (row !== undefined) return onAny(row);
  }
  if (op === "key_pack") return onAny((a: number, b: number) => BigInt(a) | (BigInt(b) << 32n));
  const row = rows[op];
  const raw = functionOf(row, dtype);
  if (raw === undefined) throw new TypeError(`no scalar operation ${op} on ${dtype.name}`);
  if (boolResults.has(op)) return raw;
  if (op === "nextafter" && dtype === float32) return (a, b) => nextafter(a, b, true);
  const round = roundTo(dtype);
  return (a, b, c) => round(raw(a, b, c));
}

function functionOf(row: Row | undefined, dtype: DType): ScalarFunction | undefined {
  if (dtype.kind === "float") return row?.f;
  if (!isWideInteger(dtype)) return row?.i?.(dtype);
  return row?.w === undefined ? undefined : onAny(row.w);
}

/** Whether folding the operation while compiling gives the bits that it gives at run time. */
export function isExact(op: string): boolean {
  return rows[op]?.exact === true;
}

/** Value conversion as XLA does it: floats to integers truncate and saturate with NaN to 0, integers wrap. */
export function castScalar(x: number, from: DType, to: DType): number {
  if (isWideInteger(from)) return castWide(x as unknown as bigint, to) as number;
  if (to.kind === "bool") return x !== 0 ? 1 : 0;
  const round = roundTo(to);
  if (to.kind === "float") return round(x);
  if (from.kind !== "float") return round(isWideInteger(to) ? (BigInt(x) as unknown as number) : x);
  if (isWideInteger(to)) return saturateToWide(x, to) as unknown as number;
  if (Number.isNaN(x)) return 0;
  const [low, high] =
    to.kind === "int" ? [-(2 ** (to.bits - 1)), 2 ** (to.bits - 1) - 1] : [0, 2 ** to.bits - 1];
  return x <= low ? low : x >= high ? high : Math.trunc(x) + 0;
}

/** A 64-bit integer in another dtype: floats are rounded once. */
function castWide(x: bigint, to: DType): ScalarValue {
  if (to.kind === "bool") return x !== 0n ? 1 : 0;
  if (to === float64) return Number(x);
  if (to.kind === "float") return roundTo(to)(roundToOdd(x));
  return roundTo(to)((isWideInteger(to) ? x : Number(BigInt.asIntN(32, x))) as number);
}

/** Reinterpretation of the bits between dtypes of one width. */
export function bitcastScalar(x: number, from: DType, to: DType): number {
  if (from.bits !== to.bits) throw new TypeError(`cannot reinterpret ${from.name} as ${to.name}`);
  const round = roundTo(to);
  if (from === to) return round(x);
  if (from.bits === 64) {
    if (from === float64) f64Bits[0] = x;
    else i64Bits[0] = x as unknown as bigint;
    return to === float64 ? f64Bits[0] : round(i64Bits[0] as unknown as number);
  }
  if (from === float32) {
    f32Bits[0] = x;
    return round(i32Bits[0]);
  }
  if (to !== float32) return round(x);
  i32Bits[0] = x;
  return f32Bits[0];
}
