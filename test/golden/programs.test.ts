// Differentiated and transformed programs, translated by hand from the golden's Python.

import {
  checkpoint,
  checkpointPolicies,
  customGradient,
  customJvp,
  customVjp,
  defaultMatmulPrecision,
  disableJit,
  evalShape,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jnp,
  jvp,
  lax,
  type NDArray,
  namedCall,
  nn,
  ops,
  pmap,
  random,
  ravelPytree,
  ShapeDtypeStruct,
  scipy,
  slice,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type ProgramCase, partition, readCases } from "./cases.ts";
import { unsupportedDtype } from "./scope.ts";
import { decode, expectMatch } from "./values.ts";

type A = NDArray;
type Program = (...inputs: never[]) => unknown;

const trace = (m: A) => jnp.einsum("ii->", m);

const elementwise = (f: (x: A) => A) => vmap(valueAndGrad(f));
const elementwiseGrad = (f: (x: A) => A) => vmap(grad(f));
const binaryGrad = (f: (x: A, y: A) => A) => vmap(grad(f, { argnums: [0, 1] }));
const gradOfBoth = (f: (x: A, y: A) => A) => grad(f, { argnums: [0, 1] });
const gradOfSin = (f: (x: A) => A) => grad((x: A) => jnp.sum(jnp.sin(f(x))));
const gradOfSin2 = (f: (x: A, y: A) => A) => gradOfBoth((x, y) => jnp.sum(jnp.sin(f(x, y))));

const rows = () => jnp.int32([0, 2]);

type Layer = [w: A, b: A];

function mlp(params: Layer[], x: A, y: A): A {
  let h = x;
  for (const [w, b] of params.slice(0, -1)) h = jnp.tanh(h.matmul(w).add(b));
  const [w, b] = params.at(-1) as Layer;
  const logits = h.matmul(w).add(b);
  return jnp.mean(jnp.sum(nn.logSoftmax(logits).mul(y), { axis: -1 })).neg();
}

const rosenbrock = (x: A) => {
  const [head, tail] = [x.get(":-1"), x.get("1:")];
  return jnp.sum(jnp.add(jnp.multiply(100, tail.sub(head.pow(2)).pow(2)), jnp.subtract(1, head).pow(2)));
};

const mamlLoss = (w: A, x: A, y: A) => jnp.mean(x.matmul(w).sub(y).pow(2));

const sin3 = jit((x: A) => jnp.sin(x).pow(3));

const withFlag = jit((x: A, flag: boolean) => (flag ? x : x.neg()), { staticArgnums: [1] });

