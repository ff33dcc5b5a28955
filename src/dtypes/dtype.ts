/**
 * Element types. Every dtype is one interned object, so `===` compares dtypes and `id` keys caches.
 */

/** What family a dtype belongs to; `key` is a random key, `void` is {@link float0}. */
export type DTypeKind = "bool" | "int" | "uint" | "float" | "complex" | "key" | "void";

/** The name of every dtype, as `dtype.name` and error messages spell it. */
export type DTypeName =
  | "bool"
  | "uint1"
  | "uint2"
  | "uint4"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "int1"
  | "int2"
  | "int4"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "float4_e2m1fn"
  | "float6_e2m3fn"
  | "float6_e3m2fn"
  | "float8_e3m4"
  | "float8_e4m3"
  | "float8_e8m0fnu"
  | "float8_e4m3b11fnuz"
  | "float8_e4m3fn"
  | "float8_e4m3fnuz"
  | "float8_e5m2"
  | "float8_e5m2fnuz"
  | "bfloat16"
  | "float16"
  | "float32"
  | "float64"
  | "complex64"
  | "complex128"
  | "float0"
  | "key<fry>";

/**
 * Whatever names a dtype: the dtype itself, its name, or an object with a `dtype` property such as the
 * scalar types `jnp.float32`.
 */
export type DTypeLike = DType | DTypeName | { readonly dtype: DType };

/** An element type: an interned singleton, compared with `===`. */
export class DType {
  /** Full name, for example `"float32"`. */
  readonly name: DTypeName;
  /** Name in printed jaxprs, for example `"f32"`. */
  readonly short: string;
  readonly kind: DTypeKind;
  /** Bytes one element takes in host storage (sub-byte types take a whole byte, as in NumPy). */
  readonly itemsize: number;
  /** Bits that carry information: 4 for `int4`, 8 for `bool`, 64 for `complex64`. */
  readonly bits: number;
  /** A small integer, unique to the dtype, for cache keys and tables. */
  readonly id: number;

  /** @internal Use the exported singletons or {@link asDType}. */
  constructor(name: DTypeName, short: string, kind: DTypeKind, bits: number, id: number) {
    this.name = name;
    this.short = short;
    this.kind = kind;
    this.bits = bits;
    this.itemsize = Math.ceil(bits / 8);
    this.id = id;
    Object.freeze(this);
  }

  /** The name, so that a dtype reads well in messages. */
  toString(): string {
    return this.name;
  }

  toJSON(): string {
    return this.name;
  }

