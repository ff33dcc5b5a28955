// Printed jaxprs, equal to JAX's character for character. Each program is translated by hand from the golden's Python.

import {
  adCheckpoint,
  checkpoint,
  customVjp,
  type DTypeLike,
  grad,
  hessian,
  jit,
  jnp,
  jvp,
  lax,
  linearize,
  makeJaxpr,
  type NDArray,
  namedCall,
  nn,
  random,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type GoldenValue, type JaxprCase, partition, readCases } from "./cases.ts";
import { unsupportedDtype } from "./scope.ts";
import { weakFloat } from "./values.ts";

type Program = (...args: never[]) => unknown;
type A = NDArray;

/** Python functions made at module level: a name, as `def` gives it, or none, as `lambda` leaves it. */
const jitted = {
  scalarArgument: jit(function g(x: A, s: number) {
    return x.mul(s);
  }),
  inline: jit((x: A) => x.mul(2), { inline: true }),
  pytree: jit(function g(d: { a: A; b: A }) {
    return d.a.mul(2);
  }),
  keepUnused: jit((x: A, _y: A) => x, { keepUnused: true }),
  noArguments: jit(function g() {
    return jnp.zeros([3]);
  }),
};

const tripled = customVjp(function g(x: A) {
  return jnp.sin(x);
});
tripled.defvjp(
  (x) => [jnp.sin(x), x],
  (_x, ct) => [ct.mul(3)],
);

