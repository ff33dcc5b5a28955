import { NDArray } from "../core/array.ts";
import type { SliceLike } from "../core/arrayMethods.ts";
import { isInteger } from "../dtypes/index.ts";
import { IndexError, ValueError } from "../errors.ts";
import { concreteScalar } from "./concrete.ts";

/** A bound of a slice: an integer, or null for the end of the axis. */
export type SliceBound = number | bigint | NDArray | null | undefined;

/** A range of positions along an axis: `start`, `start + step`, ... up to but not including `stop`. Made by {@link slice}. */
export class Slice implements SliceLike {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number | null;
  constructor(start: number | null, stop: number | null, step: number | null) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
  /** As Python prints it. */
  toString(): string {
    const show = (n: number | null): string => (n === null ? "None" : String(n));
    return `slice(${show(this.start)}, ${show(this.stop)}, ${show(this.step)})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * A slice as an index: positions from `start` up to but not including `stop`, every `step`-th. One argument is the stop, as in Python's
 * `slice`. Negative bounds count from the end; null (or a missing argument) means as far as the axis goes.
 *
 * The text `"start:stop:step"` says the same: `x.get("1:3")` is `x.get(slice(1, 3))`.
 *
 * @throws IndexError for traced bounds (use `lax.dynamicSlice`), TypeError for bounds that are not integers, ValueError for step 0
 * @example
 * ```ts
 * String(jnp.arange(5).get(slice(1, null, 2))); // => "[1 3]"
 * String(jnp.arange(5).get(slice(2))); // => "[0 1]"
 * ```
 */
export function slice(stop: SliceBound): Slice;
export function slice(start: SliceBound, stop: SliceBound, step?: SliceBound): Slice;
export function slice(...bounds: SliceBound[]): Slice {
  const [start, stop, step] = bounds.length === 1 ? [null, bounds[0], null] : bounds;
  return makeSlice(bound(start), bound(stop), bound(step));
}

function makeSlice(start: number | null, stop: number | null, step: number | null): Slice {
  if (step === 0) throw new ValueError("slice step cannot be zero");
  return new Slice(start, stop, step);
}

function bound(x: SliceBound): number | null {
  if (x === null || x === undefined) return null;
  if (typeof x === "bigint") return Number(x);
  if (typeof x === "number" && Number.isInteger(x)) return x;
  if (x instanceof NDArray && x.ndim === 0 && isInteger(x.dtype)) {
    const value = concreteScalar(x);
    if (value !== null) return Number(value);
    throw new IndexError(
      `Slice entries must be static integers. Got a traced array with shape ${x.aval}. The size of the result would depend on it: ` +
        "use lax.dynamicSlice (traced start, fixed size) or a mask instead.",
    );
  }
  const got = x instanceof NDArray ? `an array ${x.aval}` : String(x);
  throw new TypeError(`slice indices must be integers or null, got ${got}.`);
}

const sliceText = /^\s*([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?\s*)?$/;

/** The slice that a text such as `"1:3"`, `"::-1"` or `":"` stands for; null when it is no slice. */
export function parseSlice(text: string): Slice | null {
  const match = sliceText.exec(text);
  if (match === null) return null;
  const [start, stop, step] = match.slice(1).map((s) => (s === undefined ? null : Number(s)));
  return makeSlice(start, stop, step);
}

/** True for objects with the fields of a slice. */
export function isSliceLike(x: unknown): x is SliceLike {
  return (
    x instanceof Slice || (typeof x === "object" && x !== null && "start" in x && "stop" in x && "step" in x)
  );
}
/** A {@link Slice} from any object with its fields, checked. */
export function toSlice(x: SliceLike): Slice {
  return x instanceof Slice ? x : slice(x.start, x.stop, x.step);
}

/** Start, stop and step of a slice on an axis, as Python's `slice.indices`: bounds clamped, stop -1 possible for negative steps. */
export function sliceIndices(s: Slice, size: number): [start: number, stop: number, step: number] {
  const step = s.step ?? 1;
  const [lower, upper] = step < 0 ? [-1, size - 1] : [0, size];
  const clamp = (n: number | null, missing: number): number => {
    if (n === null) return missing;
    return n < 0 ? Math.max(n + size, lower) : Math.min(n, upper);
  };
  return [clamp(s.start, step < 0 ? upper : lower), clamp(s.stop, step < 0 ? lower : upper), step];
}

/** The number of positions in a range. */
export function rangeLength(start: number, stop: number, step: number): number {
  return Math.max(0, Math.ceil((stop - start) / step));
}
