// When effects happen under each transformation. The lines are those that JAX prints.

import {
  checkpoint,
  checkpointPolicies,
  customJvp,
  customVjp,
  debug,
  grad,
  hessian,
  ioCallback,
  jacfwd,
  jit,
  jnp,
  jvp,
  lax,
  linearTranspose,
  type NDArray,
  pureCallback,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { errorOf, having, printed } from "./helpers.ts";

type A = NDArray;
const x = jnp.array([0, 1, 2]);
const show = (text: string, ...values: unknown[]) => debug.print(text, ...values);

const shows = (f: (x: A) => A) => (y: A) => {
  show("x {}", y);
  return f(y);
};
const double = shows((y) => y.mul(2));
const cubes = shows((y) => y.pow(3).sum());

const overScan = (xs: A) => {
  const step = (c: A, y: A) => {
    show("c {} y {}", c, y);
    return [jnp.sin(c).mul(y), c] as const;
  };
  return lax.scan(step, 1.5, xs)[0];
};
const besideScan = (xs: A) => {
  lax.scan((c: A, y: A) => [having(show("c {}", c), c.add(y)), null], 0.5, xs);
  return xs.sum();
};
const overWhile = (init: A) =>
  lax.whileLoop(
    (c: A) => having(show("cond {}", c), c.lt(5)),
    (c: A) => having(show("body {}", c), c.mul(2)),
    init,
  );
const overCond = (i: A, y: A) =>
  lax.cond(
    i.gt(0),
    (z: A) => having(show("true {}", z), z.mul(2)),
    (z: A) => having(show("false {}", z), z.mul(3)),
    y,
  );
const inner = (y: A) => {
  const s = jnp.sin(y);
  show("s {}", s);
  return jnp.sin(s);
};
const withJvp = customJvp((y: A) => having(show("primal {}", y), jnp.sin(y)));
withJvp.defjvp(([y], [t]) => {
  show("rule {}", y);
  show("tangent {}", t);
  return [withJvp(y), jnp.cos(y).mul(t)];
});
const withVjp = customVjp((y: A) => having(show("primal {}", y), jnp.sin(y)));
withVjp.defvjp(
  (y: A) => having(show("fwd {}", y), [withVjp(y), y]),
  (y: A, ct: A) => having(show("bwd {} {}", y, ct), [jnp.cos(y).mul(ct)]),
);
const twice = (y: A) => {
  const f = jit((z: A) => having(show("same {}", z), z.add(1)));
  return f(y).add(f(y));
};

const half = jnp.float32(1.5);
const sin = "0.9974949955940247";
const scanLines = ["c 1.5 y 0.0", "c 0.0 y 1.0", "c 0.0 y 2.0"];
const besideLines = ["c 0.5", "c 0.5", "c 1.5"];
const whileLines = ["cond 1.5", "body 1.5", "cond 3.0", "body 3.0", "cond 6.0"];

const rows: [name: string, run: () => unknown, lines: string[]][] = [
  ["eager", () => double(x), ["x [0. 1. 2.]"]],
  ["jit", () => jit(double)(x), ["x [0. 1. 2.]"]],
  ["vmap: each example", () => vmap(double)(x), ["x 0.0", "x 1.0", "x 2.0"]],
  ["jit of vmap", () => jit(vmap(double))(x), ["x 0.0", "x 1.0", "x 2.0"]],
  ["vmap of jit", () => vmap(jit(double))(x), ["x 0.0", "x 1.0", "x 2.0"]],
  ["vmap, nothing mapped", () => vmap((y: A) => having(show("hello"), y))(x), ["hello"]],
  ["vmap over another axis", () => vmap(double, { inAxes: 1 })(jnp.ones([2, 1])), ["x [1. 1.]"]],
  ["grad", () => grad(cubes)(x), ["x [0. 1. 2.]"]],
  ["grad of jit", () => grad(jit(cubes))(x), ["x [0. 1. 2.]"]],
  ["jit of grad of jit", () => jit(grad(jit(cubes)))(x), ["x [0. 1. 2.]"]],
  ["jvp", () => jvp(double, [x], [x]), ["x [0. 1. 2.]"]],
  ["jacfwd", () => jacfwd(double)(x), ["x [0. 1. 2.]"]],
  ["hessian", () => hessian(cubes)(x), ["x [0. 1. 2.]"]],
  ["linearTranspose", () => linearTranspose(double, x)(x), []],
  ["vjp", () => vjp(double, x)[1](x), ["x [0. 1. 2.]"]],
  ["scan", () => jit(overScan)(x), scanLines],
  ["scan, eager", () => overScan(x), scanLines],
  ["grad of scan", () => grad(overScan)(x), scanLines],
  ["jit of grad of scan", () => jit(grad(overScan))(x), scanLines],
  ["vmap of scan", () => vmap(overScan)(jnp.ones([2, 1])), ["c 1.5 y 1.0", "c 1.5 y 1.0"]],
  ["a scan whose results nobody needs", () => jit(besideScan)(x), besideLines],
  ["its gradient", () => grad(besideScan)(x), besideLines],
  ["its gradient, compiled", () => jit(grad(besideScan))(x), besideLines],
  ["a scan without steps", () => jit(overScan)(jnp.zeros([0])), []],
  ["while", () => jit(overWhile)(half), whileLines],
  ["jvp of while", () => jvp(overWhile, [half], [half]), whileLines],
  ["cond", () => jit(overCond)(jnp.int32(1), half), ["true 1.5"]],
  ["cond, the other branch", () => jit(overCond)(jnp.int32(0), half), ["false 1.5"]],
  ["grad of cond", () => grad(overCond, { argnums: 1 })(jnp.int32(1), half), ["true 1.5"]],
  [
    "cond with a mapped predicate: both branches for all",
    () => vmap(overCond)(jnp.int32([1, 0]), jnp.array([1, 2])),
    ["false 1.0", "false 2.0", "true 1.0", "true 2.0"],
  ],
  [
    "cond with a mapped operand",
    () => vmap(overCond, { inAxes: [null, 0] })(jnp.int32(1), x.get(":2")),
    ["true 0.0", "true 1.0"],
  ],
  ["checkpoint", () => jit(checkpoint(inner))(half), [`s ${sin}`]],
  ["grad of checkpoint: again", () => grad(checkpoint(inner))(half), [`s ${sin}`, `s ${sin}`]],
  ["the same, compiled", () => jit(grad(checkpoint(inner)))(half), [`s ${sin}`, `s ${sin}`]],
  [
    "a policy that keeps everything",
    () => grad(checkpoint(inner, { policy: checkpointPolicies.everythingSaveable }))(half),
    [`s ${sin}`],
  ],
  [
    "checkpoint without operands",
    () => grad(checkpoint((y: A) => having(show("hi"), jnp.sin(y))))(half),
    ["hi", "hi"],
  ],
  ["customJvp", () => jit(withJvp)(half), ["primal 1.5"]],
  [
    "jvp of customJvp",
    () => jvp(withJvp, [half], [jnp.float32(2.5)]),
    ["rule 1.5", "tangent 2.5", "primal 1.5"],
  ],
  ["grad of customJvp", () => jit(grad(withJvp))(half), ["rule 1.5", "primal 1.5"]],
  ["customVjp", () => jit(withVjp)(half), ["primal 1.5"]],
  ["grad of customVjp", () => grad(withVjp)(half), ["fwd 1.5", "primal 1.5", "bwd 1.5 1.0"]],
  ["jit of grad of customVjp", () => jit(grad(withVjp))(half), ["fwd 1.5", "primal 1.5", "bwd 1.5 1.0"]],
  [
    "vmap of grad of customVjp",
    () => vmap(grad(withVjp))(x.get(":2")),
    ["fwd 0.0", "fwd 1.0", "primal 0.0", "primal 1.0", "bwd 0.0 1.0", "bwd 1.0 1.0"],
  ],
  ["equal calls are both made", () => jit(twice)(half), ["same 1.5", "same 1.5"]],
  ["their gradient", () => grad(twice)(half), ["same 1.5", "same 1.5"]],
  ["their gradient, compiled", () => jit(grad(twice))(half), ["same 1.5", "same 1.5"]],
  [
    "foriLoop, ordered",
    () =>
      jit((n: A) =>
        lax.foriLoop(0, n, (i: A, c: A) => having(show("i {} c {}", i, c, { ordered: true }), c.add(i)), 0),
      )(3),
    ["i 0 c 0", "i 1 c 0", "i 2 c 1"],
  ],
  ["lax.map", () => lax.map((y: A) => having(show("m {}", y), y), x), ["m 0.0", "m 1.0", "m 2.0"]],
];

test.each(rows)("%s", (_name, run, lines) => {
  expect(printed(run)).toEqual(lines);
});

test("a batched while loop prints for each example and gives its result", () => {
  let result: unknown;
  const lines = printed(() => {
    result = vmap(overWhile)(jnp.array([1, 3])).tolist();
  });
  expect(result).toEqual([8, 6]);
  expect(lines.filter((line) => line.startsWith("body"))).toEqual([
    "body 1.0",
    "body 3.0",
    "body 2.0",
    "body 6.0",
    "body 4.0",
    "body 6.0",
  ]);
});

describe("callbacks with results", () => {
  const seen: string[] = [];
  const note = (y: A) => having(seen.push(String(y)), y.mul(2));

  test("a pure one that nobody needs is dropped, and equal ones are one", () => {
    seen.length = 0;
    const f = jit((y: A) => {
      pureCallback(note, y, y.add(1));
      return pureCallback(note, y, y).add(pureCallback(note, y, y));
    });
    expect(f(half).item()).toBe(6);
    expect(seen).toEqual(["1.5"]);
  });

  test("those with effects are all made, in order", () => {
    seen.length = 0;
    const f = jit((y: A) => {
      ioCallback(note, y, y.add(1));
      return ioCallback(note, y, y).add(ioCallback(note, y, y));
    });
    expect(f(half).item()).toBe(6);
    expect(seen).toEqual(["2.5", "1.5", "1.5"]);
  });

  test("derivatives are errors, but not where nothing is differentiated", () => {
    const pure = (y: A) => pureCallback(note, y, y);
    const io = (y: A) => ioCallback(note, y, y);
    for (const f of [pure, jit(pure)]) {
      expect(errorOf(() => grad(f)(half)).message).toMatch(/^Pure callbacks do not support JVP/);
    }
    expect(errorOf(() => jvp(io, [half], [half])).message).toBe("IO callbacks do not support JVP.");
    expect(grad((y: A) => pure(lax.stopGradient(y)).mul(y))(half).item()).toBe(3);
    expect(
      printed(() =>
        grad((y: A) =>
          having(
            ioCallback(() => console.log("io"), null),
            jnp.sin(y),
          ),
        )(half),
      ),
    ).toEqual(["io"]);
  });

  test("a checkpointed function must not have effects that happen twice", () => {
    const f = checkpoint((y: A) =>
      having(
        ioCallback(() => undefined, null),
        jnp.sin(y),
      ),
    );
    jit(f)(half);
    expect(errorOf(() => grad(f)(half)).name).toBe("NotImplementedError");
  });

  test("ioCallback under vmap: one call for each example; ordered is an error", () => {
    seen.length = 0;
    expect(jit(vmap((y: A) => ioCallback(note, y, y)))(x).tolist()).toEqual([0, 2, 4]);
    expect(seen).toEqual(["0.0", "1.0", "2.0"]);
    expect(errorOf(() => vmap((y: A) => ioCallback(note, y, y, { ordered: true }))(x)).message).toBe(
      "Cannot `vmap` ordered IO callback.",
    );
  });

  test("ioCallback in branches and loops under vmap, where not all examples would call it, is an error", () => {
    const io = (y: A) => ioCallback(note, y, y);
    const branch = (y: A) => lax.cond(y.gt(1), io, (z: A) => z, y);
    expect(errorOf(() => vmap(branch)(x)).message).toBe("IO effect not supported in vmap-of-cond.");
    const loop = (n: A, y: A) =>
      lax.whileLoop(
        ([i]: [A, A]) => i.gt(0),
        ([i, z]: [A, A]): [A, A] => [i.sub(1), io(z)],
        [n, y],
      )[1];
    expect(errorOf(() => vmap(loop)(x, x)).message).toMatch(/batched predicate/);
    seen.length = 0;
    expect(vmap(loop, { inAxes: [null, 0] })(jnp.float32(1), x).tolist()).toEqual([0, 2, 4]);
    expect(seen).toEqual(["0.0", "1.0", "2.0"]);
  });

  test.each([
    ["sequential", ["() ()", "() ()", "() ()"]],
    ["sequential_unrolled", ["() ()", "() ()", "() ()"]],
    ["expand_dims", ["(3) (1)"]],
    ["broadcast_all", ["(3) (3)"]],
    ["legacy_vectorized", ["(3) ()"]],
  ] as const)("pureCallback under vmap: %s", (vmapMethod, shapes) => {
    const calls: string[] = [];
    const add = (a: A, b: A) => having(calls.push(`(${a.shape}) (${b.shape})`), a.add(b));
    const f = (a: A, b: A) => pureCallback(add, a, a, b, { vmapMethod });
    for (const g of [vmap(f, { inAxes: [0, null] }), jit(vmap(f, { inAxes: [0, null] }))]) {
      calls.length = 0;
      expect(g(x, half).tolist()).toEqual([1.5, 2.5, 3.5]);
      expect(calls).toEqual(shapes);
    }
    const both = vmap((a: A, b: A) => pureCallback(add, a, a, b, { vmapMethod }), { inAxes: [0, 1] });
    expect(both(jnp.ones([3, 2]), jnp.ones([2, 3])).tolist()).toEqual([
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
  });

  test("pureCallback under vmap without a method", () => {
    const f = (y: A) => pureCallback(note, y, y);
    const error = errorOf(() => vmap(f)(x));
    expect(error.name).toBe("NotImplementedError");
    expect(error.message).toMatch(
      /^vmap is only supported for the pure_callback primitive when vmapMethod is one of/,
    );
    expect(errorOf(() => pureCallback(note, half, half, { vmapMethod: "foo" as never })).message).toMatch(
      /foo/,
    );
  });
});
