// What programs with loops and branches look like: residuals, dead carries, values passed on, keys of equal programs.

import {
  config,
  customJvp,
  customVjp,
  grad,
  jit,
  jnp,
  jvp,
  lax,
  linearize,
  linearTranspose,
  makeJaxpr,
  type NDArray,
  vmap,
} from "fluxion";
import { afterEach, describe, expect, test } from "vitest";
import { flatProgram, programKey } from "../../../src/compiler/index.ts";
import { pruneClosed } from "../../../src/core/dce.ts";
import type { ClosedJaxpr, Eqn } from "../../../src/core/jaxpr.ts";
import { UndefinedPrimal } from "../../../src/core/primitive.ts";
import { backwardPass } from "../../../src/transforms/transposeJaxpr.ts";

type A = NDArray;
const f32 = (x: number) => jnp.float32(x);
const eqnsOf = (closed: ClosedJaxpr, name: string): Eqn[] =>
  closed.eqns.filter((eqn) => eqn.primitive.name === name);
const shapes = (eqn: Eqn): string[] => eqn.outputs.map((v) => v.aval.strShort());

afterEach(() => {
  config.update("debugNans", false);
  config.update("checkPurity", "off");
});

describe("residuals", () => {
  const net = (w: A, h: A, xs: A) =>
    lax.scan((h: A, x: A) => [jnp.tanh(w.matmul(h).add(x)), null], h, xs)[0].sum();
  const args = [jnp.ones([3, 3]), jnp.ones([3]), jnp.ones([5, 3])];

  test("constants of the loop are passed on, not stacked", () => {
    const [forward, backward] = eqnsOf(makeJaxpr(grad(net))(...args), "scan");
    expect(shapes(forward).filter((s) => s.startsWith("f32[5,3,3]"))).toEqual([]);
    expect(backward.params.reverse).toBe(true);
    // The cotangent of the weights is summed in a carry.
    expect(shapes(backward)).toContain("f32[3,3]");
  });

  test("what depends on constants alone is computed before the loop, once", () => {
    const f = (w: A, c: A) =>
      lax.scan((c: A, _: null) => [jnp.sin(c).mul(jnp.exp(w)), null], c, null, { length: 4 })[0];
    const closed = makeJaxpr(grad(f, { argnums: 1 }))(f32(1), f32(2));
    expect(eqnsOf(closed, "exp")).toHaveLength(1);
    const [forward] = eqnsOf(closed, "scan");
    // The carry, and the cosine of each step.
    expect(shapes(forward)).toEqual(["f32[]", "f32[4]"]);
  });

  test("what nothing determines is made again where it is used", () => {
    const f = (x: A) =>
      lax
        .scan((c: A, _: null) => [jnp.maximum(c, 0).mul(jnp.arange(3)), null], x, null, { length: 4 })[0]
        .sum();
    const closed = makeJaxpr(grad(f))(jnp.ones([3]));
    const [forward] = eqnsOf(closed, "scan");
    expect(shapes(forward).filter((s) => s.startsWith("i32"))).toEqual([]);
    expect(`${grad(f)(jnp.ones([3]))}`).toBe("[ 0.  1. 16.]");
  });

  test("branches share slots for residuals of one type", () => {
    const f = (x: A) =>
      lax.cond(
        x.gt(0),
        (x: A) => jnp.sin(x),
        (x: A) => jnp.exp(x),
        x,
      );
    const [forward] = eqnsOf(makeJaxpr(grad(f))(f32(1)), "cond");
    expect(shapes(forward)).toEqual(["f32[]", "f32[]"]);
  });
});

