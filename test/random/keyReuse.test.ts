// Outcomes and first words of messages are those of JAX with `jax_debug_key_reuse`.
import {
  checkpoint,
  config,
  debugKeyReuse,
  errors,
  grad,
  jit,
  jnp,
  lax,
  makeJaxpr,
  type NDArray,
  random,
  vmap,
} from "fluxion";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

type A = NDArray;
const { key, uniform, normal, split, bits, foldIn } = random;

beforeEach(() => config.update("debugKeyReuse", true));
afterEach(() => config.update("debugKeyReuse", false));

const call = /^Previously-consumed key passed to jit-compiled function at index 0/;
const scanError = /^scan body function leads to key reuse when repeatedly executed/;

const bad: [name: string, program: () => unknown, message: RegExp][] = [
  ["two draws", () => use(key(0), (k) => [uniform(k), uniform(k)]), call],
  ["a draw after a split", () => use(key(0), (k) => [split(k), normal(k)]), call],
  [
    "a split after a draw",
    () => use(key(0), (k) => [bits(k), split(k)]),
    /passed to random_split at index 0/,
  ],
  [
    "the same element twice",
    () => use(split(key(0)), (ks) => [uniform(ks.get(0)), uniform(ks.get(0))]),
    /passed to slice at index 0/,
  ],
  [
    "an element after vmap over all",
    () => use(split(key(0)), (ks) => [vmap((k: A) => uniform(k))(ks), uniform(ks.get(1))]),
    /passed to slice at index 0/,
  ],
  [
    "inside of jit",
    () => jit((k: A) => uniform(k).add(normal(k)))(key(0)),
    /^In jit, argument 0 is already consumed/,
  ],
  ["the same key to a jitted function twice", () => use(key(0), (k) => [drawn(k), drawn(k)]), call],
  ["a draw after a jitted split", () => use(key(0), (k) => [jit((x: A) => split(x))(k), uniform(k)]), call],
  [
    "a constant of scan",
    () =>
      use(key(0), (k) => lax.scan((c: A, _: null) => [c, uniform(k)], jnp.float32(0), null, { length: 3 })),
    scanError,
  ],
  [
    "a carry of scan that is not replaced",
    () => lax.scan((k: A, _: null) => [k, uniform(k)], key(0), null, { length: 3 }),
    scanError,
  ],
  [
    "a draw after scan",
    () => use(key(0), (k) => [lax.scan(stepOf, k, null, { length: 3 }), uniform(k)]),
    call,
  ],
  [
    "a constant of whileLoop",
    () =>
      use(key(0), (k) =>
        lax.whileLoop(
          (x: A) => x.lt(3),
          (x: A) => x.add(uniform(k)),
          jnp.float32(0),
        ),
      ),
    /^while_loop body function leads to key reuse when repeatedly executed/,
  ],
  [
    "a draw after a condition that draws",
    () =>
      use(key(0), (k) => [
        lax.whileLoop(
          ([, k]: [A, A]) => uniform(foldIn(k, 1)).lt(uniform(k)),
          ([x, k]: [A, A]): [A, A] => [x, foldIn(k, 2)],
          [jnp.float32(0), k] as [A, A],
        ),
        uniform(k),
      ]),
    call,
  ],
  [
    "condition and body of whileLoop",
    () =>
      lax.whileLoop(
        ([, k]: [A, A]) => uniform(k).lt(0.5),
        ([x, k]: [A, A]): [A, A] => [x.add(1), split(k).get(0)],
        [jnp.float32(0), key(0)] as [A, A],
      ),
    /^while_loop cond and body functions both use the same key/,
  ],
  [
    "a draw after a branch that draws",
    () =>
      use(key(0), (k) => [
        lax.cond(
          jnp.array(true),
          (k: A) => uniform(k),
          (_: A) => jnp.float32(0),
          k,
        ),
        uniform(k),
      ]),
    call,
  ],
  ["a closure of grad", () => use(key(0), (k) => [grad((x: A) => x.mul(uniform(k)))(1), uniform(k)]), call],
  [
    "concatenation of a used key",
    () => use(split(key(0)), (ks) => [uniform(ks.get(0)), jnp.concatenate([ks, ks])]),
    /passed to concatenate/,
  ],
  ["permutation and choice", () => use(key(0), (k) => [random.permutation(k, 5), random.choice(k, 5)]), call],
  ["a key used twice under vmap", () => vmap((k: A) => uniform(k).add(normal(k)))(split(key(0))), call],
];
function use<T>(k: A, body: (k: A) => T): T {
  return body(k);
}
const drawn = jit((k: A) => uniform(k));
const stepOf = (k: A, _: null): [A, A] => {
  const ks = split(k);
  return [ks.get(0), uniform(ks.get(1))];
};

describe("reuse raises", () => {
  test.each(bad)("%s", (_, program, message) => {
    expect(program).toThrow(message);
    expect(program).toThrow(errors.KeyReuseError);
    debugKeyReuse(false, program);
  });
});

