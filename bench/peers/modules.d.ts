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
