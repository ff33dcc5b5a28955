import { config, jit, jnp, type NDArray, random } from "fluxion";
import { afterEach, describe, expect, test } from "vitest";
import { pool } from "../../../../src/backends/wasm/device.ts";

/** Products of a few rows with a large matrix: their sums are cut, and added by a second phase. */

afterEach(() => config.update("numThreads", "auto"));

const product = jit((x: NDArray, b: NDArray) => jnp.matmul(x, b));

describe.each([
  [1, 2048, 512],
  [1, 3001, 513],
  [2, 2000, 1030],
  [3, 1111, 1027],
  [5, 3000, 2101],
] as const)("%i x %i times a matrix of %i columns", (m, k, n) => {
  const x = random.normal(random.key(1), [m, k]);
  const b = random.normal(random.key(2), [k, n]);

  test("has pieces and phases", () => {
    const { kernels } = product.lower(x, b).compile().profile(x, b);
    expect((kernels[0] as { pieces: number }).pieces).toBeGreaterThan(1);
    expect(product.lower(x, b).asText("choices")).toContain("sums of blocks added up");
  });

  test("is right, and each column has the bits it has alone", () => {
    const whole = product(x, b).dataSync() as Float32Array;
    const [xs, bs] = [x.dataSync() as Float32Array, b.dataSync() as Float32Array];
    for (const j of [0, 1, n >> 1, n - 2, n - 1]) {
      for (let i = 0; i < m; i++) {
        let sum = 0;
        let scale = 0;
        for (let l = 0; l < k; l++) {
          const term = xs[i * k + l] * bs[l * n + j];
          sum += term;
          scale += Math.abs(term);
        }
        expect(Math.abs(whole[i * n + j] - sum)).toBeLessThan(1e-6 * scale);
      }
    }
    const left = product(x, b.get("...", `0:${n >> 4}`)).dataSync() as Float32Array;
    const width = n >> 4;
    for (let i = 0; i < m; i++) {
      expect(whole.slice(i * n, i * n + width)).toEqual(left.slice(i * width, (i + 1) * width));
    }
  });

  test.runIf(pool !== null)("has the same bits on one, two and four threads", () => {
    const on = (threads: number) => {
      config.update("numThreads", threads);
      return product(x, b).dataSync();
    };
    const alone = on(1);
    expect(on(2)).toEqual(alone);
    expect(on(4)).toEqual(alone);
  });
});
