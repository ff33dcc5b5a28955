import { describe, expect, it } from "vitest";
import { compileToProgram } from "../../src/compiler/compile.ts";
import { flatten } from "../../src/compiler/inline.ts";
import { deadCode } from "../../src/compiler/passes/deadCode.ts";
import type { NDArray } from "../../src/core/array.ts";
import type { ClosedJaxpr } from "../../src/core/jaxpr.ts";
import * as lax from "../../src/lax/index.ts";
import { jit } from "../../src/transforms/jit.ts";
import { array, check, compile, trace } from "./harness.ts";

const x = array([3]);
const names = (eqns: readonly { primitive: { name: string } }[]) => eqns.map((e) => e.primitive.name);
type Unary = (y: NDArray) => NDArray;

describe("flatten", () => {
  it("expands calls inside calls, with their constants", () => {
    const big = array([3], undefined, 9);
    const inner = jit(((y: NDArray) => lax.add(lax.sin(y), big)) as never) as unknown as Unary;
    const outer = jit(((y: NDArray) => lax.mul(inner(y), inner(y))) as never) as unknown as Unary;
    const f = (y: NDArray) => lax.neg(outer(y));
    const flat = flatten(trace(f, [x]));
    expect(names(flat.eqns)).toEqual(["sin", "add", "mul", "neg"]);
    expect(flat.arrays.length).toBe(1);
    const { constants } = compile(f, [x]);
    expect(constants.map((c) => c === big)).toEqual([true]);
    check(f, [x]);
  });

  it("handles calls that return their arguments", () => {
    const swap = jit(((a: NDArray, b: NDArray) => [b, a]) as never) as unknown as (
      a: NDArray,
      b: NDArray,
    ) => NDArray[];
    check((a, b) => swap(a, lax.neg(b)), [x, array([2])]);
  });

  it("does not recur with the depth of calls", () => {
    let f: Unary = lax.sin;
    for (let i = 0; i < 60; i++) {
      const g = f;
      f = jit(((y: NDArray) => lax.neg(g(y))) as never) as unknown as Unary;
    }
    expect(flatten(trace(f, [x])).eqns.length).toBe(61);
  });
});

describe("common subexpressions", () => {
  it("are computed once, and chains of them too", () => {
    const f = (y: NDArray) => lax.add(lax.exp(lax.sin(y)), lax.exp(lax.sin(y)));
    expect(names(flatten(trace(f, [x])).eqns)).toEqual(["sin", "exp", "add"]);
    check(f, [x]);
  });

  it("differ where parameters differ", () => {
    const f = (y: NDArray) => [lax.integerPow(y, 2), lax.integerPow(y, 3), lax.integerPow(y, 2)];
    expect(flatten(trace(f, [x])).eqns.length).toBe(2);
    check(f, [x]);
  });
});

describe("equal calls", () => {
  /** Each level calls the one below twice: written out, it would be longer than any memory. */
  const tower = (levels: number, leaf: Unary, combine: (g: Unary, y: NDArray) => NDArray): Unary => {
    let f = jit(leaf as never) as unknown as Unary;
    for (let i = 0; i < levels; i++) {
      const g = f;
      f = jit(((y: NDArray) => combine(g, y)) as never) as unknown as Unary;
    }
    return f;
  };
  const doubling = tower(40, lax.sin, (g, y) => lax.add(g(y), g(y)));

  it("are expanded once", () => {
    expect(names(flatten(trace(doubling, [x])).eqns)).toEqual(["sin", ...Array<string>(40).fill("add")]);
    const shifted = tower(40, lax.sin, (g, y) => lax.add(g(lax.neg(y)), g(lax.neg(y))));
    expect(flatten(trace(shifted, [x])).eqns.length).toBe(81);
  });

  it("differ where operands, constants or programs differ", () => {
    const g = jit(((y: NDArray) => lax.exp(y)) as never) as unknown as Unary;
    const f = (y: NDArray) => lax.add(g(y), g(lax.neg(y)));
    expect(names(flatten(trace(f, [x])).eqns)).toEqual(["exp", "neg", "exp", "add"]);
    check(f, [x]);
    const closing = (c: NDArray) => jit(((y: NDArray) => lax.mul(y, c)) as never) as unknown as Unary;
    const [two, three] = [closing(array([3], undefined, 2)), closing(array([3], undefined, 3))];
    const h = (y: NDArray) => lax.add(two(y), three(y));
    expect(names(flatten(trace(h, [x])).eqns)).toEqual(["mul", "mul", "add"]);
  });
});

describe("dead code", () => {
  it("drops what no result needs", () => {
    const f = (y: NDArray) => {
      lax.exp(lax.sin(y));
      return lax.neg(y);
    };
    expect(names(deadCode(flatten(trace(f, [x]))).eqns)).toEqual(["neg"]);
  });
});

describe("errors", () => {
  it("name the primitive that cannot be compiled", () => {
    const closed = trace((y) => lax.neg(y), [x]);
    const [eqn] = closed.jaxpr.eqns;
    const lowering = { kind: "none", reason: "it calls back into JavaScript" } as const;
    (eqn as { primitive: unknown }).primitive = { ...eqn.primitive, name: "callback", lowering };
    expect(() => compileClosed(closed)).toThrow(
      "primitive callback cannot be compiled: it calls back into JavaScript",
    );
  });
});

function compileClosed(closed: ClosedJaxpr) {
  return compileToProgram(closed, { name: "test" });
}
