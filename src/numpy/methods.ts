import { ArrayImpl, NDArray } from "../core/array.ts";
import type { IndexEntry, Nested } from "../core/arrayMethods.ts";
import { shapeStr } from "../core/aval.ts";
import { Tracer } from "../core/trace.ts";
import { guardTransfer } from "../core/transferGuard.ts";
import { isShared } from "../core/values.ts";
import {
  asDType,
  bfloat16,
  bool,
  Complex,
  convertHost,
  type DType,
  float0,
  float16,
  float32,
  formatRepr,
  formatStr,
  type HostData,
  isComplex,
  keyFry,
} from "../dtypes/index.ts";
import {
  ConcretizationTypeError,
  TracerArrayConversionError,
  TracerBoolConversionError,
  ValueError,
} from "../errors.ts";
import * as lax from "../lax/index.ts";
import "../sharding/arrayMethods.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";
import * as binary from "./binary.ts";
import * as complex from "./complex.ts";
import { refuseElementAccess } from "./elementAccess.ts";
import { iterateRows, staticItem } from "./indexingBasic.ts";
import { parseIndex } from "./indexingParse.ts";
import * as manipulation from "./manipulation.ts";
import { defineMethod, type Method, method, missing } from "./method.ts";
import * as products from "./products.ts";
import { convert, toArray } from "./promote.ts";
import * as reductions from "./reductions.ts";
import * as unary from "./unary.ts";

/** The concrete array, or the error that tells what cannot be done with a tracer. */
function concrete(x: NDArray, what: string): ArrayImpl {
  const array = concreteValue(x);
  if (array !== null) return array;
  throw new ConcretizationTypeError(
    `Abstract tracer value encountered where concrete value is expected: traced array with shape ${x.aval}\n${what}\n` +
      `The error occurred while ${(x as Tracer).tracedBy.description}: inside it arrays have shapes but no values. ` +
      "Return the array and read it outside, or mark the argument as static (staticArgnums).",
  );
}

function elements(x: NDArray, what: string): HostData {
  const array = concreteValue(x);
  if (array === null) {
    throw new TracerArrayConversionError(
      `The array conversion method ${what} was called on traced array with shape ${x.aval}\n` +
        `The error occurred while ${(x as Tracer).tracedBy.description}. Values cannot be read inside a transformation: return the array and read it outside.`,
    );
  }
  if (array.dtype === keyFry) {
    throw new TypeError(
      "JAX array with PRNGKey dtype cannot be converted to a typed array. Use random.keyData(arr) if you wish to extract the underlying integer array.",
    );
  }
  // Awaiting the values is asking for them.
  if (what !== "data()" && what !== "js()") guardTransfer("device-to-host", () => array.aval);
  const { dtype } = array;
  // Nothing is stored of elements that are all zero.
  if (dtype === float0) return new Uint8Array(array.size);
  const data = array.toHost();
  // JavaScript has no typed array for floats of 16 bits.
  return dtype === float16 || dtype === bfloat16 ? convertHost(data, dtype, float32) : data;
}

function nested(data: HostData, shape: readonly number[], dtype: DType): Nested {
  let at = 0;
  const build = (axis: number): Nested => {
    if (axis === shape.length) return element(data, at++, dtype);
    return Array.from({ length: shape[axis] }, () => build(axis + 1));
  };
  return build(0);
}

/** An element of what {@link elements} gives. */
function element(data: HostData, at: number, dtype: DType): number | boolean | bigint | Complex {
  if (dtype === bool) return data[at] !== 0;
  return isComplex(dtype) ? new Complex(Number(data[2 * at]), Number(data[2 * at + 1])) : data[at];
}

/** The part at an index of integers and slices; moreMethods.ts knows all other indices. */
function part(x: NDArray, index: readonly IndexEntry[]): NDArray {
  const found = staticItem(x, parseIndex(index, x.shape));
  if (found === null) throw missing("indices that are arrays");
  return found;
}

function item(this: NDArray, ...index: number[]): number | boolean | bigint | Complex {
  const x = concrete(this, "This occurred in the item() method of jax.Array");
  if (index.length > 0) return item.call(part(x, index));
  if (x.size !== 1) throw new ValueError("can only convert an array of size 1 to a Python scalar");
  return element(elements(x, "item()"), 0, x.dtype);
}

