// softmax, logSoftmax, logsumexp and their relatives at the extremes. Values by JAX 0.10.2.

import { grad, jit, jnp, jvp, nn, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, expectClose, f32 } from "../transforms/helpers.ts";

const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;

describe("extremes", () => {
  type Row = [x: number[], softmax: number[], logSoftmax: number[], logsumexp: number];
  const rows: Row[] = [
    [[1e4, 1e4 - 1, 0], [0.7310586, 0.26894143, 0], [-0.31326163, -1.3132616, -10000.3135], 10000.3135],
    [[-inf, 0, 1], [0, 0.26894143, 0.7310586], [-inf, -1.3132616, -0.31326163], 1.3132616],
    [[-inf, -inf], [nan, nan], [nan, nan], -inf],
    [[inf, 0], [nan, nan], [nan, nan], inf],
    [[nan, 1], [nan, nan], [nan, nan], nan],
    [[-1e38, 1e38], [0, 1], [-2e38, 0], 1e38],
    [[], [], [], -inf],
    [[5], [1], [0], 5],
  ];
  test.each(rows)("%j", (x, softmax, logSoftmax, logsumexp) => {
    const v = jnp.array(x);
    expectClose(nn.softmax(v), softmax);
    expectClose(nn.logSoftmax(v), logSoftmax);
    expectClose(nn.logsumexp(v), logsumexp);
    expectClose(jit((u: A) => nn.softmax(u))(v), softmax);
  });

  const derivatives: [x: number[], softmax: number[], logSoftmax: number[], logsumexp: number[]][] = [
    [
      [1e4, 1e4 - 1, 0],
      [-0.19661206, 0.1966119, 0],
      [-3.3863516, 0.38635138, 3],
      [0.7310586, 0.26894143, 0],
    ],
    [
      [-inf, 0, 1],
      [0, -0.19661205, 0.19661164],
      [1, 0.38635138, -1.3863516],
      [0, 0.26894143, 0.7310586],
    ],
    [
      [-inf, -inf],
      [nan, nan],
      [nan, nan],
      [nan, nan],
    ],
    [
      [inf, 0],
      [nan, nan],
      [nan, nan],
      [nan, 0],
    ],
    [
      [-1e38, 1e38],
      [0, 0],
      [1, -1],
      [0, 1],
    ],
  ];
  test.each(derivatives)("derivatives at %j", (x, softmax, logSoftmax, logsumexp) => {
    const v = jnp.array(x);
    const weights = jnp.arange(1, x.length + 1).astype("float32");
    expectClose(grad((u: A) => jnp.sum(nn.softmax(u).mul(weights)))(v), softmax);
    expectClose(grad((u: A) => jnp.sum(nn.logSoftmax(u).mul(weights)))(v), logSoftmax, 3e-5);
    expectClose(grad((u: A) => nn.logsumexp(u))(v), logsumexp);
  });

  test("no overflow, no underflow: shifting changes nothing", () => {
    const v = jnp.array([0.1, -0.4, 2]);
    for (const shift of [-1e4, -100, 100, 1e4]) {
      expectClose(nn.softmax(v.add(shift)), nn.softmax(v).tolist(), 2e-3);
      expectClose(nn.logsumexp(v.add(shift)).sub(shift), nn.logsumexp(v).item(), 2e-3);
    }
    expectClose(jnp.sum(nn.softmax(jnp.linspace(-80, 80, 1000))), 1);
  });
});

