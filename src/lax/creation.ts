import { ArrayImpl, type NDArray } from "../core/array.ts";
import { type ShapedArray, shapedArray, shapeStr } from "../core/aval.ts";
import { defaultBackend } from "../core/backend.ts";
import { definePrimitive, notLinear, type Primitive, zeroDerivative } from "../core/primitive.ts";
import { bind1, isEager } from "../core/trace.ts";
import { freshLiteral, literal, type Scalar } from "../core/values.ts";
import {
  asDType,
  type DType,
  type DTypeLike,
  float0,
  hostArray,
  int32,
  isComplex,
  isFloating,
  isInteger,
  isKey,
  requireComputable,
  uint32,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { broadcast, broadcastInDim } from "./broadcast.ts";
import { finish, resultBuffer } from "./hostLoops.ts";
import type { Ints } from "./intTuples.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { canonicalizeShape, checkShapelike, dataOperand } from "./shapeChecks.ts";

// Constants.

interface FillOptions {
  readonly dtype?: DTypeLike | null | undefined;
}

/** A scalar literal; when it is itself the result it must not be shared with other uses of the number. */
function fillLiteral(value: Scalar, dtype: DType, weakType: boolean, shape: Ints): NDArray {
  const aval = shapedArray([], dtype, weakType);
  return shape.length === 0 ? freshLiteral(value, aval) : literal(value, aval);
}

/**
 * An array whose elements are all `fillValue`.
 * @param fillValue A scalar or a 0-d array.
 * @param dtype Default: that of the value.
 * @throws TypeError when the value is not a scalar.
 * @example
 * lax.full([2], 1.5) // => Array([1.5, 1.5], dtype=float32, weak_type=True)
 * lax.full([2], 1, "int32") // => Array([1, 1], dtype=int32)
 */
export function full(
  shape: Ints,
  fillValue: LaxOperand,
  dtype: DTypeLike | null | FillOptions = null,
): NDArray {
  const sizes = canonicalizeShape(shape);
  const like = fillDType(dtype);
  if (isScalar(fillValue)) {
    const own = like === null ? literal(fillValue).aval : null;
    const type = like ?? (own as ShapedArray).dtype;
    if (isKey(type)) throw keyFillError(type);
    if (type === float0) return zeros(shapedArray(sizes, type));
    return broadcast(fillLiteral(fillValue, type, own?.weakType ?? false, sizes), sizes);
  }
  const value = dataOperand(fillValue, "full");
  if (value.ndim > 0) {
    throw new TypeError(
      `full must be called with scalar fill_value, got fill_value.shape ${shapeStr(value.shape)}.`,
    );
  }
  if (like !== null && isKey(like) && value.dtype !== like) throw keyFillError(like);
  const converted = like === null ? value : ops.convertElementType(value, like, false);
  return broadcast(converted, sizes);
}
function isScalar(x: unknown): x is Scalar {
  return typeof x === "number" || typeof x === "bigint" || typeof x === "boolean";
}
/** The dtype of a positional argument or of an options object; null: not given. */
function fillDType(dtype: DTypeLike | null | FillOptions): DType | null {
  const given = isFillOptions(dtype) ? dtype.dtype : dtype;
  return given === null || given === undefined ? null : asDType(given);
}
function isFillOptions(x: DTypeLike | null | FillOptions): x is FillOptions {
  return typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
}
function keyFillError(dtype: DType): TypeError {
  return new TypeError(`full: an array of dtype ${dtype.name} can only be filled with a key of that dtype.`);
}

/** Options of {@link fullLike}. */
export interface FullLikeOptions extends FillOptions {
  readonly shape?: Ints | null | undefined;
}

/**
 * An array filled with one value, of the shape and dtype of `x` unless given.
 * @example
 * lax.fullLike(jnp.zeros([2]), 3) // => Array([3., 3.], dtype=float32)
 */
export function fullLike(
  x: LaxOperand,
  fillValue: LaxOperand,
  dtype: DTypeLike | null | FullLikeOptions = null,
  shape: Ints | null = null,
): NDArray {
  const like = dataOperand(x, "full_like");
  const options: FullLikeOptions = isFillOptions(dtype) ? dtype : { shape };
  const sizes = options.shape == null ? like.shape : canonicalizeShape(options.shape);
  const given = fillDType(dtype);
  const type = given ?? like.dtype;
  const weakType = given === null && like.weakType;
  if (type === float0) return zeros(shapedArray(sizes, type));
  if (isScalar(fillValue) && !isKey(type)) {
    return broadcast(fillLiteral(fillValue, type, weakType, sizes), sizes);
  }
  if (isScalar(fillValue)) throw keyFillError(type);
  return full(sizes, ops.convertElementType(fillValue, type, weakType));
}

/** Zeros of an aval, float0 (which has no other values) and keys included. */
export function zeros(aval: ShapedArray): NDArray {
  const { dtype, shape } = aval;
  if (dtype === float0 && isEager()) {
    const backend = defaultBackend();
    return new ArrayImpl(aval, backend, backend.fromHost(hostArray(dtype, aval.size), aval));
  }
  if (isKey(dtype)) {
    const backend = defaultBackend();
    const scalarAval = shapedArray([], dtype);
    const zero = new ArrayImpl(scalarAval, backend, backend.fromHost(hostArray(dtype, 1), scalarAval));
    return broadcast(zero, shape);
  }
  return broadcast(fillLiteral(0, dtype, aval.weakType, shape), shape);
}

/**
 * Zeros of the shape and dtype of `x`.
 * @example
 * lax.zerosLike(jnp.array([1, 2])) // => Array([0., 0.], dtype=float32)
 */
export function zerosLike(x: LaxOperand): NDArray {
  return zeros(dataOperand(x, "zeros_like").aval);
}

interface EmptyParams {
  readonly dtype: DType;
  readonly shape: Ints;
  [key: string]: unknown;
}

const emptyPrimitive: Primitive<EmptyParams> = definePrimitive<EmptyParams>({
  name: "empty",
  abstractEval: (_avals, { dtype, shape }) => [shapedArray(shape, dtype)],
  reference: (_inputs, _params, [out]) => [hostArray(out.dtype, out.size)],
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: () => {
    throw new Error("empty has no operands");
  },
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, _operands, _index, { dtype }) => b.const(0, dtype),
  },
  printParams: ({ dtype, shape }) => ({ dtype, out_sharding: null, shape }),
});

