import { describe, expect, test } from "vitest";
import { interpretProgram } from "../../src/compiler/interpret.ts";
import type { BufferInfo, Node } from "../../src/compiler/ir.ts";
import { NodeBuilder } from "../../src/compiler/nodes/builder.ts";
import { isExact } from "../../src/compiler/scalarEval.ts";
import { scalarOps } from "../../src/compiler/scalarOps.ts";
import {
  bool,
  type DType,
  float32,
  float64,
  type HostData,
  hostArray,
  int8,
  int16,
  int32,
  int64,
  isWideInteger,
  keyFry,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../../src/dtypes/index.ts";
import { programOf } from "./randomKernels.ts";
import { runProgram } from "./runProgram.ts";

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  0.49999997,
  1.5,
  -1.5,
  2,
  2.5,
  -2.5,
  3,
  0.75,
  -0.25,
  10,
  -10,
  1e-3,
  7.25,
  100.5,
  1e-40,
  -1e-40,
  1e10,
  -1e10,
  3e9,
  -3e9,
  8388607.5,
  16777217,
  1e30,
  -1e30,
  Infinity,
  -Infinity,
  Number.NaN,
];
const ints = [
  0, 1, -1, 2, -2, 3, 7, 8, 10, 31, 32, 33, 100, -100, 255, 65536, 2147483647, -2147483648, -2147483647,
];
const narrow: Readonly<Record<string, readonly number[]>> = {
  uint8: [0, 1, 2, 3, 7, 8, 9, 31, 100, 127, 128, 200, 254, 255],
  int8: [0, 1, 2, -1, -2, 3, 7, 8, -9, 31, 100, 127, -127, -128],
  uint16: [0, 1, 2, 3, 7, 15, 16, 17, 31, 255, 256, 32767, 32768, 65535],
  int16: [0, 1, 2, -1, -3, 7, 15, 16, 17, 255, -256, 32767, -32767, -32768],
};
const wide = [
  ...[0n, 1n, -1n, 2n, -2n, 3n, 7n, 10n, 63n, 64n, 65n, 100n, -100n, 2n ** 31n, -(2n ** 31n), 2n ** 32n],
  ...[
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 40n + 2n ** 16n + 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    1n - 2n ** 63n,
  ],
];
const words = [0n, 1n, 0x100000000n, 0xffffffffn, 0x1122334455667788n, 0xffffffffffffffffn];

function samples(dtype: DType): readonly (number | bigint)[] {
  if (dtype.kind === "float") return floats;
  if (dtype === bool) return [0, 1];
  return isWideInteger(dtype) ? wide : (narrow[dtype.name] ?? ints);
}

function fill(dtype: DType, count: number, pick: (i: number) => number): HostData {
  const data = hostArray(dtype, count);
  if (dtype === keyFry) {
    for (let i = 0; i < count; i++) {
      const key = words[pick(i) % words.length];
      data[2 * i] = Number(key & 0xffffffffn);
      data[2 * i + 1] = Number(key >> 32n);
    }
    return data;
  }
  const values = samples(dtype);
  for (let i = 0; i < count; i++) data[i] = values[pick(i) % values.length];
  return data;
}

/** Runs an expression of elements of the operands, in vector code and (with a float64 beside it) in scalar code. */
function evaluate(operands: readonly DType[], make: (b: NodeBuilder, x: readonly Node[]) => Node) {
  const domain = operands.map((d) => (d === keyFry ? words.length : samples(d).length));
  const count =
    Math.min(
      domain.reduce((n, size) => n * size, 1),
      1500,
    ) | 1;
  const args = operands.map((dtype, k) => {
    const below = domain.slice(0, k).reduce((n, size) => n * size, 1);
    return fill(dtype, count, (i) => Math.floor(i / below));
  });
  const build = (scalar: boolean) => {
    const b = new NodeBuilder();
    const at = b.index(0, count);
    const x = operands.map((dtype, k) => b.load(k, dtype, at));
    const value = make(b, x);
    const buffers: BufferInfo[] = operands.map((dtype, id) => info(id, dtype, count, "input"));
    buffers.push(info(buffers.length, value.dtype, count, "output"));
    const stores = [{ buffer: operands.length, offset: at, value }];
    if (scalar) {
      buffers.push(
        info(buffers.length, float64, count, "output"),
        info(buffers.length + 1, float32, count, "output"),
      );
      const f64 = b.cast(at, float64);
      stores.push({ buffer: operands.length + 1, offset: at, value: f64 });
      stores.push({ buffer: operands.length + 2, offset: at, value: b.cast(f64, float32) });
    }
    return programOf(buffers, [
      { kind: "loop", name: "k", axes: [count], reduceAxes: [], reductions: [], stores },
    ]);
  };
  return {
    args,
    expected: interpretProgram(build(false), args)[0],
    vector: runProgram(build(false), args)[0],
    scalar: runProgram(build(true), args)[0],
  };
}

