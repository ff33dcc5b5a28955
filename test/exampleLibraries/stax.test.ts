// The layers of stax against JAX: parameters from the same key, shapes, and outputs.

import { exampleLibraries, jit, jnp, type NDArray, random, tree, valueAndGrad, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";
import { type Arr, expectClose } from "./arrays.ts";

const { optimizers, stax } = exampleLibraries;
const {
  AvgPool,
  BatchNorm,
  Conv,
  Dense,
  Dropout,
  FanInSum,
  FanOut,
  Flatten,
  LogSoftmax,
  MaxPool,
  Relu,
  Tanh,
} = stax;
const { parallel, serial, shapeDependent } = stax;

type AnyLayer = exampleLibraries.stax.AnyLayer;
type Shape = number[] | number[][];
interface LayerCase {
  layer: string;
  args: unknown[] | null;
  options: object | null;
  inputShape: Shape;
  outputShape: Shape;
  params: Arr[];
  outputs: Arr[];
}
const golden = await readGolden<{ layers: LayerCase[]; network: LayerCase }>("example_libraries");

const isList = (shape: Shape): shape is number[][] => Array.isArray(shape[0]);
const inputsOf = (shape: Shape): NDArray | NDArray[] =>
  isList(shape)
    ? shape.map((s, k) => random.normal(random.key(7 + k), s))
    : random.normal(random.key(7), shape);

function check([initFun, applyFun]: AnyLayer, c: LayerCase, atol?: number): void {
  const [outputShape, params] = initFun(random.key(3), c.inputShape as never);
  expect(outputShape).toEqual(c.outputShape);
  expectClose(tree.leaves(params) as NDArray[], c.params);
  const inputs = inputsOf(c.inputShape);
  const rng = random.key(11);
  expectClose(tree.leaves(applyFun(params, inputs, { rng })) as NDArray[], c.outputs, atol);
  const compiled = jit((p: unknown, x: NDArray | NDArray[], k: NDArray) => applyFun(p, x, { rng: k }));
  expectClose(tree.leaves(compiled(params, inputs, rng)) as NDArray[], c.outputs, atol);
}

test.each(golden.layers)("$layer $args $options $inputShape", (c) => {
  const made = (stax as unknown as Record<string, unknown>)[c.layer];
  const options = Object.keys(c.options ?? {}).length === 0 ? [] : [c.options];
  const layer = c.args === null ? made : (made as (...args: unknown[]) => unknown)(...c.args, ...options);
  check(layer as AnyLayer, c);
});

test("a network of most of them", () => {
  const [c1, c2] = [Conv(2, [3, 3], { padding: "SAME" }), MaxPool([2, 2], [2, 2])];
  const branches = parallel(Dense(4), serial(Dense(4), Dropout(0.5), Tanh));
  const last = shapeDependent(([, n]) => Dense(n / 2));
  const network = serial(
    ...[c1, BatchNorm(), Relu, c2, Flatten, Dropout(0.8), FanOut(2), branches, FanInSum, last, LogSoftmax],
  );
  check(network as AnyLayer, golden.network, 1e-5);
});

test("a network learns exclusive or", () => {
  const [initFun, applyFun] = serial(Dense(8), Tanh, Dense(1));
  const [shape, first] = initFun(random.key(1), [4, 2]);
  expect(shape).toEqual([4, 1]);
  const x = jnp.array([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = jnp.array([[0], [1], [1], [0]]);
  const loss = (params: typeof first): NDArray => jnp.square(applyFun(params, x).sub(y)).mean();
  const adam = optimizers.adam(0.1);
  const step = jit((i: NDArray, state: exampleLibraries.optimizers.OptimizerState<typeof first>) => {
    const [value, grads] = valueAndGrad(loss)(adam.getParams(state));
    return [value, adam.updateFun(i, grads, state)] as const;
  });
  let state = adam.initFun(first);
  const losses: number[] = [];
  for (let i = 0; i < 150; i++) {
    const [value, next] = step(jnp.int32(i), state);
    losses.push(value.item() as number);
    state = next;
  }
  expect(losses[0]).toBeGreaterThan(0.2);
  expect(losses[149]).toBeLessThan(1e-3);
  const learned: readonly [[NDArray, NDArray], readonly [], [NDArray, NDArray]] = adam.getParams(state);
  expect(
    applyFun(learned as typeof first, x)
      .round()
      .ravel()
      .tolist(),
  ).toEqual([0, 1, 1, 0]);
});

describe("details", () => {
  test("BatchNorm counts negative axes from the end", () => {
    const [x, key] = [random.normal(random.key(0), [2, 3, 4]), random.key(1)];
    const [a, b] = [BatchNorm([0, -1]), BatchNorm([0, 2])];
    const [, params] = a[0](key, [2, 3, 4]);
    expect(String(a[1](params, x))).toBe(String(b[1](b[0](key, [2, 3, 4])[1], x)));
  });
  test("a pooling of 16-bit numbers keeps their dtype", () => {
    expect(AvgPool([2])[1]([], jnp.ones([1, 4, 1], "bfloat16")).dtype.name).toBe("bfloat16");
  });
  test("layers under vmap", () => {
    const [initFun, applyFun] = serial(Dense(3), Relu);
    const keys = random.split(random.key(0), 5);
    const many = vmap((k: NDArray) => initFun(k, [2, 4])[1])(keys);
    const out = vmap((p: typeof many) => applyFun(p, jnp.ones([2, 4])))(many);
    expect(out.shape).toEqual([5, 2, 3]);
  });
  test("an own option reaches every layer", () => {
    const scale: exampleLibraries.stax.Layer<exampleLibraries.stax.NoParams> = [
      (_rng, shape) => [[...shape], []],
      (_params, x, options) => x.mul(options?.["by"] as number),
    ];
    const [, applyFun] = serial(scale, serial(scale));
    expect(applyFun([[], [[]]], jnp.ones(2), { by: 3 }).tolist()).toEqual([9, 9]);
  });
});
