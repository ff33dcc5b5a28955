import { asDType, type DType, type DTypeLike, float0 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { type Placement, placementFrom } from "./placement.ts";

/** What is known of a value while a program is traced; {@link ShapedArray} is the only kind. */
export abstract class AbstractValue {
  /** As messages print it. */
  abstract toString(): string;
}

/** No axes: what an array outside of shardMap varies over. */
export const noVarying: readonly string[] = /* @__PURE__ */ Object.freeze([]);

/** The abstract value of an array: its shape, dtype and weak type. Interned, so `===` compares avals. */
export class ShapedArray extends AbstractValue {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly weakType: boolean;
  /** In a function under shardMap with checkVma: the axes of the mesh along which the value may differ. Sorted. */
  readonly varying: readonly string[];
  readonly size: number;
  /** A small integer, unique per distinct aval: the unit of cache keys. */
  readonly id: number;
  /** @internal Use {@link shapedArray}. */
  constructor(
    shape: readonly number[],
    dtype: DType,
    weakType: boolean,
    varying: readonly string[],
    id: number,
  ) {
    super();
    this.shape = shape;
    this.dtype = dtype;
    this.weakType = weakType;
    this.varying = varying;
    this.size = sizeOf(shape);
    this.id = id;
  }
  get ndim(): number {
    return this.shape.length;
  }
  /** As jaxprs print it: `f32[2,3]`. */
  strShort(): string {
    return `${this.dtype.short}[${this.shape.join(",")}]${varyingText(this.varying)}`;
  }
  /** As error messages print it: `float32[2,3]`. */
  toString(): string {
    return `${this.dtype.name}[${this.shape.join(",")}]${varyingText(this.varying)}`;
  }
  /** As tracers print it: `~float32[2]` when weakly typed. */
  strWeak(): string {
    return `${this.weakType ? "~" : ""}${this}`;
  }
  /** The `repr` in JAX's messages. */
  repr(): string {
    return `ShapedArray(${this}${this.weakType ? ", weak_type=True" : ""})`;
  }
  update(change: {
    shape?: readonly number[];
    dtype?: DType;
    weakType?: boolean;
    varying?: readonly string[];
  }): ShapedArray {
    return shapedArray(
      change.shape ?? this.shape,
      change.dtype ?? this.dtype,
      change.weakType ?? this.weakType,
      change.varying ?? this.varying,
    );
  }
  /** The same type without weakness. */
  strong(): ShapedArray {
    return this.weakType ? this.update({ weakType: false }) : this;
  }
  /** The aval of a tangent: the same for floating types, float0 for the others. */
  toTangent(): ShapedArray {
    const k = this.dtype.kind;
    return k === "float" || k === "complex" ? this : this.update({ dtype: float0, weakType: false });
  }
}

const interned = new Map<string, ShapedArray>();

/** The one {@link ShapedArray} with this shape, dtype and weak type, and these axes of a mesh over which it varies. */
/* @__NO_SIDE_EFFECTS__ */
export function shapedArray(
  shape: readonly number[],
  dtype: DType,
  weakType = false,
  varying: readonly string[] = noVarying,
): ShapedArray {
  let key = `${dtype.id}${weakType ? "w" : "s"}${shape.join(",")}`;
  if (varying.length > 0) key += JSON.stringify(varying);
  let aval = interned.get(key);
  if (aval === undefined) {
    aval = new ShapedArray(Object.freeze(shape.slice()), dtype, weakType, varying, interned.size + 1);
    interned.set(key, aval);
  }
  return aval;
}

function varyingText(varying: readonly string[]): string {
  if (varying.length === 0) return "";
  return `{V:${varying.length === 1 ? varying[0] : `(${varying.join(",")})`}}`;
}

/** The axes over which a result varies that is computed from values of these types. */
export function joinVarying(avals: readonly ShapedArray[]): readonly string[] {
  let joined = noVarying;
  for (const { varying } of avals) {
    if (varying === joined || varying.length === 0) continue;
    joined = joined.length === 0 ? varying : [...new Set([...joined, ...varying])].sort();
  }
  return joined;
}

export function sizeOf(shape: readonly number[]): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

export function shapesEqual(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A shape as a Python tuple: `()`, `(2,)`, `(2, 3)`. */
export function shapeStr(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/** Shape and dtype equal; weakness may differ. */
export function typeMatch(a: ShapedArray, b: ShapedArray): boolean {
  return a.dtype === b.dtype && shapesEqual(a.shape, b.shape);
}

/** Whether values of these types vary over the same axes of a mesh. */
export function varyingMatch(a: ShapedArray, b: ShapedArray): boolean {
  return a.varying.join() === b.varying.join();
}

/** The fields of a {@link ShapeDtypeStruct} that need not be given. */
export interface StructOptions {
  readonly weakType?: boolean;
  /** A sharding, or, where a mesh is set, a spec. */
  readonly sharding?: Placement | null;
}

/** Shape and dtype without data, as `evalShape` returns and `lower` accepts. */
export class ShapeDtypeStruct {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly weakType: boolean;
  /** How the array is divided among devices; null where nothing is said. */
  readonly sharding: Placement | null;
  /**
   * @throws TypeError for a dtype that is not one, and for a spec where no mesh is set; ValueError for sizes that are not non-negative integers,
   * and for a sharding that is none
   */
  constructor(shape: readonly number[], dtype: DTypeLike, options: StructOptions = {}) {
    if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n >= 0)) {
      throw new ValueError(
        `ShapeDtypeStruct: shape must be a list of non-negative integers, got ${Array.isArray(shape) ? `(${shape.join(", ")})` : String(shape)}.`,
      );
    }
    this.shape = shape;
    this.dtype = asDType(dtype);
    this.weakType = options.weakType ?? false;
    this.sharding = structSharding(options.sharding ?? null);
  }
  /**
   * The type of an array, as a structure.
   * @example
   * ShapeDtypeStruct.like(jnp.ones([2, 3])) // => ShapeDtypeStruct(shape=(2, 3), dtype=float32)
   */
  static like(x: {
    readonly shape: readonly number[];
    readonly dtype: DTypeLike;
    readonly weakType?: boolean;
  }): ShapeDtypeStruct {
    const sharding = x instanceof ShapeDtypeStruct ? x.sharding : null;
    return new ShapeDtypeStruct(x.shape, x.dtype, { weakType: x.weakType ?? false, sharding });
  }
  get ndim(): number {
    return this.shape.length;
  }
  get size(): number {
    return sizeOf(this.shape);
  }
  /**
   * The same with another shape, dtype, weak type or sharding.
   * @example
   * new ShapeDtypeStruct([2], "float32").update({ dtype: "int32" }) // => ShapeDtypeStruct(shape=(2,), dtype=int32)
   */
  update(change: {
    readonly shape?: readonly number[];
    readonly dtype?: DTypeLike;
    readonly weakType?: boolean;
    readonly sharding?: Placement | null;
  }): ShapeDtypeStruct {
    return new ShapeDtypeStruct(change.shape ?? this.shape, change.dtype ?? this.dtype, {
      weakType: change.weakType ?? this.weakType,
      sharding: change.sharding === undefined ? this.sharding : change.sharding,
    });
  }
  toString(): string {
    const weak = this.weakType ? ", weak_type=True" : "";
    const sharding = this.sharding === null ? "" : `, sharding=${this.sharding}`;
    return `ShapeDtypeStruct(shape=${shapeStr(this.shape)}, dtype=${this.dtype.name}${sharding}${weak})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

function structSharding(given: Placement | null): Placement | null {
  if (given === null) return null;
  const sharding = placementFrom(
    given,
    () =>
      new TypeError(
        "When specifying PartitionSpec to `ShapeDtypeStruct`, the context mesh cannot be empty. Please use `setMesh` to set the mesh context.",
      ),
  );
  if (sharding !== null) return sharding;
  throw new ValueError(
    `sharding should be an instance of \`sharding.Sharding\` or \`sharding.PartitionSpec\`. Got ${String(given)} of type ${typeof given}.`,
  );
}
