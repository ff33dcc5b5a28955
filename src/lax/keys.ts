import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapedArray, shapeStr, sizeOf } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { keysConsumed, keysMade, keysSplit, keysUnused } from "../core/keyUse.ts";
import type { Expr, ExprBuilder, Operand } from "../core/lowering.ts";
import {
  definePrimitive,
  notLinear,
  type Params,
  type Primitive,
  zeroDerivative,
} from "../core/primitive.ts";
import { bind, bind1 } from "../core/trace.ts";
import {
  asDType,
  type DTypeName,
  type HostData,
  hostArray,
  int32,
  isInteger,
  isKey,
  isWideInteger,
  keyFry,
  requireComputable,
  uint32,
} from "../dtypes/index.ts";
import { batchDimAtFront, broadcastingBatching, vectorizedBatching } from "./batching.ts";
import { broadcastIndex, readOperands } from "./families.ts";
import { broadcastOffsets, valuesOf } from "./hostLoops.ts";
import type { Ints } from "./intTuples.ts";
import { broadcastedShape } from "./operands.ts";
import type { LaxOperand } from "./ops.ts";
import { canonicalizeShape, checkShapelike, dataOperand } from "./shapeChecks.ts";
import { threefryExpr, threefryNumbers } from "./threefry.ts";

/*
 * Typed random keys: arrays of dtype key<fry>, whose elements are two uint32 words. Random bits are a function of a key and a
 * counter, so that every element is computed on its own.
 */

const noParams = /* @__PURE__ */ Object.freeze({});

function requireKeys(name: string, aval: ShapedArray): void {
  if (!isKey(aval.dtype)) {
    throw new TypeError(
      `${name} takes an array of random keys (dtype key<fry>), got ${aval.dtype.name}${shapeStr(aval.shape)}. ` +
        "Make a key with random.key(seed).",
    );
  }
}

function requireIntegers(name: string, what: string, aval: ShapedArray): void {
  if (!isInteger(aval.dtype)) {
    throw new TypeError(`${name}: ${what} must be an integer; got ${aval}`);
  }
}

/** The low 32 bits of an integer. */
function asWord(b: ExprBuilder, x: Expr): Expr {
  return x.dtype === uint32 ? x : b.cast(x, uint32);
}

/** The high 32 bits of an integer of 64 bits; 0 for narrower ones, negative ones too. */
function highWord(b: ExprBuilder, x: Expr): Expr {
  if (!isWideInteger(x.dtype)) return b.const(0, uint32);
  return b.cast(b.op("shift_right_logical", x, b.const(32, x.dtype)), uint32);
}

// Seeds.

interface ImplParams {
  readonly impl: "fry";
  [key: string]: unknown;
}
const fry: ImplParams = /* @__PURE__ */ Object.freeze({ impl: "fry" });

const randomSeedPrimitive: Primitive<ImplParams> = definePrimitive<ImplParams>({
  name: "random_seed",
  keyUse: keysMade,
  abstractEval: ([seeds]) => {
    requireIntegers("random_seed", "PRNG key seed", seeds);
    return [shapedArray(seeds.shape, keyFry)];
  },
  reference: ([seeds], _params, [out]) => {
    const words = hostArray(keyFry, out.size) as Uint32Array;
    const values = valuesOf(seeds);
    for (let i = 0; i < out.size; i++) {
      const seed = BigInt(values[i]);
      if (isWideInteger(seeds.dtype)) words[2 * i] = Number(BigInt.asUintN(32, seed >> 32n));
      words[2 * i + 1] = Number(BigInt.asUintN(32, seed));
    }
    return [words];
  },
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: /* @__PURE__ */ vectorizedBatching(() => randomSeedPrimitive),
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, [seeds], index) => {
      const seed = seeds.at(index);
      return b.op("key_pack", highWord(b, seed), asWord(b, seed));
    },
  },
});

/**
 * Keys from integer seeds: the seed's low 32 bits are the low word; the high word is 0, or the upper half of a 64-bit seed.
 * @throws TypeError for seeds that are not integers.
 * @example
 * lax.randomUnwrap(lax.randomSeed(-1)) // => Array([         0, 4294967295], dtype=uint32)
 */
export function randomSeed(seeds: LaxOperand): NDArray {
  return bind1(randomSeedPrimitive, [dataOperand(seeds, "random_seed")], fry);
}

// Many numbers from one key.

/** The trailing axes of the result count: the row-major position within them is the low word of the counter. */
function counterExpr(b: ExprBuilder, index: readonly Expr[], shape: Ints): Expr {
  const own = index.slice(index.length - shape.length);
  let position: Expr | null = null;
  own.forEach((e, i) => {
    position = position === null ? e : b.op("add", b.op("mul", position, b.const(shape[i], int32)), e);
  });
  return position === null ? b.const(0, uint32) : b.cast(position, uint32);
}

