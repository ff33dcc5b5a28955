// Random programs: every transformation against the plain function, against loops and against finite differences.

import fc from "fast-check";
import { grad, jit, jnp, jvp, linearize, makeJaxpr, nn, vjp, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, expectClose } from "./helpers.ts";

/** A smooth step of a program on arrays of shape [2, 3]; float64, so that differences are sharp. */
type Step = { readonly name: string; readonly run: (values: readonly A[], pick: readonly number[]) => A };

const at = (values: readonly A[], i: number): A => values[i % values.length] as A;
const unary = (name: string, f: (x: A) => A): Step => ({ name, run: (v, [i]) => f(at(v, i as number)) });
const binary = (name: string, f: (x: A, y: A) => A): Step => ({
  name,
  run: (v, [i, j]) => f(at(v, i as number), at(v, j as number)),
});
const steps: Step[] = [
  unary("sin", (x) => jnp.sin(x)),
  unary("tanh", (x) => jnp.tanh(x)),
  unary("logistic", (x) => nn.sigmoid(x)),
  unary("exp", (x) => jnp.exp(x.mul(0.3))),
  unary("log", (x) => jnp.log(x.mul(x).add(1))),
  unary("sqrt", (x) => jnp.sqrt(x.mul(x).add(2))),
  unary("pow", (x) => x.pow(3).mul(0.1)),
  unary("neg", (x) => x.neg().add(1)),
  unary("roll", (x) => jnp.roll(x, 1, 1)),
  unary("flip", (x) => jnp.flip(x, 0)),
  unary("transposes", (x) => jnp.matmul(x.T, x).get(":2", ":3")),
  unary("reshape", (x) => x.reshape(3, 2).T.reshape(2, 3)),
  unary("sum and broadcast", (x) => x.sub(jnp.mean(x, { axis: 1, keepdims: true }))),
  unary("cumsum", (x) => jnp.cumsum(x, 1)),
  unary("softmax", (x) => nn.softmax(x, { axis: 1 })),
  unary("logsumexp", (x) => jnp.broadcastTo(nn.logsumexp(x, { axis: 0 }), [2, 3])),
  unary("slice and pad", (x) =>
    jnp.pad(x.get(":", "1:"), [
      [0, 0],
      [1, 0],
    ]),
  ),
  unary("update", (x) => x.at(0, "1:").set(jnp.cos(x.get(1, ":2")))),
  unary("gather", (x) => x.get(":", jnp.int32([2, 0, 0]))),
  unary("scatter add", (x) => x.at(":", jnp.int32([0, 0])).add(x.get(":", ":2"))),
  unary("jit", (x) => jitted(x)),
  unary("vmap", (x) => vmap((r: A) => r.mul(jnp.sum(jnp.sin(r))))(x) as A),
  unary("grad inside", (x) => grad((y: A) => jnp.sum(jnp.sin(y).mul(y)))(x) as A),
  binary("add", (x, y) => x.add(y)),
  binary("sub", (x, y) => x.sub(y.mul(0.5))),
  binary("mul", (x, y) => x.mul(y)),
  binary("div", (x, y) => x.div(y.mul(y).add(1))),
  binary("where", (x, y) => jnp.where(jnp.array([true, false, true]), x, y)),
  binary("einsum", (x, y) => jnp.einsum("ij,kj,kl->il", x, y, x).mul(0.1)),
  binary("concatenate", (x, y) => jnp.concatenate([x.get(":1"), y.get("1:")], 0)),
  binary("nested closure", (x, y) => jit((z: A) => jnp.sin(z).mul(y))(x)),
];
const jitted = jit((x: A) => jnp.tanh(x).mul(x).add(0.25));

interface Plan {
  readonly choices: readonly (readonly [step: number, pick: readonly [number, number]])[];
}
const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  choices: fc.array(
    fc.tuple(fc.nat(steps.length - 1), fc.tuple(fc.nat(20), fc.nat(20))) as fc.Arbitrary<
      [number, [number, number]]
    >,
    { minLength: 1, maxLength: 6 },
  ),
});

function build(plan: Plan): (x: A) => A {
  return (x) => {
    const values = [x];
    for (const [step, pick] of plan.choices) values.push((steps[step] as Step).run(values, pick));
    return values.at(-1) as A;
  };
}