const good: [name: string, program: () => unknown][] = [
  ["foldIn of one key", () => use(key(0), (k) => [foldIn(k, 1), foldIn(k, 2), uniform(k), foldIn(k, 3)])],
  ["a clone", () => use(key(0), (k) => [uniform(k), uniform(random.clone(k))])],
  ["different elements", () => use(split(key(0)), (ks) => [uniform(ks.get(0)), uniform(ks.get(1))])],
  [
    "unpacked keys",
    () =>
      use([...split(key(0), 3)] as A[] as unknown as A, (ks) =>
        [...(ks as unknown as A[])].map((k) => uniform(k)),
      ),
  ],
  ["a jitted function that returns its key", () => use(key(0), (k) => [jit((x: A) => x)(k), uniform(k)])],
  [
    "new keys from a jitted split",
    () => use(jit((x: A) => split(x))(key(0)), (ks) => [uniform(ks.get(0)), uniform(ks.get(1))]),
  ],
  ["a carry of scan that is split", () => lax.scan(stepOf, key(0), null, { length: 3 })],
  [
    "keys as a sequence of scan",
    () => lax.scan((c: A, k: A) => [c, uniform(k)], jnp.float32(0), split(key(0), 3)),
  ],
  [
    "a branch that draws in neither case",
    () =>
      use(key(0), (k) => [
        lax.cond(
          jnp.array(true),
          (_: A) => jnp.float32(1),
          (_: A) => jnp.float32(0),
          k,
        ),
        uniform(k),
      ]),
  ],
  [
    "both branches draw",
    () =>
      lax.cond(
        jnp.array(true),
        (k: A) => uniform(k),
        (k: A) => normal(k),
        key(0),
      ),
  ],
  [
    "foldIn in a loop",
    () =>
      use(key(0), (k) => lax.foriLoop(0, 3, (i: A, c: A) => c.add(uniform(foldIn(k, i))), jnp.float32(0))),
  ],
  ["raw words", () => use(random.PRNGKey(0), (k) => [uniform(k), uniform(k)])],
  ["words of a used key", () => use(key(0), (k) => [uniform(k), random.keyData(k)])],
  ["reshaped keys", () => use(split(key(0), 4), (ks) => uniform(ks.reshape(2, 2).get(0, 0)))],
  ["checkpoint", () => grad((x: A, k: A) => checkpoint((x: A, k: A) => x.mul(uniform(k)))(x, k))(1, key(0))],
  ["a gradient of gamma", () => grad((a: A, k: A) => random.gamma(k, a))(1, key(0))],
  ["printing and comparison", () => use(key(0), (k) => [String(k), k.eq(k), uniform(k)])],
];

describe("what is no reuse passes", () => {
  test.each(good)("%s", (_, program) => {
    program();
  });
});

test("every sampler takes a fresh key without complaint", () => {
  const samplers: ((k: A) => unknown)[] = [
    (k) => random.normal(k, [3]),
    (k) => random.randint(k, [3], 0, 9),
    (k) => random.categorical(k, jnp.zeros([3])),
    (k) => random.gamma(k, 2),
    (k) => random.beta(k, 2, 3),
    (k) => random.dirichlet(k, jnp.ones([3])),
    (k) => random.poisson(k, 3),
    (k) => random.binomial(k, 10, 0.3),
    (k) => random.multivariateNormal(k, jnp.zeros([2]), jnp.eye(2)),
    (k) => random.orthogonal(k, 2),
    (k) => random.truncatedNormal(k, -1, 1),
    (k) => random.permutation(k, 4),
    (k) => random.choice(k, 4),
    (k) => random.ball(k, 2),
    (k) => random.laplace(k),
    (k) => random.t(k, 3),
    (k) => random.bernoulli(k, 0.5),
    (k) => random.cauchy(k),
    (k) => random.chisquare(k, 3),
    (k) => random.doubleSidedMaxwell(k, 0, 1),
    (k) => random.exponential(k),
    (k) => random.f(k, 3, 4),
    (k) => random.generalizedNormal(k, 2),
    (k) => random.geometric(k, 0.3),
    (k) => random.gumbel(k),
    (k) => random.loggamma(k, 2),
    (k) => random.logistic(k),
    (k) => random.lognormal(k),
    (k) => random.maxwell(k),
    (k) => random.multinomial(k, 5, jnp.ones([3]).div(3)),
    (k) => random.pareto(k, 2),
    (k) => random.rademacher(k),
    (k) => random.rayleigh(k, 2),
    (k) => random.triangular(k, 0, 1, 2),
    (k) => random.wald(k, 2),
    (k) => random.weibullMin(k, 1, 2),
    (k) => random.choice(k, 5, [3], { replace: false, p: jnp.ones([5]).div(5) }),
  ];
  for (const sample of samplers) {
    const k = key(7);
    sample(k);
    expect(() => uniform(k)).toThrow(errors.KeyReuseError);
  }
});

test("makeJaxpr is not concerned, and nothing is followed while the setting is off", () => {
  config.update("debugKeyReuse", false);
  const k = key(0);
  uniform(k);
  uniform(k);
  expect(String(makeJaxpr((k: A) => uniform(k))(k))).toMatch(/random_bits/);
});
