import type { NDArray } from "../../core/array.ts";

/** What layers are applied with besides parameters and inputs: a key for those that draw random numbers, and whatever own layers take. */
export interface ApplyOptions {
  rng?: NDArray | null | undefined;
  [name: string]: unknown;
}

/** The parameters of a layer that has none. */
export type NoParams = readonly [];

/** Shapes are lists of numbers; lists of arrays have lists of shapes. */
export type ShapeOf<X> = X extends NDArray ? number[] : X extends readonly unknown[] ? number[][] : never;

/** Makes the first parameters from a key and the shape of the inputs, and says the shape of the outputs. */
export type InitFun<P, In = NDArray, Out = NDArray> = (
  rng: NDArray,
  inputShape: Readonly<ShapeOf<In>>,
) => [outputShape: ShapeOf<Out>, params: P];

/** The outputs of a layer for parameters and inputs. */
export type ApplyFun<P, In = NDArray, Out = NDArray> = (params: P, inputs: In, options?: ApplyOptions) => Out;

/** A layer: the pair of its functions. */
export type Layer<P, In = NDArray, Out = NDArray> = readonly [
  initFun: InitFun<P, In, Out>,
  applyFun: ApplyFun<P, In, Out>,
];

/** Layers of all kinds. */
// biome-ignore lint/suspicious/noExplicitAny: each layer has parameters, inputs and outputs of its own types
export type AnyLayer = Layer<any, any, any>;

/** A layer that changes neither shape nor number of inputs and has no parameters. */
export function sameShape(apply: (inputs: NDArray, options?: ApplyOptions) => NDArray): Layer<NoParams> {
  return [(_rng, inputShape) => [[...inputShape], []], (_params, inputs, options) => apply(inputs, options)];
}

/** @throws TypeError unless `n` is an integer of at least 0 */
export function checkCount(where: string, what: string, n: unknown): void {
  if (Number.isInteger(n) && (n as number) >= 0) return;
  throw new TypeError(`${where}: ${what} must be a nonnegative integer, got ${String(n)}.`);
}
