// Static types: transformations keep the caller's. Checked by the type checker; the bodies only have to run.

import {
  type ClosedJaxpr,
  customJvp,
  evalShape,
  grad,
  jit,
  jnp,
  jvp,
  linearize,
  makeJaxpr,
  type NDArray,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { expect, expectTypeOf, test } from "vitest";

interface Layer {
  w: NDArray;
  b: NDArray;
}
interface Params {
  layers: Layer[];
  scale: NDArray;
}
type Scalar = NDArray | number | bigint | boolean;

const loss = (p: Params, x: NDArray): NDArray =>
  jnp.sum(p.layers.reduce((h, { w, b }) => h.matmul(w).add(b), x)).mul(p.scale);
const params: Params = { layers: [{ w: jnp.ones([2, 2]), b: jnp.zeros([2]) }], scale: jnp.float32(2) };
const x = jnp.ones([2]);

test("grad: the gradient has the type of the argument, interfaces included", () => {
  const g = grad(loss)(params, x);
  expectTypeOf(g).toEqualTypeOf<Params>();
  expectTypeOf(grad(loss, { argnums: 1 })(params, x)).toEqualTypeOf<NDArray>();
  const both = grad(loss, { argnums: [0, 1] })(params, x);
  expectTypeOf(both).toEqualTypeOf<[Params, NDArray]>();
  expectTypeOf(grad((a: NDArray) => a)(3)).toEqualTypeOf<NDArray>();
  const [value, gradient] = valueAndGrad(loss)(params, x);
  expectTypeOf(value).toEqualTypeOf<NDArray>();
  expectTypeOf(gradient).toEqualTypeOf<Params>();
  const [g2, aux] = grad((p: Params) => [loss(p, x), { n: 3 }] as [NDArray, { n: number }], { hasAux: true })(
    params,
  );
  expectTypeOf(g2).toEqualTypeOf<Params>();
  expectTypeOf(aux).toEqualTypeOf<{ n: number }>();
  expect(g.layers[0]?.w.shape).toEqual([2, 2]);
});

test("grad: a number may be given where an array is differentiated, nowhere else", () => {
  const f = (a: NDArray, n: number, c: NDArray): NDArray => a.mul(n).mul(c);
  expectTypeOf(grad(f)).parameters.toEqualTypeOf<[a: Scalar, n: number, c: NDArray]>();
  expectTypeOf(grad(f, { argnums: 2 })).parameters.toEqualTypeOf<[a: NDArray, n: number, c: Scalar]>();
  // @ts-expect-error c is not differentiated, and would stay a number
  expect(() => grad((a: NDArray, c: NDArray) => c.mul(a))(1, 2)).toThrow(TypeError);
});

test("jit and vmap: arguments and results", () => {
  const step = jit((p: Params, lr: NDArray): Params => ({ ...p, scale: p.scale.mul(lr) }));
  expectTypeOf(step(params, 0.5)).toEqualTypeOf<Params>();
  expectTypeOf(step).parameters.toEqualTypeOf<[p: Params, lr: Scalar]>();
  const mapped = vmap((a: NDArray, s: NDArray): [NDArray, Layer] => [a, { w: a, b: s }], {
    inAxes: [0, null],
  });
  expectTypeOf(mapped(x, 1)).toEqualTypeOf<[NDArray, Layer]>();
  const g = jit(grad(loss));
  expectTypeOf(g(params, x)).toEqualTypeOf<Params>();
  expect(mapped(x, 1)[0].shape).toEqual([2]);
});

test("jvp, vjp, linearize", () => {
  const f = (p: Layer): { y: NDArray } => ({ y: p.w.matmul(p.b) });
  const layer: Layer = { w: jnp.ones([2, 2]), b: jnp.ones([2]) };
  const [y, t] = jvp(f, [layer], [layer]);
  expectTypeOf(y).toEqualTypeOf<{ y: NDArray }>();
  expectTypeOf(t).toEqualTypeOf<{ y: NDArray }>();
  const [value, pullback] = vjp(f, layer);
  expectTypeOf(value).toEqualTypeOf<{ y: NDArray }>();
  expectTypeOf(pullback(value)).toEqualTypeOf<[p: Layer]>();
  const [, tangent] = linearize(f, layer);
  expectTypeOf(tangent(layer)).toEqualTypeOf<{ y: NDArray }>();
  expect(y.y.shape).toEqual([2]);
});

test("customJvp and makeJaxpr", () => {
  const f = customJvp((a: NDArray, b: NDArray): NDArray => a.mul(b));
  f.defjvp(([a, b], [da, db]) => {
    expectTypeOf(a).toEqualTypeOf<NDArray>();
    expectTypeOf(db).toEqualTypeOf<NDArray>();
    return [f(a, b), da.mul(b).add(a.mul(db))];
  });
  expectTypeOf(f(x, 2)).toEqualTypeOf<NDArray>();
  expectTypeOf(makeJaxpr(f)(x, x)).toEqualTypeOf<ClosedJaxpr>();
  expect(String(evalShape(f, x, x))).toMatch(/float32/);
});
