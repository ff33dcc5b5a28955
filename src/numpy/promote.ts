import { ArrayImpl, NDArray } from "../core/array.ts";
import { type ShapedArray, shapedArray, shapeStr, shapesEqual } from "../core/aval.ts";
import { config } from "../core/config.ts";
import { currentTrace, isEager } from "../core/trace.ts";
import { guardTransfer } from "../core/transferGuard.ts";
import {
  arrayFromHost,
  integerLiteral,
  isScalar,
  leafToArray,
  literal,
  type Scalar,
} from "../core/values.ts";
import {
  bool,
  Complex,
  complex64,
  type DType,
  float0,
  float32,
  hostArray,
  int32,
  isWideInteger,
  promoteEntries,
  realDType,
  scalarToHost,
  type TypeEntry,
  toInexactDType,
  wordsPerElement,
} from "../dtypes/index.ts";
import { TypePromotionError, ValueError } from "../errors.ts";
import { convertElementType } from "../lax/convert.ts";
import { float0Message } from "../lax/operands.ts";
import { broadcastInDim, expandDims, stack } from "../lax/shape.ts";

/**
 * An argument as an array: arrays and tracers as they are, lone scalars as weakly typed literals, nested lists and typed arrays as new
 * arrays (numbers float32, bigints int32, booleans bool, {@link Complex} complex64, typed arrays their own dtype).
 *
 * @throws TypeError that names the function and the position for anything else
 */
export function toArray(x: unknown, name: string, position = 0): NDArray {
  if (x instanceof NDArray) return x;
  const leaf = typeof x === "bigint" ? integerLiteral(x) : leafToArray(x);
  if (leaf !== null) return leaf;
  if (Array.isArray(x)) {
    const array = fromNested(x, name);
    guardTransfer("host-to-device", () => array.aval);
    return array;
  }
  throw new TypeError(
    `${name} requires ndarray or scalar arguments, got ${describe(x)} at position ${position}.`,
  );
}

function describe(x: unknown): string {
  if (x === null) return "null";
  return typeof x === "object" ? (x.constructor?.name ?? "object") : typeof x;
}

/** The dtype of a list of scalars: bigints int32, booleans bool, numbers (also mixed with the others) float32, and complex64 if any is complex. */
function listDType(values: readonly unknown[]): DType {
  if (values.some((v) => v instanceof Complex)) return complex64;
  let kind: DType | undefined;
  for (const v of values) {
    const d = typeof v === "boolean" ? bool : typeof v === "bigint" ? int32 : float32;
    if (kind === undefined || d === float32) kind = d;
    else if (kind === bool && d === int32) kind = int32;
  }
  return kind ?? float32;
}

/**
 * An array from nested lists of scalars, arrays and typed arrays.
 * @throws ValueError when the lists are ragged, TypeError for other elements
 */
export function fromNested(x: readonly unknown[], name: string, dtype?: DType): NDArray {
  const shape = nestedShape(x, name);
  const flat: unknown[] = [];
  const collect = (v: unknown, depth: number): void => {
    if (depth === shape.length) flat.push(v);
    else for (const item of v as readonly unknown[]) collect(item, depth + 1);
  };
  collect(x, 0);
  if (flat.every(isScalar)) {
    const target = dtype ?? listDType(flat);
    const data = hostArray(target, flat.length);
    const words = wordsPerElement(target);
    flat.forEach((v, i) => {
      // The dtype follows the kind of the elements, never their size.
      if (dtype === undefined && target === int32 && typeof v === "bigint") literal(v, weakInt);
      data.set(scalarToHost(v, target) as never, i * words);
    });
    return arrayFromHost(data, shapedArray(shape, target));
  }
  const parts = flat.map((v) => toArray(v, name));
  return stackNested(promoteDTypes(parts), shape);
}

const weakInt = shapedArray([], int32, true);