/**
 * An array whose contents are not specified (here: zeros).
 * @throws TypeError for a dtype that arrays cannot have.
 * @example
 * lax.empty([2, 3], "float32").shape // => [2, 3]
 */
export function empty(shape: Ints, dtype: DTypeLike): NDArray {
  const aval = shapedArray(canonicalizeShape(shape), asDType(dtype));
  requireComputable(aval.dtype, "lax.empty");
  if (!["bool", "int", "uint", "float"].includes(aval.dtype.kind)) return zeros(aval);
  return bind1(emptyPrimitive, [], { dtype: aval.dtype, shape: aval.shape });
}

// Counting.

interface IotaParams {
  readonly dtype: DType;
  readonly shape: Ints;
  readonly dimension: number;
  [key: string]: unknown;
}

const iotaPrimitive: Primitive<IotaParams> = definePrimitive<IotaParams>({
  name: "iota",
  abstractEval: (_avals, { dtype, shape, dimension }) => {
    checkShapelike("iota", "shape", shape);
    if (!isInteger(dtype) && !isFloating(dtype) && !isComplex(dtype)) {
      throw new TypeError(
        `iota does not accept dtype ${dtype.name}. Accepted dtypes are subtypes of integer, floating, complexfloating.`,
      );
    }
    if (!(dimension >= 0 && dimension < shape.length)) {
      throw new ValueError(
        `iota dimension must be between 0 and len(shape), got dimension=${dimension} for shape=${shapeStr(shape)}`,
      );
    }
    return [shapedArray(shape, dtype)];
  },
  reference: (_inputs, { dtype, shape, dimension }, [out]) => {
    const inner = shape.slice(dimension + 1).reduce((n, s) => n * s, 1);
    if (dtype.bits === 64 && isInteger(dtype)) {
      const wide = hostArray(dtype, out.size) as BigInt64Array;
      for (let i = 0; i < out.size; i++) wide[i] = BigInt(Math.floor(i / inner) % shape[dimension]);
      return [wide];
    }
    const result = resultBuffer(dtype, out.size);
    for (let i = 0; i < out.size; i++) result[i] = Math.floor(i / inner) % shape[dimension];
    return [finish(result, dtype)];
  },
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: () => {
    throw new Error("iota has no operands to map over");
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, _operands, index, { dtype, dimension }) =>
      dtype === int32 ? index[dimension] : b.cast(index[dimension], dtype),
  },
  printParams: ({ dtype, shape, dimension }) => ({ dimension, dtype, shape, sharding: null }),
});

/**
 * 0, 1, ..., size - 1.
 * @example
 * lax.iota("int32", 3) // => Array([0, 1, 2], dtype=int32)
 */
export function iota(dtype: DTypeLike, size: number): NDArray {
  return broadcastedIota(dtype, [size], 0);
}

/**
 * Each element is its index along one dimension.
 * @throws ValueError when the dimension is out of range; TypeError for dtypes that do not count.
 * @example
 * lax.broadcastedIota("int32", [2, 3], 1)
 * // => Array([[0, 1, 2],
 * //           [0, 1, 2]], dtype=int32)
 */
export function broadcastedIota(dtype: DTypeLike, shape: Ints, dimension: number): NDArray {
  return bind1(iotaPrimitive, [], { dtype: asDType(dtype), shape: canonicalizeShape(shape), dimension });
}

// Patterns of ones.

/**
 * Ones on a diagonal of a matrix of zeros; above the main one for a positive offset.
 * @example
 * lax.eye("float32", [2, 3], 1)
 * // => Array([[0., 1., 0.],
 * //           [0., 0., 1.]], dtype=float32)
 */
export function eye(dtype: DTypeLike, shape: Ints, offset = 0): NDArray {
  const shifted = ops.add(broadcastedIota(int32, shape, 0), literal(offset, shapedArray([], int32)));
  return ops.convertElementType(ops.eq(shifted, broadcastedIota(int32, shape, 1)), asDType(dtype), false);
}

/** Ones where the indices along `axes` agree: a Kronecker delta broadcast to `shape`. */
export function delta(dtype: DTypeLike, shape: Ints, axes: Ints): NDArray {
  const base = axes.map((a) => shape[a]);
  const iotas = base.map((_, i) => broadcastedIota(uint32, base, i));
  const equal = iotas.slice(1).map((x, i) => ops.eq(iotas[i], x));
  const all = equal.reduce((x, y) => ops.bitwiseAnd(x, y));
  return broadcastInDim(ops.convertElementType(all, asDType(dtype), false), shape, axes);
}

/**
 * Ones on and below a diagonal of a matrix.
 * @example
 * lax.tri("float32", [2, 3], 0)
 * // => Array([[1., 0., 0.],
 * //           [1., 1., 0.]], dtype=float32)
 */
export function tri(dtype: DTypeLike, shape: Ints, offset = 0): NDArray {
  const shifted = ops.add(broadcastedIota(int32, shape, 0), literal(offset, shapedArray([], int32)));
  return ops.convertElementType(ops.ge(shifted, broadcastedIota(int32, shape, 1)), asDType(dtype), false);
}
