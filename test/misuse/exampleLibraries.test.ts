import { exampleLibraries, jnp, random } from "fluxion";
import { describe } from "vitest";
import { type Mistake, mistakes } from "./table.ts";

const { optimizers, stax } = exampleLibraries;
const key = () => random.key(0);
// biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
const u = (x: unknown): any => x;

describe("optimizers", () => {
  const { initFun, updateFun, getParams } = optimizers.sgd(0.1);
  const broken = optimizers.optimizer(() => ({
    init: (x) => [x],
    update: (_i, g) => [g, g],
    getParams: ([x]) => x,
  }));
  const rows: Mistake[] = [
    ["a step size of several", () => optimizers.sgd(jnp.ones(2)), "TypeError", /step size.*\[2\]/],
    ["a step size by name", () => optimizers.adam(u("fast")), "TypeError", /step size.*string/],
    ["an option", () => optimizers.adam(0.1, u({ beta1: 0.5 })), "TypeError", /adam.*'beta1'/],
    [
      "an option of rmsprop",
      () => optimizers.rmsprop(0.1, u({ gama: 0.5 })),
      "TypeError",
      /did you mean 'gamma'/,
    ],
    ["an option of sm3", () => optimizers.sm3(0.1, u({ mass: 0.5 })), "TypeError", /sm3.*'mass'/],
    [
      "gradients of another structure",
      () => updateFun(0, u({ b: jnp.ones(2) }), initFun({ a: jnp.ones(2) })),
      "TypeError",
      /gradient tree.*'a'.*'b'/s,
    ],
    [
      "a state of another structure",
      () => broken().updateFun(0, jnp.ones(2), broken().initFun(jnp.ones(2))),
      "TypeError",
      /another structure/,
    ],
    ["parameters for a state", () => getParams(u([jnp.ones(2)])), "TypeError", /getParams.*OptimizerState/],
    ["no state to update", () => updateFun(0, [], u(undefined)), "TypeError", /updateFun.*undefined/],
    ["a text as parameter", () => initFun(["a"]), "TypeError", /string/],
    ["unpacking no state", () => optimizers.unpackOptimizerState(u({})), "TypeError", /OptimizerState/],
    [
      "packing arrays",
      () => optimizers.packOptimizerState({ w: jnp.ones(2) }),
      "AssertionError",
      /JoinPoint/,
    ],
    ["an optimizer of no function", () => optimizers.optimizer(u(3)), "TypeError", /number/],
    [
      "boundaries",
      () => optimizers.piecewiseConstant([1, 2], [1, 2]),
      "ValueError",
      /2 boundaries.*2 values/,
    ],
    ["boundaries of no list", () => optimizers.piecewiseConstant(u(1), [1, 2]), "ValueError", /sequences/],
    [
      "an option of a schedule",
      () => optimizers.inverseTimeDecay(1, 1, 1, u({ stairs: true })),
      "TypeError",
      /'stairs'/,
    ],
    ["the norm of a text", () => optimizers.l2Norm(["a"]), "TypeError", /string/],
  ];
  mistakes(rows);
});

describe("stax", () => {
  const { Conv, Dense, Dropout, FanInConcat, FanOut, GeneralConv, MaxPool, Relu, serial, parallel } = stax;
  const rows: Mistake[] = [
    ["a dense layer of a fraction", () => Dense(1.5), "TypeError", /outDim.*1\.5/],
    ["a dense layer of less than none", () => Dense(-1), "TypeError", /outDim.*-1/],
    ["a dense layer of a scalar", () => Dense(2)[0](key(), []), "TypeError", /last axis.*undefined/],
    ["an option of Dense", () => Dense(2, u({ wInit: 1 })), "TypeError", /did you mean 'WInit'/],
    [
      "inputs of another width",
      () => Dense(2)[1](Dense(2)[0](key(), [1, 3])[1], jnp.ones([1, 4])),
      "TypeError",
      /4.*3|contract/,
    ],
    ["a filter of another rank", () => Conv(2, [3]), "TypeError", /filterShape.*2 sizes.*\[3\]/],
    ["a filter that is a number", () => Conv(2, u(3)), "TypeError", /filterShape/],
    ["channels", () => GeneralConv(["NCH", "OIH", "NCH"], 0.5, [3]), "TypeError", /outChan.*0\.5/],
    [
      "an option of Conv",
      () => Conv(2, [3, 3], u({ stride: [1, 1] })),
      "TypeError",
      /did you mean 'strides'/,
    ],
    [
      "a padding",
      () => Conv(2, [3, 3], u({ padding: "FULL" }))[0](key(), [1, 4, 4, 1]),
      "RuntimeError",
      /FULL/,
    ],
    ["a window that is a number", () => MaxPool(u(2)), "TypeError", /windowShape.*number/],
    ["strides of a pooling", () => MaxPool([2, 2], [2]), "ValueError", /strides.*windowShape/],
    ["a layout of a pooling", () => MaxPool([2], { spec: "NH" }), "ValueError", /N and C.*'NH'/],
    ["an option of a pooling", () => MaxPool([2], u({ pad: "SAME" })), "TypeError", /'pad'/],
    ["an axis of BatchNorm", () => stax.BatchNorm(3)[0](key(), [2, 2]), "ValueError", /axis 3/],
    ["an option of BatchNorm", () => stax.BatchNorm(u({ eps: 1 })), "TypeError", /'eps'/],
    ["dropout without a key", () => Dropout(0.5)[1]([], jnp.ones(2)), "ValueError", /key/],
    [
      "dropout in a network without a key",
      () => serial(Dropout(0.5))[1]([[]], jnp.ones(2)),
      "ValueError",
      /key/,
    ],
    ["a fan of a fraction", () => FanOut(0.5), "TypeError", /num.*0\.5/],
    ["an axis to join along", () => FanInConcat(2)[0](key(), [[1], [1]]), "ValueError", /axis 2/],
    ["no layers", () => serial(), "ValueError", /serial.*at least one/],
    ["no layers side by side", () => parallel(), "ValueError", /parallel.*at least one/],
    ["a layer constructor", () => serial(Relu, u(FanOut)), "TypeError", /layer 1.*must be called/],
    ["a number for a layer", () => parallel(u(3)), "TypeError", /layer 0.*number/],
    ["an elementwise text", () => stax.elementwise(u("tanh")), "TypeError", /function.*string/],
    ["a layer of no function", () => stax.shapeDependent(u(Relu)), "TypeError", /function.*object/],
  ];
  mistakes(rows);
});
