/**
 * The methods of universal functions. Imported for its effect, but package.json says that there is none: bundles have these methods only
 * where they ask for them (`import "fluxion/methods"`).
 */
import type { ArrayLike, NDArray } from "../core/array.ts";
import type { Axis, IndexEntry } from "../core/arrayMethods.ts";
import { type ShapeDtypeStruct, shapeStr } from "../core/aval.ts";
import { asDType, bool, type DType, int32, isInteger } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { jit } from "../transforms/jit.ts";
import { evalShape } from "../transforms/makeJaxpr.ts";
import { canonicalizeAxes, canonicalizeAxis, readOptions } from "./arguments.ts";
import * as binary from "./binary.ts";
import { cumprod, cumsum } from "./cumulative.ts";
import { getItem } from "./indexingGet.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { moveaxis, ravel } from "./manipulationShape.ts";
import { broadcastToShape, convert, toArray } from "./promote.ts";
import { checkWhere } from "./reductionArguments.ts";
import * as reductions from "./reductions.ts";
import { isSliceLike } from "./slice.ts";
import { type Ufunc, type UfuncAxisOptions, type UfuncReduceOptions, ufuncPrototype } from "./ufunc.ts";
import { where as select } from "./where.ts";

type AnyUfunc = Ufunc<ArrayLike[]>;
/** How some functions do it better than element by element. */
interface Special {
  readonly reduce?: (x: NDArray, options: UfuncReduceOptions) => NDArray;
  readonly accumulate?: (x: NDArray, options: UfuncAxisOptions) => NDArray;
  readonly at?: (x: NDArray, index: readonly IndexEntry[], b: ArrayLike) => NDArray;
}

/** Sums and products of booleans are counted. */
const countingBooleans =
  (update: "add" | "mul"): NonNullable<Special["at"]> =>
  (x, index, b) => {
    if (x.dtype !== bool) return indexUpdate(x, index)[update](b);
    const values = convert(convert(toArray(b, "at"), bool), int32);
    return convert(indexUpdate(convert(x, int32), index)[update](values), bool);
  };

const specials: ReadonlyMap<unknown, Special> = new Map<unknown, Special>([
  [binary.add, { reduce: reductions.sum, accumulate: cumsum, at: countingBooleans("add") }],
  [binary.multiply, { reduce: reductions.prod, accumulate: cumprod, at: countingBooleans("mul") }],
  [binary.subtract, { at: (x, index, b) => indexUpdate(x, index).subtract(b) }],
  [binary.maximum, { reduce: reductions.max }],
  [binary.minimum, { reduce: reductions.min }],
  [binary.logicalAnd, { reduce: reductions.all }],
  [binary.logicalOr, { reduce: reductions.any }],
]);

function requireBinary(f: AnyUfunc, method: string): void {
  if (f.nin !== 2) throw new ValueError(`jnp.${f.name}: ${method} only supported for binary ufuncs`);
}
/** The dtype of results for arguments of a dtype. */
function resultDType(f: AnyUfunc, ...dtypes: DType[]): DType {
  const scalars = dtypes.map((d) => lax.full([], d === bool ? true : 1, d));
  return (evalShape((...xs: NDArray[]) => f(...xs), ...scalars) as ShapeDtypeStruct).dtype;
}

interface ReduceStatic {
  readonly axis: number;
  readonly dtype: DType;
}
const reduceJit = jit(
  (x0: NDArray, mask0: NDArray | null, initial: NDArray | null, f: AnyUfunc, s: ReduceStatic): NDArray => {
    const x = convert(moveaxis(x0, s.axis, 0), s.dtype);
    const mask = mask0 === null ? null : moveaxis(broadcastToShape(mask0, x0.shape), s.axis, 0);
    const [count, ...shape] = x.shape;
    const row = (from: NDArray, i: NDArray) => lax.dynamicIndexInDim(from, i, 0, false);
    const start =
      initial === null ? lax.indexInDim(x, 0, 0, false) : broadcastToShape(convert(initial, s.dtype), shape);
    if (count === 0) return start;
    return lax.foriLoop(
      initial === null ? 1 : 0,
      count,
      (i: NDArray, value: NDArray): NDArray => {
        const next = convert(f(value, row(x, i)), s.dtype);
        return mask === null ? next : select(row(mask, i), next, value);
      },
      start,
    );
  },
  { name: "reduce", staticArgnums: [3, 4] },
);

