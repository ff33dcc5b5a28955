import { describe, expect, test } from "vitest";
import { interpretProgram } from "../../src/compiler/interpret.ts";
import type { BufferInfo, LoopKernel, Node, Reduction } from "../../src/compiler/ir.ts";
import { NodeBuilder } from "../../src/compiler/nodes/builder.ts";
import {
  bool,
  type DType,
  float32,
  float64,
  type HostData,
  hostArray,
  int32,
  keyFry,
  uint8,
} from "../../src/dtypes/index.ts";
import { programOf, Random, randomData } from "./randomKernels.ts";
import { runProgram } from "./runProgram.ts";
import { expectSame } from "./same.ts";

const info = (id: number, dtype: DType, size: number, role: "input" | "output"): BufferInfo => ({
  id,
  dtype,
  size,
  role,
  byteLength: hostArray(dtype, size).byteLength,
});

interface Reduce {
  readonly op: Reduction["op"];
  readonly dtype: DType;
  readonly axes: readonly number[];
  readonly reduceAxes: readonly number[];
  /** Elements between neighbours along each axis, parallel ones first. */
  readonly strides: readonly number[];
}

/** Reduces an input along axes. */
function reduce({ op, dtype, axes, reduceAxes, strides }: Reduce, input: HostData): HostData {
  const b = new NodeBuilder();
  const sizes = [...axes, ...reduceAxes];
  const linear = (weights: readonly number[]) =>
    weights.reduce<Node>(
      (sum, w, a) => b.op("add", sum, b.op("mul", b.index(a, sizes[a]), b.const(w, int32))),
      b.const(0, int32),
    );
  const out = axes.reduce((n, s) => n * s, 1);
  const result = op.startsWith("arg") ? int32 : dtype;
  const rowMajor = axes.map((_, i) => axes.slice(i + 1).reduce((n, s) => n * s, 1));
  const kernel: LoopKernel = {
    kind: "loop",
    name: op,
    axes,
    reduceAxes,
    reductions: [{ op, value: b.load(0, dtype, linear(strides)), dtype: result }],
    stores: [{ buffer: 1, offset: linear(rowMajor), value: b.acc(0, result) }],
  };
  const count = input.length;
  const program = programOf([info(0, dtype, count, "input"), info(1, result, out, "output")], [kernel]);
  return runProgram(program, [input])[0];
}

describe("sums of float32", () => {
  test("their error does not grow with the length", () => {
    const exact = Math.fround(0.1) * 1e7;
    const data = new Float32Array(1e7).fill(0.1);
    const all = reduce(
      { op: "sum", dtype: float32, axes: [], reduceAxes: [1e7], strides: [1] },
      data,
    )[0] as number;
    expect(Math.abs(all / exact - 1)).toBeLessThan(1e-6);
    const columns = reduce(
      { op: "sum", dtype: float32, axes: [10], reduceAxes: [1e6], strides: [1, 10] },
      data,
    );
    for (const x of columns) expect(Math.abs((x as number) / (exact / 10) - 1)).toBeLessThan(1e-6);
    const inner = reduce(
      { op: "sum", dtype: float32, axes: [5], reduceAxes: [1e6, 2], strides: [2, 10, 1] },
      data,
    );
    for (const x of inner) expect(Math.abs((x as number) / (exact / 5) - 1)).toBeLessThan(1e-6);
  });

  test("of numbers that nearly cancel", () => {
    const data = new Float32Array(200_000);
    for (let i = 0; i < data.length; i++) data[i] = i % 2 === 0 ? 1000.123 : -1000.123;
    data[77] += 0.5;
    const sum = data.reduce((s, x) => s + x, 0);
    const [got] = reduce(
      { op: "sum", dtype: float32, axes: [], reduceAxes: [data.length], strides: [1] },
      data,
    );
    expect(Math.abs((got as number) - sum)).toBeLessThan(1e-2);
  });
});