/** The block of each key (all but the trailing axes of the index) at each counter. */
function countedBlock(b: ExprBuilder, keys: Operand, index: readonly Expr[], shape: Ints): [Expr, Expr] {
  const key = keys.at(index.slice(0, index.length - shape.length));
  // Positions are below 2^31, so the counter's high word is 0.
  return threefryExpr(
    b,
    b.op("key_word0", key),
    b.op("key_word1", key),
    b.const(0, uint32),
    counterExpr(b, index, shape),
  );
}

/** Calls `write` with each position of the result and its two words. */
function countOnHost(
  keys: HostArray,
  shape: Ints,
  write: (at: number, y0: number, y1: number) => void,
): void {
  const words = keys.data as Uint32Array;
  const count = sizeOf(shape);
  for (let k = 0; k < words.length / 2; k++) {
    for (let i = 0; i < count; i++) {
      const [y0, y1] = threefryNumbers(words[2 * k], words[2 * k + 1], Math.floor(i / 2 ** 32), i >>> 0);
      write(k * count + i, y0, y1);
    }
  }
}

interface ShapeParams {
  readonly shape: Ints;
  [key: string]: unknown;
}

const randomSplitPrimitive: Primitive<ShapeParams> = definePrimitive<ShapeParams>({
  name: "random_split",
  keyUse: keysSplit,
  abstractEval: ([keys], { shape }) => {
    requireKeys("random_split", keys);
    checkShapelike("random_split", "shape", shape);
    return [keys.update({ shape: [...keys.shape, ...shape] })];
  },
  reference: ([keys], { shape }, [out]) => {
    const words = hostArray(keyFry, out.size) as Uint32Array;
    countOnHost(keys, shape, (at, y0, y1) => {
      words[2 * at] = y0;
      words[2 * at + 1] = y1;
    });
    return [words];
  },
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: /* @__PURE__ */ vectorizedBatching(() => randomSplitPrimitive),
  lowering: {
    kind: "pointwise",
    cost: "expensive",
    emit: (b, [keys], index, { shape }) => b.op("key_pack", ...countedBlock(b, keys, index, shape)),
  },
});

/**
 * New keys from each key: the result has the shape of `keys` followed by `shape`.
 * @example
 * lax.randomSplit(lax.randomSeed(42), [2]).shape // => [2]
 */
export function randomSplit(keys: NDArray, shape: Ints): NDArray {
  return bind1(randomSplitPrimitive, [keys], { shape: canonicalizeShape(shape) });
}

interface BitsParams extends ShapeParams {
  readonly bitWidth: number;
}

const randomBitsPrimitive: Primitive<BitsParams> = definePrimitive<BitsParams>({
  name: "random_bits",
  keyUse: keysConsumed,
  abstractEval: ([keys], { bitWidth, shape }) => {
    requireKeys("random_bits", keys);
    checkShapelike("random_bits", "shape", shape);
    if (![8, 16, 32, 64].includes(bitWidth)) {
      throw new TypeError(`requires 8-, 16-, 32- or 64-bit field width; got ${bitWidth} bits.`);
    }
    const dtype = asDType(`uint${bitWidth}` as DTypeName);
    requireComputable(dtype, "random_bits");
    return [shapedArray([...keys.shape, ...shape], dtype)];
  },
  reference: ([keys], { bitWidth, shape }, [out]) => {
    const result = hostArray(out.dtype, out.size);
    if (bitWidth === 64) {
      const wide = result as BigUint64Array;
      countOnHost(keys, shape, (at, y0, y1) => {
        wide[at] = (BigInt(y0) << 32n) | BigInt(y1);
      });
    } else {
      const narrow = result as Uint8Array | Uint16Array | Uint32Array; // stores keep the low bits
      countOnHost(keys, shape, (at, y0, y1) => {
        narrow[at] = y0 ^ y1;
      });
    }
    return [result];
  },
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: /* @__PURE__ */ vectorizedBatching(() => randomBitsPrimitive),
  lowering: {
    kind: "pointwise",
    cost: "expensive",
    emit: (b, [keys], index, { bitWidth, shape }, [out]) => {
      const [y0, y1] = countedBlock(b, keys, index, shape);
      if (bitWidth === 64) {
        const high = b.op("shift_left", b.cast(y0, out.dtype), b.const(32, out.dtype));
        return b.op("or", high, b.cast(y1, out.dtype));
      }
      const bits = b.op("xor", y0, y1);
      return bitWidth === 32 ? bits : b.cast(bits, out.dtype);
    },
  },
});