describe("axes, masks and weights", () => {
  const m = jnp.array([
    [1, 2],
    [3, 5],
  ]);
  test("softmax over every choice of axes sums to 1 there", () => {
    expectClose(jnp.sum(nn.softmax(m), -1), [1, 1]);
    expectClose(jnp.sum(nn.softmax(m, 0), 0), [1, 1]);
    expectClose(nn.softmax(m, { axis: null }), [
      [0.01521943, 0.04137069],
      [0.11245721, 0.83095264],
    ]);
    expectClose(nn.softmax(m, [0, 1]), nn.softmax(m, { axis: null }).tolist());
    expectClose(nn.logSoftmax(m, { axis: 0 }), jnp.log(nn.softmax(m, 0)).tolist());
  });
  test("masks", () => {
    const x = jnp.array([1, 2, 3]);
    expectClose(nn.softmax(x, { where: jnp.array([true, false, true]) }), [0.11920291, 0, 0.880797]);
    expectClose(nn.softmax(x, { where: jnp.array([false, false, false]) }), [0, 0, 0]);
    expectClose(nn.logSoftmax(x, { where: jnp.array([true, false, true]) }), [-2.1269281, -inf, -0.12692805]);
    expectClose(nn.logsumexp(x, { where: jnp.array([true, false, true]) }), 3.126928);
  });
  test("weights and signs of logsumexp", () => {
    const x = jnp.array([1, 2]);
    expectClose(nn.logsumexp(x, { b: jnp.array([1, -1]) }), nan);
    expectClose(nn.logsumexp(x, { b: jnp.array([1, -1]), returnSign: true }), [1.5413249, -1]);
    expectClose(nn.logsumexp(x, { b: jnp.array([0, 0]) }), -inf);
    expectClose(nn.logsumexp(m, { axis: 1, keepdims: true }), [[2.3132617], [5.126928]]);
    expectClose(nn.logsumexp(jnp.int32([1, 2])), 2.3132615);
    expectClose(nn.logmeanexp(jnp.array([1, 2, 1e4])), 9998.901);
  });
  test("under vmap, as for each row", () => {
    expectClose(vmap((r: A) => nn.softmax(r))(m), nn.softmax(m).tolist());
    expectClose(vmap((r: A) => nn.logsumexp(r), 1)(m), nn.logsumexp(m, 0).tolist());
  });
});

describe("derivatives", () => {
  test("second derivatives of logsumexp and the Jacobian of softmax agree", () => {
    const x = jnp.array([0, 1]);
    const expected = [
      [0.1966119, -0.1966119],
      [-0.1966119, 0.1966119],
    ];
    const columns = (f: (u: A) => A) => vmap((e: A) => jvp(f, [x], [e])[1])(jnp.eye(2));
    expectClose(columns(grad((u: A) => nn.logsumexp(u)) as (u: A) => A), expected);
    expectClose(
      columns((u: A) => nn.softmax(u)),
      expected,
    );
  });
  test("the gradient of a cross entropy is the difference of the distributions", () => {
    const logits = jnp.array([
      [2, -1, 0.5],
      [0, 0, 1000],
    ]);
    const labels = nn.oneHot(jnp.int32([1, 2]), 3);
    const loss = (z: A): A => jnp.sum(nn.logSoftmax(z).mul(labels)).neg();
    expectClose(grad(loss)(logits), nn.softmax(logits).sub(labels).tolist());
  });
});

describe("oneHot, glu, standardize", () => {
  test("indices out of range give zeros", () => {
    expectClose(nn.oneHot(jnp.int32([0, 2, 5, -1]), 3), [
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
  test("axis and dtype", () => {
    expectClose(nn.oneHot(jnp.int32([0, 2]), 3, { axis: 0 }), [
      [1, 0],
      [0, 0],
      [0, 1],
    ]);
    const flags = nn.oneHot(1, 3, { dtype: "bool" });
    expect(flags.tolist()).toEqual([false, true, false]);
    expect(nn.oneHot(jnp.zeros([2, 3], "int32"), 4).shape).toEqual([2, 3, 4]);
    expect(nn.oneHot(jnp.int32([]), 3).shape).toEqual([0, 3]);
  });
  test("glu and standardize", () => {
    expectClose(nn.glu(jnp.array([1, 2, 3, 4])), [0.95257413, 1.9640275]);
    expectClose(nn.standardize(jnp.array([1, 2, 4])), [-1.0690416, -0.2672605, 1.3363017]);
    expectClose(grad((x: A) => jnp.sum(nn.glu(x)))(jnp.array([1, f32(0).item() as number])), [0.5, 0.25]);
  });
});