const autodiff: Record<string, Program> = {
  "special/ndtr": vmap(valueAndGrad((x: A) => scipy.special.ndtr(x))),
  "special/i1": vmap(valueAndGrad((x: A) => scipy.special.i1(x))),
  "special/exp1": vmap(valueAndGrad((x: A) => scipy.special.exp1(x))),
  "special/gammainc_x": vmap(grad((a: A, x: A) => scipy.special.gammainc(a, x), [0, 1])),
  "special/polygamma": vmap(grad((x: A) => scipy.special.polygamma(1, x))),
  "special/xlogy": vmap(grad((x: A, y: A) => scipy.special.xlogy(x, y), [0, 1])),
  "shape/convolve": grad((x: A) => jnp.sum(jnp.sin(jnp.convolve(x.get(0), x.get(1))))),
  "linalg/mvn_logpdf": grad((x: A, m: A, c: A) => scipy.stats.multivariateNormal.logpdf(x, m, c), [0, 1, 2]),
  "model/beta_sample": grad((a: A, b: A) => jnp.sum(random.beta(random.key(1), a, b, [2])), [0, 1]),
  "unary/sin": elementwise((x) => jnp.sin(x)),
  "unary/cos": elementwise((x) => jnp.cos(x)),
  "unary/arctan": elementwise((x) => jnp.arctan(x)),
  "unary/arcsinh": elementwise((x) => jnp.arcsinh(x)),
  "unary/exp": elementwise((x) => jnp.exp(x)),
  "unary/log": elementwise((x) => jnp.log(x)),
  "unary/log2": elementwise((x) => jnp.log2(x)),
  "unary/cbrt": elementwise((x) => jnp.cbrt(x)),
  "unary/reciprocal": elementwise((x) => jnp.reciprocal(x)),
  "unary/sign": elementwise((x) => jnp.sign(x)),
  "unary/sinc": elementwise((x) => jnp.sinc(x)),
  "unary/deg2rad": elementwise((x) => jnp.deg2rad(x)),
  "nn/relu6": elementwise((x) => nn.relu6(x)),
  "nn/selu": elementwise((x) => nn.selu(x)),
  "nn/log_sigmoid": elementwise((x) => nn.logSigmoid(x)),
  "nn/hard_silu": elementwise((x) => nn.hardSilu(x)),
  "nn/mish": elementwise((x) => nn.mish(x)),
  "nn/log1mexp": elementwise((x) => nn.log1mexp(x)),
  "nn/gelu_exact": vmap(grad(grad((x: A) => nn.gelu(x, { approximate: false })))),
  // jax.scipy.special's erf and erfinv are these primitives.
  "special/erf": elementwise((x) => lax.erf(x)),
  "special/erfinv": elementwise((x) => lax.erfInv(x)),
  "binary/subtract": binaryGrad((x, y) => jnp.subtract(x, y)),
  "binary/divide": binaryGrad((x, y) => jnp.divide(x, y)),
  "binary/power": binaryGrad((x, y) => jnp.power(x, y)),
  "binary/logaddexp": binaryGrad((x, y) => jnp.logaddexp(x, y)),
  "binary/maximum": binaryGrad((x, y) => jnp.maximum(x, y)),
  "binary/float_power": binaryGrad((x, y) => jnp.floatPower(x, y)),
  "binary/heaviside": binaryGrad((x, y) => jnp.heaviside(x, y)),
  "binary/broadcast": gradOfBoth((x, y) => jnp.sum(x.mul(y).add(y))),

  "convention/maximum_0": elementwiseGrad((x) => jnp.maximum(x, 0)),
  "convention/maximum_tie": gradOfBoth((x, y) => jnp.maximum(x, y)),
  "convention/reduce_max_tie": grad((x: A) => jnp.max(x)),
  "convention/sort_tie": grad((x: A) => jnp.sum(jnp.sort(x).mul(jnp.arange(4)))),
  "convention/power_int": elementwiseGrad((x) => x.pow(3).add(x.pow(2)).add(x.pow(1)).add(x.pow(0))),
  "convention/power_neg": elementwiseGrad((x) => x.pow(-2)),
  "convention/power_half": elementwiseGrad((x) => x.pow(0.5)),
  "convention/where_nan": elementwiseGrad((x) => jnp.where(x.gt(0), jnp.sqrt(x), 0)),
  "convention/where_safe": elementwiseGrad((x) => jnp.where(x.gt(0), jnp.sqrt(jnp.where(x.gt(0), x, 1)), 0)),
  "convention/log_where_double": hessian((x) =>
    jnp.sum(jnp.where(x.gt(0), jnp.log(jnp.where(x.gt(0), x, 1)), 0)),
  ),
  "convention/prod_axis": grad((x: A) => jnp.sum(jnp.prod(x, { axis: 0 }).pow(2))),
  "convention/sinc_0": vmap(grad(grad((x: A) => jnp.sinc(x)))),
  "convention/argmax_no_gradient": grad((x: A) => x.get(jnp.argmax(x)).mul(2)),

  "reduce/mean_keepdims": grad((x: A) =>
    jnp.sum(x.sub(jnp.mean(x, { axis: [0, 2], keepdims: true })).pow(3)),
  ),
  "reduce/std": grad((x: A) => jnp.sum(jnp.std(x, { axis: 1 }).pow(2))),
  "reduce/std_keepdims": grad((x: A) => jnp.sum(x.sub(jnp.std(x, { axis: [0, 2], keepdims: true })).pow(3))),
  "reduce/min": grad((x: A) => jnp.sum(jnp.min(x, { axis: 1 }).pow(2))),
  "reduce/prod": grad((x: A) => jnp.sum(jnp.prod(x, { axis: 1 }).pow(2))),
  "reduce/cumsum": grad((x: A) => jnp.sum(jnp.cumsum(x, { axis: 1 }).pow(2))),
  "reduce/logsumexp": grad((x: A) => jnp.sum(nn.logsumexp(x, { axis: 1 }).pow(2))),
  "reduce/logsumexp_hessian": hessian((x) => nn.logsumexp(x)),
  "reduce/softmax_jac": jacfwd((x) => nn.softmax(x)),
  "reduce/log_softmax_jac": jacrev((x) => nn.logSoftmax(x)),
  "reduce/where_arg": grad((x: A) => jnp.sum(x.pow(2), { where: jnp.array([true, false, true]) })),
  "fft/rfft": grad((x: A) => jnp.sum(jnp.abs(jnp.fft.rfft(x)).pow(2).mul(jnp.arange(4)))),
  "fft/dct": grad((x: A) => jnp.sum(scipy.fft.dct(x).pow(3))),
  "complex/holomorphic_jac": jacfwd((z: A) => jnp.sin(z).mul(z), { holomorphic: true }),
  "complex/holomorphic_jacrev": jacrev((z: A) => jnp.tanh(z).div(z), { holomorphic: true }),
  "complex/real_part": grad((z: A) => jnp.sum(jnp.real(z.pow(2)))),
  "complex/imag_part": grad((z: A) => jnp.sum(jnp.imag(z.pow(3)))),
  "complex/vjp": (z: A, ct: A) => vjp((x: A) => x.pow(2), z)[1](ct),
  "complex/lax_complex": gradOfBoth((x, y) => jnp.sum(jnp.abs(lax.complex(x, y).pow(3)))),
  "lax/cumsum_reverse": gradOfSin((x) => lax.cumsum(x, { axis: 0, reverse: true })),
  "lax/cumprod_reverse": gradOfSin((x) => lax.cumprod(x, { axis: 0, reverse: true })),

  "shape/reshape": gradOfSin((x) => jnp.reshape(x, [6, 2])),
  "shape/transpose": gradOfSin((x) => jnp.transpose(x)),
  "shape/swapaxes": gradOfSin((x) => jnp.swapaxes(x, 0, 1)),
  "shape/tile": gradOfSin((x) => jnp.tile(x, [2, 2])),
  "shape/pad_edge": gradOfSin((x) => jnp.pad(x, 2, { mode: "edge" })),
  "shape/pad_wrap": gradOfSin((x) => jnp.pad(x, 1, { mode: "wrap" })),
  "shape/stack": gradOfSin((x) => jnp.stack([x, jnp.multiply(2, x)], { axis: 1 })),
  "shape/split": gradOfSin((x) => jnp.split(x, 2, { axis: 1 })[1] as A),
  "shape/slice_step": gradOfSin((x) => x.get("::2", slice(null, null, -1))),
  "shape/int_index": gradOfSin((x) => x.get(1)),
  "shape/take_fill": gradOfSin((x) => jnp.take(x, jnp.int32([0, 9]), { axis: 1, mode: "clip" })),
  "shape/tril": gradOfSin((x) => jnp.tril(x)),
  "shape/trace": gradOfSin((x) => jnp.trace(x)),
  "shape/kron": gradOfSin((x) => jnp.kron(x, jnp.ones([2, 1]))),
  "shape/cross": gradOfSin((x) => jnp.cross(x.get(":", ":3"), x.get(":", "1:"))),
  "shape/histogram_free": gradOfSin((x) => jnp.digitize(x, jnp.array([0, 1])).mul(x)),
  "shape/expand_dims": gradOfSin((x) => jnp.expandDims(x, 1)),
  "shape/ravel": gradOfSin((x) => jnp.ravel(x)),
  "shape/outer": gradOfSin((x) => jnp.outer(x.get(0), x.get(1))),
  "shape/select_n": gradOfSin((x) => lax.selectN(x.gt(0), x, jnp.multiply(2, x))),
  "shape/clamp": gradOfSin((x) => lax.clamp(-0.5, x, 0.5)),
  "shape/nan_to_num": gradOfSin((x) => jnp.nanToNum(x)),
  "shape/reduce_precision": gradOfSin((x) => lax.reducePrecision(x, 8, 7)),
  "at/set": gradOfSin2((x, y) => x.at(rows()).set(y)),
  "at/add": gradOfSin2((x, y) => x.at(rows()).add(y)),
  "at/min": gradOfSin2((x, y) => x.at(rows()).min(y)),
  "at/max": gradOfSin2((x, y) => x.at(rows()).max(y)),
  "at/power": gradOfSin2((x, _y) => x.at(rows()).power(2)),
  "product/matmul": gradOfSin2((x, y) => x.matmul(y)),
  "product/matvec": gradOfSin2((x, y) => x.matmul(y)),
  "product/batched": gradOfSin2((x, y) => x.matmul(y)),
  "product/einsum_diag": gradOfSin2((x, y) => jnp.einsum("ii,ij->j", x, y)),
  "product/conv_stride": gradOfSin2((x, y) =>
    lax.convGeneralDilated(x, y, [2, 2], "VALID", { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] }),
  ),
  "product/conv_dilated": gradOfSin2((x, y) =>
    lax.convGeneralDilated(x, y, [1], [[2, 1]], { rhsDilation: [2] }),
  ),
  "product/vdot": gradOfSin2((x, y) => jnp.vdot(x, y)),

  "model/mlp_jit": jit(grad(mlp)),
  "model/mlp_hvp": (p: Layer[], x: A, y: A, v: Layer[]) =>
    jvp((q: Layer[]) => grad(mlp)(q, x, y), [p], [v])[1],
  "model/mlp_per_example": (p: Layer[], x: A, y: A) =>
    vmap((a: A, b: A) => (grad(mlp)(p, a.get(null), b.get(null))[0] as Layer)[0])(x, y),
  "model/batchnorm": gradOfBoth((x, g) => {
    const y = x
      .sub(x.mean(0))
      .div(jnp.sqrt(x.var(0).add(1e-3)))
      .mul(g);
    return jnp.sum(y.pow(3));
  }),
  "model/rosenbrock_hessian": hessian(rosenbrock),
  "model/dropout": grad((x: A) => {
    const keep = random.bernoulli(random.key(0), 0.5, x.shape);
    return jnp.sum(jnp.where(keep, x.div(0.5), 0).pow(2));
  }),
  "model/maml": grad((w: A, x: A, y: A, x2: A, y2: A) => {
    const w2 = w.sub(jnp.multiply(0.1, grad(mamlLoss)(w, x, y)));
    return mamlLoss(w2, x2, y2);
  }),

  "custom/vjp_none": (() => {
    const f = customVjp((x: A, y: A) => x.mul(y));
    f.defvjp(
      (x, y) => [x.mul(y), y],
      (y, g) => [g.mul(y), null],
    );
    return gradOfBoth(f);
  })(),
  "custom/vjp_vmap": (() => {
    const s = customVjp((x: A, y: A) => jnp.sum(x.mul(y)));
    s.defvjp(
      (x, y) => [s(x, y), [x, y] as const],
      ([x, y], g) => [g.mul(y).mul(2), g.mul(x)],
    );
    return gradOfBoth((x, y) => jnp.sum(vmap(s, { inAxes: [0, null] })(x, y).pow(2)));
  })(),
  "custom/gradient_decorator": valueAndGrad(customGradient((x: A) => [x.pow(2), (g: A) => [g.mul(x)]])),
  "nest/checkpoint_policy": grad(
    checkpoint((x: A) => jnp.sum(jnp.sin(x.matmul(x))), { policy: checkpointPolicies.dotsSaveable }),
  ),
  "nest/hessian_pytree": hessian((p: { a: A; b: A }) => p.a.pow(2).mul(jnp.sum(p.b.pow(2)))),
  "nest/jvp_of_grad": (x: A, v: A) =>
    jvp(
      grad((z: A) => jnp.sum(jnp.sin(z).pow(2))),
      [x],
      [v],
    ),
  "nest/vjp_of_vjp": (x: A) =>
    vjp((y: A) => vjp((z: A) => jnp.sum(z.pow(3)), y)[1](jnp.ones([]))[0], x)[1](jnp.ones([3])),
  "nest/vmap_grad": vmap(
    grad((x: A, y: A) => jnp.sum(jnp.sin(x).mul(y))),
    { inAxes: [0, null] },
  ),
  "nest/grad_jit_grad": jit(grad(jit(grad(sin3)))),
  "nest/laplacian": (x: A) => trace(hessian((z) => jnp.sum(z.pow(4)).add(z.get(0).mul(z.get(1))))(x)),
  "nest/divergence": (x: A) =>
    trace(jacfwd((z) => jnp.stack([z.get(0).pow(2), z.get(0).mul(z.get(1)), jnp.sin(z.get(2))]))(x)),
  "nest/perturbation_confusion2": grad((x: A) => x.mul(grad((y: A) => x.mul(y).mul(y))(x))),
  "nest/perturbation_closure": grad((x: A) =>
    grad((y: A) => jnp.sin(x.mul(y)).mul(grad((z: A) => x.mul(y).mul(z.pow(2)))(y)))(x),
  ),
  "nest/perturbation_jvp": (x: A) => jvp((z: A) => jvp((y: A) => z.mul(y), [z], [1])[1], [x], [1]),
  "nest/stop_gradient": grad((x: A) => jnp.sum(x.mul(lax.stopGradient(x.pow(2))))),
  "nest/jvp_aux": (x: A, t: A) =>
    jvp((z: A) => [jnp.sin(z), z.mul(10)] as [A, A], [x], [t], { hasAux: true }),
  "nest/vjp_aux": (x: A, t: A) => {
    const [y, pull, aux] = vjp((z: A) => [jnp.sin(z), z.mul(10)] as [A, A], x, { hasAux: true });
    return [y, pull(t), aux];
  },

  "control/while_jacfwd": jacfwd((x: A) =>
    lax.whileLoop(
      (c: A) => jnp.sum(c).lt(10),
      (c: A) => c.mul(1.5),
      x,
    ),
  ),
  "control/fori_static_grad": grad((x: A) => lax.foriLoop(0, 3, (i: A, c: A) => c.mul(jnp.cos(c)).add(i), x)),
  "control/cond_true": grad(
    (p: A, x: A) =>
      lax.cond(
        p,
        (v: A) => jnp.sin(v),
        (v: A) => v.pow(2),
        x,
      ),
    { argnums: 1 },
  ),
  "control/scan_reverse": gradOfBoth((c, xs) =>
    lax.scan((c: A, x: A) => [c.mul(x), c.add(x)], c, xs, { reverse: true })[1].sum(),
  ),
  "control/scan_length": grad(
    grad((c: A) => lax.scan((c: A, _: null) => [jnp.sin(c).mul(2), c], c, null, { length: 3 })[0]),
  ),
  "control/scan_int_carry": grad((x: A) =>
    lax
      .scan(([i, c]: [A, A], _: null) => [[i.add(1), c.mul(x).add(i)], c], [0, 1], null, { length: 3 })[1]
      .sum(),
  ),
  "control/scan_hessian": hessian((xs) => lax.scan((c: A, x: A) => [c.mul(x).add(x.pow(2)), null], 1, xs)[0]),
  "control/associative_scan": grad((xs: A) => lax.associativeScan(jnp.multiply, xs).get("-2:").sum()),
  "control/rk4": valueAndGrad((p: A) => {
    const deriv = (y: A) =>
      jnp.stack([
        y.get(1),
        p
          .get(0)
          .neg()
          .mul(y.get(0))
          .sub(p.get(1).mul(y.get(1))),
      ]);
    const step = (y: A, _: null): [A, null] => {
      const k1 = deriv(y);
      const k2 = deriv(y.add(k1.mul(0.05)));
      const k3 = deriv(y.add(k2.mul(0.05)));
      const k4 = deriv(y.add(k3.mul(0.1)));
      return [
        y.add(
          k1
            .add(k2.mul(2))
            .add(k3.mul(2))
            .add(k4)
            .mul(0.1 / 6),
        ),
        null,
      ];
    };
    return jnp.sum(lax.scan(step, jnp.array([1, 0]), null, { length: 8 })[0].pow(2));
  }),
  "control/newton_sqrt": vmap(
    grad((a: A) => lax.foriLoop(0, 6, (_i: A, x: A) => x.add(a.div(x)).mul(0.5), a)),
  ),

  "custom/jvp_log1pexp": (() => {
    const f = customJvp((x: A) => jnp.log(jnp.add(1, jnp.exp(x))));
    f.defjvp(([x]: [A], [t]: [A]) => [f(x), jnp.subtract(1, jnp.divide(1, jnp.add(1, jnp.exp(x)))).mul(t)]);
    return vmap(grad(f));
  })(),
  "custom/jvp_second": (() => {
    const f = customJvp((x: A) => jnp.sin(x));
    f.defjvps((t: A, _y: A, x: A) => jnp.multiply(2, jnp.cos(x)).mul(t));
    return vmap(grad(grad(f)));
  })(),
  "convention/norm_at_0": grad((x: A) => jnp.linalg.norm(x)),
  "reduce/norms": grad((x: A) =>
    jnp.linalg
      .norm(x, 1)
      .add(jnp.linalg.norm(x, 3))
      .add(jnp.linalg.norm(x, Infinity))
      .add(jnp.linalg.norm(x)),
  ),
  "linalg/inv": gradOfBoth((a, b) => jnp.sum(jnp.linalg.inv(a).mul(b))),
  "linalg/slogdet": gradOfBoth((a, b) => jnp.linalg.slogdet(a)[1].mul(b.get(0))),
  "linalg/eigvalsh": gradOfBoth((a, b) => jnp.sum(jnp.linalg.eigvalsh(a).pow(3).mul(b))),
  "linalg/eigh_projector": gradOfBoth((a, b) => {
    const v = jnp.linalg.eigh(a)[1].get(":", ":1");
    return jnp.sum(v.matmul(v.T).mul(b));
  }),
  "linalg/svd_reconstruct": gradOfBoth((a, b) => {
    const [u, s, v] = jnp.linalg.svd(a, { fullMatrices: false });
    return jnp.sum(u.mul(s.pow(2)).matmul(v).mul(b));
  }),
  "linalg/triangular": gradOfBoth((a, b) =>
    jnp.sum(scipy.linalg.solveTriangular(a, b, { lower: true }).pow(2)),
  ),
  "linalg/solve_jvp": (a: A, b: A, s: A, t: A) => jvp((x: A, y: A) => jnp.linalg.solve(x, y), [a, b], [s, t]),
  "linalg/cholesky_batched": grad((a: A) => jnp.sum(vmap((x: A) => jnp.linalg.cholesky(x))(a))),
  "linalg/cg": gradOfBoth((a, b) => jnp.sum(scipy.sparse.linalg.cg(a, b)[0].pow(2))),
  "model/gaussian_process": valueAndGrad((theta: A, x: A, y: A) => {
    const distances = jnp.expandDims(x, 1).sub(jnp.expandDims(x, 0)).pow(2);
    const kernel = jnp.exp(theta.get(0)).mul(jnp.exp(distances.mul(-0.5).div(jnp.exp(theta.get(1)))));
    const k = kernel.add(jnp.exp(theta.get(2)).mul(jnp.eye(x.shape[0])));
    const l = jnp.linalg.cholesky(k);
    const a = scipy.linalg.choSolve([l, true], y);
    return y
      .mul(0.5)
      .matmul(a)
      .add(jnp.sum(jnp.log(jnp.diag(l))));
  }),
  "model/newton_step": (x: A) => {
    const f = (z: A) => jnp.sum(jnp.exp(z).sub(z)).add(jnp.sum(z).pow(2).mul(0.5));
    return x.sub(jnp.linalg.solve(hessian(f)(x), grad(f)(x)));
  },
  "model/contrastive": gradOfBoth((a, b) => {
    const unit = (z: A) => z.div(jnp.linalg.norm(z, { axis: 1, keepdims: true }));
    return jnp.mean(jnp.diag(nn.logSoftmax(unit(a).matmul(unit(b).T)))).neg();
  }),
  "shape/insert": gradOfSin((x) => jnp.insert(x.get(0), 1, x.get(1, 0))),
  "shape/choose": gradOfSin((x) =>
    jnp.choose(jnp.int32([0, 1, 0, 1]), [x.get(0), x.get(1)], { mode: "clip" }),
  ),
  "shape/select": gradOfSin((x) => jnp.select([x.gt(1), x.gt(0)], [x, x.pow(2)], x.pow(3))),
  "product/avg_pool": grad((x: A) => jnp.sum(lax.reduceWindow(x, 0, lax.add, [2, 2], [1, 1], "SAME").pow(2))),
  "model/conv_net": valueAndGrad((p: { k: A; b: A; w: A }, x: A) => {
    const layout = { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] as [string, string, string] };
    const h = nn.relu(lax.convGeneralDilated(x, p.k, [1, 1], "SAME", layout).add(p.b));
    const pooled = lax.reduceWindow(h, -Infinity, lax.max, [1, 2, 2, 1], [1, 2, 2, 1], "VALID");
    return jnp.mean(nn.logsumexp(pooled.reshape([pooled.shape[0], -1]).matmul(p.w), { axis: 1 }));
  }),
  "control/custom_linear_solve": gradOfBoth((a, b) =>
    jnp.sum(
      lax.customLinearSolve(
        (x: A) => a.matmul(x),
        b,
        (_: unknown, y: A) => jnp.linalg.solve(a, y),
        {
          transposeSolve: (_: unknown, y: A) => jnp.linalg.solve(a.T, y),
        },
      ),
    ),
  ),
  "options/mixed_precision": grad((w: A, x: A) =>
    jnp.sum(x.astype("bfloat16").matmul(w.astype("bfloat16")).astype("float32").pow(2)),
  ),
  "options/argnums_1": grad((x: A, y: A) => x.mul(y.pow(2)), { argnums: 1 }),
  "options/argnums_tuple": grad((x: A, y: A, z: A) => x.mul(y.pow(2)).add(z), { argnums: [0, 2] }),
  "options/argnums_negative": grad((x: A, y: A) => x.mul(y.pow(3)), { argnums: -1 }),
  "options/pytree_nested": grad((p: { l: [A, { w: A }]; t: [A, A] }) =>
    p.l[0].mul(p.l[1].w.sum()).add(p.t[1]),
  ),
  "options/int_operand_promotes": grad((x: A) => jnp.sum(x.mul(jnp.arange(3)))),
  "options/grad_of_identity": grad((x: A) => x),
  "options/empty": grad((x: A) => jnp.sum(x)),
};