function info(id: number, dtype: DType, size: number, role: "input" | "output"): BufferInfo {
  return { id, dtype, size, role, byteLength: hostArray(dtype, size).byteLength };
}

/** Distance in units in the last place of the expected value's dtype. */
function ulps(a: number, e: number, dtype: DType): number {
  if (Object.is(a, e) || (a === e && a === 0)) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(e)) return Infinity;
  const [bits, tiny] = dtype === float64 ? [52, 2 ** -1074] : [23, 2 ** -149];
  const unit = e === 0 ? tiny : Math.max(tiny, 2 ** (Math.floor(Math.log2(Math.abs(e))) - bits));
  return Math.abs(a - e) / unit;
}

const kinds: Readonly<Record<string, readonly DType[]>> = {
  b: [bool],
  i: [int32, int8, int16, int64],
  u: [uint32, uint8, uint16, uint64],
  f: [float32, float64],
  k: [keyFry],
};

for (const [op, row] of Object.entries(scalarOps)) {
  describe(op, () => {
    const dtypes = [...row.kinds].flatMap((k) => kinds[k]).filter((d) => op !== "key_pack" || d === uint32);
    test.each(dtypes.map((d) => [d.name, d] as const))("%s", (_name, dtype) => {
      const operands =
        op === "select" ? [bool, dtype, dtype] : Array.from({ length: row.arity }, () => dtype);
      const { args, expected, vector, scalar } = evaluate(operands, (b, x) => b.op(op, ...x));
      const exact = isExact(op) || dtype.kind !== "float";
      for (let i = 0; i < expected.length; i++) {
        const [e, v, s] = [expected[i], vector[i], scalar[i]] as number[];
        const where = () => `${op}(${args.map((a) => a[i])})`;
        // An element is the same wherever and however it is computed.
        if (!Object.is(v, s)) throw new Error(`${where()}: ${v} in vector code, ${s} in scalar code`);
        if (exact ? !Object.is(v, e) : ulps(v, e, dtype) > 3)
          throw new Error(`${where()}: ${v} instead of ${e}`);
      }
      expect(vector.length).toBe(expected.length);
    });
    if (row.arity !== 2) return;
    test("with a constant operand", () => {
      for (const dtype of dtypes) {
        if (dtype === keyFry || (dtype.kind === "float" && !isExact(op))) continue;
        for (const value of samples(dtype)) {
          for (const side of [0, 1]) {
            const { args, expected, vector, scalar } = evaluate([dtype], (b, [x]) => {
              const c = b.const(value, dtype);
              return side === 0 ? b.op(op, c, x) : b.op(op, x, c);
            });
            for (let i = 0; i < expected.length; i++) {
              const same = Object.is(vector[i], expected[i]) && Object.is(scalar[i], expected[i]);
              if (!same) {
                const text = side === 0 ? `${value}, ${args[0][i]}` : `${args[0][i]}, ${value}`;
                throw new Error(
                  `${op}(${text}) on ${dtype.name}: ${vector[i]}, ${scalar[i]} instead of ${expected[i]}`,
                );
              }
            }
          }
        }
      }
    });
  });
}

describe("conversions", () => {
  const dtypes = [bool, uint8, int8, uint16, int16, int32, uint32, int64, uint64, float32, float64];
  for (const from of dtypes) {
    for (const to of dtypes) {
      if (from === to) continue;
      test(`${from.name} to ${to.name}`, () => {
        const { expected, vector, scalar } = evaluate([from], (b, [x]) => b.cast(x, to));
        expect([...vector]).toEqual([...expected]);
        expect([...scalar]).toEqual([...expected]);
      });
    }
  }
  test("of bits", () => {
    for (const [from, to] of [
      [float32, int32],
      [float32, uint32],
      [int32, float32],
      [int32, uint32],
      [int8, uint8],
      [uint8, int8],
      [int16, uint16],
      [uint16, int16],
      [float64, int64],
      [uint64, float64],
      [int64, uint64],
    ] as const) {
      const { expected, vector, scalar } = evaluate([from], (b, [x]) => b.bitcast(x, to));
      expect([...vector]).toEqual([...expected]);
      expect([...scalar]).toEqual([...expected]);
    }
  });
});