function stackNested(parts: NDArray[], shape: readonly number[]): NDArray {
  const [first] = parts;
  for (const p of parts) {
    if (p.shape.join() !== first.shape.join()) {
      throw new ValueError(
        `jnp.array: all elements of a list must have one shape, got ${shapeStr(first.shape)} and ${shapeStr(p.shape)}.`,
      );
    }
  }
  let level = parts;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const next: NDArray[] = [];
    for (let i = 0; i < level.length; i += shape[axis]) next.push(stack(level.slice(i, i + shape[axis]), 0));
    level = next;
  }
  return level[0];
}

function nestedShape(x: unknown, name: string): number[] {
  if (!Array.isArray(x)) return [];
  if (x.length === 0) return [0];
  const first = nestedShape(x[0], name);
  for (const item of x) {
    if (nestedShape(item, name).join() !== first.join()) {
      throw new ValueError(
        `${name}: setting an array element with a sequence. The requested array has an inhomogeneous shape: ` +
          "all lists at one depth must have the same length.",
      );
    }
  }
  return [x.length, ...first];
}

/** Converts an array to a dtype and weak type; a literal is converted on the spot, without an equation. */
export function convert(x: NDArray, dtype: DType, weakType = false): NDArray {
  if (x.dtype === dtype && x.weakType === weakType) return x;
  if (isLiteral(x)) return literal(numericValue(x), shapedArray([], dtype, weakType));
  return convertElementType(x, dtype, weakType);
}
function isLiteral(x: NDArray): x is ArrayImpl & { literal: Scalar } {
  return x instanceof ArrayImpl && x.literal !== undefined;
}
function numericValue(x: ArrayImpl): Scalar {
  return typeof x.literal === "boolean" ? Number(x.literal) : (x.literal as Scalar);
}

/** @throws OverflowError for a lone bigint that needs 64 bits beside arrays that do not have them */
function promoted(xs: readonly NDArray[]): TypeEntry {
  const avals = xs.map((x) => x.aval);
  if (config.numpyDtypePromotion === "strict") checkStrict(avals);
  const entry = promoteEntries(avals);
  if (realDType(entry.dtype).bits !== 64 || entry.weakType) {
    for (const x of xs) if (x.weakType && isWideInteger(x.dtype) && isLiteral(x)) literal(x.literal);
  }
  return entry;
}

/** @throws TypePromotionError for dtypes of which one would be converted, save lone numbers that are of the other's kind */
function checkStrict(avals: readonly ShapedArray[]): void {
  const order = ["int", "float", "complex"];
  const rank = ({ kind }: DType) => (kind === "uint" ? 0 : order.indexOf(kind));
  const strong = avals.filter((a) => !a.weakType).map((a) => a.dtype);
  const [first] = strong;
  const isFine =
    first === undefined ||
    (strong.every((d) => d === first) &&
      avals.every((a) => !a.weakType || (rank(first) >= 0 && rank(a.dtype) <= rank(first))));
  if (isFine) return;
  const names = avals.map((a) => (a.weakType ? `'${a.dtype.kind}*'` : `'${a.dtype}'`)).join(", ");
  throw new TypePromotionError(
    `Input dtypes (${names}) have no available implicit dtype promotion path when numpyDtypePromotion=strict. Try explicitly casting ` +
      "inputs to the desired output type, or set numpyDtypePromotion=standard.",
  );
}

/** Converts all to the dtype that JAX's promotion lattice gives. */
export function promoteDTypes(xs: readonly NDArray[]): NDArray[] {
  if (xs.length === 2 && xs[0].dtype === xs[1].dtype && !xs[0].weakType && !xs[1].weakType)
    return [xs[0], xs[1]];
  const { dtype, weakType } = promoted(xs);
  return xs.map((x) => convert(x, dtype, weakType));
}

/** {@link promoteDTypes}, with integers and booleans turned into floats. */
export function promoteDTypesInexact(xs: readonly NDArray[]): NDArray[] {
  const { dtype, weakType } = promoted(xs);
  const inexact = toInexactDType(dtype);
  return xs.map((x) => convert(x, inexact, weakType));
}

