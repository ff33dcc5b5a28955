import { expect, it } from "vitest";
import { enableRelaxedSimd, wasmFeatures } from "../../../src/backends/wasm/features.ts";

it("finds what Node's WebAssembly can do", () => {
  const features = wasmFeatures();
  // Every supported version of Node has both, Node 20 after switching one on.
  expect(features).toEqual({ relaxedSimd: true, threads: true });
  expect(wasmFeatures()).toBe(features);
  expect(enableRelaxedSimd()).toBe(true);
});