const transforms: Record<string, Program> = {
  "vmap/dot": vmap((x: A, y: A) => jnp.dot(x, y)),
  "vmap/in_axes_none": vmap((x: A, y: A) => x.matmul(y), { inAxes: [0, null] }),
  "vmap/in_axes_1": vmap((x: A, y: A) => x.mul(y.sum()), { inAxes: [1, 0] }),
  "vmap/in_axes_negative": vmap((x: A) => x.sum(), { inAxes: -1 }),
  "vmap/out_axes_1": vmap((x: A) => x.mul(2), { outAxes: 1 }),
  "vmap/out_axes_tuple": vmap((x: A) => [x.mul(2), x.sum()], { outAxes: [1, 0] }),
  "vmap/in_axes_dict": vmap((d: { a: A; b: A }) => d.a.mul(d.b), { inAxes: [{ a: 0, b: null }] }),
  "vmap/axis_size": vmap(() => jnp.ones([2]), { axisSize: 3 }),
  "vmap/closure": (x: A) => {
    const w = jnp.reshape(jnp.arange(6).astype("float32"), [2, 3]);
    return vmap((row: A) => w.matmul(row))(x);
  },
  "vmap/op_transpose": vmap((x: A) => x.T),
  "vmap/op_pad": vmap((x: A) => jnp.pad(x, 1)),
  "vmap/op_fft": vmap((x: A) => jnp.fft.fft(x)),
  "vmap/op_where": vmap((x: A) => jnp.where(x.gt(0), x, 0)),
  "vmap/op_unique_size": vmap((x: A) => jnp.unique(jnp.round(x), { size: 4 })),
  "vmap/op_interp": vmap((x: A) => jnp.interp(x, jnp.array([-1, 1]), jnp.array([0, 5]))),
  "jit/eval_shape_struct": () => {
    const f = (a: A, b: A) => a.matmul(b);
    const out = evalShape(
      f,
      new ShapeDtypeStruct([2, 3], "float32"),
      new ShapeDtypeStruct([3, 4], "bfloat16"),
    ) as A;
    return [[...out.shape], String(out.dtype)];
  },
  "misc/ravel_pytree_mixed": (d: unknown) => {
    const [v, back] = ravelPytree(d);
    return [v, back(v.mul(2))];
  },
  "misc/named_call": jit(namedCall((x: A) => x.mul(2), { name: "double" })),
  "misc/disable_jit": (x: A) => disableJit(() => jit((y: A) => (Number(y.sum()) > 0 ? y.mul(2) : y))(x)),
  "misc/matmul_precision": (x: A) => defaultMatmulPrecision("float32", () => x.matmul(x)),
  "vmap/op_norm": vmap((x: A) => jnp.linalg.norm(x)),
  "vmap/op_triangular_solve": vmap((x: A) =>
    scipy.linalg.solveTriangular(x.add(jnp.eye(2).mul(3)), x.get(0), { lower: true }),
  ),
  "vmap/op_logsumexp": vmap((x: A) => nn.logsumexp(x)),
  "vmap/op_einsum": vmap((x: A) => jnp.einsum("ij,kj->ik", x, x)),
  "vmap/op_top_k": vmap((x: A) => lax.topK(x, 2)),
  "vmap/op_scatter": vmap((x: A) => x.at(jnp.int32([0, 0])).add(1)),
  "vmap/op_tril": vmap((x: A) => jnp.tril(x)),
  "vmap/op_diag": vmap((x: A) => jnp.diag(x)),
  "vmap/op_iota": vmap((x: A) => x.add(jnp.arange(3))),
  "vmap/op_one_hot": vmap((x: A) => nn.oneHot(jnp.argmax(x), 4)),
  "vmap/batched_index": vmap((x: A, i: A) => x.get(i)),
  "vmap/scatter_shared": vmap((x: A, i: A, v: A) => x.at(i).add(v), { inAxes: [null, 0, 0] }),
  "vmap/random": () => vmap((k: A) => random.normal(k, [2]))(random.split(random.key(0), 3)),
  // A keyword argument is a named field of an options object here, and mapped like any other argument.
  "vmap/kwargs": (x: A, s: A) => vmap((a: A, options: { s: A }) => a.mul(options.s))(x, { s }),
  "collective/pmean": vmap((x: A) => x.sub(lax.pmean(x, "i")), { axisName: "i" }),
  "collective/pmax_pmin": vmap((x: A) => [lax.pmax(x, "i"), lax.pmin(x, "i")], { axisName: "i" }),
  "collective/axis_size": vmap((x: A) => x.mul(lax.axisSize("i")), { axisName: "i" }),
  "collective/all_gather_tiled": vmap((x: A) => lax.allGather(x, "i", { tiled: true }), { axisName: "i" }),
  "collective/ppermute": vmap(
    (x: A) =>
      lax.ppermute(x, "i", [
        [0, 1],
        [1, 2],
        [2, 0],
      ]),
    { axisName: "i" },
  ),
  "collective/pmap_single": pmap((x: A) => lax.psum(x.mul(2), "i"), { axisName: "i" }),
  "collective/psum_scatter": vmap((x: A) => lax.psumScatter(x, "i"), { axisName: "i" }),
  "jit/static_argnames": (x: A) => [withFlag(x, true), withFlag(x, false)],
  "jit/closure_constant": (x: A) => {
    const w = jnp.arange(3).astype("float32");
    return jit((y: A) => y.add(w))(x);
  },
  "vmap/op_conv": vmap((x: A) => jnp.convolve(x, jnp.array([1, 2]))),
  "vmap/op_segment_sum": vmap((x: A) => ops.segmentSum(x, jnp.array([0, 1, 0], "int32"), 2)),
  "jit/pytree_io": jit((d: { a: A; b: [A, A] }) => ({ s: d.a.add(d.b[0]), t: [d.b[1]] })),
};

function whyExcluded({ inputs, expected }: ProgramCase): string | undefined {
  const dtype = unsupportedDtype([inputs, expected]);
  return dtype === undefined ? undefined : `dtype ${dtype}: later`;
}

for (const [title, programs] of [
  ["autodiff", autodiff],
  ["transforms", transforms],
] as const) {
  describe(title, async () => {
    const run = partition(title, await readCases<ProgramCase>(title), whyExcluded);

    test.each(run.map((golden) => [golden.id, golden] as const))("%s", (id, golden) => {
      const program = programs[id] as ((...inputs: unknown[]) => unknown) | undefined;
      if (program === undefined) throw new Error(`not translated: ${golden.program} | ${golden.transform}`);
      expectMatch(program(...golden.inputs.map((input) => decode(input))), golden.expected, golden);
    });

    test("every translation belongs to a case that runs", () => {
      const ids = new Set(run.map((golden) => golden.id));
      expect(Object.keys(programs).filter((id) => !ids.has(id))).toEqual([]);
    });
  });
}
