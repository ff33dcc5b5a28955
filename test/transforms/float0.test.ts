import { inspect } from "node:util";
import {
  grad,
  jacrev,
  jit,
  jnp,
  jvp,
  lax,
  linearize,
  makeJaxpr,
  type NDArray,
  random,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";

// The tangents and cotangents of integers and bools: arrays of dtype float0, whose only value is zero.

const i32 = jnp.int32([1, 2]);
const x = jnp.array([1.5, 2.5]);
const scaled = (y: NDArray) => y.mul(2.5).sum();
const gradOf = (f: (y: NDArray) => NDArray, y: NDArray) => grad(f, { allowInt: true })(y) as NDArray;
const zero = gradOf(scaled, i32);
const type = (y: NDArray) => `${y.dtype}[${y.shape}]`;

describe("cotangents of integers", () => {
  test("grad, of every dtype that is no float", () => {
    for (const y of [i32, jnp.int64([1, 2]), jnp.uint8([1, 2]), jnp.array([true, false])]) {
      expect(type(gradOf(scaled, y))).toBe("float0[2]");
    }
    expect(type(grad((k) => random.uniform(k), { allowInt: true })(random.key(0)) as NDArray)).toBe(
      "float0[]",
    );
  });
  test("beside those of floats", () => {
    const [value, [dx, dn]] = valueAndGrad((a: NDArray, n: NDArray) => a.mul(n).sum(), {
      argnums: [0, 1],
      allowInt: true,
    })(x, i32);
    expect([String(value), String(dx), type(dn)]).toEqual(["6.5", "[1. 2.]", "float0[2]"]);
    const f = (p: { a: NDArray; n: NDArray }) => p.a.mul(p.n).sum();
    const tree = grad(f, { allowInt: true })({ a: x, n: i32 }) as { a: NDArray; n: NDArray };
    expect([String(tree.a), type(tree.n)]).toEqual(["[1. 2.]", "float0[2]"]);
  });
  test("vmap and jit", () => {
    const rows = jnp.int32([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(type(vmap((y: NDArray) => gradOf(scaled, y))(rows))).toBe("float0[3,2]");
    expect(type(jit((y: NDArray) => gradOf(scaled, y))(i32))).toBe("float0[2]");
    expect(type(jit(vmap((y: NDArray) => gradOf(scaled, y)))(rows))).toBe("float0[3,2]");
  });
  test("a pullback takes any cotangent of an integer result", () => {
    const [, pull] = vjp((y: NDArray) => [y.mul(2.5), y.astype("int32")], x);
    for (const ct of [zero, jnp.zeros([2], "int32")]) {
      expect(String((pull([jnp.ones([2]), ct]) as NDArray[])[0])).toBe("[2.5 2.5]");
    }
    expect(() => pull([jnp.ones([2]), jnp.zeros([3], "int32")])).toThrow(/expected float0\[2\]/);
  });
  test("jacrev has zeros of the dtype, as in JAX", () => {
    const jacobian = jacrev((y: NDArray) => y.mul(2.5), { allowInt: true })(i32) as NDArray;
    expect([type(jacobian), String(jacobian.tolist())]).toEqual(["int32[2,2]", "0,0,0,0"]);
  });
  test("without allowInt it is an error", () => {
    expect(() => grad(scaled)(i32)).toThrow(/allowInt/);
  });
});

describe("tangents of integers", () => {
  const f = (a: NDArray, n: NDArray) => [a.mul(n), n];
  test("jvp", () => {
    const [out, tangents] = jvp(f, [x, i32], [x, zero]);
    expect([out, tangents].map((ys) => ys.map(type))).toEqual([
      ["float32[2]", "int32[2]"],
      ["float32[2]", "float0[2]"],
    ]);
    expect(String(tangents[0])).toBe("[1.5 5. ]");
    expect(type(jvp((a: NDArray) => jnp.argmax(a), [x], [x])[1])).toBe("float0[]");
    expect(() => jvp(f, [x, i32], [x, i32])).toThrow(
      /expected tangent dtype float0, but got tangent dtype int32 instead/,
    );
  });
  test("linearize", () => {
    const [, push] = linearize(f, x, i32);
    expect((push(x, zero) as NDArray[]).map(type)).toEqual(["float32[2]", "float0[2]"]);
    expect(() => push(x, i32)).toThrow(
      "Got tangent aval int32[2] for primal aval int32[2] but expected float0[2].",
    );
  });
  test("loops", () => {
    const run = (a: NDArray, ns: NDArray) => lax.scan((c, n) => [c.add(n.mul(2)), n], a, ns);
    const [, [carry, stacked]] = jvp(run, [x.get(0), i32], [x.get(0), zero]);
    expect([String(carry), type(stacked)]).toEqual(["1.5", "float0[2]"]);
  });
});

describe("arrays of dtype float0", () => {
  test("print, and are zero where they are read", async () => {
    expect([inspect(zero), String(zero)]).toEqual([
      "Array([(b'',), (b'',)], dtype=float0)",
      "[(b'',) (b'',)]",
    ]);
    expect([zero.tolist(), await zero.js(), zero.get(0).item()]).toEqual([[0, 0], [0, 0], 0]);
    expect((await zero.data()).length).toBe(2);
  });
  test("are made, moved, chosen, and converted to zeros", () => {
    const mask = jnp.array([true, false]);
    const made = [jnp.zeros([2], { dtype: "float0" }), jnp.zerosLike(zero), lax.full([2], 0, "float0")];
    const moved = [zero.reshape([2, 1]).ravel(), jnp.where(mask, zero, zero), lax.rev(zero, [0])];
    for (const y of [...made, ...moved]) expect(type(y)).toBe("float0[2]");
    expect(type(jnp.concatenate([zero, zero]))).toBe("float0[4]");
    expect(inspect(zero.astype("float32"))).toBe("Array([0., 0.], dtype=float32)");
  });
  test("have no arithmetic", () => {
    for (const f of [
      () => jnp.add(zero, zero),
      () => lax.mul(zero, zero),
      () => lax.neg(zero),
      () => jnp.exp(zero),
      () => x.add(zero),
      () => zero.eq(zero),
    ]) {
      expect(f).toThrow(/float0s? .*support any operations by design/s);
    }
  });
  test("in programs", () => {
    expect(String(makeJaxpr((y: NDArray) => gradOf(scaled, y))(i32))).toBe(
      `{ lambda ; a:i32[2]. let
    b:f32[2] = convert_element_type[new_dtype=float32 weak_type=True] a
    c:f32[2] = mul b 2.5:f32[]
    d:f32[2] = convert_element_type[new_dtype=float32 weak_type=False] c
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
    e:float0[2] = broadcast_in_dim (b'',):float0[]
  in (e,) }`,
    );
  });
});
