import { config, grad, jit, jnp, lax, type NDArray, nn, random } from "fluxion";
import { describe, expect, test } from "vitest";

const xs = random.normal(random.key(3), [7, 5]);
const zero = jnp.zeros([5]);
type Pair = [NDArray, NDArray];

/** A loop that keeps a sigmoid and its derivative. */
const first = (xs: NDArray): Pair => {
  const step = (c: NDArray, x: NDArray): [NDArray, Pair] => {
    const s = nn.sigmoid(c.add(x));
    return [s, [s, s.mul(s.mul(-1).add(1))]];
  };
  return lax.scan(step, zero, xs)[1] as Pair;
};
/** One that reads both, the last step first. */
const second = (s: NDArray, d: NDArray, c: NDArray = zero): NDArray =>
  lax.scan((c: NDArray, [s, d]: Pair) => [c.mul(s).add(d), c.sub(d)], c, [s, d] as Pair, {
    reverse: true,
  })[1] as NDArray;

/** How many arrays the loops write, step by step. */
function stacked(f: (xs: NDArray) => unknown): number[] {
  const lines = jit(f).lower(xs).asText("kernels").split("\n");
  return lines.flatMap((line) =>
    line.startsWith("  body") ? [line.slice(line.lastIndexOf(" to (")).split("a step").length - 1] : [],
  );
}

function check(f: (xs: NDArray) => NDArray[]): void {
  config.update("enableChecks", true);
  const read = (list: NDArray[]) => list.map((x) => [...(x.dataSync() as Float32Array)]);
  const got = read(jit(f)(xs));
  config.update("evaluator", "reference");
  const want = read(f(xs));
  config.update("evaluator", "wasm");
  config.update("enableChecks", false);
  got.forEach((list, i) => {
    list.forEach((v, j) => expect(v).toBeCloseTo(want[i][j], 5));
  });
}

/** Programs, and how many arrays each of their loops is to keep. */
const cases: Record<string, [(xs: NDArray) => NDArray[], number[]]> = {
  "what follows from another residual is computed again": [(xs) => [second(...first(xs))], [1, 1]],
  "by every loop that reads it": [
    (xs) => {
      const [s, d] = first(xs);
      return [second(s, d), second(s, d, zero.add(1))];
    },
    [1, 1, 1],
  ],
  "what is also a result stays": [
    (xs) => {
      const [s, d] = first(xs);
      return [second(s, d), d];
    },
    [2, 1],
  ],
  "what is read outside loops stays": [
    (xs) => {
      const [s, d] = first(xs);
      return [second(s, d), d.sum(0)];
    },
    [2, 1],
  ],
  "what a loop of another length reads stays": [
    (xs) => {
      const [s, d] = first(xs);
      return [second(s, d), second(s.get("1:"), d.get("1:"))];
    },
    [2, 1, 1],
  ],
  "what follows from an array that the other loop does not read stays": [
    (xs) => {
      const d = first(xs)[1];
      return [second(d, d)];
    },
    [1, 1],
  ],
  "what has another dtype, between others": [
    (xs) => {
      const step = (c: NDArray, x: NDArray): [NDArray, NDArray[]] => [x, [x.gt(c), jnp.exp(x), x.gt(0.5), x]];
      const list = lax.scan(step, zero, xs)[1] as NDArray[];
      const use = (c: NDArray, [p, e, q, x]: NDArray[]): [NDArray, NDArray] => [
        jnp.where(q, c, x),
        jnp.where(p, e, c),
      ];
      return [lax.scan(use, zero, list)[1] as NDArray];
    },
    [3, 1],
  ],
  "a chain of residuals is dropped whole": [
    (xs) => {
      const step = (c: NDArray, x: NDArray): [NDArray, NDArray[]] => {
        const a = jnp.exp(c.mul(0.01).add(x).mul(0.1));
        const b = a.mul(2);
        return [b.sub(a), [b.add(1), a, b]];
      };
      const list = lax.scan(step, zero, xs)[1] as NDArray[];
      const use = (c: NDArray, [p, a, b]: NDArray[]): [NDArray, NDArray] => [
        c.mul(0.5).add(p),
        a.mul(b).sub(c),
      ];
      return [lax.scan(use, zero, list, { reverse: true })[1] as NDArray];
    },
    [1, 1],
  ],
};

describe("residuals that follow from others are computed again", () => {
  for (const [name, [f, kept]] of Object.entries(cases)) {
    test(name, () => {
      check(f);
      expect(stacked(f)).toEqual(kept);
    });
  }

  test("the gradient of a gated loop keeps each gate once", () => {
    const loss = (xs: NDArray) => {
      const step = (c: NDArray, x: NDArray): [NDArray, null] => {
        const [g, h] = [nn.sigmoid(c.mul(0.5).add(x)), jnp.tanh(x.sub(c))];
        return [g.mul(c).add(h), null];
      };
      return (lax.scan(step, zero, xs)[0] as NDArray).sum();
    };
    check((xs) => [grad(loss)(xs)]);
    // The gates and the carry.
    expect(stacked(grad(loss))[0]).toBe(3);
  });
});