describe("argmax and argmin", () => {
  const shapes: { axes: number[]; reduceAxes: number[]; strides: number[] }[] = [
    { axes: [3], reduceAxes: [37], strides: [37, 1] },
    { axes: [37], reduceAxes: [5], strides: [1, 37] },
    { axes: [], reduceAxes: [6], strides: [1] },
    { axes: [2], reduceAxes: [1], strides: [1, 1] },
  ];
  const arg = (op: "argmax" | "argmin", row: readonly number[]) => {
    const nan = row.findIndex((x) => Number.isNaN(x));
    return nan >= 0 ? nan : row.indexOf(op === "argmax" ? Math.max(...row) : Math.min(...row));
  };
  test.each(["argmax", "argmin"] as const)("%s takes the first of equals, and the first NaN", (op) => {
    const r = new Random(5);
    for (const dtype of [float32, float64, int32, uint8, bool]) {
      for (const shape of shapes) {
        for (let k = 0; k < 10; k++) {
          const rows = shape.axes[0] ?? 1;
          const n = shape.reduceAxes[0];
          const data = randomData(r, dtype, rows * n, k % 2 === 1);
          if (k === 8) (data as Float32Array).fill(dtype.kind === "float" ? -Infinity : 0);
          const got = reduce({ op, dtype, ...shape }, data);
          for (let i = 0; i < rows; i++) {
            const step = shape.strides[shape.strides.length - 1];
            const start = shape.axes.length > 0 ? i * shape.strides[0] : 0;
            const row: number[] = [];
            for (let j = 0; j < n; j++) row.push(data[start + j * step] as number);
            expect(got[i]).toBe(arg(op, row));
          }
        }
      }
    }
  });
});

test("reductions of nothing give identities", () => {
  const cases: [Reduction["op"], DType, number][] = [
    ["sum", float32, 0],
    ["prod", float32, 1],
    ["max", float32, -Infinity],
    ["min", float64, Infinity],
    ["max", int32, -2147483648],
    ["min", int32, 2147483647],
    ["and", bool, 1],
    ["or", bool, 0],
    ["xor", uint8, 0],
    ["and", uint8, 255],
  ];
  for (const [op, dtype, expected] of cases) {
    for (const axes of [[], [3], [9]]) {
      const got = reduce(
        { op, dtype, axes, reduceAxes: [0], strides: [...axes.map(() => 0), 1] },
        hostArray(dtype, 0),
      );
      expect([...got]).toEqual(new Array(axes[0] ?? 1).fill(expected));
    }
  }
});

test("maxima and minima keep NaN and the sign of zero", () => {
  for (const dtype of [float32, float64]) {
    const make =
      dtype === float32 ? (x: number[]) => new Float32Array(x) : (x: number[]) => new Float64Array(x);
    const rows: [number[], number, number][] = [
      [[-0, -0, 0, -0, -1, -0, -0, -0, -0], 0, -1],
      [[-0, -0, -0, -0, -0, -0, -0, -0, -0], -0, -0],
      [[0, 0, 3, 0, 0, -0, 0, 0, 1], 3, -0],
      [[1, 2, 3, 4, 5, 6, 7, 8, Number.NaN], Number.NaN, Number.NaN],
      [[-5, -Infinity, -7, -Infinity, -6, -9, -8, -4, -3], -3, -Infinity],
    ];
    for (const [row, max, min] of rows) {
      const shape = { dtype, axes: [], reduceAxes: [9], strides: [1] };
      expect(reduce({ op: "max", ...shape }, make(row))[0]).toBe(max);
      expect(reduce({ op: "min", ...shape }, make(row))[0]).toBe(min);
      const columns = { dtype, axes: [5], reduceAxes: [9], strides: [0, 1] };
      expect([...reduce({ op: "max", ...columns }, make(row))]).toEqual(new Array(5).fill(max));
    }
  }
});

test("large transpositions go tile by tile", () => {
  for (const dtype of [float32, int32, float64, bool, uint8, keyFry]) {
    for (const [m, n] of [
      [97, 131],
      [128, 256],
      [33, 300],
      [1000, 9],
      [135, 66],
    ]) {
      const b = new NodeBuilder();
      const [i, j] = [b.index(0, m), b.index(1, n)];
      const at = (x: Node, w: number, y: Node) => b.op("add", b.op("mul", x, b.const(w, int32)), y);
      const kernel: LoopKernel = {
        kind: "loop",
        name: "transpose",
        axes: [m, n],
        reduceAxes: [],
        reductions: [],
        stores: [{ buffer: 1, offset: at(i, n, j), value: b.load(0, dtype, at(j, m, i)) }],
      };
      const program = programOf([info(0, dtype, m * n, "input"), info(1, dtype, m * n, "output")], [kernel]);
      const data = randomData(new Random(1), dtype, m * n, false);
      expect(runProgram(program, [data])).toEqual(interpretProgram(program, [data]));
    }
  }
});

