import { grad, jit, jnp, type NDArray, nn, random, vmap } from "fluxion";
import { describe, expect, it } from "vitest";

/** Functions of each element, with chains that are long enough to be computed in several loops over a strip. */
const functions: Record<string, (x: NDArray) => NDArray> = {
  softplus: (x) => nn.softplus(x),
  "gradient of softplus": (x) => vmap(grad((v: NDArray) => nn.softplus(v)))(x),
  mish: (x) => x.mul(jnp.tanh(nn.softplus(x))),
  "one value used by several loops": (x) => {
    const e = jnp.exp(x);
    const l = jnp.log1p(e);
    return jnp.tanh(l.mul(e)).add(e).add(l).add(jnp.sin(x));
  },
  "a mask from an earlier loop": (x) => {
    const large = jnp.exp(x).gt(jnp.float32(2));
    return jnp.where(large, jnp.log(jnp.exp(x.mul(0.5)).add(1)), jnp.cos(jnp.exp(x)));
  },
  "integers in between": (x) =>
    jnp.exp(jnp.floor(jnp.exp(x)).astype("int32").mod(7).astype("float32").mul(0.25)),
  "scalars of the whole loop": (x) => jnp.tanh(jnp.exp(x).mul(jnp.exp(jnp.float32(0.5)))),
};

/** The same function of pieces that are too short for strips. */
function inPieces(f: (x: NDArray) => NDArray, x: NDArray, step: number): NDArray {
  const pieces: NDArray[] = [];
  for (let i = 0; i < x.size; i += step) pieces.push(f(x.get(`${i}:${Math.min(i + step, x.size)}`)));
  return jnp.concatenate(pieces);
}

describe("loops in strips", () => {
  it.each(Object.keys(functions))("give the bits of one loop: %s", (name) => {
    const f = jit(functions[name]!);
    for (const n of [16384, 20001]) {
      const x = random.normal(random.key(n), [n]).mul(3);
      expect(f(x).tolist()).toEqual(inPieces(f, x, 3001).tolist());
    }
  });

  it("are chosen for a function of a function, and say so", () => {
    const choices = (n: number) =>
      jit(nn.softplus)
        .lower(jnp.ones([n]))
        .asText("choices");
    expect(choices(20000)).toContain("strips of 256 in 2 loops");
    expect(choices(1000)).not.toContain("strips");
    expect(
      jit(jnp.tanh)
        .lower(jnp.ones([1000]))
        .asText("choices"),
    ).not.toContain("strips");
  });

  it("work on float64, along the last of several axes, and with what does not vary along it", () => {
    const f = jit((x: NDArray, y: NDArray) => jnp.log1p(jnp.exp(x.mul(jnp.expandDims(y, 1)))));
    for (const dtype of ["float32", "float64"] as const) {
      const x = random.normal(random.key(1), [3, 7771], dtype);
      const y = jnp.array([0.5, -2, 3], { dtype });
      const rows = [0, 1, 2].map((i) =>
        inPieces((v) => f(jnp.expandDims(v, 0), y.get(`${i}:${i + 1}`)).get(0), x.get(i), 1300),
      );
      expect(f(x, y).tolist()).toEqual(jnp.stack(rows).tolist());
    }
  });

  it("write in place of what they read", () => {
    const f = (x: NDArray) => jnp.log1p(jnp.exp(x));
    const x = random.normal(random.key(2), [15000]);
    const expected = jit(f)(x).tolist();
    expect(jit(f, { donateArgnums: 0 })(x.add(0)).tolist()).toEqual(expected);
  });
});
