import { expect, it } from "vitest";
import { enableRelaxedSimd, wasmFeatures } from "../../../src/backends/wasm/features.ts";

it("finds what the WebAssembly of Node and of current browsers can do", () => {
  const features = wasmFeatures();
  // Every supported version of Node has both, Node 20 after switching one on; a page has threads where it is isolated.
  expect(features).toEqual({ relaxedSimd: true, threads: globalThis.crossOriginIsolated ?? true });
  expect(wasmFeatures()).toBe(features);
  expect(enableRelaxedSimd()).toBe(true);
});