test("tiles of values that vary along rows, along columns, along both, or in neither way", () => {
  for (const dtype of [float32, float64]) {
    for (const [m, n] of [
      [130, 67],
      [96, 256],
      [41, 203],
      [203, 34],
    ]) {
      const b = new NodeBuilder();
      const [g, i, j] = [b.index(0, 3), b.index(1, m), b.index(2, n)];
      const times = (x: Node, w: number) => b.op("mul", x, b.const(w, int32));
      const at = (batch: number, x: Node, w: number, y: Node) =>
        b.op("add", times(g, batch), b.op("add", times(x, w), y));
      const [size, rowMajor, columnMajor] = [m * n, at(m * n, i, n, j), at(m * n, j, m, i)];
      const transposed = b.load(0, dtype, columnMajor);
      const place = b.load(4, int32, columnMajor);
      const flag = b.load(5, bool, columnMajor);
      const plain = b.load(1, dtype, rowMajor);
      const ofRow = b.op("sqrt", b.op("abs", b.load(2, dtype, i)));
      const ofColumn = b.op("mul", b.load(3, dtype, j), b.load(3, dtype, b.const(1, int32)));
      const gathered = b.load(3, dtype, place);
      const below = b.op("lt", i, j);
      const mixed = b.op("add", b.op("mul", transposed, ofRow), b.op("mul", ofColumn, plain));
      const value = b.op("select", b.op("xor", below, flag), mixed, b.op("sub", gathered, ofRow));
      const index = b.op("add", times(i, 1000), b.op("sub", j, b.op("mul", i, j)));
      const kernel: LoopKernel = {
        kind: "loop",
        name: "tiles",
        axes: [3, m, n],
        reduceAxes: [],
        reductions: [],
        stores: [
          { buffer: 6, offset: rowMajor, value },
          { buffer: 7, offset: rowMajor, value: dtype === float32 ? index : below },
        ],
      };
      const second = dtype === float32 ? int32 : bool;
      const program = programOf(
        [
          info(0, dtype, 3 * size, "input"),
          info(1, dtype, 3 * size, "input"),
          info(2, dtype, m, "input"),
          info(3, dtype, n, "input"),
          info(4, int32, 3 * size, "input"),
          info(5, bool, 3 * size, "input"),
          info(6, dtype, 3 * size, "output"),
          info(7, second, 3 * size, "output"),
        ],
        [kernel],
      );
      const random = new Random(2);
      const args = [3 * size, 3 * size, m, n].map((count) => randomData(random, dtype, count, false));
      args.push(Int32Array.from({ length: 3 * size }, (_, k) => (k * 31) % n));
      args.push(randomData(random, bool, 3 * size, false));
      const [actual, positions] = runProgram(program, args);
      const [expected, expectedPositions] = interpretProgram(program, args);
      expectSame(actual, expected, 0, () => `${dtype.name} ${m} x ${n}`);
      expect(positions).toEqual(expectedPositions);
    }
  }
});

test("programs with many buffers take their addresses from a table", () => {
  const b = new NodeBuilder();
  const i = b.index(0, 5);
  const count = 12;
  const buffers = [
    ...Array.from({ length: count }, (_, id) => info(id, float32, 5, "input")),
    ...Array.from({ length: count }, (_, id) => info(count + id, float32, 5, "output")),
  ];
  const kernels = Array.from(
    { length: count },
    (_, k): LoopKernel => ({
      kind: "loop",
      name: `k${k}`,
      axes: [5],
      reduceAxes: [],
      reductions: [],
      stores: [
        {
          buffer: count + k,
          offset: i,
          value: b.op("mul", b.load(k, float32, i), b.load((k + 1) % count, float32, i)),
        },
      ],
    }),
  );
  const program = programOf(buffers, kernels);
  const args = buffers.slice(0, count).map((_, k) => new Float32Array([k, k + 1, k + 2, k + 3, k + 4]));
  expect(runProgram(program, args)).toEqual(interpretProgram(program, args));
});
