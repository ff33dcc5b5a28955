import { ArrayImpl, type ArrayLike, NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { isEager } from "../core/trace.ts";
import { withTransfers } from "../core/transferGuard.ts";
import {
  arrayFromHost,
  freshLiteral,
  isScalar,
  literal,
  type Scalar,
  scalar,
  scalarAval,
} from "../core/values.ts";
import {
  asDType,
  bool,
  Complex,
  type DType,
  type DTypeLike,
  dtypeOfTypedArray,
  float32,
  type HostData,
  hostArray,
  iinfo,
  int32,
  isFloating,
  isInteger,
  keyFry,
  requireComputable,
  toInexactDType,
} from "../dtypes/index.ts";
import { OverflowError, ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { canonicalizeAxis, canonicalizeShape, readOptions } from "./arguments.ts";
import { concreteScalar } from "./concrete.ts";
import {
  broadcastToShape,
  checkBroadcast,
  convert,
  fromNested,
  promoteDTypesInexact,
  toArray,
} from "./promote.ts";
import { resultType } from "./types.ts";

interface DTypeOption {
  dtype?: DTypeLike;
}

/**
 * An array from numbers (float32), bigints (int32), booleans (bool), complex numbers (complex64), typed arrays (their own dtype), nested lists of those, or arrays (copied).
 *
 * @param options.dtype the dtype of the result
 * @param options.ndmin the least number of axes; leading ones of size 1 are added
 * @throws ValueError for ragged lists, OverflowError for integers that do not fit, TypeError for other values
 * @example
 * ```ts
 * String(jnp.array([[1, 2], [3, 4]])); // => "[[1. 2.]\n [3. 4.]]"
 * jnp.array([1, 2], { dtype: "int32" }).dtype.name; // => "int32"
 * ```
 */
export function array(
  object: ArrayLike | ArrayBufferView,
  ...args: [(DTypeLike | { dtype?: DTypeLike; copy?: boolean; ndmin?: number })?, ...unknown[]]
): NDArray {
  const o = readCreation("array", args);
  const x = withTransfers(() => make(object, o.dtype, "array", true));
  return o.ndmin !== undefined && o.ndmin > x.ndim
    ? lax.expandDims(
        x,
        Array.from({ length: o.ndmin - x.ndim }, (_, i) => i),
      )
    : x;
}

/** Like {@link array}, but an array of the right dtype is returned as it is. */
export function asarray(
  object: ArrayLike | ArrayBufferView,
  ...args: [(DTypeLike | { dtype?: DTypeLike; copy?: boolean })?, ...unknown[]]
): NDArray {
  const o = readCreation("asarray", args);
  return withTransfers(() => make(object, o.dtype, "asarray", o.copy === true));
}

function readCreation(
  where: string,
  args: readonly unknown[],
): { dtype?: DTypeLike; copy?: boolean; ndmin?: number } {
  const [first] = args;
  if (isDType(first))
    return {
      dtype: first,
      ...readOptions<{ copy: boolean; ndmin: number }>(where, ["copy"], args.slice(1), ["ndmin"]),
    };
  return readOptions<{ dtype: DTypeLike; copy: boolean; ndmin: number }>(where, ["dtype", "copy"], args, [
    "ndmin",
    "order",
    "device",
  ]);
}
/** True for a dtype in any of its forms, options objects excluded. */
function isDType(x: unknown): x is DTypeLike {
  if (typeof x === "string" || typeof x === "function") return true;
  return (
    typeof x === "object" && x !== null && Object.getPrototypeOf(x) !== Object.prototype && !Array.isArray(x)
  );
}

function make(object: unknown, dtypeLike: DTypeLike | undefined, name: string, copy: boolean): NDArray {
  const dtype = dtypeLike === undefined ? undefined : asDType(dtypeLike);
  if (dtype !== undefined) requireComputable(dtype, `jnp.${name}`);
  if (object instanceof NDArray) {
    if (dtype !== undefined && dtype !== object.dtype) return convert(object, dtype);
    return copy ? lax.copy(object) : object;
  }
  if (isScalar(object)) {
    const target = dtype ?? (typeof object === "number" ? float32 : scalarAval(object).dtype);
    checkRange(object, target);
    // A lone number stays weakly typed unless a dtype is given.
    const aval = shapedArray([], target, dtype === undefined && target !== bool);
    // Under a trace scalars are literals of the program; eagerly they are ordinary arrays, which a program takes as constants.
    if (!isEager()) return literal(object, aval);
    const fresh = freshLiteral(object, aval);
    return new ArrayImpl(aval, fresh.backend, fresh.requireBuffer());
  }
  if (ArrayBuffer.isView(object) && !(object instanceof DataView)) {
    const data = object as HostData;
    const own = dtypeOfTypedArray(data);
    requireComputable(own, `jnp.${name}`);
    const x = arrayFromHost(data, shapedArray([data.length], own));
    return dtype === undefined || dtype === own ? x : convert(x, dtype);
  }
  if (Array.isArray(object)) {
    if (dtype !== undefined && isInteger(dtype)) checkNestedRange(object, dtype);
    const x = fromNested(object, `jnp.${name}`, dtype);
    return dtype === undefined || x.dtype === dtype ? x : convert(x, dtype);
  }
  return toArray(object, `jnp.${name}`);
}

/** @throws OverflowError for an integer outside the dtype's range */
function checkRange(x: Scalar, dtype: DType): void {
  if (
    !isInteger(dtype) ||
    typeof x === "boolean" ||
    x instanceof Complex ||
    (typeof x === "number" && !Number.isInteger(x))
  )
    return;
  const { min, max } = iinfo(dtype);
  if (x < min || x > max) throw new OverflowError(`Python integer ${x} out of bounds for ${dtype}`);
}
function checkNestedRange(list: readonly unknown[], dtype: DType): void {
  for (const x of list) {
    if (Array.isArray(x)) checkNestedRange(x, dtype);
    else if (typeof x === "number" || typeof x === "bigint") checkRange(x, dtype);
  }
}

/** Options of creation functions whose second argument is a dtype, given by position or by name. */
function dtypeOption(where: string, args: readonly unknown[]): DType | undefined {
  const [first, ...rest] = args;
  const dtype = isDType(first)
    ? first
    : readOptions<DTypeOption>(where, ["dtype"], [first, ...rest], ["device", "shape"]).dtype;
  if (dtype === undefined) return undefined;
  return requireDType(asDType(dtype), where);
}
function requireDType(dtype: DType, where: string): DType {
  requireComputable(dtype, `jnp.${where}`);
  return dtype;
}

type Shape = number | readonly number[];
type DTypeArg = DTypeLike | DTypeOption;

/** Zeros of a shape, float32 by default. @example `String(jnp.zeros(2)); // => "[0. 0.]"` */
export function zeros(shape: Shape, dtype?: DTypeArg): NDArray {
  return lax.full(canonicalizeShape(shape, "jnp.zeros"), 0, dtypeOption("zeros", [dtype]) ?? float32);
}
/** Ones of a shape, float32 by default. @example `String(jnp.ones(2)); // => "[1. 1.]"` */
export function ones(shape: Shape, dtype?: DTypeArg): NDArray {
  return lax.full(canonicalizeShape(shape, "jnp.ones"), 1, dtypeOption("ones", [dtype]) ?? float32);
}
/** An array whose contents do not matter: zeros. */
export function empty(shape: Shape, dtype?: DTypeArg): NDArray {
  return lax.full(canonicalizeShape(shape, "jnp.empty"), 0, dtypeOption("empty", [dtype]) ?? float32);
}
/** A shape filled with a value; numbers give float32, bigints int32, booleans bool, arrays their own dtype. @example `String(jnp.full(2, 7)); // => "[7. 7.]"` */
export function full(shape: Shape, fillValue: ArrayLike, dtype?: DTypeArg): NDArray {
  const dims = canonicalizeShape(shape, "jnp.full");
  const value = fillOf(fillValue, dtypeOption("full", [dtype]));
  return value.ndim === 0 ? lax.broadcastInDim(value, dims, []) : broadcastToShape(value, dims);
}
function fillOf(fillValue: ArrayLike, dtype: DType | undefined): NDArray {
  if (fillValue instanceof NDArray) return dtype === undefined ? fillValue : convert(fillValue, dtype);
  if (typeof fillValue === "number" || typeof fillValue === "bigint" || typeof fillValue === "boolean") {
    const target =
      dtype ?? (typeof fillValue === "boolean" ? bool : typeof fillValue === "bigint" ? int32 : float32);
    return literal(fillValue, shapedArray([], target, dtype === undefined && target !== bool));
  }
  return make(fillValue, dtype, "full", false);
}

interface LikeOptions extends DTypeOption {
  shape?: Shape;
}
function like(
  where: string,
  a: ArrayLike | { shape: readonly number[]; dtype: DType },
  args: readonly unknown[],
): { shape: number[]; dtype: DType | undefined; own: DType } {
  const [first, ...rest] = args;
  const o: LikeOptions = isDType(first)
    ? { dtype: first, ...readOptions<LikeOptions>(where, ["shape"], rest) }
    : readOptions<LikeOptions>(where, ["dtype", "shape"], args, ["device"]);
  const base = isShaped(a) ? a : toArray(a, where);
  const shape = o.shape === undefined ? [...base.shape] : canonicalizeShape(o.shape, `jnp.${where}`);
  return {
    shape,
    dtype: o.dtype === undefined ? undefined : requireDType(asDType(o.dtype), where),
    own: base.dtype,
  };
}
function isShaped(a: unknown): a is { shape: readonly number[]; dtype: DType } {
  return typeof a === "object" && a !== null && "shape" in a && "dtype" in a;
}
/** Zeros with the shape and dtype of `a`. @example `String(jnp.zerosLike(jnp.ones(2))); // => "[0. 0.]"` */
export function zerosLike(
  a: ArrayLike | { shape: readonly number[]; dtype: DType },
  ...args: unknown[]
): NDArray {
  const { shape, dtype, own } = like("zerosLike", a, args);
  return fullAs(a, shape, 0, dtype ?? own, dtype === undefined);
}
/** Ones with the shape and dtype of `a`. @example `String(jnp.onesLike(jnp.zeros(2))); // => "[1. 1.]"` */
export function onesLike(
  a: ArrayLike | { shape: readonly number[]; dtype: DType },
  ...args: unknown[]
): NDArray {
  const { shape, dtype, own } = like("onesLike", a, args);
  return fullAs(a, shape, 1, dtype ?? own, dtype === undefined);
}
/** An array of the shape and dtype of `a` whose contents do not matter: zeros. */
export const emptyLike = zerosLike;
/** The shape and dtype of `a`, filled with a value. @example `String(jnp.fullLike(jnp.zeros(2), 3)); // => "[3. 3.]"` */
export function fullLike(
  a: ArrayLike | { shape: readonly number[]; dtype: DType },
  fillValue: ArrayLike,
  ...args: unknown[]
): NDArray {
  const { shape, dtype, own } = like("fullLike", a, args);
  const value = convert(toArray(fillValue, "fullLike"), dtype ?? own);
  return value.ndim === 0 ? lax.broadcastInDim(value, shape, []) : broadcastToShape(value, shape);
}
/** A weakly typed prototype gives a weakly typed result. */
function fullAs(
  a: unknown,
  shape: readonly number[],
  value: number,
  dtype: DType,
  keepWeak: boolean,
): NDArray {
  if (dtype === keyFry) throw new TypeError("jnp.zerosLike and onesLike are not defined for PRNG keys.");
  const prototype = a instanceof NDArray || typeof a === "number" ? toArray(a, "fullLike") : null;
  const weak = keepWeak && prototype?.weakType === true;
  return weak
    ? lax.broadcastInDim(literal(value, shapedArray([], dtype, true)), shape, [])
    : lax.full(shape, value, dtype);
}

/**
 * Evenly spaced values `start, start + step, ...` below `stop` (from 0 when only one number is given). Whole numbers give int32,
 * others float32, unless `dtype` says otherwise.
 *
 * @throws TypeError for tracers: the length must be known
 * @example
 * ```ts
 * String(jnp.arange(3)); // => "[0 1 2]"
 * String(jnp.arange(0, 1, 0.25)); // => "[0.   0.25 0.5  0.75]"
 * ```
 */
export function arange(start: number | bigint | NDArray, ...args: unknown[]): NDArray {
  const o = readOptions<{ stop: unknown; step: unknown; dtype: DTypeLike }>(
    "arange",
    ["stop", "step", "dtype"],
    args,
    ["device"],
  );
  const [first, second, third] = [start, o.stop, o.step].map(rangeBound);
  const whole = [first, second, third].every((x) => x === null || x.whole);
  const dtype = o.dtype === undefined ? (whole ? int32 : float32) : requireDType(asDType(o.dtype), "arange");
  const [lo, hi] = second === null ? [0, first?.value ?? 0] : [first?.value ?? 0, second.value];
  const step = third?.value ?? 1;
  if (Number(step) === 0) throw new ValueError("arange: step must not be zero");
  const n = Math.max(0, count(lo, hi, step));
  if (dtype === int32)
    for (const x of [lo, hi])
      if (x > 2147483648 || x < -2147483649)
        throw new OverflowError(`Python int ${x} too large to convert to int32`);
  if (!whole && isEager()) {
    // NumPy computes in float64 and rounds once.
    const data = hostArray(dtype, n) as Float64Array;
    for (let i = 0; i < n; i++) data[i] = Number(lo) + i * Number(step);
    return arrayFromHost(data, shapedArray([n], dtype));
  }
  let x = lax.iota(dtype, n);
  if (Number(step) !== 1) x = lax.mul(scalar(step, dtype), x);
  const fromZero = Number(lo) === 0 && (Number(step) === 1 || whole);
  return fromZero ? x : lax.add(scalar(lo, dtype), x);
}

/** How many steps there are from `lo` to below `hi`: exactly, where a bound is beyond what numbers count by ones. */
function count(lo: number | bigint, hi: number | bigint, step: number | bigint): number {
  const [a, b, c] = [lo, hi, step].map((x) =>
    typeof x === "bigint" || Number.isInteger(x) ? BigInt(x) : null,
  );
  if (a === null || b === null || c === null) return Math.ceil((Number(hi) - Number(lo)) / Number(step));
  const distance = b - a;
  const up = distance % c !== 0n && distance > 0n === c > 0n;
  return Number(distance / c) + (up ? 1 : 0);
}

/** A limit of a range: a number, or a scalar array whose value is known. @throws TypeError for what is not concrete */
function rangeBound(x: unknown): { value: number | bigint; whole: boolean } | null {
  if (x === undefined || x === null) return null;
  if (typeof x === "bigint") return { value: Number.isSafeInteger(Number(x)) ? Number(x) : x, whole: true };
  if (typeof x === "number") {
    if (!Number.isFinite(x))
      throw new ValueError(`jnp.arange requires finite start, stop and step, got ${x}.`);
    return { value: x, whole: Number.isInteger(x) };
  }
  const value = x instanceof NDArray ? concreteScalar(x) : null;
  if (value === null) {
    throw new TypeError(
      `jnp.arange requires concrete numbers as start, stop and step, got ${x instanceof NDArray ? x.aval : String(x)}. ` +
        "The length of the result must be known when tracing; use jnp.arange(n) with a static n.",
    );
  }
  if (typeof value === "bigint") return rangeBound(value);
  return { value: Number(value), whole: isInteger((x as NDArray).dtype) };
}

interface LinspaceStatic {
  readonly num: number;
  readonly endpoint: boolean;
  readonly retstep: boolean;
  readonly dtype: DType | null;
  readonly axis: number;
}
const linspaceJit = jit(
  (start0: NDArray, stop0: NDArray, s: LinspaceStatic): [NDArray, NDArray] => {
    const { num, endpoint } = s;
    const dtype = s.dtype ?? toInexactDType(resultType(start0, stop0));
    const computation = toInexactDType(dtype);
    const start = convert(start0, computation);
    const stop = convert(stop0, computation);
    const bounds = checkBroadcast([start.shape, stop.shape], "linspace");
    const first = broadcastToShape(start, bounds);
    const last = broadcastToShape(stop, bounds);
    const axis = canonicalizeAxis(s.axis, bounds.length + 1);
    const withAxis = bounds.slice();
    withAxis.splice(axis, 0, 1);
    const divisions = endpoint ? num - 1 : num;
    let out: NDArray;
    let delta: NDArray;
    if (num > 1) {
      delta = lax.div(lax.sub(stop, start), scalar(divisions, computation));
      const line = withAxis.map((_, i) => (i === axis ? divisions : 1));
      const iota = lax.iota(computation, divisions);
      const step = lax.div(
        line.length === 1 ? iota : lax.reshape(iota, line),
        scalar(divisions, computation),
      );
      const from = lax.mul(lax.reshape(first, withAxis), lax.sub(scalar(1, computation), step));
      out = lax.add(from, lax.mul(lax.reshape(last, withAxis), step));
      if (endpoint) out = lax.concatenate([out, lax.expandDims(last, [axis])], axis);
    } else {
      delta = endpoint || num === 0 ? scalar(Number.NaN, computation) : lax.sub(stop, start);
      out =
        num === 1
          ? lax.reshape(first, withAxis)
          : lax.full(
              withAxis.map((n, i) => (i === axis ? 0 : n)),
              0,
              dtype,
            );
    }
    if (isInteger(dtype) && isFloating(out.dtype)) out = lax.floor(out);
    return s.retstep
      ? [convert(out, dtype), delta]
      : ([convert(out, dtype)] as unknown as [NDArray, NDArray]);
  },
  { name: "_linspace", staticArgnums: 2 },
);
/**
 * `num` evenly spaced values from `start` to `stop`, both included unless `endpoint` is false. `retstep` also returns the spacing.
 *
 * @example
 * ```ts
 * String(jnp.linspace(0, 1, 5)); // => "[0.   0.25 0.5  0.75 1.  ]"
 * ```
 */
export function linspace(
  start: ArrayLike,
  stop: ArrayLike,
  ...args: [...unknown[], { retstep: true; [key: string]: unknown }]
): [NDArray, NDArray];
export function linspace(start: ArrayLike, stop: ArrayLike, ...args: unknown[]): NDArray;
export function linspace(
  start: ArrayLike,
  stop: ArrayLike,
  ...args: unknown[]
): NDArray | [NDArray, NDArray] {
  const o = readOptions<{ num: number; endpoint: boolean; retstep: boolean; dtype: DTypeLike; axis: number }>(
    "linspace",
    ["num", "endpoint", "retstep", "dtype", "axis"],
    args,
    ["device"],
  );
  const num = o.num ?? 50;
  if (!Number.isInteger(num)) throw new TypeError(`jnp.linspace: num must be an integer, got ${num}.`);
  if (num < 0) throw new ValueError(`Number of samples, ${num}, must be non-negative.`);
  const s: LinspaceStatic = {
    num,
    endpoint: o.endpoint ?? true,
    retstep: o.retstep === true,
    dtype: o.dtype === undefined ? null : requireDType(asDType(o.dtype), "linspace"),
    axis: o.axis ?? 0,
  };
  const result = linspaceJit(toArray(start, "linspace", 0), toArray(stop, "linspace", 1), s);
  return s.retstep ? result : result[0];
}

const logspaceJit = jit(
  (
    start: NDArray,
    stop: NDArray,
    base: NDArray,
    s: { num: number; endpoint: boolean; dtype: DType | null; axis: number },
  ): NDArray => {
    const dtype = s.dtype ?? toInexactDType(resultType(start, stop));
    const computation = toInexactDType(dtype);
    const exponents = linspace(convert(start, computation), convert(stop, computation), {
      num: s.num,
      endpoint: s.endpoint,
      axis: s.axis,
    });
    const [b, e] = promoteDTypesInexact([base, exponents]);
    return convert(lax.pow(b, e), dtype);
  },
  { name: "_logspace", staticArgnums: 3 },
);
/** `base ** linspace(start, stop)`; base 10 by default. */
export function logspace(start: ArrayLike, stop: ArrayLike, ...args: unknown[]): NDArray {
  const o = readOptions<{ num: number; endpoint: boolean; base: ArrayLike; dtype: DTypeLike; axis: number }>(
    "logspace",
    ["num", "endpoint", "base", "dtype", "axis"],
    args,
  );
  const s = {
    num: o.num ?? 50,
    endpoint: o.endpoint ?? true,
    dtype: o.dtype === undefined ? null : asDType(o.dtype),
    axis: o.axis ?? 0,
  };
  const base =
    o.base === undefined ? literal(10, shapedArray([], float32, true)) : toArray(o.base, "logspace", 2);
  return logspaceJit(toArray(start, "logspace", 0), toArray(stop, "logspace", 1), base, s);
}

/**
 * Ones on a diagonal: the main one, or the `k`-th above it (below for negative `k`).
 *
 * @param n rows
 * @param options.M columns; default `n`
 * @example
 * ```ts
 * String(jnp.eye(2)); // => "[[1. 0.]\n [0. 1.]]"
 * ```
 */
export function eye(n: number, ...args: unknown[]): NDArray {
  const o = readOptions<{ M: number | null; k: number; dtype: DTypeLike }>("eye", ["M", "k", "dtype"], args, [
    "device",
  ]);
  const shape = canonicalizeShape([n, o.M ?? n], "jnp.eye");
  const dtype = o.dtype === undefined ? float32 : requireDType(asDType(o.dtype), "eye");
  const rows = lax.broadcastedIota(int32, shape, 0);
  const columns = lax.broadcastedIota(int32, shape, 1);
  return convert(lax.eq(lax.add(rows, scalar(o.k ?? 0, int32)), columns), dtype);
}
/** The square {@link eye}. @example `String(jnp.identity(1)); // => "[[1.]]"` */
export function identity(n: number, dtype?: DTypeArg): NDArray {
  return eye(n, { dtype: dtypeOption("identity", [dtype]) });
}