function reduceOneByOne(f: AnyUfunc, given: NDArray, o: Partial<UfuncReduceOptions>): NDArray {
  const all = o.axis === null;
  if (!all && o.axis !== undefined && typeof o.axis !== "number") {
    throw new TypeError(`${f.name}.reduce: one axis or null is required, got ${JSON.stringify(o.axis)}.`);
  }
  const x = all ? ravel(given) : given;
  const axis = all ? 0 : canonicalizeAxis((o.axis as number | undefined) ?? 0, x.ndim);
  const dtype = o.dtype === undefined ? resultDType(f, x.dtype, x.dtype) : asDType(o.dtype);
  const mask = checkWhere(`${f.name}.reduce`, o.where);
  const initial = o.initial ?? f.identity;
  if (x.shape[axis] === 0 && initial === null) {
    throw new ValueError(`zero-size array to reduction operation ${f.name} which has no identity`);
  }
  const start = initial === null ? null : toArray(initial, f.name);
  const flatMask = mask !== null && all ? ravel(broadcastToShape(mask, given.shape)) : mask;
  const result = reduceJit(x, flatMask, start, f, { axis, dtype });
  if (o.keepdims !== true) return result;
  return lax.reshape(
    result,
    given.shape.map((n, i) => (all || i === axis ? 1 : n)),
  );
}

const accumulateJit = jit(
  (x0: NDArray, f: AnyUfunc, s: ReduceStatic): NDArray => {
    const x = convert(moveaxis(x0, s.axis, 0), s.dtype);
    if (x.size === 0) return lax.full(x0.shape, s.dtype === bool ? false : 0, s.dtype);
    const first = lax.indexInDim(x, 0, 0, false);
    const [, rest] = lax.scan(
      (carry: NDArray, row: NDArray): [NDArray, NDArray] => {
        const next = convert(f(carry, row), s.dtype);
        return [next, next];
      },
      first,
      lax.sliceInDim(x, 1, null),
    );
    return moveaxis(lax.concatenate([lax.expandDims(first, [0]), rest], 0), 0, s.axis);
  },
  { name: "accumulate", staticArgnums: [1, 2] },
);

const reduceatJit = jit(
  (a: NDArray, indices: NDArray, f: AnyUfunc, axis: number): NDArray => {
    const x = moveaxis(a, axis, 0);
    const [length] = x.shape;
    const column = (v: NDArray) => lax.reshape(v, [v.size, ...x.shape.slice(1).map(() => 1)]);
    const end = lax.full([1], length, indices.dtype);
    const [from, to] = [indices, lax.concatenate([lax.sliceInDim(indices, 1, null), end], 0)].map(column);
    const start = getItem(x, [indices]);
    const step = (i: NDArray, value: NDArray): NDArray => {
      const row = lax.dynamicSliceInDim(x, i, 1, 0);
      const inside = lax.bitwiseAnd(lax.gt(convert(i, from.dtype), from), lax.lt(convert(i, to.dtype), to));
      const next = convert(f(value, broadcastToShape(row, value.shape)), value.dtype);
      return select(inside, next, value);
    };
    return moveaxis(lax.foriLoop(0, length, step, start), 0, axis);
  },
  { name: "reduceat", staticArgnums: [2, 3] },
);

/** The entries of an index. @throws TypeError for a list of numbers */
function entriesOf(f: AnyUfunc, indices: IndexEntry | readonly IndexEntry[]): readonly IndexEntry[] {
  if (!Array.isArray(indices)) return [indices as IndexEntry];
  if (indices.length > 0 && indices.every((i) => typeof i === "number" || typeof i === "bigint")) {
    throw new TypeError(
      `${f.name}.at: a list of numbers may be positions along the first axis, jnp.int32([...]), or one position, ` +
        "[i, jnp.int32(j)]; say which.",
    );
  }
  return indices;
}

/** One position after the other, so that repeated ones count each time. */
function applyOneByOne(
  f: AnyUfunc,
  given: NDArray,
  index: readonly IndexEntry[],
  args: readonly NDArray[],
): NDArray {
  const dtype = resultDType(f, given.dtype, ...args.map((b) => b.dtype));
  const x = convert(given, dtype);
  const [b] = args.map((v) => convert(v, dtype));
  const isList = (entry: IndexEntry): entry is ArrayLike =>
    typeof entry === "object" && entry !== null && !isSliceLike(entry);
  const arrays = index.map((entry) => {
    if (!isList(entry)) return null;
    const a = toArray(entry, `${f.name}.at`);
    return a.ndim === 0 ? null : a;
  });
  const listed = arrays.filter((a) => a !== null);
  const apply = (from: NDArray, at: readonly IndexEntry[], value: NDArray | undefined): NDArray => {
    const old = getItem(from, at);
    const next = value === undefined ? f(old) : f(old, broadcastToShape(value, old.shape));
    return indexUpdate(from, at).set(convert(next, dtype));
  };
  if (listed.length === 0) return apply(x, index, b);
  if (listed.some((a) => !isInteger(a.dtype))) {
    throw new TypeError(`${f.name}.at: indices must be integers; of a mask give jnp.nonzero(mask).`);
  }
  const shape = lax.broadcastShapes(...listed.map((a) => a.shape));
  const flat = arrays.map((a) => (a === null ? null : ravel(broadcastToShape(a, shape))));
  const count = shape.reduce((n, d) => n * d, 1);
  // The axes of b are those of the positions, then those of what is selected.
  const inner = b === undefined ? [] : b.shape.slice(Math.min(shape.length, b.ndim));
  const values =
    b === undefined ? undefined : lax.reshape(broadcastToShape(b, [...shape, ...inner]), [count, ...inner]);
  return lax.foriLoop(
    0,
    count,
    (i: NDArray, result: NDArray): NDArray => {
      const pick = (from: NDArray) => lax.dynamicIndexInDim(from, i, 0, false);
      const at = index.map((entry, k) => (flat[k] === null ? entry : pick(flat[k])));
      return apply(result, at, values === undefined ? undefined : pick(values));
    },
    x,
  );
}

