import type { NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import { split } from "../../random/keys.ts";
import type { AnyLayer, ApplyOptions, Layer } from "./layer.ts";

type Layers = readonly AnyLayer[];
// biome-ignore lint/suspicious/noExplicitAny: what is not looked at
type Any = any;
/** The parameters of layers, in a list. */
type ParamsOf<L extends Layers> = {
  -readonly [K in keyof L]: L[K] extends Layer<infer P, Any, Any> ? P : never;
};
type Inputs<L> = L extends readonly [
  initFun: Any,
  applyFun: (params: Any, inputs: infer In, ...rest: Any[]) => Any,
]
  ? In
  : Any;
type Outputs<L> = L extends readonly [initFun: Any, applyFun: (...args: Any[]) => infer Out] ? Out : Any;
type First<L extends Layers> = L extends readonly [infer F, ...Any[]] ? Inputs<F> : Any;
type Last<L extends Layers> = L extends readonly [...Any[], infer E] ? Outputs<E> : Any;

function checkLayers(where: string, layers: Layers): void {
  if (layers.length === 0) throw new ValueError(`${where} requires at least one layer.`);
  layers.forEach((layer: unknown, k) => {
    if (Array.isArray(layer) && layer.length === 2 && layer.every((f) => typeof f === "function")) return;
    const hint = typeof layer === "function" ? " (a layer constructor must be called)" : "";
    throw new TypeError(
      `${where}: layer ${k} is no pair [initFun, applyFun], but of type ${typeof layer}${hint}.`,
    );
  });
}

/** A key for each of the layers, if there is one. */
function keysFor(layers: Layers, rng: NDArray | null | undefined): (NDArray | null)[] {
  return rng === undefined || rng === null ? layers.map(() => null) : [...split(rng, layers.length)];
}

/**
 * Layers one after another: each gets the outputs of the one before. Parameters: a list of those of the layers.
 *
 * @throws ValueError without layers, TypeError for what is no layer
 * @example
 * ```ts
 * const { Dense, Relu, serial } = exampleLibraries.stax;
 * const [initFun, applyFun] = serial(Dense(16), Relu, Dense(1));
 * const [shape, params] = initFun(random.key(0), [5, 2]);
 * shape; // => [5, 1]
 * params.map((p) => p.length); // => [2, 0, 2]
 * jit(applyFun)(params, jnp.ones([5, 2])).shape; // => [5, 1]
 * ```
 */
export function serial<const L extends Layers>(...layers: L): Layer<ParamsOf<L>, First<L>, Last<L>> {
  checkLayers("serial", layers);
  const initFun = (rng: NDArray, inputShape: Any): [Any, Any] => {
    let [key, shape] = [rng, inputShape];
    const params = layers.map(([init]) => {
      const [next, own] = split(key);
      key = next;
      const [outputShape, param] = init(own, shape);
      shape = outputShape;
      return param;
    });
    return [shape, params];
  };
  const applyFun = (params: Any, inputs: Any, { rng, ...options }: ApplyOptions = {}): Any => {
    const keys = keysFor(layers, rng);
    return layers.reduce((x, [, apply], k) => apply(params[k], x, { ...options, rng: keys[k] }), inputs);
  };
  return [initFun, applyFun];
}

/**
 * Layers side by side: each gets an element of a list of inputs, and the outputs are a list. Often between `FanOut` and `FanInSum`. Parameters: a
 * list of those of the layers.
 *
 * @throws ValueError without layers, TypeError for what is no layer
 * @example
 * ```ts
 * const { Dense, FanInConcat, FanOut, parallel, serial } = exampleLibraries.stax;
 * const [initFun] = serial(FanOut(2), parallel(Dense(3), Dense(4)), FanInConcat());
 * initFun(random.key(0), [5, 2])[0]; // => [5, 7]
 * ```
 */
export function parallel<const L extends Layers>(
  ...layers: L
): Layer<ParamsOf<L>, readonly NDArray[], NDArray[]> {
  checkLayers("parallel", layers);
  const applyFun = (params: Any, inputs: readonly NDArray[], { rng, ...options }: ApplyOptions = {}) => {
    const keys = keysFor(layers, rng);
    return layers.map(([, apply], k) => apply(params[k], inputs[k], { ...options, rng: keys[k] }));
  };
  return [
    (rng, inputShapes) => {
      const keys = keysFor(layers, rng) as NDArray[];
      const made = layers.map(([init], k) => init(keys[k], inputShapes[k]));
      return [made.map(([shape]) => shape as number[]), made.map(([, param]) => param) as Any];
    },
    applyFun,
  ];
}

/**
 * A layer that is made when the shape of its inputs is known.
 *
 * @param makeLayer returns the layer for a shape
 * @example
 * ```ts
 * const { Dense, serial, shapeDependent } = exampleLibraries.stax;
 * const halve = shapeDependent(([, n]) => Dense(n / 2));
 * serial(halve, halve)[0](random.key(0), [5, 8])[0]; // => [5, 2]
 * ```
 */
export function shapeDependent<P>(makeLayer: (inputShape: readonly number[]) => Layer<P>): Layer<P> {
  if (typeof makeLayer !== "function") {
    throw new TypeError(`shapeDependent requires a function of a shape, got ${typeof makeLayer}.`);
  }
  return [
    (rng, inputShape) => makeLayer(inputShape)[0](rng, inputShape),
    (params, inputs, options) => makeLayer(inputs.shape)[1](params, inputs, options),
  ];
}
