import { grad, jit, jnp, jvp, makeJaxpr, type NDArray, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { nestingOf } from "../../src/core/nesting.ts";
import { expectClose, values } from "./helpers.ts";

const step = (x: NDArray): NDArray => jnp.sin(x).mul(0.01).add(x);

/** `step` of a jitted function of the same kind, and so on, built from the inside so that tracing does not nest. */
function nest(levels: number): (x: NDArray) => NDArray {
  const x = jnp.ones([3]);
  let f = jit(step);
  for (let k = 1; k < levels; k++) {
    makeJaxpr(f)(x);
    const inner = f;
    f = jit((x: NDArray) => step(inner(x)));
  }
  return f;
}
function repeat(levels: number): (x: NDArray) => NDArray {
  return (x) => {
    let y = x;
    for (let k = 0; k < levels; k++) y = step(y);
    return y;
  };
}

describe("calls within calls, 400 deep", () => {
  const deep = nest(400);
  const flat = jit(repeat(400));
  const x = jnp.array([-1, 0.5, 2]);
  const sum = (f: (x: NDArray) => NDArray) => (x: NDArray) => f(x).sum();

  test("are evaluated and printed", () => {
    expect(deep(x).tolist()).toEqual(flat(x).tolist());
    expect(String(makeJaxpr(deep)(x)).match(/ sin /g)?.length).toBe(400);
  });

  test("are transformed in every way", () => {
    const batch = jnp.stack([x, x.mul(2)]);
    expectClose(jvp(deep, [x], [x])[1], values(jvp(flat, [x], [x])[1]));
    expectClose(grad(sum(deep))(x), values(grad(sum(flat))(x)));
    expectClose(jit(grad(sum(deep)))(x), values(grad(sum(flat))(x)));
    expectClose(vmap(deep)(batch), values(vmap(flat)(batch)));
    expectClose(vmap(grad(sum(deep)))(batch), values(vmap(grad(sum(flat)))(batch)));
  });

  test("keep arrays and tracers that they close over", () => {
    const w = jnp.array([1, 2, 3]);
    const outer = (scale: NDArray): NDArray => {
      let f = jit((x: NDArray) => x.mul(w));
      for (let k = 0; k < 120; k++) {
        const inner = f;
        f = jit((x: NDArray) => inner(x).add(scale));
      }
      return f(w).sum();
    };
    expectClose(jit(outer)(jnp.float32(2)), 1 + 4 + 9 + 3 * 240);
    expectClose(grad(outer)(jnp.float32(2)), 360);
  });

  test("stay at a depth that transformations can follow", () => {
    expect(nestingOf(makeJaxpr(deep)(x).jaxpr).depth).toBeLessThan(100);
  });
});