const methods: Pick<AnyUfunc, "reduce" | "accumulate" | "at" | "reduceat" | "outer"> & ThisType<AnyUfunc> = {
  reduce(a: ArrayLike, ...args: unknown[]): NDArray {
    requireBinary(this, "reduce");
    const name = `${this.name}.reduce`;
    const o = readOptions<UfuncReduceOptions>(name, ["axis", "dtype"], args, [
      "keepdims",
      "initial",
      "where",
    ]);
    const x = toArray(a, name);
    if (o.where !== undefined && this.identity === null && o.initial === undefined) {
      throw new ValueError(
        `reduction operation '${this.name}' does not have an identity, so to use a where mask one has to specify 'initial'.`,
      );
    }
    const special = specials.get(this)?.reduce;
    if (special === undefined) return reduceOneByOne(this, x, o);
    const axis = o.axis === undefined ? 0 : o.axis;
    canonicalizeAxes(axis, x.ndim);
    return special(x, { ...o, axis });
  },
  accumulate(a: ArrayLike, ...args: unknown[]): NDArray {
    requireBinary(this, "accumulate");
    const name = `${this.name}.accumulate`;
    const o = readOptions<UfuncAxisOptions>(name, ["axis", "dtype"], args);
    const x = toArray(a, name);
    if ((o.axis as Axis) === null) throw new ValueError("accumulate does not allow multiple axes");
    const axis = canonicalizeAxis(o.axis ?? 0, x.ndim);
    const special = specials.get(this)?.accumulate;
    if (special !== undefined) return special(x, { ...o, axis });
    const dtype = o.dtype === undefined ? resultDType(this, x.dtype, x.dtype) : asDType(o.dtype);
    return accumulateJit(x, this, { axis, dtype });
  },
  at(a: ArrayLike, indices: IndexEntry | readonly IndexEntry[], ...rest: unknown[]): NDArray {
    const name = `${this.name}.at`;
    const hasValues = this.nin > 1;
    const o = readOptions<{ inplace: boolean }>(name, [], hasValues ? rest.slice(1) : rest, ["inplace"]);
    if (o.inplace === true) throw new ValueError(`Arrays are immutable: jnp.${name} returns a new array.`);
    if (hasValues && rest[0] === undefined) throw new TypeError(`${name}() misses the argument b.`);
    const x = toArray(a, name, 0);
    const index = entriesOf(this, indices);
    if (index.length === 0) return x;
    const special = specials.get(this)?.at;
    if (special !== undefined) return special(x, index, rest[0] as ArrayLike);
    return applyOneByOne(this, x, index, hasValues ? [toArray(rest[0], name, 2)] : []);
  },
  reduceat(a: ArrayLike, indices: ArrayLike, ...args: unknown[]): NDArray {
    requireBinary(this, "reduceat");
    const name = `${this.name}.reduceat`;
    const o = readOptions<UfuncAxisOptions>(name, ["axis", "dtype"], args);
    const [x, at] = [toArray(a, name, 0), toArray(indices, name, 1)];
    if (x.ndim === 0) throw new ValueError("reduceat: a must have 1 or more dimension, got a scalar");
    if (at.ndim !== 1) {
      throw new ValueError(`reduceat: indices must be one-dimensional, got shape ${shapeStr(at.shape)}`);
    }
    if (!isInteger(at.dtype)) throw new TypeError(`${name}: indices must be integers, got ${at.dtype}.`);
    const axis = canonicalizeAxis(o.axis ?? 0, x.ndim);
    return reduceatJit(o.dtype === undefined ? x : convert(x, asDType(o.dtype)), at, this, axis);
  },
  outer(A: ArrayLike, B: ArrayLike): NDArray {
    requireBinary(this, "outer");
    const [x, y] = [toArray(A, `${this.name}.outer`, 0), toArray(B, `${this.name}.outer`, 1)];
    const pairs = this(lax.reshape(x, [x.size, 1]), lax.reshape(y, [1, y.size]));
    return lax.reshape(pairs, [...x.shape, ...y.shape]);
  },
};

/** Gives universal functions the methods of this file. */
export function installUfuncMethods(): void {
  Object.assign(ufuncPrototype, methods);
}
installUfuncMethods();