const x0 = jnp.array(
  [
    [0.3, -0.7, 0.5],
    [0.9, 0.2, -0.4],
  ],
  { dtype: "float64" },
);
const v0 = jnp.array(
  [
    [0.5, 0.1, -0.3],
    [-0.2, 0.7, 0.4],
  ],
  { dtype: "float64" },
);
const scalarOf = (f: (x: A) => A) => (x: A) => jnp.sum(f(x).mul(weights));
const weights = jnp.array(
  [
    [1, 2, -1],
    [0.5, -2, 1.5],
  ],
  { dtype: "float64" },
);
const h = 1e-5;
const numericalJvp = (f: (x: A) => A): A =>
  f(x0.add(v0.mul(h)))
    .sub(f(x0.sub(v0.mul(h))))
    .div(2 * h);

const runs = { numRuns: 40 };
const show = (plan: Plan) => plan.choices.map(([s, p]) => `${steps[s]?.name}(${p})`).join("; ");
function property(check: (f: (x: A) => A) => void): void {
  fc.assert(
    fc.property(planArbitrary, (plan) => {
      try {
        check(build(plan));
      } catch (error) {
        throw new Error(`${show(plan)}: ${(error as Error).message}`);
      }
    }),
    runs,
  );
}

describe("random programs", () => {
  test("jit gives what the function gives, twice", () => {
    property((f) => {
      const y = f(x0).tolist();
      const g = jit(f);
      expectClose(g(x0), y, 1e-10);
      expectClose(g(x0), y, 1e-10);
    });
  });
  test("jvp, linearize and jit of jvp agree with finite differences", () => {
    property((f) => {
      const expected = numericalJvp(f).tolist();
      const [y, t] = jvp(f, [x0], [v0]);
      expectClose(y, f(x0).tolist(), 1e-10);
      expectClose(t, expected, 1e-6);
      expectClose(linearize(f, x0)[1](v0), t.tolist(), 1e-9);
      expectClose(jit((x: A, v: A) => jvp(f, [x], [v])[1])(x0, v0), t.tolist(), 1e-9);
      expectClose(jvp(jit(f), [x0], [v0])[1], t.tolist(), 1e-9);
    });
  });
  test("grad and vjp are the transpose of jvp", () => {
    property((f) => {
      const t = jvp(f, [x0], [v0])[1];
      const forward = jnp.sum(t.mul(weights)).item() as number;
      const g = grad(scalarOf(f))(x0) as A;
      expectClose(jnp.sum(g.mul(v0)), forward, 1e-8);
      expectClose(vjp(f, x0)[1](weights)[0], g.tolist(), 1e-9);
      expectClose(jit(grad(scalarOf(jit(f))))(x0), g.tolist(), 1e-9);
    });
  });
  test("second derivatives: forward over reverse, reverse over forward, differences", () => {
    property((f) => {
      const s = scalarOf(f);
      const fr = jvp(grad(s), [x0], [v0])[1] as A;
      const rf = grad((x: A) => jvp(s, [x], [v0])[1])(x0) as A;
      expectClose(rf, fr.tolist(), 1e-7);
      expectClose(numericalJvp(grad(s) as (x: A) => A), fr.tolist(), 2e-5);
      expectClose(jit((x: A) => grad((y: A) => jnp.vdot(grad(jit(s))(y), v0))(x))(x0), fr.tolist(), 1e-7);
    });
  });
  test("vmap is a loop, along every axis", () => {
    property((f) => {
      const xs = [x0, v0, x0.mul(v0)];
      const expected = xs.map((x) => f(x).tolist());
      expectClose(vmap(f)(jnp.stack(xs)), expected, 1e-9);
      expectClose(vmap(f, { inAxes: 2 })(jnp.stack(xs, 2)), expected, 1e-9);
      expectClose(jit(vmap(jit(f), { inAxes: 1 }))(jnp.stack(xs, 1)), expected, 1e-9);
      expectClose(
        vmap(grad(scalarOf(f)))(jnp.stack(xs)),
        xs.map((x) => (grad(scalarOf(f))(x) as A).tolist()),
        1e-8,
      );
    });
  });
  test("jaxprs print, and tracing is deterministic", () => {
    property((f) => {
      const programs: [(x: A) => A, A][] = [
        [f, x0],
        [grad(scalarOf(f)) as (x: A) => A, x0],
        [jit(f), x0],
        [vmap(f) as (x: A) => A, jnp.stack([x0, v0])],
      ];
      for (const [g, arg] of programs) {
        const text = String(makeJaxpr(g)(arg));
        expect(text).toBe(String(makeJaxpr(g)(arg)));
        expect(text).toMatch(/^(let .*)?\{ lambda/s);
      }
    });
  });
});
