// The types of results, checked by `npm run check`; nothing runs this file.

import {
  grad,
  jacrev,
  jit,
  jnp,
  jvp,
  lax,
  type NDArray,
  optim,
  random,
  tree,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { expectTypeOf } from "vitest";

declare const x: NDArray;
interface Params {
  layers: { w: NDArray; b: NDArray }[];
  scale: NDArray;
}
declare const params: Params;
const loss = (p: Params, y: NDArray): NDArray => y.mul(p.scale).sum();

// Factorizations: fields, and lists of a known length.
const { U, S, Vh } = jnp.linalg.svd(x);
expectTypeOf([U, S, Vh]).toEqualTypeOf<NDArray[]>();
expectTypeOf(jnp.linalg.svd(x, { computeUv: false })).toEqualTypeOf<NDArray>();
const { Q, R } = jnp.linalg.qr(x);
expectTypeOf([Q, R]).toEqualTypeOf<NDArray[]>();
expectTypeOf(jnp.linalg.qr(x, { mode: "r" })).toEqualTypeOf<NDArray>();
const { eigenvalues, eigenvectors } = jnp.linalg.eigh(x);
expectTypeOf([eigenvalues, eigenvectors]).toEqualTypeOf<NDArray[]>();
const { sign, logabsdet } = jnp.linalg.slogdet(x);
expectTypeOf([sign, logabsdet]).toEqualTypeOf<NDArray[]>();
expectTypeOf(lax.linalg.qr(x)).toEqualTypeOf<[NDArray, NDArray]>();
expectTypeOf(lax.linalg.qr(x, { pivoting: true })).toEqualTypeOf<[NDArray, NDArray, NDArray]>();

// Results that depend on options.
expectTypeOf(jnp.unique(x)).toEqualTypeOf<NDArray>();
expectTypeOf(jnp.unique(x, { returnCounts: true })).toEqualTypeOf<[NDArray, NDArray]>();

// Derivatives have the type of what is differentiated.
expectTypeOf(grad(loss)(params, x)).toEqualTypeOf<Params>();
expectTypeOf(grad(loss, { argnums: [0, 1] })(params, x)).toEqualTypeOf<[Params, NDArray]>();
expectTypeOf(grad(loss, 1)(params, x)).toEqualTypeOf<NDArray>();
expectTypeOf(valueAndGrad(loss)(params, x)).toEqualTypeOf<[NDArray, Params]>();
expectTypeOf(
  grad((p: Params) => [p.scale, "aux"] as [NDArray, string], { hasAux: true })(params),
).toEqualTypeOf<[Params, string]>();
expectTypeOf(vjp(loss, params, x)[0]).toEqualTypeOf<NDArray>();
expectTypeOf(jvp(loss, [params, x], [params, x])[1]).toEqualTypeOf<NDArray>();
expectTypeOf(grad((a: NDArray) => a.sum())(3)).toEqualTypeOf<NDArray>();

// Transformed functions take and return what the function does.
expectTypeOf(jit(loss)(params, x)).toEqualTypeOf<NDArray>();
expectTypeOf(jit((p: Params) => p)(params)).toEqualTypeOf<Params>();
expectTypeOf(vmap((a: NDArray) => ({ sum: a.sum(), max: a.max() }))(x)).toEqualTypeOf<{
  sum: NDArray;
  max: NDArray;
}>();
expectTypeOf(jacrev((a: NDArray) => a.mul(2))(x)).toEqualTypeOf<NDArray>();

// Loops and branches.
const [carry, ys] = lax.scan((c: Params, y: NDArray) => [c, { y, n: c.scale }] as const, params, x);
expectTypeOf(carry).toEqualTypeOf<Params>();
expectTypeOf(ys).toEqualTypeOf<{ readonly y: NDArray; readonly n: NDArray }>();
expectTypeOf(
  lax.whileLoop(
    (c: Params) => c.scale.lt(1),
    (c: Params) => c,
    params,
  ),
).toEqualTypeOf<Params>();
expectTypeOf(lax.foriLoop(0, 3, (_i, c: Params) => c, params)).toEqualTypeOf<Params>();
expectTypeOf(
  lax.cond(
    true,
    (a: Params) => a,
    (a: Params) => a,
    params,
  ),
).toEqualTypeOf<Params>();

// Trees, keys, optimizers.
expectTypeOf(tree.map((a: NDArray) => a.mul(2), params)).toEqualTypeOf<Params>();
expectTypeOf(random.split(random.key(0))).toEqualTypeOf<NDArray>();
const optimizer = optim.adam(1e-3);
const [updates, state] = optimizer.update(grad(loss)(params, x), optimizer.init(params), params);
expectTypeOf(updates).toEqualTypeOf<Params>();
expectTypeOf(optim.applyUpdates(params, updates)).toEqualTypeOf<Params>();
expectTypeOf(state).toEqualTypeOf<ReturnType<typeof optimizer.init>>();

// Values on the host.
expectTypeOf(x.item()).not.toBeAny();
expectTypeOf(x.tolist()).not.toBeAny();
expectTypeOf(x.shape).toEqualTypeOf<readonly number[]>();
