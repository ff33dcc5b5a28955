import { config, jit, jnp, lax, type NDArray, random } from "fluxion";
import { afterEach, expect, test } from "vitest";
import { wasmFeatures } from "../../src/backends/wasm/features.ts";

afterEach(() => config.update("relaxedSimd", true));

const [k1, k2] = random.split(random.key(5));
const a = random.normal(k1, [37, 65]);
const b = random.normal(k2, [65, 29]);
const image = random.normal(k1, [2, 9, 9, 16]);
const kernel = random.normal(k2, [3, 3, 16, 24]);

const product = () => jit((x: NDArray, y: NDArray) => x.matmul(y));
const convolution = () =>
  jit((x: NDArray, k: NDArray) =>
    lax.convGeneralDilated(x, k, [1, 1], "SAME", { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] }),
  );

test.each([
  ["products", product, a, b],
  ["convolutions", convolution, image, kernel],
] as const)("%s use fused multiply-adds unless told not to, with results as close", (_name, make, x, y) => {
  const text = () => make().lower(x, y).asText("wat");
  const fused = make()(x, y);
  config.update("relaxedSimd", false);
  expect(text()).not.toMatch(/relaxed/);
  const plain = make()(x, y);
  // Register tiles are in a module of their own, so the bits tell which were used.
  expect(jnp.arrayEqual(fused, plain).item()).toBe(!wasmFeatures().relaxedSimd);
  expect(Number(jnp.abs(fused.sub(plain)).max())).toBeLessThan(1e-4);
  expect(Number(jnp.abs(plain.sub(make()(x.astype("float64"), y.astype("float64")))).max())).toBeLessThan(
    1e-4,
  );
});