  /** Node's `console.log` prints the name rather than the fields. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `dtype(${this.name})`;
  }
}

const byName = new Map<string, DType>();
const all: DType[] = [];

function define(name: DTypeName, kind: DTypeKind, bits: number): DType {
  const short =
    name === "float0"
      ? name // an aval of dtype float0 prints the whole name: `float0[3]`
      : name.replace("float", "f").replace("uint", "u").replace("int", "i").replace("complex", "c");
  const dtype = new DType(name, short, kind, bits, all.length);
  byName.set(name, dtype);
  all.push(dtype);
  return dtype;
}

export const bool: DType = define("bool", "bool", 8);
export const uint1: DType = define("uint1", "uint", 1);
export const uint2: DType = define("uint2", "uint", 2);
export const uint4: DType = define("uint4", "uint", 4);
export const uint8: DType = define("uint8", "uint", 8);
export const uint16: DType = define("uint16", "uint", 16);
export const uint32: DType = define("uint32", "uint", 32);
export const uint64: DType = define("uint64", "uint", 64);
export const int1: DType = define("int1", "int", 1);
export const int2: DType = define("int2", "int", 2);
export const int4: DType = define("int4", "int", 4);
export const int8: DType = define("int8", "int", 8);
export const int16: DType = define("int16", "int", 16);
export const int32: DType = define("int32", "int", 32);
export const int64: DType = define("int64", "int", 64);
export const float4_e2m1fn: DType = define("float4_e2m1fn", "float", 4);
export const float6_e2m3fn: DType = define("float6_e2m3fn", "float", 6);
export const float6_e3m2fn: DType = define("float6_e3m2fn", "float", 6);
export const float8_e3m4: DType = define("float8_e3m4", "float", 8);
export const float8_e4m3: DType = define("float8_e4m3", "float", 8);
export const float8_e8m0fnu: DType = define("float8_e8m0fnu", "float", 8);
export const float8_e4m3b11fnuz: DType = define("float8_e4m3b11fnuz", "float", 8);
export const float8_e4m3fn: DType = define("float8_e4m3fn", "float", 8);
export const float8_e4m3fnuz: DType = define("float8_e4m3fnuz", "float", 8);
export const float8_e5m2: DType = define("float8_e5m2", "float", 8);
export const float8_e5m2fnuz: DType = define("float8_e5m2fnuz", "float", 8);
export const bfloat16: DType = define("bfloat16", "float", 16);
export const float16: DType = define("float16", "float", 16);
export const float32: DType = define("float32", "float", 32);
export const float64: DType = define("float64", "float", 64);
export const complex64: DType = define("complex64", "complex", 64);
export const complex128: DType = define("complex128", "complex", 128);
/** The tangent dtype of integers and booleans: a trivial vector space, no storage. */
export const float0: DType = define("float0", "void", 0);
/** Random keys of the threefry generator: opaque, two uint32 words each. */
export const keyFry: DType = define("key<fry>", "key", 64);

/** Every dtype, indexed by `id`. */
export const allDTypes: readonly DType[] = all;

/**
 * The dtype that `like` names.
 *
 * @throws TypeError when it names none: `data type 'nope' not understood`.
 * @example
 * asDType("float32") === float32 // => true
 * asDType(jnp.int32) === int32 // => true
 */
export function asDType(like: DTypeLike): DType {
  if (like instanceof DType) return like;
  if (typeof like === "string") {
    const dtype = byName.get(like);
    if (dtype !== undefined) return dtype;
    throw new TypeError(`data type '${String(like)}' not understood${suggestion(like)}`);
  }
  // Scalar types such as jnp.float32 are functions that carry a dtype; plain callers may pass anything.
  const carrier = like as { readonly dtype?: unknown } | null | undefined;
  const dtype = carrier?.dtype;
  if (dtype instanceof DType) return dtype;
  throw new TypeError(`Cannot interpret '${String(like)}' as a data type`);
}

/** Short names and common misspellings are refused, but with a pointer to the right name. */
function suggestion(name: string): string {
  const lower = String(name).toLowerCase();
  const match = all.find((d) => d.short === lower || d.name === lower);
  return match === undefined || match.name === name ? "" : `; did you mean '${match.name}'?`;
}

// Predicates. Each takes a resolved dtype: they sit on hot paths.

/** Real floating point: float32, bfloat16, float8 and the like; not complex. */
export function isFloating(dtype: DType): boolean {
  return dtype.kind === "float";
}

/** A signed or unsigned integer; bool is not one. */
export function isInteger(dtype: DType): boolean {
  return dtype.kind === "int" || dtype.kind === "uint";
}

/** An integer of 8 or 16 bits: stored as such, computed with in 32 bits and wrapped. */
export function isNarrowInteger(dtype: DType): boolean {
  return isInteger(dtype) && dtype.bits < 32;
}

/** An integer of 64 bits: a bigint in JavaScript. */
export function isWideInteger(dtype: DType): boolean {
  return isInteger(dtype) && dtype.bits === 64;
}

/** Can hold negative values: signed integers, floats and complex numbers. */
export function isSigned(dtype: DType): boolean {
  return dtype.kind === "int" || dtype.kind === "float" || dtype.kind === "complex";
}

/** Floating point or complex: the dtypes that can be differentiated. */
export function isInexact(dtype: DType): boolean {
  return dtype.kind === "float" || dtype.kind === "complex";
}

export function isComplex(dtype: DType): boolean {
  return dtype.kind === "complex";
}

export function isBool(dtype: DType): boolean {
  return dtype.kind === "bool";
}

/** Random keys: opaque to arithmetic, only data movement applies. */
export function isKey(dtype: DType): boolean {
  return dtype.kind === "key";
}

/** Abstract families for {@link issubdtype}, NumPy's scalar type hierarchy. */
export type DTypeCategory =
  | "generic"
  | "number"
  | "integer"
  | "signedinteger"
  | "unsignedinteger"
  | "inexact"
  | "floating"
  | "complexfloating"
  | "extended"
  | "prngKey";

const categories: Readonly<Record<DTypeCategory, readonly DTypeKind[]>> = {
  generic: ["bool", "int", "uint", "float", "complex", "key", "void"],
  number: ["int", "uint", "float", "complex"],
  integer: ["int", "uint"],
  signedinteger: ["int"],
  unsignedinteger: ["uint"],
  inexact: ["float", "complex"],
  floating: ["float"],
  complexfloating: ["complex"],
  extended: ["key"],
  prngKey: ["key"],
};

/**
 * Whether dtype `a` belongs to the family `b`, or equals `b` when that is a dtype.
 *
 * @example
 * issubdtype("bfloat16", "floating") // => true
 * issubdtype("uint8", "signedinteger") // => false
 */
export function issubdtype(a: DTypeLike, b: DTypeCategory | DTypeLike): boolean {
  const dtype = asDType(a);
  if (typeof b === "string" && Object.hasOwn(categories, b)) {
    return categories[b as DTypeCategory].includes(dtype.kind);
  }
  return dtype === asDType(b as DTypeLike);
}

/** The array-API names of dtype groups, for {@link isdtype}. */
export type DTypeGroup =
  | "bool"
  | "signed integer"
  | "unsigned integer"
  | "integral"
  | "real floating"
  | "complex floating"
  | "numeric";

const groups: Readonly<Record<DTypeGroup, readonly DTypeKind[]>> = {
  bool: ["bool"],
  "signed integer": ["int"],
  "unsigned integer": ["uint"],
  integral: ["int", "uint"],
  "real floating": ["float"],
  "complex floating": ["complex"],
  numeric: ["int", "uint", "float", "complex"],
};

/**
 * Whether a dtype belongs to a group of the array API, equals a dtype, or matches any of a list of those.
 *
 * @example
 * isdtype("int32", ["real floating", "integral"]) // => true
 */
export function isdtype(
  dtype: DTypeLike,
  kind: DTypeGroup | DTypeLike | readonly (DTypeGroup | DTypeLike)[],
): boolean {
  const d = asDType(dtype);
  const kinds = Array.isArray(kind) ? (kind as readonly (DTypeGroup | DTypeLike)[]) : [kind as DTypeLike];
  return kinds.some((k) =>
    typeof k === "string" && Object.hasOwn(groups, k)
      ? groups[k as DTypeGroup].includes(d.kind)
      : d === asDType(k as DTypeLike),
  );
}

/** The dtype of a tangent: the same for floats and complex numbers, {@link float0} for everything else. */
export function tangentDType(dtype: DType): DType {
  return isInexact(dtype) ? dtype : float0;
}

/**
 * The dtypes that can be computed with. Keys are opaque (data movement only) and float0 has no values;
 * other dtypes exist as names, in promotion, in finfo / iinfo and in printing.
 */
export const computableDTypes: ReadonlySet<DType> = new Set([
  bool,
  uint8,
  uint16,
  uint32,
  uint64,
  int8,
  int16,
  int32,
  int64,
  float16,
  bfloat16,
  float32,
  float64,
  complex64,
  complex128,
  keyFry,
  float0,
]);

/**
 * Refuses a dtype that arrays cannot have yet.
 *
 * @param where The public function that was called, for the message.
 * @throws TypeError naming the dtype, the function and the nearest supported dtype.
 */
export function requireComputable(dtype: DType, where: string): void {
  if (computableDTypes.has(dtype)) return;
  throw new TypeError(
    `${where}: arrays of dtype ${dtype.name} are not supported yet. Use ${nearestComputable(dtype)} instead, ` +
      `for example with { dtype: "${nearestComputable(dtype)}" } or x.astype("${nearestComputable(dtype)}"). ` +
      `Supported dtypes: ${supportedNames()}.`,
  );
}

/** The computable dtypes that a user may ask for by name. */
function supportedNames(): string {
  return [...computableDTypes].filter((d) => d !== keyFry && d !== float0).join(", ");
}

function nearestComputable(dtype: DType): DTypeName {
  switch (dtype.kind) {
    case "int":
      return "int32";
    case "uint":
      return dtype.bits < 8 ? "uint8" : "uint32";
    default:
      return "float32";
  }
}
