import type { Complex, DTypeLike, HostData } from "../dtypes/index.ts";
import type { Shard } from "../sharding/arrayMethods.ts";
import type { Device } from "../sharding/device.ts";
import type { Sharding } from "../sharding/sharding.ts";
import type { ArrayLike, NDArray } from "./array.ts";

/** An axis, several, or all (null). */
export type Axis = number | readonly number[] | null;

export interface ReductionOptions {
  axis?: Axis;
  keepdims?: boolean;
  dtype?: DTypeLike;
  where?: ArrayLike;
  initial?: ArrayLike;
  /** Whether sums and products of narrow integers are computed in 32 bits (the default). */
  promoteIntegers?: boolean;
}

/** One entry of an index: an integer, a slice or its text, "...", null (new axis), an integer or boolean array. */
export type IndexEntry = ArrayLike | SliceLike | string | null | undefined;
export interface SliceLike {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number | null;
}

export interface IndexingOptions {
  /** What happens out of bounds: "promise_in_bounds", "clip", "drop", "fill" (JAX's modes). */
  mode?: "promise_in_bounds" | "clip" | "drop" | "fill";
  fillValue?: number | boolean;
  indicesAreSorted?: boolean;
  uniqueIndices?: boolean;
  wrapNegativeIndices?: boolean;
  /** A `NamedSharding` or spec for the type of the result; one that divides anything needs axes that are Explicit, which there are not. */
  outSharding?: unknown;
}

/** `x.at(...index)`: functional updates. Each returns a new array; `x` does not change. */
export interface IndexUpdate {
  set(values: ArrayLike, options?: IndexingOptions): NDArray;
  add(values: ArrayLike, options?: IndexingOptions): NDArray;
  subtract(values: ArrayLike, options?: IndexingOptions): NDArray;
  mul(values: ArrayLike, options?: IndexingOptions): NDArray;
  multiply(values: ArrayLike, options?: IndexingOptions): NDArray;
  divide(values: ArrayLike, options?: IndexingOptions): NDArray;
  power(values: ArrayLike, options?: IndexingOptions): NDArray;
  min(values: ArrayLike, options?: IndexingOptions): NDArray;
  max(values: ArrayLike, options?: IndexingOptions): NDArray;
  apply(f: (x: NDArray) => NDArray, options?: IndexingOptions): NDArray;
  get(options?: IndexingOptions): NDArray;
}

/** Nested lists of JavaScript values, as `tolist()` returns them. */
export type Nested = number | boolean | bigint | Complex | Nested[];

/** The methods of arrays; each delegates to the function of the same name in `jnp`. */
export interface ArrayMethods {
  add(y: ArrayLike): NDArray;
  sub(y: ArrayLike): NDArray;
  mul(y: ArrayLike): NDArray;
  div(y: ArrayLike): NDArray;
  floorDiv(y: ArrayLike): NDArray;
  mod(y: ArrayLike): NDArray;
  pow(y: ArrayLike): NDArray;
  matmul(y: ArrayLike): NDArray;
  neg(): NDArray;
  pos(): NDArray;
  abs(): NDArray;
  eq(y: ArrayLike): NDArray;
  ne(y: ArrayLike): NDArray;
  lt(y: ArrayLike): NDArray;
  le(y: ArrayLike): NDArray;
  gt(y: ArrayLike): NDArray;
  ge(y: ArrayLike): NDArray;
  and(y: ArrayLike): NDArray;
  or(y: ArrayLike): NDArray;
  xor(y: ArrayLike): NDArray;
  invert(): NDArray;
  lshift(y: ArrayLike): NDArray;
  rshift(y: ArrayLike): NDArray;

  readonly T: NDArray;
  /** The real and the imaginary part, and the complex conjugate. */
  readonly real: NDArray;
  readonly imag: NDArray;
  conj(): NDArray;
  conjugate(): NDArray;
  readonly mT: NDArray;
  readonly itemsize: number;
  readonly nbytes: number;
  /** The size of the first axis; a TypeError for scalars. */
  readonly length: number;

