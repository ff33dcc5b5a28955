import { describe, expect, it } from "vitest";
import type { Node } from "../../src/compiler/ir.ts";
import { NodeBuilder } from "../../src/compiler/nodes/builder.ts";
import { nodesOf } from "../../src/compiler/nodes/walk.ts";
import { printNode } from "../../src/compiler/print.ts";
import { castScalar, scalarFunction } from "../../src/compiler/scalarEval.ts";
import { scalarOps } from "../../src/compiler/scalarOps.ts";
import {
  bool,
  type DType,
  float32,
  float64,
  int8,
  int16,
  int32,
  keyFry,
  uint8,
  uint16,
  uint32,
} from "../../src/dtypes/index.ts";
import { generator } from "./harness.ts";

/** The value of an expression of indices and loads from buffer `k`, element 0, which holds `values[k]`. */
function evaluate(root: Node, index: readonly number[], values: readonly number[] = []): number {
  const known = new Map<Node, number>();
  const at = (n: Node) => known.get(n) as number;
  for (const node of nodesOf([root])) {
    if (node.kind === "const") known.set(node, node.value as number);
    else if (node.kind === "index") known.set(node, index[node.axis]);
    else if (node.kind === "load") known.set(node, values[node.buffer]);
    else if (node.kind === "cast") known.set(node, castScalar(at(node.arg), node.arg.dtype, node.dtype));
    else if (node.kind === "op") {
      const [a, b, c] = node.args.map(at);
      known.set(node, scalarFunction(node.op, node.args[node.args.length - 1].dtype)(a, b, c));
    }
  }
  return at(root);
}

describe("index algebra", () => {
  const b = new NodeBuilder();
  const c = (n: number) => b.const(n, int32);
  const i = b.index(0, 5);
  const j = b.index(1, 6);
  const text = (n: Node) => printNode(n);

  it("keeps sums in one form", () => {
    const x = b.op("add", b.op("mul", b.op("add", i, c(2)), c(6)), b.op("sub", j, c(3)));
    expect(text(x)).toBe("i*6 + j + 9");
    expect(b.op("sub", x, b.op("mul", i, c(6)))).toBe(b.op("add", j, c(9)));
    expect(b.op("sub", x, x)).toBe(c(0));
  });

  it("takes quotients and remainders apart", () => {
    const position = b.op("add", b.op("mul", i, c(6)), j);
    expect(b.op("div", position, c(6))).toBe(i);
    expect(b.op("rem", position, c(6))).toBe(j);
    expect(text(b.op("div", position, c(3)))).toBe("i*2 + j/3");
    expect(text(b.op("rem", position, c(12)))).toBe("(i%2)*6 + j");
    expect(text(b.op("div", b.op("div", b.index(0, 1000), c(3)), c(5)))).toBe("i/15");
  });

  it("puts quotients and remainders together again", () => {
    const k = b.index(0, 60);
    const [x, y, z] = [b.op("div", k, c(20)), b.op("rem", b.op("div", k, c(4)), c(5)), b.op("rem", k, c(4))];
    expect(b.op("add", b.op("add", b.op("mul", x, c(20)), b.op("mul", y, c(4))), z)).toBe(k);
  });

  it("drops guards and clamps that always hold", () => {
    expect(b.op("max", b.op("add", i, c(0)), c(0))).toBe(i);
    expect(b.op("min", i, c(4))).toBe(i);
    expect(b.op("lt", i, c(5))).toBe(b.const(true, bool));
    expect(b.select(b.op("ge", b.op("sub", i, c(5)), c(0)), i, j)).toBe(j);
    expect(text(b.op("max", b.op("sub", i, c(1)), c(0)))).toBe("max(i + -1, 0)");
  });

  it("agrees with plain evaluation on random expressions", () => {
    const next = generator(42);
    const pick = (n: number) => Math.floor(next() * n);
    for (let round = 0; round < 3000; round++) {
      const nb = new NodeBuilder();
      const sizes = [1 + pick(7), 1 + pick(7), 1 + pick(7)];
      // Pairs of a simplified node and a plain function of the index.
      type Pair = [Node, (index: readonly number[]) => number];
      const made: Pair[] = sizes.map((n, a): Pair => [nb.index(a, n), (index) => index[a]]);
      for (let step = 0; step < 8; step++) {
        const [x, fx] = made[pick(made.length)];
        const [y, fy] = made[pick(made.length)];
        const n = pick(40) - (pick(4) === 0 ? 20 : 0);
        const d = 1 + pick(12);
        const op = ["add", "sub", "mul", "div", "rem", "max", "min", "addc", "neg", "select"][pick(10)];
        const k = nb.const(n, int32);
        const kd = nb.const(d, int32);
        const both = (name: string): Pair => [
          nb.op(name, x, y),
          (ix) => scalarFunction(name, int32)(fx(ix), fy(ix), 0),
        ];
        const pair: Pair =
          op === "mul"
            ? [nb.op("mul", x, k), (ix) => Math.imul(fx(ix), n)]
            : op === "div" || op === "rem"
              ? [nb.op(op, x, kd), (ix) => scalarFunction(op, int32)(fx(ix), d, 0)]
              : op === "addc"
                ? [nb.op("add", x, k), (ix) => (fx(ix) + n) | 0]
                : op === "neg"
                  ? [nb.op("neg", x), (ix) => -fx(ix) | 0]
                  : op === "select"
                    ? [nb.select(nb.op("lt", x, k), x, y), (ix) => (fx(ix) < n ? fx(ix) : fy(ix))]
                    : both(op);
        made.push(pair);
      }
      const index = sizes.map((n) => pick(n));
      for (const [node, f] of made) {
        const value = evaluate(node, index);
        expect(value, `${text(node)} at ${index} of ${sizes}`).toBe(f(index));
        const range = nb.range(node);
        expect(value >= range.low && value <= range.high, `bounds of ${text(node)}`).toBe(true);
      }
    }
  });
});