/** The elements as they are stored, row-major ("C") or column-major ("F"). */
function bytes(x: NDArray, order: string): Uint8Array {
  if (order !== "C" && order !== "F") {
    throw new ValueError(`tobytes: order must be "C" or "F", got ${JSON.stringify(order)}`);
  }
  elements(x, "tobytes()"); // The errors of reading.
  const stored = concrete(
    order === "F" ? manipulation.transpose(x) : x,
    "This occurred in tobytes()",
  ).toHost();
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

const methods: Record<string, Method> = {
  add: method(binary.add),
  sub: method(binary.subtract),
  mul: method(binary.multiply),
  div: method(binary.divide),
  floorDiv: method(binary.floorDivide),
  mod: method(binary.remainder),
  pow: method(binary.power),
  matmul: method(products.matmul),
  pos: method(unary.positive),
  neg: method(unary.negative),
  conj: method(complex.conjugate),
  conjugate: method(complex.conjugate),
  abs: method(unary.absolute),
  eq: method(binary.equal),
  ne: method(binary.notEqual),
  lt: method(binary.less),
  le: method(binary.lessEqual),
  gt: method(binary.greater),
  ge: method(binary.greaterEqual),
  and: method(binary.bitwiseAnd),
  or: method(binary.bitwiseOr),
  xor: method(binary.bitwiseXor),
  invert: method(unary.invert),
  lshift: method(binary.leftShift),
  rshift: method(binary.rightShift),
  all: method(reductions.all),
  any: method(reductions.any),
  argmax: method(reductions.argmax),
  argmin: method(reductions.argmin),
  clip: method(manipulation.clip),
  copy: method((x: NDArray) => lax.copy(x)),
  dot: method(products.dot),
  flatten: method(manipulation.ravel),
  max: method(reductions.max),
  mean: method(reductions.mean),
  min: method(reductions.min),
  prod: method(reductions.prod),
  ptp: method(reductions.ptp),
  ravel: method(manipulation.ravel),
  round: method(manipulation.round),
  squeeze: method(manipulation.squeeze),
  std: method(reductions.std),
  sum: method(reductions.sum),
  swapaxes: method(manipulation.swapaxes),
  var: method(reductions.var),
  astype: method((x: NDArray, dtype: never) => convert(x, asDType(dtype))),
  reshape: method((x: NDArray, ...shape: (number | readonly number[])[]) =>
    manipulation.reshape(x, shape.length === 1 ? shape[0] : (shape as number[])),
  ),
  transpose: method((x: NDArray, ...axes: (number | readonly number[])[]) =>
    manipulation.transpose(
      x,
      axes.length === 0
        ? undefined
        : axes.length === 1 && Array.isArray(axes[0])
          ? axes[0]
          : (axes as number[]),
    ),
  ),
  get: method((x: NDArray, ...index: never[]) => part(x, index)),
  item: item as Method,
  tolist: function (this: NDArray): Nested {
    return nested(elements(this, "tolist()"), this.shape, this.dtype);
  },
  dataSync: function (this: NDArray): HostData {
    return elements(this, "dataSync()");
  },
  data: async function (this: NDArray): Promise<HostData> {
    return elements(this, "data()");
  },
  js: async function (this: NDArray): Promise<Nested> {
    return nested(elements(this, "js()"), this.shape, this.dtype);
  },
  toJSON: function (this: NDArray): Nested {
    return nested(elements(this, "toJSON()"), this.shape, this.dtype);
  },
  tobytes: function (this: NDArray, order?: never): Uint8Array {
    return bytes(this, order ?? "C");
  },
  includes: function (this: NDArray, value: never): boolean {
    if (this.ndim !== 1) {
      throw new ValueError(
        `includes: the array must be one-dimensional, got shape ${shapeStr(this.shape)}; use x.eq(value).any() otherwise.`,
      );
    }
    const query = toArray(value, "includes", 0);
    if (query.ndim !== 0) {
      throw new ValueError("includes: the value must be a scalar; use x.eq(value).any() otherwise.");
    }
    return item.call(reductions.any(binary.equal(this, query))) === true;
  },
  blockUntilReady: function (this: NDArray): NDArray {
    return this;
  },
  copyToHostAsync: function (this: NDArray): void {
    concrete(this, "This occurred in the copyToHostAsync() method of an array");
  },
  isReady: function (this: NDArray): boolean {
    concrete(this, "This occurred in the isReady() method of an array").requireBuffer();
    return true;
  },
  onDeviceSizeInBytes: function (this: NDArray): number {
    return concrete(this, "This occurred in the onDeviceSizeInBytes() method of an array").nbytes;
  },
  delete: function (this: NDArray): void {
    const x = concrete(this, "This occurred in the delete() method of an array");
    if (x.buffer === null || isShared(x)) return;
    x.backend.release(x.buffer);
    x.buffer = null;
  },
  isDeleted: function (this: NDArray): boolean {
    return this instanceof ArrayImpl && this.buffer === null;
  },
  toString: function (this: NDArray): string {
    if (this instanceof Tracer) return this.describe();
    return formatStr((this as ArrayImpl).toHost(), this.shape, this.dtype);
  },
};

const symbols: Record<symbol, Method> = {
  [Symbol.iterator]: function (this: NDArray): Iterator<NDArray> {
    return iterateRows(this)[Symbol.iterator]();
  },
  [Symbol.toPrimitive]: function (this: NDArray, hint: never): number | string {
    if (hint === "string") return String((this as unknown as { toString(): string }).toString());
    if (this instanceof Tracer && concreteValue(this) === null) {
      throw new TracerBoolConversionError(
        `Attempted to use a traced array with shape ${this.aval} as a JavaScript value (in arithmetic with an operator, a comparison or Number(x)).\n` +
          `The error occurred while ${this.tracedBy.description}. Use methods (x.add(y), x.lt(y)) and jnp.where instead of operators and if.`,
      );
    }
    if (hint === "default" && this.size !== 1)
      return String((this as unknown as { toString(): string }).toString());
    if (this.ndim !== 0)
      throw new TypeError(`Only scalar arrays can be converted to Python scalars; got arr.ndim=${this.ndim}`);
    const value = item.call(this);
    if (value instanceof Complex)
      throw new TypeError(
        "can't convert complex to float: use x.real or x.item(), which gives an object { re, im }",
      );
    return Number(value);
  },
  [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: function (this: NDArray): void {
    this.delete();
  },
  [Symbol.for("nodejs.util.inspect.custom")]: function (this: NDArray): string {
    if (this instanceof Tracer) return this.describe();
    if ((this as ArrayImpl).buffer === null)
      return `Array(<deleted>, shape=(${this.shape.join(", ")}), dtype=${this.dtype})`;
    return formatRepr((this as ArrayImpl).toHost(), this.shape, this.dtype, this.weakType);
  },
};

const getters: Record<string, (this: NDArray) => unknown> = {
  T: function () {
    return manipulation.transpose(this);
  },
  mT: function () {
    return manipulation.matrixTranspose(this);
  },
  real: function () {
    return complex.real(this);
  },
  imag: function () {
    return complex.imag(this);
  },
  itemsize: function () {
    return this.dtype.itemsize;
  },
  nbytes: function () {
    return this.size * this.dtype.itemsize;
  },
  length: function () {
    if (this.ndim === 0) throw new TypeError("len() of unsized object: a scalar array has no length");
    return this.shape[0];
  },
};

/** Methods of moreMethods.ts, which bundles do not have that do not ask for them. */
const more = [
  ...["argpartition", "argsort", "at", "byteswap", "choose", "compress", "cumprod", "cumsum", "diagonal"],
  ...["nonzero", "repeat", "searchsorted", "sort", "take", "trace", "view"],
];

/** Gives every array the methods declared in arrayMethods.ts. */
function installMethods(): void {
  for (const key of Reflect.ownKeys(methods) as string[]) defineMethod(key, methods[key]);
  for (const key of Object.getOwnPropertySymbols(symbols)) defineMethod(key, symbols[key]);
  for (const [key, get] of Object.entries(getters))
    Object.defineProperty(NDArray.prototype, key, { get, configurable: true });
  for (const name of more) {
    if (name in NDArray.prototype) continue;
    defineMethod(name, () => {
      throw missing(`the method ${name} of arrays`);
    });
  }
  refuseElementAccess();
}
installMethods();
