import { describe, expect, it } from "vitest";
import { interpretProgram } from "../../src/compiler/interpret.ts";
import type { Kernel, Program } from "../../src/compiler/ir.ts";
import { NodeBuilder } from "../../src/compiler/nodes/builder.ts";
import { type DType, float32, int32, keyFry } from "../../src/dtypes/index.ts";
import { scatterTemplate } from "../../src/kernels/scatter.ts";
import { sortTemplate } from "../../src/kernels/sort.ts";

/** A program whose first buffers are arguments and whose last is the result. */
function program(dtypes: readonly DType[], sizes: readonly number[], kernels: readonly Kernel[]): Program {
  const last = sizes.length - 1;
  return {
    name: "test",
    buffers: sizes.map((size, id) => ({
      id,
      dtype: dtypes[id],
      size,
      role: id === last ? "output" : "input",
      byteLength: size * dtypes[id].itemsize,
    })),
    placements: sizes.map((_, id) =>
      id === last ? { kind: "result", index: 0 } : { kind: "argument", index: id },
    ),
    kernels,
    args: sizes.slice(0, -1).map((_, id) => id),
    consts: [],
    results: [{ kind: "buffer", buffer: last }],
    arenaBytes: 0,
  };
}

describe("interpretProgram", () => {
  it("runs a loop with a store per point", () => {
    const b = new NodeBuilder();
    const i = b.index(0, 3);
    const kernel: Kernel = {
      kind: "loop",
      name: "axpy",
      axes: [3],
      reduceAxes: [],
      reductions: [],
      stores: [
        {
          buffer: 2,
          offset: i,
          value: b.op("add", b.op("mul", b.load(0, float32, i), b.const(2, float32)), b.load(1, float32, i)),
        },
      ],
    };
    const p = program([float32, float32, float32], [3, 3, 3], [kernel]);
    const [out] = interpretProgram(p, [Float32Array.of(1, 2, 3), Float32Array.of(0.5, 0, -1)]);
    expect(Array.from(out as Float32Array)).toEqual([2.5, 4, 5]);
  });

  it("reduces rows, and finds the first largest element with NaN winning", () => {
    const b = new NodeBuilder();
    const i = b.index(0, 2);
    const k = b.index(1, 3);
    const x = b.load(0, float32, b.op("add", b.op("mul", i, b.const(3, int32)), k));
    const kernel: Kernel = {
      kind: "loop",
      name: "argmax",
      axes: [2],
      reduceAxes: [3],
      reductions: [{ op: "argmax", value: x, dtype: int32 }],
      stores: [{ buffer: 1, offset: i, value: b.acc(0, int32) }],
    };
    const p = program([float32, int32], [6, 2], [kernel]);
    const [out] = interpretProgram(p, [Float32Array.of(1, 5, 5, 2, Number.NaN, 9)]);
    expect(Array.from(out as Int32Array)).toEqual([1, 1]);
  });

  it("multiplies matrices through strides", () => {
    const view = (buffer: number, shape: number[], strides: number[]) => ({
      buffer,
      offset: 0,
      shape,
      strides,
    });
    const kernel: Kernel = {
      kind: "dot",
      name: "dot",
      dtype: float32,
      batch: [],
      m: 2,
      n: 2,
      k: 3,
      lhs: { view: view(0, [2, 3], [1, 2]), batch: [], rowStride: 1, colStride: 2 },
      rhs: { view: view(1, [3, 2], [2, 1]), batch: [], rowStride: 2, colStride: 1 },
      out: 2,
    };
    const p = program([float32, float32, float32], [6, 6, 4], [kernel]);
    const [out] = interpretProgram(p, [Float32Array.of(1, 4, 2, 5, 3, 6), Float32Array.of(1, 0, 0, 1, 1, 1)]);
    expect(Array.from(out as Float32Array)).toEqual([4, 5, 10, 11]);
  });

  it("sorts rows stably by the keys, NaN last", () => {
    const p: Program = {
      ...program([float32, int32, int32], [4, 4, 4], []),
      buffers: [float32, int32, float32, int32].map((dtype, id) => ({
        id,
        dtype,
        size: 4,
        role: "temp",
        byteLength: 16,
      })),
      placements: [
        { kind: "argument", index: 0 },
        { kind: "argument", index: 1 },
        { kind: "result", index: 0 },
        { kind: "result", index: 1 },
      ],
      kernels: [
        {
          kind: "sort",
          writers: sortTemplate.writers,
          name: "sort",
          rows: 1,
          length: 4,
          numKeys: 1,
          inputs: [0, 1],
          outputs: [2, 3],
        },
      ],
      results: [
        { kind: "buffer", buffer: 2 },
        { kind: "buffer", buffer: 3 },
      ],
    };
    const [keys, payload] = interpretProgram(p, [
      Float32Array.of(Number.NaN, 0, -0, -1),
      Int32Array.of(0, 1, 2, 3),
    ]);
    expect(Array.from(keys as Float32Array)).toEqual([-1, 0, -0, Number.NaN]);
    expect(Array.from(payload as Int32Array)).toEqual([3, 1, 2, 0]);
  });

  it("scatters in order, guarded", () => {
    const b = new NodeBuilder();
    const i = b.index(0, 4);
    const at = b.load(1, int32, i);
    const kernel: Kernel = {
      kind: "scatter",
      writers: scatterTemplate.writers,
      name: "scatter-add",
      axes: [4],
      guard: b.op("lt", at, b.const(3, int32)),
      offset: at,
      value: b.cast(i, float32),
      second: null,
      combine: "add",
      base: 0,
      baseSize: 3,
      out: 2,
    };
    const p = program([float32, int32, float32], [3, 4, 3], [kernel]);
    const [out] = interpretProgram(p, [Float32Array.of(10, 20, 30), Int32Array.of(0, 2, 7, 2)]);
    expect(Array.from(out as Float32Array)).toEqual([10, 20, 34]);
  });

  it("keeps both words of keys", () => {
    const b = new NodeBuilder();
    const i = b.index(0, 2);
    const key = b.load(0, keyFry, i);
    const swapped = b.op("key_pack", b.op("key_word1", key), b.op("key_word0", key));
    const kernel: Kernel = {
      kind: "loop",
      name: "swap",
      axes: [2],
      reduceAxes: [],
      reductions: [],
      stores: [{ buffer: 1, offset: i, value: swapped }],
    };
    const p = program([keyFry, keyFry], [2, 2], [kernel]);
    const [out] = interpretProgram(p, [Uint32Array.of(1, 2, 3, 0xffffffff)]);
    expect(Array.from(out as Uint32Array)).toEqual([2, 1, 0xffffffff, 3]);
  });

  it("refuses accesses outside a buffer", () => {
    const b = new NodeBuilder();
    const kernel: Kernel = {
      kind: "loop",
      name: "outside",
      axes: [],
      reduceAxes: [],
      reductions: [],
      stores: [{ buffer: 1, offset: b.const(0, int32), value: b.load(0, float32, b.const(5, int32)) }],
    };
    const p = program([float32, float32], [3, 1], [kernel]);
    expect(() => interpretProgram(p, [new Float32Array(3)])).toThrow("load at 5 of a buffer of 3");
  });
});
