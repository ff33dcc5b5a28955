// Printed programs of one-array functions under each transformation, as JAX prints them.
//
// Left out: derivatives of jitted programs that pad (pad, cumprod), where JAX passes a literal zero from the primal to the linear
// program and here it stays a literal; float0 tangents, which JAX prints as the bytes of its NumPy array.

import { grad, jit, jnp, jvp, lax, makeJaxpr, type NDArray, nn, ShapeDtypeStruct, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";

type A = NDArray;
type Program = (...args: never[]) => unknown;

interface Golden {
  readonly functions: Record<string, { python: string; expected: Record<string, string> }>;
}
const golden = await readGolden<Golden>("transformed_jaxprs");

const functions: Record<string, (x: A) => A> = {
  sin: (x) => jnp.sin(x),
  tanh: (x) => jnp.tanh(x),
  exp: (x) => jnp.exp(x),
  log: (x) => jnp.log(x),
  sqrt: (x) => jnp.sqrt(x),
  abs: (x) => jnp.abs(x),
  square: (x) => jnp.square(x),
  "pow-2": (x) => x.pow(-2),
  "pow.5": (x) => x.pow(0.5),
  sigmoid: (x) => nn.sigmoid(x),
  softplus: (x) => nn.softplus(x),
  silu: (x) => nn.silu(x),
  gelu: (x) => nn.gelu(x),
  elu: (x) => nn.elu(x),
  leaky: (x) => nn.leakyRelu(x),
  relu6: (x) => nn.relu6(x),
  softmax: (x) => nn.softmax(x),
  log_softmax0: (x) => nn.logSoftmax(x, { axis: 0 }),
  logsumexp: (x) => nn.logsumexp(x, { axis: 1 }),
  sum0: (x) => jnp.sum(x, 0),
  "mean keep": (x) => x.sub(jnp.mean(x, { axis: 1, keepdims: true })),
  max1: (x) => jnp.max(x, 1),
  min: (x) => jnp.min(x),
  prod: (x) => jnp.prod(x, 0),
  cumsum: (x) => jnp.cumsum(x, 1),
  cumprod: (x) => jnp.cumprod(x, 0),
  sort: (x) => jnp.sort(x, 1),
  clip: (x) => jnp.clip(x, -0.5, 0.5),
  where: (x) => jnp.where(x.gt(0.5), x, x.mul(1.5)),
  T: (x) => x.T.matmul(x),
  reshape: (x) => x.reshape(3, 2).mul(1.5),
  flip: (x) => jnp.flip(x, 1),
  roll: (x) => jnp.roll(x, 1, 1),
  pad: (x) => jnp.pad(x, 1),
  tile: (x) => jnp.tile(x, [2, 1]),
  repeat: (x) => jnp.repeat(x, 2, 0),
  stack: (x) => jnp.stack([x, x.mul(2.5)]),
  split: (x) => jnp.split(x, 3, 1)[1] as A,
  concat: (x) => jnp.concatenate([x, x], 1),
  expand: (x) => x.get(":", null).mul(x.get(null)),
  index: (x) => x.get(1, "::2"),
  take: (x) => x.get(":", jnp.int32([0, 2, 0])),
  set: (x) => x.at(0).set(1.5),
  addat: (x) => x.at(":", 1).add(x.get(":", 0)),
  einsum: (x) => jnp.einsum("ij,ik->jk", x, x),
  var: (x) => jnp.var(x, 1),
  argmax: (x) => x.mul(jnp.argmax(x, { axis: 1, keepdims: true })),
  onehot: (x) => x.mul(nn.oneHot(1, 3)),
  astype: (x) => x.astype(jnp.int32),
  sign: (x) => jnp.sign(x).mul(x),
  rsqrt: (x) => lax.rsqrt(x),
  expm1: (x) => jnp.expm1(x),
  arctan2: (x) => jnp.arctan2(x, 1.5),
  hypot: (x) => jnp.hypot(x, 1.5),
  mod: (x) => jnp.mod(x, 1.5),
  outer: (x) => jnp.outer(x, x),
  dot: (x) => jnp.dot(x, x.T),
  tensordot: (x) => jnp.tensordot(x, x, 2),
  squeeze: (x) => jnp.squeeze(x.get(":1"), 0),
  broadcast: (x) => jnp.broadcastTo(x, [4, 2, 3]),
  swapaxes: (x) => jnp.swapaxes(x, 0, 1),
  ravel: (x) => x.ravel(),
  maximum: (x) => jnp.maximum(x, x.T.reshape(2, 3)),
  dynamic: (x) => lax.dynamicSlice(x, [1, 0], [1, 2]),
  topk: (x) => lax.topK(x, 2)[0] as A,
  norm: (x) => jnp.sqrt(jnp.sum(x.mul(x))),
};

const matrix = (...shape: number[]) => new ShapeDtypeStruct(shape, "float32");
/** A transformation, and the types of the arguments of its result. */
const transformations: Record<string, [apply: (f: (x: A) => A) => Program, args: ShapeDtypeStruct[]]> = {
  grad: [(f) => grad((x: A) => jnp.sum(f(x))), [matrix(2, 3)]],
  vmap: [(f) => vmap((x: A) => f(x)), [matrix(4, 2, 3)]],
  "vmap of axis 1 of grad": [
    (f) =>
      vmap(
        grad((x: A) => jnp.sum(f(x))),
        { inAxes: 1, outAxes: 1 },
      ),
    [matrix(2, 4, 3)],
  ],
  jvp: [(f) => (y: A, t: A) => jvp((x: A) => f(x), [y], [t]), [matrix(2, 3), matrix(2, 3)]],
  "grad of jit": [(f) => grad((y: A) => jnp.sum(jit(f, { name: "<lambda>" })(y))), [matrix(2, 3)]],
};

describe.each(Object.entries(golden.functions))("%s", (name, { expected }) => {
  test.each(Object.entries(expected))("%s", (transformation, text) => {
    const [apply, args] = transformations[transformation] as (typeof transformations)[string];
    expect(String(makeJaxpr(apply(functions[name] as (x: A) => A))(...args))).toBe(text);
  });
});

test("every function has a golden", () => {
  expect(Object.keys(functions)).toEqual(Object.keys(golden.functions));
});