const programs: Record<string, Program> = {
  "arith/literal_int": (x: A) => x.mul(2).add(1),
  "arith/literal_int_on_float": (x: A) => x.mul(2),
  "arith/literal_small_large": (x: A) => x.mul(1e-8).add(1e10).add(1e20),
  "arith/literal_bf16": (x: A) => x.mul(2.5),
  "arith/promote_bf16": (x: A, y: A) => x.add(y),
  "arith/weak_and_array": (x: A, y: A) => x.add(y),
  "arith/literal_pi": (x: A) => jnp.multiply(jnp.pi, x),
  "arith/promote_bool": (x: A, y: A) => x.add(y),
  "arith/int_times_float_literal": (x: A) => x.mul(1.5),
  "arith/weak_input": (x: A) => x.add(1),
  "arith/pow_array": (x: A, y: A) => x.pow(y),
  "arith/rpow": (x: A) => jnp.power(2, x),
  "arith/mod": (x: A, y: A) => x.mod(y),
  "arith/mod_int": (x: A) => x.mod(3),
  "arith/floordiv": (x: A, y: A) => x.floorDiv(y),
  "arith/floordiv_int": (x: A) => x.floorDiv(2),
  "arith/shift": (x: A) => [x.lshift(2), x.rshift(1)],
  "arith/dead_code": (x: A) => {
    jnp.sin(x);
    return x.add(1);
  },
  "arith/no_inputs": () => jnp.ones([3]).add(1),
  "arith/many_vars": (x: A) => {
    let sum = x;
    for (let i = 0; i < 30; i++) sum = sum.add(1);
    return sum;
  },

  "unary/chain": (x: A) => jnp.tanh(jnp.exp(jnp.log(jnp.sqrt(x)))),
  "unary/tan": (x: A) => jnp.tan(x),
  "unary/arcsin": (x: A) => jnp.arcsin(x),
  "unary/arctan": (x: A) => jnp.arctan(x),
  "unary/sinh": (x: A) => jnp.sinh(x),
  "unary/expm1": (x: A) => jnp.expm1(x),
  "unary/log1p": (x: A) => jnp.log1p(x),
  "unary/isnan": (x: A) => jnp.isnan(x),
  "unary/isfinite": (x: A) => jnp.isfinite(x),
  "unary/lax_rsqrt": (x: A) => lax.rsqrt(x),
  "unary/erf": (x: A) => lax.erf(x),
  "unary/astype": (x: A) => x.astype("int32"),

  "binary/maximum": (x: A, y: A) => jnp.maximum(x, y),
  "binary/hypot": (x: A, y: A) => jnp.hypot(x, y),
  "binary/logaddexp": (x: A, y: A) => jnp.logaddexp(x, y),
  "binary/copysign": (x: A, y: A) => jnp.copysign(x, y),
  "binary/where": (c: A, x: A) => jnp.where(c, x, 0.5),
  "binary/where_arrays": (c: A, x: A, y: A) => jnp.where(c, x, y),

  "nn/leaky_relu": (x: A) => nn.leakyRelu(x),
  "nn/elu": (x: A) => nn.elu(x),
  "nn/selu": (x: A) => nn.selu(x),
  "nn/log_sigmoid": (x: A) => nn.logSigmoid(x),
  "nn/hard_tanh": (x: A) => nn.hardTanh(x),
  "nn/standardize": (x: A) => nn.standardize(x),
  "nn/softmax": (x: A) => nn.softmax(x),

  "fft/fft": (x: A) => jnp.fft.fft(x),
  "reduce/sum": (x: A) => jnp.sum(x),
  "reduce/sum_axis": (x: A) => jnp.sum(x, { axis: 1 }),
  "reduce/max": (x: A) => jnp.max(x),
  "reduce/min_axis": (x: A) => jnp.min(x, { axis: 1 }),
  "reduce/all_axis": (x: A) => jnp.all(x, { axis: 1 }),
  "reduce/mean": (x: A) => jnp.mean(x),
  "reduce/var_axis": (x: A) => jnp.var(x, { axis: 1 }),
  "reduce/std": (x: A) => jnp.std(x),
  "reduce/cumprod_axis": (x: A) => jnp.cumprod(x, { axis: 1 }),
  "reduce/sum_bool": (x: A) => jnp.sum(x),
  "reduce/sum_bf16": (x: A) => jnp.sum(x),
  "reduce/sum_int8": (x: A) => jnp.sum(x),
  "reduce/mean_int": (x: A) => jnp.mean(x),
  "reduce/logsumexp_scipy": (x: A) => nn.logsumexp(x),

  "shape/ravel": (x: A) => x.ravel(),
  "shape/expand_dims": (x: A) => x.get(":", null),
  "shape/broadcast_to": (x: A) => jnp.broadcastTo(x, [4, 2, 3]),
  "shape/concatenate": (x: A) => jnp.concatenate([x, x], { axis: 1 }),
  "shape/stack": (x: A) => jnp.stack([x, x]),
  "shape/split": (x: A) => jnp.split(x, 3, { axis: 1 }),
  "shape/repeat": (x: A) => jnp.repeat(x, 2, { axis: 0 }),
  "shape/roll": (x: A) => jnp.roll(x, 1, { axis: 1 }),
  "shape/slice": (x: A) => x.get(":1", "1:"),
  "shape/int_index": (x: A) => x.get(1),
  "shape/neg_index": (x: A) => x.get(-1),
  "shape/two_ints": (x: A) => x.get(0, 2),
  "shape/ellipsis": (x: A) => x.get("...", 0),
  "shape/newaxis": (x: A) => x.get(null, ":", null),
  "shape/array_index": (x: A) => x.get(jnp.int32([0, 1, 1])),
  "shape/linspace": (x: A) => jnp.linspace(0.5, 1.5, 4).add(x.get(0, 0)),
  "shape/rev": (x: A) => lax.rev(x, [0]),
  "shape/lax_pad": (x: A) =>
    lax.pad(x, 0, [
      [1, 0, 1],
      [0, -1, 0],
    ]),

  "index/traced_two": (x: A, i: A, j: A) => x.get(i, j),
  "index/dynamic_slice": (x: A, i: A) => lax.dynamicSlice(x, [i], [2]),
  "index/dynamic_index_in_dim": (x: A, i: A) => lax.dynamicIndexInDim(x, i, 0, { keepdims: false }),
  "index/mode_clip": (x: A, i: A) => x.at(i).get({ mode: "clip" }),
  "index/mode_fill": (x: A, i: A) => x.at(i).get({ mode: "fill", fillValue: 0 }),
  "at/set": (x: A, y: A) => x.at(1).set(y),
  "at/set_array": (x: A, i: A, y: A) => x.at(i).set(y),
  "at/set_row": (x: A, y: A) => x.at(0).set(y),

  "dot/preferred": (x: A, y: A) => jnp.matmul(x, y, { preferredElementType: "float32" }),
  "dot/batched": (x: A, y: A) => x.matmul(y),
  "dot/einsum": (x: A, y: A) => jnp.einsum("ij,kj->ik", x, y),
  "dot/einsum_three": (x: A, y: A, z: A) => jnp.einsum("ij,jk,k->i", x, y, z),
  "dot/precision": (x: A, y: A) => jnp.matmul(x, y, { precision: lax.Precision.HIGHEST }),

  "random/key": (s: A) => random.key(s),
  "random/bits": (k: A) => random.bits(k, [3]),
  "random/bernoulli": (k: A) => random.bernoulli(k, 0.5, [3]),
  "random/randint": (k: A) => random.randint(k, [3], 0, 10),
  "random/raw_key": (k: A) => random.uniform(k, [2]),

  "structure/dict_in": (d: { a: A; b: A }) => d.a.add(d.b),
  "structure/nested": (p: [{ w: A; b: A }], x: A) => x.matmul(p[0].w).add(p[0].b),
  "structure/closure_array": (() => {
    const w = jnp.arange(3).astype("float32");
    return (x: A) => x.add(w);
  })(),
  "structure/long_line": (a: A, b: A, c: A, d: A, e: A) => [a.add(b), c.add(d), e.add(a), b.add(c), d.add(e)],
  "structure/many_inputs": (...xs: A[]) => xs.reduce<A | number>((sum, x) => jnp.add(sum, x), 0),

  "jit/scalar_argument": (x: A) => jitted.scalarArgument(x, 2.5),
  "jit/inline": (x: A) => jitted.inline(x).add(1),
  "jit/donate": (x: A) =>
    jit(
      function g(y: A) {
        return y.mul(2);
      },
      { donateArgnums: 0 },
    )(x),
  "jit/pytree": (x: A) => jitted.pytree({ a: x, b: x }),
  "jit/keep_unused": (x: A, y: A) => jitted.keepUnused(x, y),
  "jit/no_args": () => jitted.noArguments(),
  "jit/deep": (x: A) => jit((y: A) => jit((z: A) => jit(jnp.sin)(z))(y))(x),

  "grad/square": grad((x: A) => x.pow(2)),
  "grad/sin": grad(jnp.sin),
  "grad/tanh": grad(jnp.tanh),
  "grad/log": grad(jnp.log),
  "grad/div": grad((x: A, y: A) => x.div(y), { argnums: [0, 1] }),
  "grad/matmul": grad((w: A, x: A) => jnp.sum(x.matmul(w))),
  "grad/index": grad((x: A) => x.get(1).mul(x.get(0))),
  "grad/gather": grad((x: A) => jnp.sum(x.get(jnp.int32([0, 0])))),
  "grad/concatenate": grad((x: A) => jnp.sum(jnp.concatenate([x, x]).pow(2))),
  "grad/value_and_grad": valueAndGrad((x: A) => jnp.sum(jnp.sin(x))),
  "grad/grad_grad": grad(grad(jnp.sin)),
  "grad/logsumexp": grad((x: A) => nn.logsumexp(x)),
  "jvp/mul": (x: A, y: A, s: A, t: A) => jvp((a: A, b: A) => a.mul(b), [x, y], [s, t]),
  "jvp/mlp": (w: A, x: A, t: A) => jvp((v: A) => jnp.tanh(v.matmul(w)), [x], [t]),
  "vjp/mul": (x: A, y: A, ct: A) => vjp((a: A, b: A) => a.mul(b), x, y)[1](ct),
  "linearize/sin": (x: A, t: A) => linearize(jnp.sin, x)[1](t),

  "jacobian/hessian": hessian((x: A) => jnp.sum(x.pow(3))),

  "checkpoint/plain": checkpoint((x: A) => jnp.sin(jnp.sin(x))),
  "checkpoint/name": (x: A) => adCheckpoint.checkpointName(jnp.sin(x), "s").mul(2),
  "custom/vjp": (x: A) => tripled(x),
  "custom/vjp_grad": grad((x: A) => tripled(x)),

  "vmap/add": vmap((x: A, y: A) => x.add(y)),
  "vmap/dot": vmap((x: A, y: A) => jnp.dot(x, y)),
  "vmap/sum": vmap((x: A) => jnp.sum(x)),
  "vmap/in_axis_1": vmap((x: A) => jnp.sum(x), { inAxes: 1 }),
  "vmap/psum": vmap((x: A) => x.div(lax.psum(x, "i")), { axisName: "i" }),
  "vmap/dynamic_slice": vmap((x: A, i: A) => lax.dynamicSlice(x, [i], [2])),

  "conv/nhwc": (x: A, k: A) =>
    lax.convGeneralDilated(x, k, [2, 2], "VALID", { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] }),

  "misc/optimization_barrier": (x: A, y: A) => lax.optimizationBarrier([x, y]),
  "misc/layernorm": (x: A) => {
    const m = jnp.mean(x, -1, { keepdims: true });
    const v = jnp.mean(x.sub(m).pow(2), -1, { keepdims: true });
    return x.sub(m).mul(lax.rsqrt(v.add(1e-5)));
  },
  "misc/integer_bounds": (x: A) => x.add(2147483647),

  "vmap/while": vmap((x: A) =>
    lax.whileLoop(
      (c: A) => c.lt(10),
      (c: A) => c.mul(2),
      x,
    ),
  ),
  "vmap/scan": vmap((c: A, xs: A) => lax.scan((c: A, x: A) => [c.add(x), c], c, xs)),
  "control/scan_consts": (w: A, xs: A) => lax.scan((c: A, x: A) => [c.add(w.mul(x)), c], 0.5, xs),
  "control/scan_unroll": (c: A, xs: A) => lax.scan((c: A, x: A) => [c.add(x), c], c, xs, { unroll: 2 }),
  "control/scan_pytree": (d: { a: A; b: A }, xs: A) =>
    lax.scan((d: { a: A; b: A }, x: A) => [{ a: d.b, b: d.a.add(x) }, x], d, xs),
  "control/fori_static": (x: A) => lax.foriLoop(0, 5, (i: A, c: A) => c.add(i), x),
  "control/cond": (p: A, x: A) =>
    lax.cond(
      p,
      (v: A) => v.add(1),
      (v: A) => v.mul(2),
      x,
    ),
  "control/cond_int": (p: A, x: A) => lax.cond(p.gt(0), jnp.sin, jnp.cos, x),
  "control/cond_closure": (p: A, x: A, y: A) =>
    lax.cond(
      p,
      () => x.add(y),
      () => x.sub(y),
    ),
  "control/switch": (i: A, x: A) => lax.switch(i, [jnp.sin, jnp.cos, (v: A) => v], x),
  "misc/named_call": namedCall((x: A) => x.add(1), { name: "inc" }),
  "linalg/cholesky": (a: A) => jnp.linalg.cholesky(a),
  "linalg/lax_qr": (a: A) => lax.linalg.qr(a, { fullMatrices: false }),
  "linalg/lax_eigh": (a: A) => lax.linalg.eigh(a),
  "control/map": (xs: A) => lax.map((x: A) => x.pow(2), xs),
};