describe("dead code", () => {
  const prune = (f: (...args: A[]) => unknown, wanted: boolean[], ...args: A[]) =>
    pruneClosed(makeJaxpr(f)(...args), wanted).closed;

  test("carries, constants, scanned arrays and results that nothing needs go from a scan", () => {
    const f = (a: A, b: A, w: A, xs: A, ys: A) => {
      const [[c, d], [p, q]] = lax.scan(
        ([c, d]: [A, A], [x, y]: [A, A]) => [
          [c.mul(x), d.add(y.mul(w))],
          [c, d],
        ],
        [a, b],
        [xs, ys],
      );
      return [c, d, p, q];
    };
    const args = [f32(1), f32(2), f32(3), jnp.ones([4]), jnp.ones([4])];
    const [scan] = eqnsOf(prune(f, [true, false, false, false], ...args), "scan");
    expect([scan.params.numConsts, scan.params.numCarry, scan.inputs.length, scan.outputs.length]).toEqual([
      0, 1, 2, 1,
    ]);
    const [stacks] = eqnsOf(prune(f, [false, false, false, true], ...args), "scan");
    expect([stacks.params.numConsts, stacks.params.numCarry]).toEqual([1, 1]);
  });

  test("a carry that another needs stays, though its result is not wanted", () => {
    const f = (a: A, b: A) => lax.foriLoop(0, 3, (_i: A, [a, b]: [A, A]) => [b, a.add(b)], [a, b]);
    const closed = prune(f, [true, false], f32(1), f32(2));
    const [scan] = eqnsOf(closed, "scan");
    expect([scan.params.numCarry, scan.outputs.length]).toEqual([2, 2]);
    expect(`${jit((a: A, b: A) => (f(a, b) as A[])[0])(f32(1), f32(2))}`).toBe("5.0");
  });

  test("while: what neither the condition nor a result needs", () => {
    const f = (a: A, b: A, w: A) =>
      lax.whileLoop(
        ([n]: [A, A, A]) => n.lt(5),
        ([n, a, b]: [A, A, A]) => [n.add(1), a.mul(2), b.mul(w)],
        [0, a, b],
      );
    const [loop] = eqnsOf(prune(f, [false, true, false], f32(1), f32(2), f32(3)), "while");
    expect([loop.params.bodyNconsts, loop.inputs.length, loop.outputs.length]).toEqual([0, 2, 2]);
  });

  test("cond: operands that no branch needs", () => {
    const f = (p: A, a: A, b: A) =>
      lax.cond(
        p,
        () => [a.mul(2), b],
        () => [a, b.mul(3)],
      );
    const [cond] = eqnsOf(prune(f, [true, false], jnp.array(true), f32(1), f32(2)), "cond");
    expect([cond.inputs.length, cond.outputs.length]).toEqual([2, 1]);
  });
});

describe("values passed on", () => {
  test("a carry that stays is a constant, a slice that is returned is not copied", () => {
    const f = (w: A, xs: A) =>
      lax.scan(
        ([w, c]: [A, A], x: A) => [
          [w, c.mul(w)],
          [x, c],
        ],
        [w, f32(1)],
        xs,
      );
    expect(String(makeJaxpr(f)(f32(2), jnp.ones([3])))).toMatchInlineSnapshot(`
      "{ lambda ; a:f32[] b:f32[3]. let
          c:f32[] d:f32[3] = scan[
            jaxpr={ lambda ; e:f32[] f:f32[] g:f32[]. let
                h:f32[] = mul f e
              in (h, f) }
            length=3
            num_carry=1
            num_consts=1
            reverse=False
            unroll=1
          ] a 1.0:f32[] b
        in (a, c, b, d) }"
    `);
  });

  test("operands that all branches return", () => {
    const f = (p: A, x: A, y: A) =>
      lax.cond(
        p,
        () => [x, y.mul(2)],
        () => [x, y],
      );
    expect(String(makeJaxpr(f)(jnp.array(true), f32(1), f32(2)))).toMatchInlineSnapshot(`
      "{ lambda ; a:bool[] b:f32[] c:f32[]. let
          d:i32[] = convert_element_type[new_dtype=int32 weak_type=False] a
          e:f32[] = cond[
            branches=(
              { lambda ; f:f32[] g:f32[]. let  in (f,) }
              { lambda ; h:f32[] i:f32[]. let j:f32[] = mul h 2.0:f32[] in (j,) }
            )
          ] d c b
        in (b, e) }"
    `);
  });

  test("a while loop whose condition does not read a carry that stays", () => {
    const f = (x: A, k: A) =>
      lax.whileLoop(
        ([x]: [A, A]) => x.lt(9),
        ([x, k]: [A, A]) => [x.mul(k), k],
        [x, k],
      );
    expect(String(makeJaxpr(f)(f32(1), f32(2)))).toMatchInlineSnapshot(`
      "{ lambda ; a:f32[] b:f32[]. let
          c:f32[] = while[
            body_jaxpr={ lambda ; d:f32[] e:f32[]. let f:f32[] = mul e d in (f,) }
            body_nconsts=1
            cond_jaxpr={ lambda ; g:f32[]. let h:bool[] = lt g 9.0:f32[] in (h,) }
            cond_nconsts=0
          ] b a
        in (c, b) }"
    `);
  });
});

