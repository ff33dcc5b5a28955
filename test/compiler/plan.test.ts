import { describe, expect, it } from "vitest";
import { type Plan, planBuffers } from "../../src/compiler/bufferPlan.ts";
import type { Kernel, Program } from "../../src/compiler/ir.ts";
import { NodeBuilder } from "../../src/compiler/nodes/builder.ts";
import { validateProgram } from "../../src/compiler/validate.ts";
import type { NDArray } from "../../src/core/array.ts";
import { float32, int32 } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { array, check, compile } from "./harness.ts";

const b = new NodeBuilder();
const n = 100;
const i = b.index(0, n);

/** `to = from op from...` over 100 elements; reversed reads are not at the element that is written. */
function map(to: number, from: readonly number[], reversed = false): Kernel {
  const at = reversed ? b.op("sub", b.const(n - 1, int32), i) : i;
  const value = from.map((f) => b.load(f, float32, at)).reduce((x, y) => b.op("add", x, y) as typeof x);
  return {
    kind: "loop",
    name: "map",
    axes: [n],
    reduceAxes: [],
    reductions: [],
    stores: [{ buffer: to, offset: i, value }],
  };
}

function plan(
  count: number,
  kernels: readonly Kernel[],
  results: readonly number[],
  donated = [false],
): Plan {
  return planBuffers({
    kernels,
    byteLengths: Array(count).fill(4 * n),
    args: [0],
    consts: [],
    results,
    donated,
  });
}

describe("planBuffers", () => {
  it("reuses memory element by element", () => {
    // Buffer 1 dies where 2 is born, and so on: one place in all, which is the result's.
    const p = plan(4, [map(1, [0]), map(2, [1]), map(3, [2])], [3]);
    expect(p.placements.slice(1)).toEqual(Array(3).fill({ kind: "result", index: 0 }));
    expect(p.arenaBytes).toBe(0);
  });

  it("keeps apart what is read elsewhere", () => {
    const p = plan(4, [map(1, [0]), map(2, [1], true), map(3, [2], true)], [3]);
    expect(p.placements[1]).toEqual({ kind: "arena", offset: 0 });
    expect(p.placements[2]).toEqual({ kind: "arena", offset: 448 });
    expect(p.arenaBytes).toBe(896);
  });

  it("gives freed memory to later buffers", () => {
    const p = plan(5, [map(1, [0]), map(2, [1], true), map(3, [2], true), map(4, [3], true)], [4]);
    expect(p.placements[3]).toEqual({ kind: "arena", offset: 0 });
    expect(p.arenaBytes).toBe(896);
  });

  it("never writes to arguments that were not donated", () => {
    expect(plan(2, [map(1, [0])], [1]).placements[1]).toEqual({ kind: "result", index: 0 });
    expect(plan(2, [map(1, [0])], [1], [true]).donatedArgs).toEqual([0]);
    expect(plan(2, [map(1, [0], true)], [1], [true]).donatedArgs).toEqual([-1]);
  });

  it("donates after the last read", () => {
    const kernels = [map(1, [0], true), map(2, [1], true)];
    expect(plan(3, kernels, [2], [true]).donatedArgs).toEqual([0]);
    // Read again after the result was written: no donation.
    expect(plan(4, [map(1, [0], true), map(3, [0], true)], [1, 3], [true]).donatedArgs).toEqual([-1, -1]);
  });
});

describe("donation", () => {
  const x = array([8, 8]);
  it("survives reads after the update", () => {
    const f = (p: NDArray, g: NDArray) => [lax.sub(p, g), lax.dot(p, g)];
    check(f, [x, array([8, 8], float32, 2)], { donated: [true, true] });
  });
  it("of an argument that is itself a result gives nothing away", () => {
    const program = check((p) => [p, lax.neg(p)], [x], { donated: [true] });
    expect(program.results.map((r) => r.kind)).toEqual(["argument", "buffer"]);
    expect(program.placements[1]).toEqual({ kind: "result", index: 1 });
  });
  it("of an argument returned twice copies once", () => {
    const program = check((p) => [p, p], [x], { donated: [true] });
    expect(program.results.map((r) => r.kind)).toEqual(["argument", "buffer"]);
  });
  it("lets a scatter update in place unless its updates read the base", () => {
    const numbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
    const add = (y: NDArray, at: NDArray, u: NDArray) => lax.scatterAdd(y, at, u, numbers);
    const args = [array([9]), array([4, 1], int32), array([4])];
    expect(check(add, args, { donated: [true, false, false] }).placements[3]).toEqual({
      kind: "argument",
      index: 0,
    });
    const self = (y: NDArray, at: NDArray) => lax.scatterAdd(y, at, lax.slice(y, [2], [6]), numbers);
    expect(check(self, args.slice(0, 2), { donated: [true, false] }).placements[2]).toEqual({
      kind: "result",
      index: 0,
    });
  });
});

describe("validateProgram", () => {
  const good = compile((y) => lax.neg(lax.exp(y)), [array([4])]);
  const broken = (change: Partial<Program>, message: string | RegExp) => {
    expect(() => validateProgram({ ...good, ...change })).toThrow(message);
  };
  const [kernel] = good.kernels;
  const out = good.results[0].kind === "buffer" ? good.results[0].buffer : -1;
  const loop = (change: object): readonly Kernel[] => [{ ...kernel, ...change } as Kernel];
  const four = b.index(0, 4);
  const store = (offset: typeof i, value: typeof i) => loop({ stores: [{ buffer: out, offset, value }] });

  it("accepts what the compiler makes", () => {
    expect(() => validateProgram(good)).not.toThrow();
  });
  it("refuses wrong programs, and says what is wrong", () => {
    broken(
      { kernels: store(four, b.load(0, float32, b.op("add", four, b.const(1, int32)))) },
      "is accessed from 1 to 4",
    );
    broken({ kernels: store(b.const(0, int32) as never, b.const(1, float32) as never) }, "is stored twice");
    broken({ kernels: store(four, four) }, "holds another dtype");
    broken({ kernels: store(four, b.cast(b.index(1, 4), float32) as never) }, "there is no axis 1");
    broken({ kernels: store(four, b.acc(0, float32) as never) }, "there is no reduction 0");
    broken({ kernels: loop({ axes: [3] }) }, "3 of 4 elements are stored");
    broken({ kernels: [] }, "it is never written");
    broken({ kernels: store(four, b.load(out, float32, four)) }, "read before it is written");
    const shared = good.placements.map(() => ({ kind: "argument", index: 0 }) as const);
    broken({ placements: shared }, "share memory while both are live");
  });
});