/**
 * Where Python writes an integer-valued float (`2.`), the translation writes a fraction, since a lone `2` is a weakly
 * typed integer here: the literal changes in the expected text, and nothing else.
 */
const fractions: Record<string, [from: string, to: string]> = {
  "binary/where": ["] a b 0.0:f32[]", "] a b 0.5:f32[]"],
  "shape/linspace": ["jaxpr=_linspace] 0.0:f32[] 1.0:f32[]", "jaxpr=_linspace] 0.5:f32[] 1.5:f32[]"],
  "jit/scalar_argument": ["] a 2.0:f32[]", "] a 2.5:f32[]"],
  "control/scan_consts": ["0.0:f32[]", "0.5:f32[]"],
};

const otherwise: [pattern: RegExp, reason: string][] = [
  [
    /^reduce\/median$/,
    "differs by design: quantiles are computed for a list of positions, of which the median is one",
  ],
  [
    /^misc\/polyval$/,
    "differs by design: polynomials are written out, so that they are fused with what surrounds them",
  ],
];

function whyExcluded({ id, args }: JaxprCase): string | undefined {
  const reason = otherwise.find(([pattern]) => pattern.test(id))?.[1];
  if (reason !== undefined) return reason;
  const dtype = unsupportedDtype(specsOf(args));
  return dtype === undefined ? undefined : `dtype ${dtype}: later`;
}