describe("keys of programs", () => {
  const key = (f: (...args: A[]) => unknown, ...args: A[]) => programKey(flatProgram(makeJaxpr(f)(...args)));
  const loop =
    (k: number, length: number, reverse = false) =>
    (c: A) =>
      lax.scan((c: A, _: null) => [jnp.sin(c).mul(k), c], c, null, { length, reverse });

  test("equal loops are equal, whenever they were traced", () => {
    expect(key(loop(2, 3), f32(1))).toBe(key(loop(2, 3), f32(5)));
    const closure = (w: A) => (c: A) => lax.foriLoop(0, 3, (_i: A, c: A) => c.matmul(w), c);
    expect(key(closure(jnp.ones([2, 2])), jnp.ones([2]))).toBe(
      key(closure(jnp.zeros([2, 2])), jnp.ones([2])),
    );
  });

  test("other bodies, lengths and directions are not", () => {
    const keys = [loop(2, 3), loop(3, 3), loop(2, 4), loop(2, 3, true)].map((f) => key(f, f32(1)));
    expect(new Set(keys).size).toBe(4);
    const branch = (k: number) => (x: A) =>
      lax.cond(
        x.gt(0),
        () => x.mul(k),
        () => x,
      );
    expect(key(branch(2), f32(1))).not.toBe(key(branch(3), f32(1)));
  });
});

describe("rules that mix known values and tangents in one loop", () => {
  const custom = (rule: (x: A, t: A) => [A, A]) => {
    const f = customJvp((x: A) => x.mul(x).mul(x));
    f.defjvp(([x]: [A], [t]: [A]) => rule(x, t));
    return f;
  };
  const byScan = custom((x, t) =>
    // The power and its derivative, step by step.
    lax.foriLoop(0, 2, (_i: A, [p, d]: [A, A]) => [p.mul(x), d.mul(x).add(p.mul(t))], [x, t]),
  );
  const byCond = custom((x, t) =>
    lax.cond(
      x.gt(0),
      (): [A, A] => [x.pow(3), x.mul(x).mul(3).mul(t)],
      () => [x.pow(3), t],
    ),
  );
  const byWhile = custom((x, t) => {
    const [, p, d] = lax.whileLoop(
      ([n]: [A, A, A]) => n.lt(2),
      ([n, p, d]: [A, A, A]) => [n.add(1), p.mul(x), d.mul(x).add(p.mul(t))],
      [0, x, t],
    );
    return [p, d];
  });

  test.each([
    ["scan", byScan],
    ["cond", byCond],
  ] as const)("%s, in both modes", (_, f) => {
    expect(`${jvp(f, [f32(2)], [f32(1)])}`).toBe("8.0,12.0");
    expect(`${grad(f)(2)}`).toBe("12.0");
    expect(`${jit(grad(f))(f32(2))}`).toBe("12.0");
    expect(`${vmap(grad(f))(jnp.array([2, 3]))}`).toBe("[12. 27.]");
  });

  test("while, forwards", () => {
    expect(`${jvp(byWhile, [f32(2)], [f32(1)])}`).toBe("8.0,12.0");
    const [y, df] = linearize(byWhile, f32(2));
    expect(`${y} ${df(f32(1))} ${df(f32(2))}`).toBe("8.0 12.0 24.0");
    expect(() => grad(byWhile)(2)).toThrow(/Reverse-mode differentiation does not work/);
  });
});

