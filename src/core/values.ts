import {
  bool,
  Complex,
  complex64,
  type DType,
  dtypeOfTypedArray,
  float32,
  type HostData,
  iinfo,
  int32,
  int64,
  isInteger,
  requireComputable,
  scalarFromHost,
  scalarToHost,
  uint32,
  uint64,
} from "../dtypes/index.ts";
import { OverflowError } from "../errors.ts";
import { ArrayImpl, NDArray } from "./array.ts";
import { type ShapedArray, shapedArray } from "./aval.ts";
import { defaultBackend } from "./backend.ts";
import { guardTransfer } from "./transferGuard.ts";

/** A concrete array from host data in row-major order. The data is copied. */
export function arrayFromHost(data: HostData, aval: ShapedArray): ArrayImpl {
  requireComputable(aval.dtype, "jnp.array");
  const backend = defaultBackend();
  return new ArrayImpl(aval, backend, backend.fromHost(data, aval));
}

export type Scalar = number | bigint | boolean | Complex;

/** A text that differs for scalars that differ, the sign of zero included. */
export function scalarKey(x: Scalar): string {
  if (x instanceof Complex) return `${scalarKey(x.re)}+${scalarKey(x.im)}j`;
  return Object.is(x, -0) ? "-0" : String(x);
}

/** The aval that a lone JavaScript scalar has: weak int32, weak float32, weak complex64 or bool. */
export function scalarAval(x: Scalar): ShapedArray {
  if (typeof x === "boolean") return boolAval;
  if (typeof x === "bigint") return weakInt;
  if (x instanceof Complex) return weakComplex;
  return Number.isInteger(x) && x >= -2147483648 && x <= 2147483647 && !Object.is(x, -0)
    ? weakInt
    : weakFloat;
}
const boolAval = shapedArray([], bool);
const weakInt = shapedArray([], int32, true);
const weakFloat = shapedArray([], float32, true);
const weakComplex = shapedArray([], complex64, true);
const weakLong = shapedArray([], int64, true);
const weakUnsignedLong = shapedArray([], uint64, true);

function fits(x: bigint, dtype: DType): boolean {
  const { min, max } = iinfo(dtype);
  return x >= min && x <= max;
}

const literals = new Map<string, ArrayImpl>();
const shared = new WeakSet<ArrayImpl>();

/** True for scalars that {@link literal} hands to everybody: one holder must not delete them for the others. */
export function isShared(x: ArrayImpl): boolean {
  return shared.has(x);
}

/**
 * A scalar that jaxprs print as a literal. Shared between uses.
 *
 * Without an aval it is a lone number as the user wrote it, printed with all its digits; with one it is printed as it is stored.
 * @throws OverflowError when a bigint beyond 32 bits does not fit the dtype, which would lose its high bits.
 */
export function literal(x: Scalar, aval?: ShapedArray): ArrayImpl {
  const key = `${aval === undefined ? typeof x : aval.id}:${scalarKey(x)}`;
  let array = literals.get(key);
  if (array === undefined || array.buffer === null) {
    array = freshLiteral(x, aval);
    if (literals.size >= 4096) literals.clear();
    literals.set(key, array);
    shared.add(array);
  }
  return array;
}

/** {@link literal}, not shared. */
export function freshLiteral(x: Scalar, given?: ShapedArray): ArrayImpl {
  const aval = given ?? scalarAval(x);
  const { dtype } = aval;
  const isLong = typeof x === "bigint" && !fits(x, int32) && (dtype === int32 || !fits(x, uint32));
  if (isLong && isInteger(dtype) && !fits(x, dtype)) {
    throw new OverflowError(
      `Python int ${x} too large to convert to ${dtype}. Use a 64-bit dtype explicitly, or a smaller value.`,
    );
  }
  const backend = defaultBackend();
  const data = scalarToHost(x, aval.dtype);
  const stored = scalarFromHost(data, 0, aval.dtype) as Scalar;
  const value = given === undefined && typeof x === "number" ? x : stored;
  return new ArrayImpl(aval, backend, backend.fromHost(data, aval), value);
}

/**
 * A bigint as an operand whose partners are not known yet: as {@link literal}, or a weak integer of 64 bits where it needs them, which only
 * a partner of 64 bits may keep.
 */
export function integerLiteral(x: bigint): ArrayImpl {
  return literal(x, fits(x, int32) ? undefined : fits(x, int64) ? weakLong : weakUnsignedLong);
}

/** A scalar constant of a dtype (strong unless said otherwise). */
export function scalar(x: Scalar, dtype: DType, weakType = false): ArrayImpl {
  return literal(x, shapedArray([], dtype, weakType));
}

/** Whether a leaf is a lone scalar. */
export function isScalar(x: unknown): x is Scalar {
  return typeof x === "number" || typeof x === "boolean" || typeof x === "bigint" || x instanceof Complex;
}

/** The value of a leaf that may be an array or a JavaScript scalar; null when it is neither. */
export function leafToArray(x: unknown): NDArray | null {
  if (x instanceof NDArray) return x;
  if (isScalar(x)) return literal(x);
  if (ArrayBuffer.isView(x) && !(x instanceof DataView)) {
    const data = x as HostData;
    const aval = shapedArray([data.length], dtypeOfTypedArray(data));
    guardTransfer("host-to-device", () => aval);
    return arrayFromHost(data, aval);
  }
  return null;
}
