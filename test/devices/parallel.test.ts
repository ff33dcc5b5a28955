// Devices run between collectives as loops whose steps threads take: results are the same bits with any number of threads, and those of the
// plain reference rules.

import {
  clearCaches,
  config,
  grad,
  jit,
  jnp,
  lax,
  makeMesh,
  type NDArray,
  P,
  pmap,
  random,
  shardMap,
} from "fluxion";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { splitting } from "../../src/backends/wasm/codegen/split.ts";
import { type A, expectClose, values } from "../transforms/helpers.ts";
import { withDevices } from "./devices.ts";

withDevices(8);
const { pieceNanoseconds } = splitting;
beforeAll(() => {
  // Threads take even short steps.
  splitting.pieceNanoseconds = 20;
  clearCaches();
});
afterAll(() => {
  splitting.pieceNanoseconds = pieceNanoseconds;
  clearCaches();
});
afterEach(() => {
  config.update("numThreads", "auto");
  config.update("evaluator", "wasm");
});

/** The results with 1, 2 and 3 threads, which must be the same, and close to those of the reference. */
function check(f: (...args: A[]) => A | A[], args: A[], tolerance = 1e-4): void {
  const run = (): unknown => values(f(...args));
  config.update("evaluator", "reference");
  const expected = run();
  config.update("evaluator", "wasm");
  config.update("numThreads", 1);
  const alone = run();
  expectClose(alone, expected, tolerance);
  for (const threads of [2, 3]) {
    config.update("numThreads", threads);
    for (let k = 0; k < 3; k++) expect(run()).toEqual(alone);
  }
}

const normal = (seed: number, ...shape: number[]): NDArray => random.normal(random.key(seed), shape);

describe("the same results with any number of threads", () => {
  test.each([2, 3, 8])("products, loops, sorts and updates between collectives, %i devices", (n) => {
    const f = pmap(
      (w: A, x: A) => {
        const h = jnp.tanh(x.matmul(w));
        const g = lax.pmean(h.T.matmul(h), "i");
        const sums = lax.cumsum(h, { axis: 0 });
        const placed = jnp
          .zeros([40, 33])
          .at(jnp.int32([3, 3, 39]))
          .add(h.get("0:3"));
        return [g.matmul(g).sum(1), jnp.sort(sums.sum(1)), placed.add(lax.axisIndex("i"))];
      },
      { axisName: "i", inAxes: [null, 0] },
    );
    check(f as never, [normal(0, 29, 33), normal(1, n, 17, 29)]);
  });

  test("loops and branches that contain collectives, and devices within a loop", () => {
    const mesh = makeMesh([2, 2], ["x", "y"]);
    const inside = shardMap(
      (x: A, w: A) =>
        lax.scan(
          (c: A, _: null) => [jnp.tanh(lax.psum(c.matmul(w), "y").mul(0.1)).add(c.mul(0)), c.sum()],
          x,
          null,
          { length: 3 },
        )[0],
      { mesh, inSpecs: [P("x", null), P()], outSpecs: P("x"), checkVma: false },
    );
    const w = normal(3, 31, 31);
    check(inside as never, [normal(2, 10, 31), w]);
    const step = shardMap((x: A, w: A) => jnp.tanh(x.matmul(w)).sub(lax.pmean(x, ["x", "y"])), {
      mesh,
      inSpecs: [P(["x", "y"]), P()],
      outSpecs: P(["x", "y"]),
    });
    check(jit((x: A, w: A) => lax.foriLoop(0, 4, (_: A, c: A) => step(c, w), x)) as never, [
      normal(4, 8, 31),
      w,
    ]);
  });

  test("gradients, and functions that call JavaScript", () => {
    const loss = pmap((w: A, x: A) => lax.psum(jnp.tanh(x.matmul(w)).sum(), "i"), {
      axisName: "i",
      inAxes: [null, 0],
      outAxes: null,
    });
    check(grad(loss as never) as never, [normal(5, 19, 23), normal(6, 4, 13, 19)]);
    const double = pmap((x: A) => jnp.sin(x.matmul(x)).sum(0), { axisName: "i" });
    check(double as never, [normal(7, 3, 9, 9).astype("float64")], 1e-10);
  });

  test("sums of products over devices are products that sum over them", () => {
    const mesh = makeMesh([2, 2], ["x", "y"]);
    const over = (f: (...args: A[]) => A | A[], inSpecs = [P(["x", "y"]), P(["x", "y"])]) =>
      shardMap(f, { mesh, inSpecs, outSpecs: P(), checkVma: false }) as (...args: A[]) => A | A[];
    const both = ["x", "y"];
    const [a, b] = [normal(8, 12, 7), normal(9, 12, 5)];
    const joint = (x: A, y: A): A => lax.psum(x.T.matmul(y).T, both).mul(2);
    check(over(joint), [a, b]);
    expectClose(over(joint)(a, b), values(b.T.matmul(a).mul(2)), 1e-5);
    // Of one operand that all share, over one of the axes, in groups, and of a product that is needed otherwise.
    check(
      over((x, y) => lax.psum(x.T.matmul(y), both), [P(), P()]),
      [a, b],
    );
    check(
      over((x, y) => lax.psum(x.matmul(y), both), [P(both), P()]),
      [a, normal(9, 7, 5)],
    );
    check(
      over((x, y) => lax.psum(lax.psum(x.T.matmul(y), "x"), "y")),
      [a, b],
    );
    check(
      over((x, y) =>
        lax.psum(x.T.matmul(y), both, {
          axisIndexGroups: [
            [0, 3],
            [1, 2],
          ],
        }),
      ),
      [a, b],
    );
    check(
      over((x, y) => {
        const p = x.T.matmul(y);
        return [lax.psum(p, both), lax.psum(jnp.sin(p), both)];
      }),
      [a, b],
    );
    const batches = (x: A, y: A): A =>
      lax.psum(
        lax.batchMatmul(
          x.reshape([3, 1, 7]),
          y
            .reshape([3, 5, 1])
            .mul(jnp.ones([3, 5, 7]))
            .transpose([0, 2, 1]),
        ),
        both,
      );
    check(over(batches), [a, b]);
  });

  test("arrays without elements, and of bool and int32", () => {
    const f = pmap((x: A, k: A) => [x.matmul(x.T), k.matmul(k), jnp.sort(k.gt(2), 0)]);
    check(f as never, [jnp.zeros([3, 0, 4]), jnp.arange(27).reshape([3, 3, 3])]);
    expect(values(pmap((x: A) => x.T.matmul(x))(jnp.zeros([2, 0, 2])))).toEqual(
      [0, 1].map(() => [
        [0, 0],
        [0, 0],
      ]),
    );
  });
});