  all(axis?: Axis | ReductionOptions, options?: ReductionOptions): NDArray;
  any(axis?: Axis | ReductionOptions, options?: ReductionOptions): NDArray;
  argmax(
    axis?: number | null | { axis?: number | null; keepdims?: boolean },
    options?: { keepdims?: boolean },
  ): NDArray;
  argmin(
    axis?: number | null | { axis?: number | null; keepdims?: boolean },
    options?: { keepdims?: boolean },
  ): NDArray;
  argpartition(kth: number, axis?: number | { axis?: number }): NDArray;
  argsort(
    axis?: number | null | { axis?: number | null; descending?: boolean },
    options?: { descending?: boolean },
  ): NDArray;
  astype(dtype: DTypeLike): NDArray;
  /** The bytes of each element in reverse order. */
  byteswap(): NDArray;
  choose(choices: readonly ArrayLike[], options?: { mode?: "raise" | "wrap" | "clip" }): NDArray;
  clip(min?: ArrayLike | null | { min?: ArrayLike; max?: ArrayLike }, max?: ArrayLike | null): NDArray;
  compress(
    condition: ArrayLike,
    axis?: number | null | { axis?: number | null; size?: number; fillValue?: ArrayLike },
    options?: { size?: number; fillValue?: ArrayLike },
  ): NDArray;
  copy(): NDArray;
  /** Which part of the array each device has. */
  readonly sharding: Sharding;
  /** The device, or the sharding where there are several. */
  readonly device: Device | Sharding;
  /** The devices that have a part. */
  devices(): Set<Device>;
  /** The part of each device. */
  readonly addressableShards: readonly Shard[];
  readonly globalShards: readonly Shard[];
  /** The part of the device at a position, as an array on that device. */
  addressableData(index: number): NDArray;
  /** Whether somebody said where it is to be. */
  readonly committed: boolean;
  /** Whether every device has the whole array. */
  readonly isFullyReplicated: boolean;
  readonly isFullyAddressable: boolean;
  platform(): string;
  /** The array on another device, or divided otherwise. */
  toDevice(device: Device | Sharding): NDArray;
  cumsum(
    axis?: number | null | { axis?: number | null; dtype?: DTypeLike },
    options?: { dtype?: DTypeLike },
  ): NDArray;
  cumprod(
    axis?: number | null | { axis?: number | null; dtype?: DTypeLike },
    options?: { dtype?: DTypeLike },
  ): NDArray;
  diagonal(
    offset?: number | { offset?: number; axis1?: number; axis2?: number },
    axis1?: number,
    axis2?: number,
  ): NDArray;
  dot(y: ArrayLike): NDArray;
  flatten(): NDArray;
  max(axis?: Axis | ReductionOptions, options?: ReductionOptions): NDArray;
  mean(axis?: Axis | ReductionOptions, options?: ReductionOptions): NDArray;
  min(axis?: Axis | ReductionOptions, options?: ReductionOptions): NDArray;
  nonzero(options?: { size?: number; fillValue?: ArrayLike | readonly ArrayLike[] }): NDArray[];
  prod(axis?: Axis | ReductionOptions, options?: ReductionOptions): NDArray;
  ptp(axis?: Axis | ReductionOptions, options?: ReductionOptions): NDArray;
  ravel(): NDArray;
  repeat(
    repeats: number | ArrayLike,
    axis?: number | null | { axis?: number | null; totalRepeatLength?: number },
  ): NDArray;
  reshape(...shape: (number | readonly number[])[]): NDArray;
  round(decimals?: number | { decimals?: number }): NDArray;
  searchsorted(
    v: ArrayLike,
    side?: "left" | "right" | { side?: "left" | "right"; sorter?: ArrayLike; method?: string },
  ): NDArray;
  sort(
    axis?: number | null | { axis?: number | null; descending?: boolean },
    options?: { descending?: boolean },
  ): NDArray;
  squeeze(axis?: Axis | { axis?: Axis }): NDArray;
  std(
    axis?: Axis | (ReductionOptions & { ddof?: number }),
    options?: ReductionOptions & { ddof?: number },
  ): NDArray;
  sum(axis?: Axis | ReductionOptions, options?: ReductionOptions): NDArray;
  swapaxes(axis1: number, axis2: number): NDArray;
  take(
    indices: ArrayLike,
    axis?: number | null | { axis?: number | null; mode?: string; fillValue?: number },
    options?: { mode?: string; fillValue?: number },
  ): NDArray;
  trace(
    offset?: number | { offset?: number; axis1?: number; axis2?: number; dtype?: DTypeLike },
    axis1?: number,
    axis2?: number,
    dtype?: DTypeLike,
  ): NDArray;
  transpose(...axes: (number | readonly number[])[]): NDArray;
  var(
    axis?: Axis | (ReductionOptions & { ddof?: number }),
    options?: ReductionOptions & { ddof?: number },
  ): NDArray;
  view(dtype: DTypeLike): NDArray;

  /** Reads a part: `x.get(0, "1:3", null, "...", idx)`. */
  get(...index: IndexEntry[]): NDArray;
  /** Starts a functional update: `x.at(0, "::2").set(v)`. */
  at(...index: IndexEntry[]): IndexUpdate;

  /** The single element as a JavaScript value. @throws ValueError when the size is not 1; ConcretizationTypeError on tracers. */
  item(...index: number[]): number | boolean | bigint | Complex;
  /** All elements as nested lists. */
  tolist(): Nested;
  /** The elements, row-major, as a typed array (a copy). Floats of 16 bits are converted to float32; complex numbers are two elements each. */
  dataSync(): HostData;
  /** {@link dataSync}, on every device. */
  data(): Promise<HostData>;
  /** {@link tolist}, on every device. */
  js(): Promise<Nested>;
  /** All elements as nested lists: what `JSON.stringify` writes. */
  toJSON(): Nested;
  /** The bytes of the elements (a copy), row-major ("C", the default) or column-major ("F"). */
  tobytes(order?: "C" | "F"): Uint8Array;
  /**
   * Whether any element of a vector equals the scalar: Python's `value in x`.
   * @throws ValueError for arrays of other ranks, ConcretizationTypeError on tracers
   */
  includes(value: ArrayLike): boolean;
  /** Starts a copy to the host, where the device is another one than the CPU. */
  copyToHostAsync(): void;
  /** Whether the value has been computed. */
  isReady(): boolean;
  onDeviceSizeInBytes(): number;
  /** Waits until the value has been computed. */
  blockUntilReady(): this;
  /**
   * Frees the memory now; later use is a RuntimeError. Never needed: memory is freed by itself. Does nothing to scalars made from
   * numbers, whose memory is shared.
   */
  delete(): void;
  isDeleted(): boolean;
  toString(): string;
  [Symbol.iterator](): Iterator<NDArray>;
  [Symbol.toPrimitive](hint: string): number | string;
  [Symbol.dispose](): void;
}
