// pmap: values, options, derivatives, jaxprs and errors, as JAX has them.

import { devices, grad, jit, jnp, jvp, lax, makeJaxpr, pmap, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, expectClose, values } from "../transforms/helpers.ts";
import { withDevices } from "./devices.ts";

withDevices(8);

const x = jnp.arange(8).astype("float32");
const rows = jnp.arange(24).astype("float32").reshape([8, 3]);

describe("values and options", () => {
  test("a function is mapped over devices", () => {
    expect(values(pmap((a: A) => a.mul(2))(x))).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
    expect(values(pmap((a: A) => lax.psum(a, "i"), "i")(x))).toEqual([28, 28, 28, 28, 28, 28, 28, 28]);
    expect(values(pmap((_: A) => 3)(x))).toEqual([3, 3, 3, 3, 3, 3, 3, 3]);
    expect(values(jit(pmap((a: A) => a.sub(lax.pmean(a, "i")), { axisName: "i" }))(x).get(0))).toBe(-3.5);
  });

  test("inAxes and outAxes", () => {
    const f = pmap((a: A, b: A) => [a.mul(b), b], { inAxes: [1, null], outAxes: [1, 0], axisName: "i" });
    const [y, z] = f(rows.T, jnp.array([1, 10, 100]));
    expect(values(y)).toEqual(values(rows.T.mul(jnp.array([[1], [10], [100]]))));
    expect(values(z.get(7))).toEqual([1, 10, 100]);
    expect(
      values(
        pmap((t: { a: A; b: A }) => t.a.add(t.b), { inAxes: [{ a: 0, b: null }] })({ a: x, b: jnp.array(1) }),
      ),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(pmap((a: A) => a, { inAxes: -1, outAxes: -1 })(rows.T).shape).toEqual([3, 8]);
    expect(values(pmap((a: A) => lax.psum(a, "i"), { axisName: "i", outAxes: null })(x))).toBe(28);
  });

  test("static and donated arguments, and the devices", () => {
    let traces = 0;
    const scaled = (a: A, n: number): A => {
      traces++;
      return n > 2 ? a.mul(n) : a;
    };
    const f = pmap(scaled, { staticBroadcastedArgnums: 1 });
    expect(values(f(x, 3).get(7))).toBe(21);
    expect(values(f(x, 3).get(7))).toBe(21);
    expect(values(f(x, 2).get(7))).toBe(7);
    expect(traces).toBe(2);
    const input = x.add(0);
    expect(values(pmap((a: A) => a.add(1), { donateArgnums: 0 })(input).get(0))).toBe(1);
    expect(() => input.tolist()).toThrow("deleted");
    expect(values(pmap((a: A) => a.neg(), { devices: devices().slice(5) })(jnp.array([1, 2, 3])))).toEqual([
      -1, -2, -3,
    ]);
    expect(
      pmap((a: A) => a.mul(2))
        .lower(x)
        .asText("jaxpr"),
    ).toContain("shard_map");
  });
});

describe("with other transformations", () => {
  test("derivatives, outside and inside", () => {
    const squares = pmap((a: A) => lax.psum(a.pow(2), "i"), { axisName: "i" });
    expect(values(grad((a: A) => squares(a).sum())(x))).toEqual([0, 16, 32, 48, 64, 80, 96, 112]);
    expect(values(jvp(squares, [x], [x])[1])).toEqual([280, 280, 280, 280, 280, 280, 280, 280]);
    expect(values(pmap(grad((a: A) => a.pow(3)))(x))).toEqual([0, 3, 12, 27, 48, 75, 108, 147]);
    const shared = grad((w: A) => pmap((a: A, w: A) => a.mul(w), { inAxes: [0, null] })(x, w).sum());
    expect(values(shared(jnp.float32(1)))).toBe(28);
    // The cotangent of an operand that is not mapped is summed; JAX takes one that is not put together for a mean.
    const mean = grad((a: A) => pmap((b: A) => lax.psum(b, "i"), { axisName: "i", outAxes: null })(a));
    expect(values(mean(x))).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test("vmap of pmap, pmap of vmap", () => {
    const total = pmap((a: A) => lax.psum(a, "i"), { axisName: "i" });
    expect(values(vmap(total)(rows.T).get(":", 0))).toEqual([84, 92, 100]);
    expect(values(pmap(vmap((a: A) => a.add(lax.psum(a, "j")), { axisName: "j" }))(rows).get(0))).toEqual([
      3, 4, 5,
    ]);
  });
});

test("the jaxpr is a jitted shard_map", () => {
  const f = pmap((a: A, b: A) => [a.mul(b), b], { inAxes: [1, null], outAxes: [1, 0], axisName: "i" });
  expect(String(makeJaxpr(f)(rows.T, jnp.ones([3])))).toBe(`{ lambda ; a:f32[3,8] b:f32[3]. let
    c:f32[3,8] d:f32[8,3] = jit[
      name=_fun
      jaxpr={ lambda ; a:f32[3,8] b:f32[3]. let
          c:f32[3,8] d:f32[8,3] = shard_map[
            check_vma=False
            in_specs=(P(None, 'i'), P())
            jaxpr={ lambda ; e:f32[3,1] f:f32[3]. let
                g:f32[3] = squeeze[dimensions=(1,)] e
                h:f32[3] = mul g f
                i:f32[3,1] = broadcast_in_dim[broadcast_dimensions=(0,)] h
                j:f32[1,3] = broadcast_in_dim[broadcast_dimensions=(1,)] f
              in (i, j) }
            mesh=Mesh('i': 8, axis_types=(Auto,))
            newly_manual_axes=frozenset({'i'})
            out_specs=(P(None, 'i'), P('i',))
          ] a b
        in (c, d) }
    ] a b
  in (c, d) }`);
});

describe("misuse", () => {
  const same = (a: A): A => a;
  test.each([
    [() => pmap(same)(jnp.arange(9)), "requires 9 replicas, but only 8 XLA devices are available"],
    [() => pmap(same, { inAxes: null })(x), "pmap requires at least one argument with a mapped axis."],
    [() => pmap(same, { axisSize: 4 })(x), "Specified axis_size 4 doesn't match received axis_size 8."],
    [
      () => pmap((a: A, _b: A) => a)(jnp.ones(3), jnp.ones(4)),
      "inconsistent sizes for array axes to be mapped",
    ],
    [() => pmap(same)(jnp.float32(3)), "its rank should be at least 1, but is only 0"],
    [() => pmap(same, { inAxes: ["a"] as never }), "pmap inAxes must be an int, null, or (nested) container"],
    [() => pmap(same, { inAxes: [0, 0] })(x), "pytree structure error"],
    [() => pmap(same, { outAxes: 2 })(x), "out of bounds"],
    [() => pmap(same, { devices: [] }), "'devices' argument to pmap must be non-empty"],
    [
      () => pmap(same, { devices: devices().slice(0, 3) })(x),
      "pmap was given 3 devices, but the mapped axis has size 8",
    ],
    [() => pmap(same, { staticBroadcastedArgnums: 2 })(x), "called with only 1 positional arguments"],
    [() => pmap(3 as never), "callable"],
    [() => pmap(same, { axis: 1 } as never), "unexpected keyword argument 'axis'"],
  ])("%#", (f, message) => {
    expect(f).toThrow(message);
  });
});

test("data-parallel gradients are those of the whole batch", () => {
  const predict = ([w, b]: A[], x: A): A => jnp.tanh(x.matmul(w).add(b));
  const loss = (params: A[], x: A, y: A): A => predict(params, x).sub(y).pow(2).mean();
  const params = [jnp.arange(15).astype("float32").mul(0.1).reshape([3, 5]), jnp.zeros(5)];
  const x = rows.div(24).reshape([2, 4, 3]);
  const y = jnp.ones([2, 4, 5]);
  const step = pmap((p: A[], x: A, y: A) => lax.pmean(grad(loss)(p, x, y), "batch"), {
    axisName: "batch",
    inAxes: [null, 0, 0],
    outAxes: null,
  });
  expectClose(step(params, x, y), values(grad(loss)(params, x.reshape([8, 3]), y.reshape([8, 5]))), 1e-5);
});
