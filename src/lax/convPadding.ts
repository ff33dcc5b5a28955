import { shapeStr } from "../core/aval.ts";
import { RuntimeError, ValueError } from "../errors.ts";
import type { Ints } from "./intTuples.ts";

/** How a window that is moved over an axis treats its ends. */
export class PaddingType {
  /** No padding: only windows that lie inside. */
  static readonly VALID = new PaddingType("VALID");
  /** As many windows as elements, divided by the stride and rounded up; an odd padding is larger after. */
  static readonly SAME = new PaddingType("SAME");
  /** As `SAME`, but an odd padding is larger before. */
  static readonly SAME_LOWER = new PaddingType("SAME_LOWER");
  readonly name: string;
  private constructor(name: string) {
    this.name = name;
    Object.freeze(this);
  }
  toString(): string {
    return `PaddingType.${this.name}`;
  }
  toJSON(): string {
    return this.name;
  }
}

/** Padding before and after each spatial dimension; negative numbers remove elements. */
export type Pads = readonly (readonly [number, number])[];
/** Padding by name or by numbers. */
export type Padding = "SAME" | "VALID" | "SAME_LOWER" | Lowercase<"SAME" | "VALID" | "SAME_LOWER"> | Pads;

/** The size of an axis with `dilation - 1` zeros between its elements. */
export function dilatedSize(n: number, dilation: number): number {
  return dilation === 1 ? n : Math.max(1 + dilation * (n - 1), 0);
}
/** The number of windows along an axis. */
export function windowCount(n: number, window: number, stride: number): number {
  return Math.max(Math.floor((n - window) / stride) + 1, 0);
}

/**
 * The padding that a name stands for.
 * @throws RuntimeError for an unknown name, TypeError for what is no name.
 * @example
 * lax.padtypeToPads([10, 10], [3, 4], [2, 1], "SAME") // => [[0, 1], [1, 2]]
 */
export function padtypeToPads(
  inShape: Ints,
  windowShape: Ints,
  windowStrides: Ints,
  padding: string | PaddingType,
): [number, number][] {
  let type: unknown = padding;
  if (typeof padding === "string") {
    type = { VALID: PaddingType.VALID, SAME: PaddingType.SAME, SAME_LOWER: PaddingType.SAME_LOWER }[
      padding.toUpperCase()
    ];
    if (type === undefined) {
      throw new RuntimeError(
        `Unrecognized padding type: expected 'VALID', 'SAME', or 'SAME_LOWER', got ${padding}.`,
      );
    }
  }
  if (type === PaddingType.VALID) return inShape.map(() => [0, 0]);
  if (type !== PaddingType.SAME && type !== PaddingType.SAME_LOWER) {
    throw new TypeError(`Unknown padding type: ${String(padding)}.`);
  }
  return inShape.map((n, i) => {
    const out = Math.ceil(n / windowStrides[i]);
    const total = Math.max((out - 1) * windowStrides[i] + windowShape[i] - n, 0);
    const less = Math.floor(total / 2);
    return type === PaddingType.SAME ? [less, total - less] : [total - less, less];
  });
}

/**
 * The shape of a convolution's result, everything in the order batch, feature, spatial dimensions.
 * @throws TypeError for a wrong number of pads, ValueError for negative padding that leaves nothing.
 * @example
 * lax.convShapeTuple([1, 2, 5, 5], [3, 2, 3, 3], [1, 1], "SAME") // => [1, 3, 5, 5]
 */
export function convShapeTuple(
  lhsShape: Ints,
  rhsShape: Ints,
  strides: Ints,
  pads: string | PaddingType | Pads,
  batchGroupCount = 1,
): number[] {
  const [inSpace, window] = [lhsShape.slice(2), rhsShape.slice(2)];
  const explicit = isNamed(pads) ? padtypeToPads(inSpace, window, strides, pads) : pads;
  if (explicit.length !== inSpace.length) {
    throw new TypeError(
      `Wrong number of explicit pads for convolution: expected ${inSpace.length}, got ${explicit.length}.`,
    );
  }
  const padded = inSpace.map((n, i) => n + explicit[i][0] + explicit[i][1]);
  if (padded.some((n) => n < 0)) {
    throw new ValueError(
      "Negative padding is larger than the size of the corresponding dimension: " +
        `got padding=${padsStr(explicit)} for lhs_shape[2:]=${shapeStr(inSpace)}`,
    );
  }
  const space = padded.map((n, i) => windowCount(n, window[i], strides[i]));
  return [Math.floor(lhsShape[0] / batchGroupCount), rhsShape[0], ...space];
}
export function isNamed(padding: unknown): padding is string | PaddingType {
  return typeof padding === "string" || padding instanceof PaddingType;
}
export function padsStr(pads: Pads): string {
  const items = pads.map(shapeStr);
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

/**
 * The padding before and after one dimension of the fractionally strided convolution that undoes the shape of one with kernel size
 * `k` and stride `s`.
 */
export function convTransposePadding(
  k: number,
  s: number,
  padding: string | readonly [number, number],
): [number, number] {
  if (typeof padding !== "string") return [k - padding[0] - 1, k - padding[1] - 1];
  let total: number;
  let before: number;
  if (padding === "SAME") {
    total = k + s - 2;
    before = s > k - 1 ? k - 1 : Math.ceil(total / 2);
  } else if (padding === "VALID") {
    total = k + s - 2 + Math.max(k - s, 0);
    before = k - 1;
  } else {
    throw new ValueError(`Invalid padding mode: ${padding}`);
  }
  return [before, total - before];
}

/** What the derivative rules know about one spatial dimension of a convolution. */
export interface ConvSpace {
  readonly inSize: number;
  readonly window: number;
  readonly outSize: number;
  readonly stride: number;
  readonly low: number;
  readonly lhsDilation: number;
  readonly rhsDilation: number;
}

/** The padding of the convolution that gives the cotangent of the input. */
export function vjpLhsPadding(d: ConvSpace): [number, number] {
  const window = dilatedSize(d.window, d.rhsDilation);
  const before = window - d.low - 1;
  const after = dilatedSize(d.inSize, d.lhsDilation) + window - 1 - dilatedSize(d.outSize, d.stride) - before;
  return [before, after];
}
/** The padding of the convolution that gives the cotangent of the kernel. */
export function vjpRhsPadding(d: ConvSpace): [number, number] {
  const fromLhs = dilatedSize(d.outSize, d.stride) - dilatedSize(d.inSize, d.lhsDilation);
  return [d.low, fromLhs + dilatedSize(d.window, d.rhsDilation) - d.low - 1];
}