describe("algebra on values", () => {
  const special: Record<string, readonly number[]> = {
    float32: [0, -0, 1, -1, 2, 0.5, 3, 1e-40, 3e38, Infinity, -Infinity, Number.NaN],
    float64: [0, -0, 1, -1, 2, 0.1, 5e-324, Infinity, -Infinity, Number.NaN],
    int32: [0, 1, -1, 2, 7, -7, 31, 32, 2147483647, -2147483648],
    uint32: [0, 1, 2, 31, 32, 4294967295],
    uint8: [0, 1, 7, 8, 127, 128, 255],
    int8: [0, 1, -1, 2, 7, 8, 127, -128],
    uint16: [0, 1, 15, 16, 32767, 32768, 65535],
    int16: [0, 1, -1, 15, 16, 32767, -32768],
    bool: [0, 1],
  };
  const dtypes: readonly DType[] = [float32, float64, int32, uint32, uint8, int8, uint16, int16, bool];

  // Every operation on (load, load), (load, constant) and (constant, load): what simplification gives must be what the operation gives.
  for (const dtype of dtypes) {
    it(`is exact for every special value of ${dtype.name}`, () => {
      const values = special[dtype.name].map((x) => (dtype === float32 ? Math.fround(x) : x));
      for (const [op, row] of Object.entries(scalarOps)) {
        if (!row.kinds.includes(dtype.kind[0]) || row.arity > 2 || op === "key_pack") continue;
        const f = scalarFunction(op, dtype);
        for (const x of values) {
          for (const y of row.arity === 2 ? values : [0]) {
            const b = new NodeBuilder();
            const zero = b.const(0, int32);
            const [lx, ly] = [b.load(0, dtype, zero), b.load(1, dtype, zero)];
            const [cx, cy] = [b.const(x, dtype), b.const(y, dtype)];
            const expected = f(x, y, 0);
            const forms =
              row.arity === 2
                ? [
                    [lx, ly],
                    [lx, cy],
                    [cx, ly],
                    [cx, cy],
                  ]
                : [[lx], [cx]];
            for (const args of forms) {
              const actual = evaluate(b.op(op, ...args), [], [x, y]);
              const same = Object.is(actual, expected) || (actual === expected && dtype.kind !== "float");
              expect(
                same,
                `${op}(${x}, ${y}) of ${args.map((a) => a.kind)}: ${actual}, not ${expected}`,
              ).toBe(true);
            }
            if (row.arity === 2 && x === y) {
              const actual = evaluate(b.op(op, lx, lx), [], [x, y]);
              expect(Object.is(actual, f(x, x, 0)) || actual === f(x, x, 0), `${op}(x, x) at ${x}`).toBe(
                true,
              );
            }
          }
        }
      }
    });
  }

  it("simplifies what is exact", () => {
    const b = new NodeBuilder();
    const x = b.load(0, float32, b.const(0, int32));
    const c = (v: number) => b.const(v, float32);
    expect(b.op("mul", x, c(1))).toBe(x);
    expect(b.op("sub", x, c(0))).toBe(x);
    expect(b.op("add", x, c(-0))).toBe(x);
    expect(printNode(b.op("add", x, c(0)))).toBe("b0[0] + 0");
    expect(printNode(b.op("mul", x, c(0)))).toBe("b0[0]*0");
    expect(printNode(b.op("div", x, c(4)))).toBe("b0[0]*0.25");
    expect(printNode(b.op("div", x, c(3)))).toBe("b0[0]/3");
    expect(b.op("neg", b.op("neg", x))).toBe(x);
    expect(b.cast(x, float32)).toBe(x);
    expect(b.bitcast(b.bitcast(x, int32), float32)).toBe(x);
    const k = b.load(1, keyFry, b.const(0, int32));
    expect(b.op("key_pack", b.op("key_word0", k), b.op("key_word1", k))).toBe(k);
  });

  it("does not fold what the machine may compute differently", () => {
    const b = new NodeBuilder();
    expect(b.op("exp", b.const(1, float32)).kind).toBe("op");
    expect(b.op("sqrt", b.const(2, float32)).kind).toBe("const");
  });

  it("refuses operands that an operation does not take", () => {
    const b = new NodeBuilder();
    expect(() => b.op("add", b.const(1, float32), b.const(1, int32))).toThrow(
      "add does not take (float32, int32)",
    );
    expect(() => b.op("exp", b.const(1, int32))).toThrow("exp does not take (int32)");
    expect(() => b.op("nope", b.const(1, int32))).toThrow("no scalar operation nope");
  });
});
