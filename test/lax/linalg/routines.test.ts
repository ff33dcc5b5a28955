import fc from "fast-check";
import { config, lax, type NDArray, random } from "fluxion";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { splitting } from "../../../src/backends/wasm/codegen/split.ts";
import { shapedArray } from "../../../src/core/aval.ts";
import { definePrimitive, notDifferentiable, notLinear, type Params } from "../../../src/core/primitive.ts";
import { type Cells, RoutineBuilder } from "../../../src/core/routine/builder.ts";
import { evaluateRoutine } from "../../../src/core/routine/evaluate.ts";
import type { Routine } from "../../../src/core/routine/ir.ts";
import type { ScalarLike } from "../../../src/core/routine/scalar.ts";
import { bind1 } from "../../../src/core/trace.ts";
import { routineTemplate } from "../../../src/kernels/routine.ts";
import { array, elements, firstDifference } from "../host.ts";

// Routines as WebAssembly against routines as they are evaluated: every operation on runs, at every length.

const primitive = definePrimitive<Params>({
  name: "routine_under_test",
  abstractEval: ([x], { size }) => [shapedArray([size as number], x.dtype)],
  reference: () => {
    throw new Error("the test evaluates it");
  },
  jvp: notDifferentiable("a routine under test"),
  transpose: notLinear,
  batching: () => {
    throw new Error("not batched");
  },
  lowering: {
    kind: "routine",
    template: routineTemplate,
    build: ({ routine }) => (routine as { readonly of: Routine }).of,
    batchRank: () => 0,
  },
});

type Real = "float32" | "float64";

/** Writes a routine that begins with a copy of its input, and compares both ways of running it. */
function compare(real: Real, size: number, write: (r: RoutineBuilder, cells: Cells) => void): void {
  const r = new RoutineBuilder("under_test", real);
  const x = r.input("real", size);
  const y = r.output("real", size);
  r.run({ op: "copy", n: size, x: x.from(0), y: y.from(0) });
  write(r, y);
  const routine = r.finish(String(Math.random()), 1);
  let state = size;
  const values = Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  });
  const operand = array(values, [size], real);
  const expected = new Float64Array(size);
  evaluateRoutine(routine, [Float64Array.from(elements(operand)), expected]);
  const actual = bind1(primitive, [operand], { size, routine: new Holder(routine) });
  const tolerance = real === "float32" ? 1e-5 : 1e-13;
  expect(firstDifference(elements(actual), Array.from(expected), tolerance, tolerance)).toBeNull();
}
class Holder {
  readonly of: Routine;
  constructor(of: Routine) {
    this.of = of;
  }
}

describe.each(["float32", "float64"] as const)("%s", (real) => {
  const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33];

  test("runs", () => {
    for (const n of lengths) {
      const [x, y] = [1, n + 3];
      compare(real, 2 * n + 8, (r, cells) => {
        const dot = r.dot(n, cells.from(x), cells.from(y));
        cells.put(0, dot);
        r.run({ op: "axpy", n, alpha: 0.5, x: cells.from(x), y: cells.from(y) });
        r.run({ op: "scale", n, alpha: -2, x: cells.from(x) });
        r.run({ op: "rotate", n, c: 0.6, s: 0.8, x: cells.from(x), y: cells.from(y) });
        r.run({ op: "swap", n, x: cells.from(x), y: cells.from(y) });
      });
      compare(real, n + 2, (r, cells) => r.run({ op: "fill", n, value: 3, x: cells.from(1) }));
    }
  });

  test("rows of matrices", () => {
    for (const m of [0, 1, 2, 3, 4, 5, 9]) {
      for (const n of lengths) {
        const stride = n + 1;
        const [a, v, y] = [2, 2 + m * stride, 3 + m * stride + n];
        compare(real, y + m + 4, (r, cells) => {
          r.run({ op: "rowDots", m, n, a: cells.from(a), row: stride, x: cells.from(v), y: cells.from(y) });
          r.run({ op: "reflect", m, n, alpha: -0.3, v: cells.from(v), a: cells.from(a), row: stride });
        });
        for (const down of [false, true]) {
          const count = Math.max(m - 1, 0);
          const first = down ? a + count * stride : a;
          compare(real, y + 2 * m + 4, (r, cells) =>
            r.run({
              op: "rotateRows",
              n,
              count,
              x: cells.from(first),
              step: down ? -stride : stride,
              c: cells.from(y),
              s: cells.from(y + m),
            }),
          );
        }
      }
    }
  });

  test("products", () => {
    const size = fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 9, 17);
    fc.assert(
      fc.property(size, size, size, fc.boolean(), (m, n, k, turned) => {
        const [aRow, aCol] = turned ? [1, m + 1] : [k + 1, 1];
        const [bRow, cRow] = [n + 2, n + 1];
        const a = 1;
        const b = a + (m + 1) * (k + 1);
        const c = b + k * bRow + 1;
        compare(real, c + m * cRow + 2, (r, cells) => {
          const operands = { a: cells.from(a), b: cells.from(b), c: cells.from(c) };
          r.run({ op: "product", m, n, k, alpha: -1.5, aRow, aCol, bRow, cRow, ...operands });
        });
      }),
      { numRuns: 60 },
    );
  });

  test("scalars, decisions and loops", () => {
    compare(real, 24, (r, cells) => {
      const at = (i: number) => r.real(cells.at(i));
      const [p, q] = [at(0), at(1)];
      const results: ScalarLike[] = [
        p.add(q),
        p.sub(q),
        p.mul(q),
        p.div(q),
        p.neg(),
        p.abs().sqrt(),
        p.min(q),
        p.max(q),
        p.copysign(q.neg()),
        p.lt(q).select(p, q),
        p.ge(q).or(p.ne(q)).and(p.eq(q).not()).select(q, p),
      ];
      results.forEach((value, i) => cells.put(i + 2, value));
      const count = r.int(3);
      r.while(count.gt(-3), () => r.set(count, count.sub(2).max(-7).min(5)));
      r.if(
        count.eq(-3),
        () => cells.put(14, 1),
        () => cells.put(14, 2),
      );
      // Loops whose bounds exclude everything do nothing, with negative numbers, too.
      r.for(2, count, (i) => cells.put(i, 9));
      r.down(2, count, (i) => cells.put(i, 9));
      r.for(count.add(18), 18, (i) => cells.put(i, cells.at(i).mul(2)), 2);
      r.down(19, 22, (i) => cells.put(i, cells.at(i.add(1))));
    });
  });
});

describe("pieces", () => {
  const usual = { ...splitting };
  beforeEach(() => {
    config.update("enableChecks", true);
    Object.assign(splitting, { pieceNanoseconds: 1, leastUnits: 1 });
  });
  afterEach(() => {
    Object.assign(splitting, usual);
    config.update("enableChecks", false);
    config.update("numThreads", "auto");
  });
  test("stacks of problems have the same bits on any number of threads", () => {
    const x = random.normal(random.key(3), [37, 6, 6]);
    const results = [1, 2, 4].map((threads) => {
      config.update("numThreads", threads);
      return (lax.linalg.svd(x) as NDArray[]).map((y) => y.tolist());
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});