/** Gives all operands the same rank; scalars stay scalars, and sizes of 1 are stretched by the operation itself. */
export function promoteShapes(xs: readonly NDArray[], name: string): NDArray[] {
  let rank = 0;
  let mixed = false;
  for (const x of xs) {
    if (x.ndim === 0) continue;
    if (rank !== 0 && x.ndim !== rank) mixed = true;
    if (x.ndim > rank) rank = x.ndim;
  }
  if (rank === 0) return xs as NDArray[];
  checkBroadcast(
    xs.map((x) => x.shape),
    name,
  );
  if (!mixed) return xs as NDArray[];
  if (config.numpyRankPromotion !== "allow") reportRanks(xs, name);
  return xs.map((x) => (x.ndim === 0 || x.ndim === rank ? x : raiseRank(x, rank)));
}

/** @throws ValueError under `config.numpyRankPromotion` "raise" */
function reportRanks(xs: readonly NDArray[], name: string): void {
  const shapes = xs.map((x) => shapeStr(x.shape)).join(" ");
  if (config.numpyRankPromotion === "raise") {
    throw new ValueError(
      `Operands could not be broadcast together for ${name} on shapes ${shapes} and with the config option numpyRankPromotion='raise'. ` +
        "Give the smaller array its axes: x.reshape(...) or x.get(null, ...).",
    );
  }
  console.warn(
    `Following NumPy automatic rank promotion for ${name} on shapes ${shapes}. Set the numpyRankPromotion config option to 'allow' to ` +
      "disable this warning.",
  );
}

/** Adds leading axes of size 1. */
export function raiseRank(x: NDArray, rank: number): NDArray {
  const extra = rank - x.ndim;
  if (extra <= 0) return x;
  return expandDims(
    x,
    Array.from({ length: extra }, (_, i) => i),
  );
}

/**
 * The shape to which shapes broadcast together.
 * @throws TypeError that names the function when they do not fit
 */
export function checkBroadcast(shapes: readonly (readonly number[])[], name: string): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      if (result[at] === 1) result[at] = shape[i];
      else if (shape[i] !== 1 && shape[i] !== result[at]) {
        throw new TypeError(
          `${name} got incompatible shapes for broadcasting: ${shapes.map(shapeStr).join(", ")}.`,
        );
      }
    }
  }
  return result;
}

/**
 * Arguments of a binary function: arrays, promoted to one dtype and one rank.
 * @throws TypeError for tangents of integers, which have no arithmetic
 */
export function promoteArgs(name: string, ...args: unknown[]): NDArray[] {
  return promoteShapes(promoteDTypes(numericArgs(name, args)), name);
}
/** {@link promoteArgs} to a floating dtype. */
export function promoteArgsInexact(name: string, ...args: unknown[]): NDArray[] {
  return promoteShapes(promoteDTypesInexact(numericArgs(name, args)), name);
}
function numericArgs(name: string, args: readonly unknown[]): NDArray[] {
  const arrays = args.map((x, i) => toArray(x, name, i));
  if (arrays.some((x) => x.dtype === float0)) {
    throw new TypeError(`Called ${name} with a float0 array. ${float0Message}`);
  }
  return arrays;
}

/** Repeats an array along new and size-1 axes. @throws ValueError when the shape does not fit */
export function broadcastToShape(x: NDArray, shape: readonly number[]): NDArray {
  if (shapesEqual(x.shape, shape)) return x;
  const lead = shape.length - x.ndim;
  if (lead < 0 || x.shape.some((n, i) => n !== 1 && n !== shape[lead + i])) {
    throw new ValueError(
      `Incompatible types for broadcasting: input type=${x.aval} and requested type=${x.aval.update({ shape })}`,
    );
  }
  return broadcastInDim(
    x,
    shape,
    x.shape.map((_, i) => lead + i),
  );
}

/** True while a function is being traced into a program, where scalars made from numbers become literals. */
export function tracing(): boolean {
  return !isEager() && currentTrace() !== null;
}
