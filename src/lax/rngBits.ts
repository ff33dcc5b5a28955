import type { NDArray } from "../core/array.ts";
import { sizeOf } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { definePrimitive, notDifferentiable, notLinear, type Primitive } from "../core/primitive.ts";
import { bind } from "../core/trace.ts";
import {
  asDType,
  type DType,
  type DTypeLike,
  type HostData,
  hostArray,
  int32,
  uint32,
  uint64,
} from "../dtypes/index.ts";
import { batchDimAtFront } from "./batching.ts";
import { broadcastedIota } from "./creation.ts";
import { offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { range } from "./intTuples.ts";
import { threefry2x32 } from "./keys.ts";
import { bitwiseOr, bitwiseXor, shiftLeft } from "./logic.ts";
import { mulhi } from "./mulhi.ts";
import { namedArguments } from "./namedArguments.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { type PhiloxArithmetic, philox } from "./philox.ts";
import { asProgram } from "./programLowering.ts";
import { concatenate, reshape, slice } from "./shape.ts";
import { canonicalizeShape } from "./shapeChecks.ts";
import { threefryNumbers } from "./threefry.ts";

/** The generators of {@link rngBitGenerator}; the default is Philox, as it is on CPUs in JAX. */
export const RandomAlgorithm = /* @__PURE__ */ Object.freeze({
  RNG_DEFAULT: "RNG_DEFAULT",
  RNG_THREE_FRY: "RNG_THREE_FRY",
  RNG_PHILOX: "RNG_PHILOX",
} as const);
export type RandomAlgorithm = keyof typeof RandomAlgorithm;

interface RngBitsParams {
  readonly [name: string]: unknown;
  readonly algorithm: RandomAlgorithm;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** How many words of 32 bits an element takes. */
const wordsOf = (dtype: DType): 1 | 2 => (dtype === uint64 ? 2 : 1);

/** The axis whose neighbours share a block of Threefry: the first of even size, or else the longest. */
function pairedAxis(shape: readonly number[]): number {
  const even = shape.findIndex((n) => n % 2 === 0);
  return even >= 0 ? even : shape.indexOf(Math.max(...shape));
}
/** The blocks that Threefry makes for a shape: one for each element of 64 bits, or for two neighbours. */
function threefryBlocks({ shape, dtype }: RngBitsParams): number[] {
  if (dtype === uint64 || shape.length === 0) return shape.slice();
  const axis = pairedAxis(shape);
  return shape.map((n, d) => (d === axis ? Math.ceil(n / 2) : n));
}
const blocksOf = (params: RngBitsParams): number =>
  params.algorithm === "RNG_THREE_FRY"
    ? sizeOf(threefryBlocks(params))
    : Math.ceil((sizeOf(params.shape) * wordsOf(params.dtype)) / 4);

// On numbers.

const onNumbers: PhiloxArithmetic<number> = {
  add: (x, y) => (x + y) >>> 0,
  xor: (x, y) => (x ^ y) >>> 0,
  multiplyLow: (x, y) => Math.imul(x, y) >>> 0,
  multiplyHigh: (x, y) => Number((BigInt(x) * BigInt(y)) >> 32n),
  constant: (x) => x,
};
/** A number of 64 bits, and what it carries over. */
function advanced(low: number, high: number, by: number): [number, number, number] {
  const sum = BigInt(low) + (BigInt(high) << 32n) + BigInt(by);
  return [Number(sum & 0xffffffffn), Number((sum >> 32n) & 0xffffffffn), Number(sum >> 64n)];
}

function bitsOnHost({ data }: HostArray, params: RngBitsParams): HostData[] {
  const [k0, k1, c0, c1] = data as Uint32Array;
  const { shape, dtype } = params;
  const count = sizeOf(shape);
  const blocks = range(blocksOf(params)).map((i) => {
    const [low, high, carry] = advanced(c0, c1, i);
    if (params.algorithm === "RNG_THREE_FRY") return threefryNumbers(k0, k1, low, high);
    const [p0, p1] = advanced(k0, k1, carry);
    return philox(onNumbers, [k0, k1], [low, high, p0, p1]);
  });
  const words = blocks.flat();
  const wide = wordsOf(dtype) === 2;
  const result = hostArray(dtype, count);
  if (wide) {
    for (let i = 0; i < count; i++) result[i] = BigInt(words[2 * i]) | (BigInt(words[2 * i + 1]) << 32n);
  } else if (params.algorithm === "RNG_THREE_FRY" && shape.length > 0) {
    const axis = pairedAxis(shape);
    const strides = rowMajorStrides(threefryBlocks(params));
    const unit = (d: number) => shape.map((_, e) => (e === d ? 1 : 0));
    const along = offsetsOf(shape, unit(axis));
    const rest = offsetsOf(
      shape,
      strides.map((s, d) => (d === axis ? 0 : s)),
    );
    for (let i = 0; i < count; i++) {
      result[i] = blocks[rest[i] + (along[i] >> 1) * strides[axis]][along[i] & 1];
    }
  } else {
    for (let i = 0; i < count; i++) result[i] = words[i];
  }
  const [low, high] = advanced(c0, c1, blocks.length);
  return [Uint32Array.of(k0, k1, low, high), result];
}

// On arrays.

const word = (x: number): NDArray => ops.full([], x >>> 0, uint32);
const onArrays: PhiloxArithmetic<NDArray> = {
  add: (x, y) => ops.add(x, y),
  xor: (x, y) => bitwiseXor(x, y),
  multiplyLow: (x, y) => ops.mul(x, y),
  multiplyHigh: (x, y) => mulhi(x, y),
  constant: word,
};
/** Numbers of 64 bits in words, and what they carry over. */
function advance(low: NDArray, high: NDArray, by: NDArray): [NDArray, NDArray, NDArray] {
  const sum = ops.add(low, by);
  const carry = ops.convertElementType(ops.lt(sum, by), uint32);
  const top = ops.add(high, carry);
  return [sum, top, ops.convertElementType(ops.lt(top, carry), uint32)];
}

function bitsProgram(key: NDArray, params: RngBitsParams): [NDArray, NDArray] {
  const { shape, dtype, algorithm } = params;
  const [k0, k1, c0, c1] = range(4).map((i) => reshape(slice(key, [i], [i + 1]), []));
  const total = blocksOf(params);
  const [low, high] = advance(c0, c1, word(total));
  const next = concatenate(
    [k0, k1, low, high].map((x) => reshape(x, [1])),
    0,
  );
  if (sizeOf(shape) === 0) return [next, ops.full(shape, 0, dtype)];
  const places = ops.convertElementType(broadcastedIota(int32, [total], 0), uint32);
  const spread = (x: NDArray) => ops.broadcastInDim(x, [total], []);
  const [x0, x1, carry] = advance(spread(c0), spread(c1), places);
  const joined = (p: NDArray, q: NDArray): NDArray =>
    bitwiseOr(
      ops.convertElementType(p, uint64),
      shiftLeft(ops.convertElementType(q, uint64), ops.full(p.shape, 32, uint64)),
    );
  const narrowed = (x: NDArray): NDArray => (dtype === uint32 ? x : ops.convertElementType(x, dtype));
  const wide = wordsOf(dtype) === 2;
  if (algorithm !== "RNG_THREE_FRY") {
    const [p0, p1] = advance(spread(k0), spread(k1), carry);
    const words = philox(onArrays, [spread(k0), spread(k1)], [x0, x1, p0, p1]);
    const parts = wide ? [joined(words[0], words[1]), joined(words[2], words[3])] : words.map(narrowed);
    const columns = parts.map((x) => reshape(x, [total, 1]));
    const all = reshape(concatenate(columns, 1), [total * columns.length]);
    return [next, reshape(slice(all, [0], [sizeOf(shape)]), shape)];
  }
  const [y0, y1] = threefry2x32(spread(k0), spread(k1), x0, x1);
  if (wide) return [next, reshape(joined(y0, y1), shape)];
  if (shape.length === 0) return [next, reshape(narrowed(y0), [])];
  const axis = pairedAxis(shape);
  const half = threefryBlocks(params);
  const split = [...half.slice(0, axis + 1), 1, ...half.slice(axis + 1)];
  const pairs = concatenate(
    [y0, y1].map((y) => reshape(narrowed(y), split)),
    axis + 1,
  );
  const merged = reshape(
    pairs,
    half.map((n, d) => (d === axis ? 2 * n : n)),
  );
  return [
    next,
    slice(
      merged,
      shape.map(() => 0),
      shape,
    ),
  ];
}

const rngBitsPrimitive: Primitive<RngBitsParams> = definePrimitive<RngBitsParams>({
  name: "rng_bit_generator",
  abstractEval: ([key], { shape, dtype }) => {
    if (key.dtype !== uint32 || key.ndim !== 1 || key.shape[0] !== 4) {
      throw new TypeError(`rng_bit_generator requires a key of four uint32 words, got ${key}.`);
    }
    return [key, key.update({ shape, dtype, weakType: false })];
  },
  reference: ([key], params) => bitsOnHost(key, params),
  jvp: /* @__PURE__ */ notDifferentiable("its operand and results are integers"),
  transpose: notLinear,
  // As in JAX: the first key makes the bits of the whole batch, and is the only one that advances.
  batching: ([keys], [dim], params, size) => {
    const front = batchDimAtFront(keys, dim, size);
    const first = reshape(slice(front, [0, 0], [1, 4]), [4]);
    const [key, bits] = bind(rngBitsPrimitive, [first], { ...params, shape: [size, ...params.shape] });
    const rest = slice(front, [1, 0], [size, 4]);
    return [
      [concatenate([reshape(key, [1, 4]), rest], 0), bits],
      [0, 0],
    ];
  },
  lowering: /* @__PURE__ */ asProgram(([key], params) => bitsProgram(key, params)),
  printParams: ({ algorithm, dtype, shape }) => ({ algorithm, dtype, out_sharding: null, shape }),
});

/** Options of {@link rngBitGenerator}. */
export interface RngBitsOptions {
  /** uint8, uint16, uint32 (the default) or uint64. */
  readonly dtype?: DTypeLike;
  readonly algorithm?: RandomAlgorithm;
}
const accepted = new Set(["uint8", "uint16", "uint32", "uint64"]);

/**
 * Random bits from a counter-based generator, and the key to go on with. `random.bits` is easier to use, and has keys that can be split.
 * Under `vmap` the first key makes all bits, as in JAX.
 *
 * @param key four uint32 words: a key, then a counter, each with its low word first
 * @returns `[nextKey, bits]`
 * @throws TypeError for another key, or a dtype that is no unsigned integer.
 * @example
 * lax.rngBitGenerator(jnp.uint32([1, 2, 3, 4]), [2])[1] // => Array([ 512747620, 1298009047], dtype=uint32)
 */
export function rngBitGenerator(
  key: LaxOperand,
  shape: readonly number[],
  dtype?: DTypeLike | RngBitsOptions,
  algorithm?: RandomAlgorithm,
): [NDArray, NDArray] {
  const isOptions =
    typeof dtype === "object" && ("algorithm" in dtype || "dtype" in dtype) && !("bits" in dtype);
  const given = isOptions
    ? namedArguments<RngBitsOptions>("rngBitGenerator", ["dtype", "algorithm"], 0, [dtype])
    : { dtype: dtype as DTypeLike | undefined, algorithm };
  const type = asDType(given.dtype ?? uint32);
  if (!accepted.has(type.name)) throw new TypeError(`rng_bit_generator: unsupported dtype ${type.name}`);
  const chosen = given.algorithm ?? "RNG_DEFAULT";
  if (!(chosen in RandomAlgorithm)) throw new TypeError(`rng_bit_generator: unknown algorithm ${chosen}`);
  const [next, bits] = bind(rngBitsPrimitive, [unaryOperand(key, "rng_bit_generator")], {
    algorithm: chosen,
    dtype: type,
    shape: canonicalizeShape(shape),
  });
  return [next, bits];
}
