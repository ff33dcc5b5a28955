import { config, jit, jnp, lax, type NDArray, random } from "fluxion";
import { describe, expect, test } from "vitest";

const normal = (seed: number, shape: number[]) => random.normal(random.key(seed), shape).mul(0.3);
const w = normal(1, [6, 6]);
const x = normal(2, [5, 6]);
const xs = normal(3, [4, 5, 6]);
const values = (y: NDArray | NDArray[]) =>
  (Array.isArray(y) ? y : [y]).map((a) => [...(a.dataSync() as Float32Array)]);

/** The kernels inside loops, as text. */
function bodyOf(text: string): string {
  return text
    .split("\n")
    .filter((line) => /^ {4,}kernel/.test(line))
    .join("\n");
}

/** Functions of (w, x, xs), and what is inside their loops. */
const cases: Record<
  string,
  [(w: NDArray, x: NDArray, xs: NDArray) => NDArray | NDArray[], string[], string[]]
> = {
  "a product of constants, with what it reads": [
    (w, x, xs) => lax.scan((c: NDArray, v: NDArray) => [c.add(v).matmul(w.matmul(w.mul(2))), null], x, xs)[0],
    ["dot_general f32 m=5 n=6 k=6"],
    ["m=6 n=6"],
  ],
  "a reduction, but not the cheap operation after it": [
    (w, x, xs) => lax.scan((c: NDArray, v: NDArray) => [c.mul(w.sum(0).mul(0.5)).add(v), null], x, xs)[0],
    ["0.5"],
    ["sum("],
  ],
  "an expensive function": [
    (w, x, xs) => lax.scan((c: NDArray, v: NDArray) => [c.mul(jnp.exp(w.get(0))).add(v), null], x, xs)[0],
    [],
    ["exp("],
  ],
  "what a carry that never changes gives": [
    (w, x, xs) => {
      const step = ([c, p]: [NDArray, NDArray], v: NDArray): [[NDArray, NDArray], null] => [
        [c.add(v.matmul(p.matmul(p))), p],
        null,
      ];
      const [c, p] = lax.scan(step, [x, w], xs)[0];
      return [c, p];
    },
    ["dot_general"],
    ["m=6 n=6"],
  ],
  "work of both programs of a while loop": [
    (w, x) =>
      lax.whileLoop(
        ([i, _]: [NDArray, NDArray]) => i.lt(jnp.abs(w).sum().mul(0).add(3)),
        ([i, c]: [NDArray, NDArray]) => [i.add(1), c.matmul(w.matmul(w))] as [NDArray, NDArray],
        [jnp.zeros([]), x] as [NDArray, NDArray],
      ) as NDArray[],
    ["dot_general"],
    ["m=6 n=6", "sum("],
  ],
  "through two loops": [
    (w, x, xs) => {
      const inner = (c: NDArray, p: NDArray) =>
        lax.foriLoop(0, 2, (_, c: NDArray) => c.matmul(p.matmul(p)), c);
      return lax.scan((c: NDArray, v: NDArray) => [inner(c, w).add(v), null], x, xs)[0];
    },
    ["dot_general"],
    ["m=6 n=6"],
  ],
  "nothing that depends on a step": [
    (w, x, xs) => lax.scan((c: NDArray, v: NDArray) => [c.add(jnp.exp(v.sum())).matmul(w), c.sum()], x, xs),
    ["exp(", "sum(", "dot_general"],
    [],
  ],
  "nothing that is returned as it is": [
    (w, x, xs) => lax.scan((c: NDArray, v: NDArray) => [c.add(v), jnp.exp(w)], x, xs),
    ["exp("],
    [],
  ],
  "from a loop without steps": [
    (w, x, xs) => lax.scan((c: NDArray, v: NDArray) => [c.add(v).matmul(w.matmul(w)), c], x, xs.get("0:0")),
    [],
    [],
  ],
};

describe("work that every step would do alike leaves the loop", () => {
  for (const [name, [f, inside, outside]] of Object.entries(cases)) {
    test(name, () => {
      config.update("enableChecks", true);
      const compiled = jit(f as (w: NDArray, x: NDArray, xs: NDArray) => NDArray[]);
      const got = values(compiled(w, x, xs));
      config.update("evaluator", "reference");
      const want = values(f(w, x, xs));
      config.update("evaluator", "wasm");
      config.update("enableChecks", false);
      got.forEach((list, i) => {
        list.forEach((v, j) => expect(v).toBeCloseTo(want[i][j], 5));
      });
      const body = bodyOf(compiled.lower(w, x, xs).asText("kernels"));
      for (const text of inside) expect(body).toContain(text);
      for (const text of outside) expect(body).not.toContain(text);
    });
  }

  test("a result that is much larger than what it is computed of stays inside", () => {
    const v = jnp.ones([1500]);
    const f = (v: NDArray) =>
      lax.foriLoop(
        0,
        2,
        (i, c: NDArray) =>
          c.add(
            jnp
              .exp(v.reshape(1, -1).mul(v.reshape(-1, 1)))
              .mul(i)
              .sum(),
          ),
        jnp.zeros([]),
      );
    expect(bodyOf(jit(f).lower(v).asText("kernels"))).toContain("exp(");
  });
});