/**
 * Uniformly random unsigned integers of 8, 16, 32 or 64 bits: for each key, an array of the given shape.
 * @throws TypeError for other widths, and for widths whose dtype is not supported.
 * @example
 * lax.randomBits(lax.randomSeed(42), 32, [2]) // => Array([2098992034, 2919706841], dtype=uint32)
 */
export function randomBits(keys: NDArray, bitWidth: number, shape: Ints): NDArray {
  return bind1(randomBitsPrimitive, [keys], { bitWidth, shape: canonicalizeShape(shape) });
}

const iota2x32Primitive: Primitive<ShapeParams> = definePrimitive<ShapeParams>({
  name: "iota_2x32_shape",
  abstractEval: (_avals, { shape }) => {
    checkShapelike("iota_2x32_shape", "shape", shape);
    const word = shapedArray(shape, uint32);
    return [word, word];
  },
  reference: (_inputs, _params, [out]) => [
    Uint32Array.from({ length: out.size }, (_, i) => Math.floor(i / 2 ** 32)),
    Uint32Array.from({ length: out.size }, (_, i) => i),
  ],
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: () => {
    throw new Error("iota_2x32_shape has no operands to map over");
  },
  lowering: {
    kind: "pointwise",
    cost: "cheap",
    emit: (b, _operands, index, { shape }, _out, result) =>
      result === 0 ? b.const(0, uint32) : counterExpr(b, index, shape),
  },
});

/**
 * The counters of random numbers of a shape: row-major positions as 64-bit numbers, in two words (high, low).
 * @example
 * lax.iota2x32Shape([3])[1] // => Array([0, 1, 2], dtype=uint32)
 */
export function iota2x32Shape(shape: Ints): [NDArray, NDArray] {
  return bind(iota2x32Primitive, [], { shape: canonicalizeShape(shape) }) as [NDArray, NDArray];
}

// Keys combined with data.

const randomFoldInPrimitive: Primitive = definePrimitive({
  name: "random_fold_in",
  keyUse: keysMade,
  abstractEval: ([keys, data]) => {
    requireKeys("random_fold_in", keys);
    requireIntegers("random_fold_in", "data", data);
    return [shapedArray(broadcastedShape("random_fold_in", [keys, data]), keyFry)];
  },
  reference: ([keys, data], _params, [out]) => {
    const words = keys.data as Uint32Array;
    const values = valuesOf(data);
    const fromKeys = broadcastOffsets(keys.shape, out.shape);
    const fromData = broadcastOffsets(data.shape, out.shape);
    const result = hostArray(keyFry, out.size) as Uint32Array;
    for (let i = 0; i < out.size; i++) {
      const k = fromKeys === null ? i : fromKeys[i];
      const d = Number(BigInt.asUintN(32, BigInt(values[fromData === null ? i : fromData[i]])));
      const [y0, y1] = threefryNumbers(words[2 * k], words[2 * k + 1], 0, d);
      result[2 * i] = y0;
      result[2 * i + 1] = y1;
    }
    return [result];
  },
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: /* @__PURE__ */ broadcastingBatching(() => randomFoldInPrimitive),
  lowering: {
    kind: "pointwise",
    cost: "expensive",
    emit: (b, operands, index, _params, [out]) => {
      const [key, data] = readOperands(b, operands, index, out);
      const words = [b.op("key_word0", key), b.op("key_word1", key)];
      const counter = asWord(b, data);
      return b.op("key_pack", ...threefryExpr(b, words[0], words[1], b.const(0, uint32), counter));
    },
  },
});

/**
 * Keys that depend on a key and on integers; keys and data broadcast like the operands of `lax.add`.
 * @example
 * lax.randomUnwrap(lax.randomFoldIn(lax.randomSeed(42), 7)) // => Array([2547012911, 1371500959], dtype=uint32)
 */
export function randomFoldIn(keys: NDArray, data: LaxOperand): NDArray {
  return bind1(randomFoldInPrimitive, [keys, dataOperand(data, "random_fold_in")], noParams);
}

// Keys as words.

const randomWrapPrimitive: Primitive<ImplParams> = definePrimitive<ImplParams>({
  name: "random_wrap",
  keyUse: keysMade,
  abstractEval: ([words]) => {
    if (words.ndim === 0 || words.shape[words.ndim - 1] !== 2) {
      throw new TypeError(
        "JAX encountered invalid PRNG key data: expected key_data.shape to end with (2,); " +
          `got shape=${shapeStr(words.shape)}`,
      );
    }
    if (words.dtype !== uint32) {
      throw new TypeError(
        `JAX encountered invalid PRNG key data: expected key_data.dtype = uint32; got dtype=${words.dtype.name}`,
      );
    }
    return [shapedArray(words.shape.slice(0, -1), keyFry)];
  },
  reference: ([words]) => [words.data.slice()],
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: ([words], [dim], params, axisSize) => [
    [bind1(randomWrapPrimitive, [batchDimAtFront(words, dim, axisSize)], params)],
    [0],
  ],
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [words], index) => {
      const word = (w: number): Expr => words.at([...index, b.const(w, int32)]);
      return b.op("key_pack", word(0), word(1));
    },
  },
});