test("what all devices compute alike is computed once, the rest once per device", () => {
  const f = pmap((w: A, x: A) => x.matmul(w.matmul(w)), { inAxes: [null, 0] });
  const kernels = String(
    f
      .lower(normal(0, 8, 8), normal(1, 4, 5, 8))
      .compile()
      .asText("kernels"),
  );
  expect(kernels.match(/^kernel \d+: dot_general .*$/gm)).toHaveLength(1);
  expect(kernels).toMatch(/scan for 4 steps/);
  // A task that does the step of a device.
  expect(
    String(
      f
        .lower(normal(0, 8, 8), normal(1, 4, 5, 8))
        .compile()
        .asText("wat"),
    ),
  ).toContain("scan_step");
  expect(kernels).toMatch(/ {4}kernel 0: dot_general f32 m=5 n=8 k=8/);
});

test("what devices only look at in another way is not copied, and gradients that are summed are not written down by each", () => {
  const step = pmap(
    (w: A, x: A) => w.sub(lax.pmean(grad((v: A) => jnp.tanh(x.matmul(v)).sum())(w), "i").mul(0.5)),
    { axisName: "i", donateArgnums: 0 },
  );
  const args = [normal(0, 4, 9, 8), normal(1, 4, 5, 9)];
  const kernels = String(
    step
      .lower(...args)
      .compile()
      .asText("kernels"),
  );
  expect(kernels).not.toMatch(/^ *kernel \d+: (copy|fill)/m);
  // 4 devices with 5 rows each.
  expect(kernels).toMatch(/^kernel \d+: dot_general f32 m=9 n=8 k=20/m);
  expect(kernels).toMatch(/f32\[288\] in argument 0\n(.*\n)*.*f32\[288\] in argument 0/);
});

test("sums over devices of other things are added where they are used", () => {
  const step = pmap((w: A, x: A) => w.sub(lax.pmean(jnp.sin(x).mul(w), "i")), { axisName: "i" });
  const text = String(
    step
      .lower(normal(0, 2, 400_000), normal(1, 2, 400_000))
      .compile()
      .asText("kernels"),
  );
  expect(text.match(/^ *kernel /gm)).toHaveLength(1);
  check(step as never, [normal(0, 2, 40), normal(1, 2, 40)]);
});
