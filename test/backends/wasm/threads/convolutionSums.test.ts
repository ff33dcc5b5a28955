import { config, grad, jit, jnp, lax, type NDArray, random } from "fluxion";
import { afterEach, describe, expect, test } from "vitest";
import { pool } from "../../../../src/backends/wasm/device.ts";

/** Gradients of convolutions' kernels: few results, each a sum over all images and places, which is cut along the images. */

afterEach(() => config.update("numThreads", "auto"));

describe.each([
  ["images of one size", 6, 20, 16, 8, "SAME"],
  ["an odd number of images", 9, 23, 9, 11, "VALID"],
  ["integers", 8, 18, 16, 9, "SAME"],
] as const)("%s", (name, images, size, features, out, padding) => {
  const dtype = name === "integers" ? "int32" : "float32";
  const values = (seed: number, shape: number[]) =>
    dtype === "int32"
      ? random.randint(random.key(seed), shape, -1000, 1000)
      : random.normal(random.key(seed), shape);
  const x = values(1, [images, size, size, features]);
  const convolution = (x: NDArray, w: NDArray) =>
    lax.convGeneralDilated(x, w, [1, 1], padding, { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] });
  const outer = padding === "SAME" ? size : size - 2;
  const c = values(2, [images, outer, outer, out]);
  /** The same gradient, written as a convolution whose batch are the features, and whose features the images. */
  const gradient = jit((x: NDArray, c: NDArray) =>
    lax.convGeneralDilated(
      x,
      c,
      [1, 1],
      padding === "SAME"
        ? [
            [1, 1],
            [1, 1],
          ]
        : "VALID",
      {
        dimensionNumbers: ["CHWN", "IHWO", "HWNC"],
      },
    ),
  );

  test("is cut along the sum and agrees with sums over each image", () => {
    expect(gradient.lower(x, c).asText("choices")).toContain("sums of the pieces added up");
    const whole = gradient(x, c).dataSync() as ArrayLike<number>;
    const [xs, cs] = [x.dataSync() as ArrayLike<number>, c.dataSync() as ArrayLike<number>];
    const edge = padding === "SAME" ? 1 : 0;
    for (const [dy, dx, i, o] of [
      [0, 0, 0, 0],
      [1, 2, features - 1, out - 1],
      [2, 1, 2, 3],
    ]) {
      let sum = 0;
      for (let image = 0; image < images; image++) {
        for (let row = 0; row < outer; row++) {
          for (let col = 0; col < outer; col++) {
            const [y, z] = [row + dy - edge, col + dx - edge];
            if (y < 0 || z < 0 || y >= size || z >= size) continue;
            const at = (((image * size + y) * size + z) * features + i) | 0;
            sum += xs[at] * cs[((image * outer + row) * outer + col) * out + o];
          }
        }
      }
      const made = whole[((dy * 3 + dx) * features + i) * out + o];
      if (dtype === "int32") expect(made).toBe(sum | 0);
      else expect(made).toBeCloseTo(sum, 3);
    }
  });

  test.runIf(dtype === "float32")("as the derivative of the convolution", () => {
    const w = random.normal(random.key(3), [3, 3, features, out]);
    const derivative = jit((w: NDArray) => grad((v: NDArray) => convolution(x, v).mul(c).sum())(w));
    const [a, b] = [derivative(w), gradient(x, c)];
    expect(Number(jnp.abs(a.sub(b)).max())).toBeLessThan(1e-3);
  });

  test.runIf(pool !== null)("has the same bits on one, two and four threads", () => {
    const on = (threads: number) => {
      config.update("numThreads", threads);
      return gradient(x, c).dataSync();
    };
    const alone = on(1);
    expect(on(2)).toEqual(alone);
    expect(on(4)).toEqual(alone);
  });
});