/**
 * Keys from their words: uint32 of shape [..., 2] to keys of shape [...].
 * @throws TypeError for other dtypes and shapes.
 * @example
 * lax.randomWrap(new Uint32Array([0, 42])).shape // => []
 */
export function randomWrap(words: LaxOperand): NDArray {
  return bind1(randomWrapPrimitive, [dataOperand(words, "random_wrap")], fry);
}

const randomUnwrapPrimitive: Primitive = definePrimitive({
  name: "random_unwrap",
  keyUse: keysUnused,
  abstractEval: ([keys]) => {
    requireKeys("random_unwrap", keys);
    return [shapedArray([...keys.shape, 2], uint32)];
  },
  reference: ([keys]) => [keys.data.slice()],
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: /* @__PURE__ */ vectorizedBatching(() => randomUnwrapPrimitive),
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [keys], index) => {
      const key = keys.at(index.slice(0, -1));
      const first = b.op("eq", index[index.length - 1], b.const(0, int32));
      return b.select(first, b.op("key_word0", key), b.op("key_word1", key));
    },
  },
});

/**
 * The words of keys: keys of shape [...] to uint32 of shape [..., 2].
 * @throws TypeError for arrays that are not keys.
 * @example
 * lax.randomUnwrap(lax.randomSeed(42)) // => Array([ 0, 42], dtype=uint32)
 */
export function randomUnwrap(keys: NDArray): NDArray {
  return bind1(randomUnwrapPrimitive, [keys], noParams);
}

const randomClonePrimitive: Primitive = definePrimitive({
  name: "random_clone",
  keyUse: keysMade,
  abstractEval: ([keys]) => {
    requireKeys("random_clone", keys);
    return [keys];
  },
  reference: ([keys]) => [keys.data.slice()],
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: /* @__PURE__ */ vectorizedBatching(() => randomClonePrimitive),
  lowering: { kind: "pointwise", cost: "view", emit: (_b, [keys], index) => keys.at(index) },
});

/** The same keys, as new ones to whoever checks that a key is used once. */
export function randomClone(keys: NDArray): NDArray {
  return bind1(randomClonePrimitive, [keys], noParams);
}

// The block function itself.

const threefryPrimitive: Primitive<Params> = definePrimitive({
  name: "threefry2x32",
  abstractEval: (avals) => {
    if (avals.some((a) => a.dtype !== uint32)) {
      throw new TypeError(
        `Arguments to threefry2x32 must have uint32 type, got (${avals.map((a) => a.repr()).join(", ")})`,
      );
    }
    const out = shapedArray(broadcastedShape("threefry2x32", avals), uint32);
    return [out, out];
  },
  reference: (inputs, _params, [out]) => {
    const from = inputs.map((x) => broadcastOffsets(x.shape, out.shape));
    const results = [new Uint32Array(out.size), new Uint32Array(out.size)];
    for (let i = 0; i < out.size; i++) {
      const [k0, k1, c0, c1] = inputs.map((x, k) => (x.data as Uint32Array)[from[k]?.[i] ?? i]);
      [results[0][i], results[1][i]] = threefryNumbers(k0, k1, c0, c1);
    }
    return results as HostData[];
  },
  jvp: zeroDerivative,
  transpose: notLinear,
  batching: /* @__PURE__ */ broadcastingBatching(() => threefryPrimitive),
  lowering: {
    kind: "pointwise",
    cost: "expensive",
    emit: (b, operands, index, _params, [out], result) => {
      const [k0, k1, c0, c1] = operands.map((x) => x.at(broadcastIndex(b, x.aval, index, out)));
      return threefryExpr(b, k0, k1, c0, c1)[result];
    },
  },
});

/**
 * The Threefry-2x32 block function on uint32 arrays that broadcast like the operands of `lax.add`.
 * @param counter0 The high word of the counter.
 * @returns The two words of each block.
 * @throws TypeError for other dtypes.
 */
export function threefry2x32(
  key0: LaxOperand,
  key1: LaxOperand,
  counter0: LaxOperand,
  counter1: LaxOperand,
): [NDArray, NDArray] {
  const operands = [key0, key1, counter0, counter1].map((x) => dataOperand(x, "threefry2x32"));
  return bind(threefryPrimitive, operands, noParams) as [NDArray, NDArray];
}