describe("custom derivatives that close over tracers of an outer transformation", () => {
  type Maker = (a: A) => (x: A) => A;
  const byJvp: Maker = (a) => {
    const f = customJvp((x: A) => x.mul(a));
    f.defjvp(([x]: [A], [t]: [A]) => [x.mul(a), t.mul(a)]);
    return f as (x: A) => A;
  };
  const byVjp: Maker = (a) => {
    const f = customVjp((x: A) => x.mul(a));
    f.defvjp(
      (x: A) => [x.mul(a), null],
      (_residuals: null, ct: A) => [ct.mul(a)],
    );
    return f as (x: A) => A;
  };
  const around: [string, (f: (x: A) => A) => (x: A) => A, number][] = [
    ["jit", (f) => jit(f), 1],
    ["scan", (f) => (x) => lax.foriLoop(0, 2, (_i: A, c: A) => f(c), x), 2],
    ["cond", (f) => (x) => lax.cond(x.gt(0), f, (c: A) => c, x), 1],
  ];
  for (const [kind, make] of [
    ["customJvp", byJvp],
    ["customVjp", byVjp],
  ] as const) {
    test.each(around)(`${kind} within %s`, (_, wrap, power) => {
      // The derivative in x is a to the power.
      const slope = (a: A) => grad(wrap(make(a)))(f32(2));
      expect(`${grad(slope)(5)}`).toBe(power === 2 ? "10.0" : "1.0");
      expect(`${jit(grad(slope))(f32(5))}`).toBe(power === 2 ? "10.0" : "1.0");
      expect(`${vmap(slope)(jnp.array([5, 6]))}`).toBe(power === 2 ? "[25. 36.]" : "[5. 6.]");
    });
  }
  test("in a while loop, forwards", () => {
    const f = (a: A) => {
      const g = byJvp(a);
      return jvp(
        (x: A) =>
          lax.whileLoop(
            (c: A) => c.lt(40),
            (c: A) => g(c),
            x,
          ),
        [f32(2)],
        [f32(1)],
      )[1];
    };
    expect(`${jvp(f, [f32(5)], [f32(1)])}`).toBe("25.0,10.0");
    expect(`${vmap(f)(jnp.array([5, 8]))}`).toBe("[25. 64.]");
  });
});

test("a linear loop with a counter in its carry is transposed", () => {
  const f = (x: A, w: A) => lax.foriLoop(0, 3, (i: A, c: A) => c.mul(i.add(1)).mul(w), x);
  const { jaxpr, consts } = makeJaxpr(f)(f32(1), f32(2));
  const [ct] = backwardPass(jaxpr, consts, [new UndefinedPrimal(jaxpr.invars[0].aval), f32(2)], [f32(1)]);
  expect(String(ct)).toBe("48.0");
  expect(String(linearTranspose((x: A) => f(x, f32(2)), f32(1))(f32(1)))).toBe("48.0");
});

describe("debugging", () => {
  test("a NaN in a loop is found", () => {
    config.update("debugNans", true);
    expect(() => lax.foriLoop(0, 3, (_i: A, x: A) => jnp.log(x), f32(0.5))).toThrow(/nan/i);
  });

  test("hidden state that a body reads", () => {
    config.update("checkPurity", "error");
    let k = 2;
    const f = jit((x: A) => lax.foriLoop(0, 3, (_i: A, x: A) => x.mul(k), x));
    expect(`${f(f32(1))}`).toBe("8.0");
    k = 3;
    expect(() => f(f32(1))).toThrow(/not pure.*2 that became 3/);
  });
});
