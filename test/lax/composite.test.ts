// lax.composite: programs, values and errors as JAX has them.

import { customJvp, grad, jit, jnp, jvp, lax, linearTranspose, makeJaxpr, type NDArray, vmap } from "fluxion";
import { expect, test } from "vitest";

const scaled = lax.composite(
  (x: NDArray, { scale }: { scale: number } = { scale: 1 }) => jnp.sin(x).mul(scale),
  "my.op",
  {
    version: 3,
    attributes: { scale: 2.5 },
  },
) as (x: NDArray) => NDArray;
const ones = jnp.ones(3);

test("it is what it is composed of", () => {
  const expected = String(jnp.sin(ones).mul(2.5));
  expect([scaled(ones), jit(scaled)(ones)].map(String)).toEqual([expected, expected]);
  const looped = (x: NDArray): NDArray => lax.foriLoop(0, 2, (_: NDArray, y: NDArray) => scaled(y), x);
  expect(String(jit(looped)(ones))).toBe(String(jnp.sin(jnp.sin(ones).mul(2.5)).mul(2.5)));
  const tree = lax.composite((t: { x: NDArray }, u: NDArray) => ({ a: t.x.add(u), b: [u] }), "a.b");
  expect(String(tree({ x: jnp.float32(1) }, jnp.float32(2)).a)).toBe("3.0");
});

test("programs show it", () => {
  expect(String(makeJaxpr(scaled)(ones))).toBe(`{ lambda ; a:f32[3]. let
    b:f32[3] = composite[
      attributes=(('scale', (2.5,), PyTreeDef(*)),)
      jaxpr={ lambda ; c:f32[3]. let
          d:f32[3] = sin c
          e:f32[3] = mul d 2.5:f32[]
        in (e,) }
      name=my.op
      version=3
    ] a
  in (b,) }`);
  const c = jnp.arange(3).astype("float32");
  expect(
    String(makeJaxpr(lax.composite((x: NDArray) => x.add(c), "a.b", 1))(c)),
  ).toBe(`{ lambda a:f32[3]; b:f32[3]. let
    c:f32[3] = composite[
      attributes=()
      jaxpr={ lambda ; d:f32[3] e:f32[3]. let f:f32[3] = add e d in (f,) }
      name=a.b
      version=1
    ] a b
  in (c,) }`);
});

test("it has no rules of its own; custom ones can be put around it", () => {
  expect(() => jvp(scaled, [ones], [ones])).toThrow(
    "JVP rule for composite not implemented. You can use `customJvp` to add support.",
  );
  expect(() => grad((x: NDArray) => jit(scaled)(x).sum())(ones)).toThrow(
    "JVP rule for composite not implemented",
  );
  expect(() =>
    linearTranspose(
      lax.composite((x: NDArray) => x.mul(2), "a.b"),
      ones,
    )(ones),
  ).toThrow("Transpose rule for composite not implemented");
  expect(() => vmap(scaled)(jnp.ones([2, 3]))).toThrow("Batching rule for 'composite' not implemented");
  const withRule = customJvp(scaled);
  withRule.defjvp(([x], [t]) => [scaled(x), jnp.cos(x).mul(2.5).mul(t)]);
  expect(String(grad((x: NDArray) => withRule(x).sum())(ones))).toBe(String(jnp.cos(ones).mul(2.5)));
});

test.each([
  [
    () => jit((y: NDArray) => lax.composite((x: NDArray) => x.add(y), "a.b")(ones))(ones),
    "Found a JAX Tracer as a constant in the decomposition for the composite op 'a.b'",
  ],
  [
    () => jit((y: NDArray) => lax.composite((x: NDArray) => x, "a.b", { attributes: { y } })(ones))(ones),
    "Found a JAX Tracer as an attribute in the decomposition for the composite op 'a.b'",
  ],
  [() => lax.composite(3 as never, "a"), "must be a function, got 3"],
  [() => lax.composite((x: NDArray) => x, undefined as never), "the name must be a string"],
  [() => lax.composite((x: NDArray) => x, "a", { v: 1 } as never), "unexpected keyword argument 'v'"],
  [
    () => lax.composite((x: NDArray) => x, "a")("b" as never),
    "composite 'a' was called with a value of type string",
  ],
])("misuse %#", (f, message) => {
  expect(f).toThrow(message);
});
