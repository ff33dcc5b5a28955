import { grad, jit, jnp, lax, makeJaxpr, type NDArray, random, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import {
  bfloat16,
  convertHost,
  decodeFloat,
  encodeFloat,
  encodeHalf,
  float16,
  float32,
  float64,
  floatFormat,
} from "../../src/dtypes/index.ts";

const dtypes = [float16, bfloat16] as const;
const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
const same = (a: number, b: number) => Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b));
const bitsOf = (x: NDArray) => lax.bitcastConvertType(x, "uint16").dataSync() as Uint16Array;

describe.each(dtypes.map((d) => [d.name, d] as const))("%s", (name, dtype) => {
  const format = floatFormat(dtype);
  const all = lax.bitcastConvertType(jnp.array(patterns), name);

  test("every bit pattern has its value, and comes back from it", () => {
    for (const to of ["float32", "float64"] as const) {
      const values = jit((x: NDArray) => x.astype(to))(all);
      const got = values.dataSync();
      const wrong = patterns.findIndex((p) => !same(Number(got[p]), decodeFloat(p, format)));
      expect(wrong).toBe(-1);
      const back = bitsOf(values.astype(name));
      const changed = patterns.findIndex((p) => back[p] !== p && !Number.isNaN(decodeFloat(p, format)));
      expect(changed).toBe(-1);
    }
  });

  test("float32 is rounded to the nearest, ties to even", () => {
    const words = [...(random.bits(random.key(1), [50_000]).dataSync() as Uint32Array)];
    // Around every tie: the middle of two neighbours, and one bit to either side.
    for (let p = 0; p < 0x7c00; p += 7) {
      const [a, b] = [decodeFloat(p, format), decodeFloat(p + 1, format)];
      const middle = new Uint32Array(Float32Array.of((a + b) / 2).buffer)[0];
      words.push(middle - 1, middle, middle + 1, (middle | 0x80000000) >>> 0);
    }
    const xs = new Float32Array(Uint32Array.from(words).buffer);
    const expected = convertHost(xs, float32, dtype) as Uint16Array;
    const got = bitsOf(jit((x: NDArray) => x.astype(name))(jnp.array(xs)));
    const wrong = words.findIndex(
      (_, i) => got[i] !== expected[i] && !(Number.isNaN(xs[i]) && Number.isNaN(decodeFloat(got[i], format))),
    );
    expect(wrong < 0 ? "" : `${xs[wrong]}: ${got[wrong]}, not ${expected[wrong]}`).toBe("");
  });

  test("float64 is rounded once", () => {
    const xs: number[] = [
      1e300,
      -1e300,
      5e-324,
      0,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      65519.999,
      65520,
      3.4e38,
    ];
    for (let p = 1; p < 0x7b00; p += 11) {
      const middle = (decodeFloat(p, format) + decodeFloat(p + 1, format)) / 2;
      // Just off a tie by less than a float32 can tell.
      xs.push(middle, middle * (1 + 2 ** -40), middle * (1 - 2 ** -40), -middle * (1 + 2 ** -40));
    }
    const data = Float64Array.from(xs);
    const expected = convertHost(data, float64, dtype) as Uint16Array;
    const got = bitsOf(jit((x: NDArray) => x.astype(name))(jnp.array(data)));
    const wrong = xs.findIndex((x, i) => got[i] !== expected[i] && !Number.isNaN(x));
    expect(wrong < 0 ? "" : `${xs[wrong]}: ${got[wrong]}, not ${expected[wrong]}`).toBe("");
  });

  test("every operation is rounded, eagerly and compiled", () => {
    const x = random.uniform(random.key(2), [1000], { minval: -4, maxval: 4 }).astype(name);
    const y = random.uniform(random.key(3), [1000], { minval: -4, maxval: 4 }).astype(name);
    const round = (v: number) => decodeFloat(encodeFloat(v, format), format);
    const [p, q] = [x.dataSync(), y.dataSync()] as Float32Array[];
    const f = (x: NDArray, y: NDArray) => x.mul(y).add(x).div(y.add(9));
    const expected = Float32Array.from(p, (a, i) => {
      const product = round(round(a * q[i]) + a);
      return round(product / round(q[i] + 9));
    });
    expect(f(x, y).dataSync()).toEqual(expected);
    expect(jit(f)(x, y).dataSync()).toEqual(expected);
  });

  test("the next number, evaluated and compiled; precision is reduced within the range of the dtype", () => {
    const xs = jnp.array([0, 1, -1, 2, 0.5, -0.25, Infinity, Number.NaN]).astype(name);
    const next = (x: NDArray) => lax.nextafter(x, lax.neg(lax.add(x, lax.full(x.shape, 1, x.dtype))));
    const compiled = jit(next)(xs).tolist() as number[];
    const hosts = [{ shape: xs.shape, dtype, data: encodeHalf(xs.dataSync() as Float32Array, dtype) }];
    const [bits] = interpretReference(makeJaxpr(next)(xs), hosts) as Uint16Array[];
    expect(compiled).toEqual([...bits].map((b) => decodeFloat(b, format)));
    expect(compiled[1]).toBe(1 - 2 ** -(format.nmant + 1));
    // What JAX gives.
    const y = jnp.array([1.2345, -300.7, 0.001, 60000, 1e-7, Infinity, 0]).astype(name);
    const reduced = jit((v: NDArray) => lax.reducePrecision(v, 5, 3))(y);
    expect(reduced.tolist()).toEqual([1.25, -288, 0.0009765625, 61440, 0, Infinity, 0]);
  });

  test("mean, variance and standard deviation are computed in float32, rounded at the end", () => {
    const x = jnp.full([4096], 100, name);
    expect([jnp.mean(x).item(), jnp.var(x).item(), jnp.std(x).item()]).toEqual([100, 0, 0]);
    const y = jnp.array([1, 2, 4, 8]).astype(name);
    expect([jnp.mean(y).item(), y.mean(0, { keepdims: true }).tolist()]).toEqual([3.75, [3.75]]);
    expect([jnp.mean(y), jnp.var(y), jnp.std(y)].map((v) => v.dtype.name)).toEqual([name, name, name]);
    expect(String(makeJaxpr((x: NDArray) => jnp.mean(x))(y))).toContain("f32[] = div");
    const kept = String(makeJaxpr((x: NDArray) => jnp.sum(x, { axis: 0, keepdims: true }))(y));
    expect(kept.indexOf("broadcast_in_dim")).toBeLessThan(kept.lastIndexOf("convert_element_type"));
  });

  test("sums and products accumulate in float32, derivatives keep the dtype, vmap agrees", () => {
    const x = jnp.full([4096], 1, name);
    expect(x.sum().item()).toBe(4096);
    expect(jnp.dot(x, x).item()).toBe(4096);
    expect(jnp.cumsum(x).get(-1).item()).toBe(4096);
    const g = jit(grad((x: NDArray) => jnp.sin(x).mul(x).sum()))(x);
    expect(g.dtype.name).toBe(name);
    expect(g.get(0).item()).toBeCloseTo(Math.sin(1) + Math.cos(1), 1);
    const m = random.normal(random.key(4), [5, 7], name);
    expect(vmap((r: NDArray) => jnp.sort(r))(m).tolist()).toEqual(jnp.sort(m, -1).tolist());
    expect(m.at(2).set(1).get(2).tolist()).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(jnp.concatenate([m, m]).shape).toEqual([10, 7]);
  });
});