/** Argument specifications as golden arrays, so that dtypes are found in them. */
function specsOf(value: GoldenValue): GoldenValue {
  if (Array.isArray(value)) return value.map(specsOf);
  if (value === null || typeof value !== "object") return value;
  if ("dtype" in value) return { ...value, data: [] };
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, specsOf(field)]));
}

/** An argument of the given shape and dtype. */
function argument(spec: GoldenValue): unknown {
  if (Array.isArray(spec)) return spec.map(argument);
  const { dtype, shape, weak, tree } = spec as { [key: string]: GoldenValue };
  if (tree !== undefined) {
    const fields = Object.entries(tree as { [key: string]: GoldenValue });
    return Object.fromEntries(fields.map(([key, field]) => [key, argument(field)]));
  }
  if (dtype === "key<fry>") return random.key(0);
  return weak ? weakFloat(0.5) : jnp.zeros(shape as number[], { dtype: dtype as DTypeLike });
}

describe("jaxprs", async () => {
  const cases = await readCases<JaxprCase>("jaxprs");
  const run = partition("jaxprs", cases, whyExcluded);

  test.each(run.map((golden) => [golden.id, golden] as const))("%s", (id, { args, expected, python }) => {
    const program = programs[id];
    if (program === undefined) throw new Error(`not translated: ${python}`);
    const [from, to] = fractions[id] ?? ["", ""];
    expect(expected).toContain(from);
    const text = String(makeJaxpr(program as (...args: unknown[]) => unknown)(...args.map(argument)));
    expect(text).toBe(expected.replace(from, to));
  });

  test("every translation belongs to a case that runs", () => {
    const ids = new Set(run.map((golden) => golden.id));
    expect(Object.keys(programs).filter((id) => !ids.has(id))).toEqual([]);
  });
});
