// The peers are installed in this folder only, by `npm run bench`; their arrays are opaque here.
declare module "@jax-js/jax" {
  // biome-ignore lint/suspicious/noExplicitAny: another library's objects
  type Any = any;
  export function blockUntilReady(tree: Any): Promise<Any>;
  export function defaultDevice(name?: string): string;
  export function grad(f: (...args: Any[]) => Any, options?: Any): (...args: Any[]) => Any;
  export function valueAndGrad(f: (...args: Any[]) => Any, options?: Any): (...args: Any[]) => Any;
  export function vmap(f: (...args: Any[]) => Any, inAxes?: Any): (...args: Any[]) => Any;
  export function init(...devices: string[]): Promise<string[]>;
  export function jit<F extends (...args: Any[]) => Any>(f: F, options?: Any): F & { dispose(): void };
  export const nn: Record<string, (...args: Any[]) => Any>;
  export const numpy: Record<string, (...args: Any[]) => Any>;
  export const lax: Record<string, (...args: Any[]) => Any>;
  export const random: Record<string, (...args: Any[]) => Any>;
  export const tree: {
    ref(t: Any): Any;
    dispose(t: Any): void;
    map(f: (...leaves: Any[]) => Any, ...trees: Any[]): Any;
    leaves(t: Any): Any[];
  };
}

declare module "@tensorflow/tfjs" {
  // biome-ignore lint/suspicious/noExplicitAny: another library's objects
  const tf: any;
  export default tf;
}
declare module "@tensorflow/tfjs-backend-wasm" {
  const wasm: {
    setWasmPaths(folder: string): void;
    setThreadsCount(n: number): void;
    getThreadsCount(): number;
  };
  export default wasm;
}

declare module "onnxruntime-web" {
  // biome-ignore lint/suspicious/noExplicitAny: another library's objects
  const ort: any;
  export default ort;
}
declare module "onnx-proto" {
  const proto: { onnx: { ModelProto: { encode(message: object): { finish(): Uint8Array } } } };
  export default proto;
}

declare module "numpy-ts" {
  // biome-ignore lint/suspicious/noExplicitAny: another library's objects
  type Any = any;
  export function configureWasm(options: { maxMemory: number }): void;
  export const array: (...args: Any[]) => Any;
  export const ascontiguousarray: (...args: Any[]) => Any;
  export const linalg: Record<string, (...args: Any[]) => Any>;
  export const matmul: (...args: Any[]) => Any;
  export const concatenate: (...args: Any[]) => Any;
  export const stack: (...args: Any[]) => Any;
  export const zeros: (...args: Any[]) => Any;
  export const tanh: (...args: Any[]) => Any;
  export const exp: (...args: Any[]) => Any;
  export const sqrt: (...args: Any[]) => Any;
  export const negative: (...args: Any[]) => Any;
  export const max: (...args: Any[]) => Any;
  export const sum: (...args: Any[]) => Any;
  export const mean: (...args: Any[]) => Any;
  export const argmax: (...args: Any[]) => Any;
  export const cumsum: (...args: Any[]) => Any;
  export const sort: (...args: Any[]) => Any;
  export const random: Record<"random" | "standard_normal", (...args: Any[]) => Any>;
}

declare module "@observablehq/plot" {
  type Mark = object;
  export function plot(options: object): SVGSVGElement;
  export function ruleX(data: readonly unknown[], options?: object): Mark;
  export function dot(data: readonly unknown[], options?: object): Mark;
  export function text(data: readonly unknown[], options?: object): Mark;
}
declare module "linkedom" {
  export function parseHTML(html: string): { document: Document };
}
