import { config } from "../../core/config.ts";
import { ModuleBuilder } from "./asm/index.ts";

/** What the JavaScript engine's WebAssembly can do. */
export type WasmFeatures = {
  /** Fused multiply-add on vectors. */
  readonly relaxedSimd: boolean;
  /** Shared memory and atomic instructions; a browser also needs cross-origin isolation. */
  readonly threads: boolean;
};

let features: WasmFeatures | undefined;
let relaxed: boolean | undefined;

/** The engine's features, found by validating small modules, once. Enables relaxed SIMD where a flag guards it. */
export function wasmFeatures(): WasmFeatures {
  features ??= { relaxedSimd: enableRelaxedSimd(), threads: supportsThreads() };
  return features;
}

/** Whether programs compiled now use fused multiply-adds. */
export function usesRelaxedSimd(): boolean {
  return config.relaxedSimd && wasmFeatures().relaxedSimd;
}

/**
 * Whether relaxed SIMD can be used, after trying to switch it on in Node 20, which has it behind a flag. It is of use only where products are
 * not rounded, which a processor without such an instruction does not give: some reductions of arguments rely on it.
 */
export function enableRelaxedSimd(): boolean {
  if (relaxed === undefined) {
    const probe = relaxedProbe();
    relaxed =
      (WebAssembly.validate(probe) ||
        (setV8Flag("--experimental-wasm-relaxed-simd") && WebAssembly.validate(probe))) &&
      isFused(probe);
  }
  return relaxed;
}

function relaxedProbe(): Uint8Array<ArrayBuffer> {
  const mb = new ModuleBuilder();
  const probe = mb.function("probe", ["f32", "f32"], ["f32"], (f, x, y) => {
    f.get(x).f32x4.splat().get(x).f32x4.splat().get(y).f32x4.splat();
    f.f32x4.relaxed_madd().f32x4.extract_lane(0);
  });
  mb.exportFunction(probe);
  return mb.toBytes();
}

function isFused(probe: Uint8Array<ArrayBuffer>): boolean {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(probe));
  const squareAnd = instance.exports.probe as (x: number, y: number) => number;
  return squareAnd(1 + 2 ** -12, -(1 + 2 ** -11)) === 2 ** -24;
}

function supportsThreads(): boolean {
  if (typeof SharedArrayBuffer === "undefined") return false;
  const mb = new ModuleBuilder();
  mb.memory({ initial: 1, maximum: 1, shared: true });
  mb.function("probe", [], ["i32"], (f) => f.i32.const(0).i32.const(1).i32.atomic_rmw_add());
  return WebAssembly.validate(mb.toBytes());
}

type V8 = { setFlagsFromString(flag: string): void };
type ProcessLike = { getBuiltinModule?(name: string): unknown };

/** Reached through the global object so that bundlers for the browser see no Node module. */
function setV8Flag(flag: string): boolean {
  const host = (globalThis as { process?: ProcessLike }).process;
  const v8 = host?.getBuiltinModule?.("node:v8") as V8 | undefined;
  if (v8 === undefined) return false;
  v8.setFlagsFromString(flag);
  return true;
}
