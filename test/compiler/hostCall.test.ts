// Calls of JavaScript in programs of kernels: where they are, and what is around them.

import { debug, ioCallback, jnp, lax, type NDArray, pureCallback, ShapeDtypeStruct } from "fluxion";
import { expect, test } from "vitest";
import { flatProgram } from "../../src/compiler/compile.ts";
import { array, check, kernels, trace } from "./harness.ts";

type A = NDArray;
const twice = (y: A) => y.mul(2);
const print = (y: A) => debug.callback(() => undefined, y);
const names = (lines: readonly string[]) => lines.map((line) => /kernel \d+: (\w+)/.exec(line)?.[1]);

test("operands are in memory, and what is around a call fuses as ever", () => {
  const f = (x: A) => {
    const y = jnp.sin(x).mul(2).add(1);
    return jnp
      .exp(pureCallback(twice, y, y))
      .add(1)
      .sum();
  };
  const [before, call, after, ...rest] = kernels(f, array([5]));
  expect(before).toMatch(/^kernel 0: fused_sin_mul_add for i in 5: t1\[i\] = .*sin\(x0\[i\]\)/);
  expect(call).toBe("kernel 1: pure_callback: t2 = JavaScript(t1)");
  expect(after).toMatch(/exp\(t2\[i\]\) \+ 1/);
  expect(rest).toEqual([]);
});

test("calls with effects stay in order and are kept; equal pure ones are one, unused ones none", () => {
  const f = (x: A) => {
    print(x);
    print(x);
    pureCallback(twice, x, x);
    const y = pureCallback(twice, x, x.add(1)).add(pureCallback(twice, x, x.add(1)));
    ioCallback(twice, x, y);
    return x;
  };
  const flat = flatProgram(trace(f, [array([3])])).eqns.map(({ primitive }) => primitive.name);
  expect(flat).toEqual(["debug_callback", "debug_callback", "add", "pure_callback", "add", "io_callback"]);
  const inOrder = names(kernels(f, array([3]))).filter((name) => /callback/.test(String(name)));
  expect(inOrder).toEqual(["debug_callback", "debug_callback", "pure_callback", "io_callback"]);
});

test("a loop or branch that is there for its effects alone is kept", () => {
  const f = (x: A) => {
    lax.foriLoop(0, 3, (_: A, y: A) => (print(y) ?? y).add(1), x);
    lax.cond(
      x.get(0).gt(0),
      (y: A) => print(y) ?? y,
      (y: A) => y,
      x,
    );
    return x.mul(2);
  };
  expect(names(kernels(f, array([3]))).filter((name) => name === "scan" || name === "cond")).toEqual([
    "scan",
    "cond",
  ]);
});

test("programs with calls are interpreted in their memory as the reference evaluates them", () => {
  check((x) => jnp.cumsum(pureCallback(twice, x, jnp.cumsum(x))).add(x), [array([7])]);
  check((x) => lax.foriLoop(0, 3, (_: A, y: A) => pureCallback(twice, y, jnp.sin(y)), x), [array([4])]);
  check(
    (x, y) => {
      const spec = [new ShapeDtypeStruct([2], "int32"), new ShapeDtypeStruct([0], "float32"), x];
      const [a, , b] = pureCallback<A[]>(
        (u: A, v: A) => [jnp.int32([1, v.size]), jnp.zeros(0), u.neg()],
        spec,
        x,
        y,
      );
      return [a, b.add(1)];
    },
    [array([3, 2]), array([0, 4])],
    { donated: [true, false] },
  );
});
