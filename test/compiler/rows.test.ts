import { grad, jit, jnp, lax, type NDArray, nn, vmap } from "fluxion";
import { describe, expect, it } from "vitest";
import type { ArrayImpl } from "../../src/core/array.ts";
import { bool, type DType, float32, float64, int32 } from "../../src/dtypes/index.ts";
import { onReference } from "../fuzz/check.ts";
import { array, check, type F, kernels } from "./harness.ts";

const last = { axis: -1, keepdims: true } as const;

function layerNorm(x: NDArray, scale: NDArray, shift: NDArray): NDArray {
  const centered = x.sub(jnp.mean(x, last));
  return centered.div(jnp.sqrt(jnp.var(x, last).add(1e-5))).mul(scale).add(shift); // biome-ignore format: one formula
}
const rmsNorm = (x: NDArray, scale: NDArray) =>
  x.mul(lax.rsqrt(jnp.mean(jnp.square(x), last).add(1e-6))).mul(scale);
const crossEntropy = (logits: NDArray, targets: NDArray) =>
  jnp.sum(nn.logSoftmax(logits).mul(targets), -1).neg();
const attention = (scores: NDArray, mask: NDArray) => nn.softmax(jnp.where(mask, scores.mul(0.125), -1e9));

/** The gradient of f, weighted so that no two elements count alike. */
function vjp(f: (x: NDArray, ...rest: NDArray[]) => NDArray): F {
  return (x, ...rest) => {
    const loss = (y: NDArray) => {
      const out = f(y, ...rest);
      return jnp.sum(out.mul(jnp.arange(out.size, { dtype: out.dtype }).reshape(out.shape).add(1)));
    };
    return grad(loss)(x);
  };
}

interface Row {
  readonly f: F;
  readonly others: (rows: number, columns: number, dtype: DType) => ArrayImpl[];
}
const none = () => [];
const scales = (_: number, n: number, dtype: DType) => [array([n], dtype, 5), array([n], dtype, 6)];
/** Each of them is one kernel, and so is its gradient with respect to the rows. */
const rowFunctions: Readonly<Record<string, Row>> = {
  softmax: { f: (x) => nn.softmax(x), others: none },
  logSoftmax: { f: (x) => nn.logSoftmax(x), others: none },
  logsumexp: { f: (x) => nn.logsumexp(x, { axis: -1 }), others: none },
  standardize: { f: (x) => nn.standardize(x), others: none },
  "layer norm": { f: layerNorm as F, others: scales },
  "RMS norm": { f: rmsNorm as F, others: (m, n, t) => scales(m, n, t).slice(1) },
  "cross-entropy": { f: crossEntropy as F, others: (m, n, t) => [array([m, n], t, 7)] },
  "attention row": { f: attention as F, others: (m, n) => [array([m, n], bool, 8)] },
};

describe("row fusion", () => {
  it.each(Object.keys(rowFunctions))("makes one kernel of %s, and one of its gradient", (name) => {
    const { f, others } = rowFunctions[name];
    const args = [array([40, 24]), ...others(40, 24, float32)];
    expect(kernels(f, ...args)).toHaveLength(1);
    const gradient = kernels(vjp(f as never), ...args);
    // The weights of the gradient are themselves computed.
    expect(gradient.filter((k) => k.includes("reduce"))).toHaveLength(1);
  });

  it("keeps in the cache what a later pass needs and is costly, and computes the rest again", () => {
    expect(kernels((x) => nn.softmax(x), array([40, 24]))).toMatchInlineSnapshot(`
      [
        "kernel 0: rows_reduce_max_sub_exp_reduce_sum_etc for i in 40: (r0 = max(x0[i*24 + j])) for j in 24; (v0 = exp(x0[i*24 + j] - r0); l5[j] = v0; r1 = sum(v0)) for j in 24; (y4[i*24 + j] = l5[j]/r1) for j in 24",
      ]
    `);
    expect(kernels(layerNorm as F, array([40, 24]), array([24]), array([24]))).toMatchInlineSnapshot(`
      [
        "kernel 0: rows_reduce_sum_div_sub_mul_etc for i in 40: (r0 = sum(x0[i*24 + j])) for j in 24; (v0 = x0[i*24 + j] - r0/24; r1 = sum(v0*v0)) for j in 24; (y7[i*24 + j] = (v0/sqrt(r1/24 + 0.0000099999997))*x1[j] + x2[j]) for j in 24",
      ]
    `);
  });

  it("numbers reductions by pass, whatever the order in which they came", () => {
    const f: F = (x) => {
      const centered = x.sub(jnp.mean(x, last));
      const spread = jnp.sum(jnp.square(centered), -1);
      return [spread, jnp.max(x, -1), jnp.sum(centered.mul(spread.reshape([-1, 1])), -1), jnp.min(x, -1)];
    };
    expect(kernels(f, array([40, 24]))).toHaveLength(1);
    check(f, [array([40, 24])], { tolerance: 1e-4 });
  });

  it("walks rows that are not contiguous while they are small", () => {
    const small = array([4, 16, 24]);
    expect(kernels((x) => nn.softmax(x, 1), small)).toMatchInlineSnapshot(`
      [
        "kernel 0: rows_reduce_max_sub_exp_reduce_sum_etc for i in 4, j in 24: (r0 = max(x0[i*384 + j + k*24])) for k in 16; (v0 = exp(x0[i*384 + j + k*24] - r0); l5[k] = v0; r1 = sum(v0)) for k in 16; (y4[i*384 + j + k*24] = l5[k]/r1) for k in 16",
      ]
    `);
    expect(kernels((x) => nn.softmax(x, [0, 2]), small)).toHaveLength(1);
    expect(kernels((x) => nn.softmax(x, 0), array([1024, 1024]))).toHaveLength(6);
    for (const axis of [0, 1, 2, [0, 1], [0, 2], [1, 2], [0, 1, 2]])
      check((x) => nn.softmax(x, axis as number), [small]);
  });

  it("leaves loops alone that threads could not share, or whose rows do not fit the cache", () => {
    expect(kernels((x) => nn.softmax(x), array([1 << 18])).length).toBeGreaterThan(1);
    expect(kernels((x) => nn.softmax(x), array([64, 1 << 16])).length).toBeGreaterThan(1);
  });

  it("gives results that are read outside, and those that are not, their places", () => {
    const f: F = (x) => {
      const largest = jnp.max(x, last);
      const terms = jnp.exp(x.sub(largest));
      const total = jnp.sum(terms, last);
      return [largest, terms, total, terms.div(total)];
    };
    expect(kernels(f, array([40, 24]))).toMatchInlineSnapshot(`
      [
        "kernel 0: rows_reduce_max_sub_exp_reduce_sum_etc for i in 40: (r0 = max(x0[i*24 + j])) for j in 24; (v0 = exp(x0[i*24 + j] - r0); y2[i*24 + j] = v0; r1 = sum(v0)) for j in 24; (y4[i*24 + j] = y2[i*24 + j]/r1) for j in 24; y1[i] = r0; y3[i] = r1",
      ]
    `);
    check(f, [array([40, 24])]);
  });

  it("writes in place of a donated row only what no later pass reads", () => {
    const x = array([40, 24]);
    const ends = check((y) => nn.softmax(y), [x], { donated: [true] });
    expect(ends.results[0]).toMatchObject({ donatedArg: 0 });
    const f: F = (y) => {
      const shifted = jnp.exp(y.sub(jnp.max(y, last)));
      return [shifted, y.mul(jnp.sum(shifted, last))];
    };
    check(f, [x], { donated: [true] });
  });

  it("sums up columns beside the rows", () => {
    const f: F = (x, scale, shift, w) => {
      const loss = (...p: NDArray[]) => jnp.sum(layerNorm(p[0], p[1], p[2]).mul(w));
      return grad(loss, [0, 1, 2])(x, scale, shift) as unknown as NDArray[];
    };
    const args = [array([40, 24]), ...scales(40, 24, float32), array([40, 24], float32, 9)];
    expect(kernels(f, ...args)).toHaveLength(2);
    check(f, args, { tolerance: 1e-4 });
  });
});

/** Compares compiled code with the reference rules. */
function agrees(f: F, args: readonly ArrayImpl[], tolerance: number): void {
  const flat = (out: NDArray | readonly NDArray[]) => (Array.isArray(out) ? out : [out as NDArray]);
  const expected = onReference(() => flat(f(...args)).map((x) => x.dataSync().slice()));
  const actual = flat(jit(f as (...xs: NDArray[]) => NDArray)(...args)).map((x) => x.dataSync());
  expected.forEach((e, i) => {
    expect(actual[i].length).toBe(e.length);
    let scale = 1;
    for (const v of e) if (Number.isFinite(v)) scale = Math.max(scale, Math.abs(Number(v)));
    for (let k = 0; k < e.length; k++) {
      const [p, q] = [Number(actual[i][k]), Number(e[k])];
      if (Object.is(p, q) || Math.abs(p - q) <= tolerance * scale) continue;
      expect.fail(`result ${i}, element ${k} of ${e.length}: ${p}, expected ${q}`);
    }
  });
}

describe("compiled rows", () => {
  const columns = [1, 2, 3, 4, 5, 7, 8, 10, 16, 17, 31, 33, 64, 100, 255, 1000, 1023, 1025];
  it.each(Object.keys(rowFunctions))("%s of any width", (name) => {
    const { f, others } = rowFunctions[name];
    for (const n of columns) {
      for (const rows of [1, 3, 34]) {
        const args = [array([rows, n], float32, n), ...others(rows, n, float32)];
        agrees(f, args, 2e-5);
        agrees(vjp(f as never), args, 2e-4);
      }
    }
  });

  it.each(Object.keys(rowFunctions))("%s in float64, of several axes, under vmap, and of nothing", (name) => {
    const { f, others } = rowFunctions[name];
    for (const n of [1, 5, 64, 1023]) {
      const args = [array([9, n], float64, n), ...others(9, n, float64)];
      agrees(f, args, 1e-12);
      agrees(vjp(f as never), args, 1e-9);
    }
    const [x] = [array([3, 2, 5, 17], float32, 3)];
    const rest = others(5, 17, float32);
    const axes = [0, ...rest.map(() => null)];
    const mapped = vmap(vmap(f as never, { inAxes: axes }), { inAxes: axes }) as unknown as F;
    agrees(mapped, [x, ...rest], 2e-5);
    const along = [2, ...rest.map(() => null)];
    agrees(
      vmap(vjp(f as never) as never, { inAxes: along }) as unknown as F,
      [array([5, 17, 6]), ...rest],
      2e-4,
    );
    expect(
      jit(f as never as (...a: NDArray[]) => NDArray)(array([0, 8]), ...others(0, 8, float32)).size,
    ).toBe(0);
  });

  it("rows with NaN and infinities", () => {
    const inf = Number.POSITIVE_INFINITY;
    for (const n of [3, 7, 64, 101]) {
      const rows = [Number.NaN, inf, -inf, -0, 1e38, -1e38, 1e-45].map((special, r) =>
        Array.from({ length: n }, (_, j) => (r === 2 || j === n - 1 || j === r ? special : j / n)),
      );
      const x = jnp.array(rows) as ArrayImpl;
      for (const { f, others } of Object.values(rowFunctions)) {
        const args = [x, ...others(rows.length, n, float32)];
        agrees(f, args, 2e-5);
      }
      agrees((y) => [jnp.argmax(y, -1), jnp.max(y, -1), y.sub(jnp.max(y, last))], [x], 0);
    }
  });

  it("rows of integers and of masks", () => {
    const f: F = (x, mask) => {
      const largest = jnp.max(x, last);
      const near = jnp.where(mask, largest.sub(x), 0);
      const count = jnp.sum(mask.astype(int32), last);
      const any = jnp.any(mask, last);
      return [
        near,
        near.mul(count),
        jnp.argmin(near, -1),
        jnp.where(any, x.mod(largest), near),
        jnp.all(mask.eq(any), -1),
      ];
    };
    for (const n of [1, 3, 10, 33, 1000]) agrees(f, [array([35, n], int32, n), array([35, n], bool, n)], 0);
  });

  it("what a reduction found, as a place to read", () => {
    const f: F = (x, w) => {
      const best = jnp.argmax(x, -1);
      const found = jnp.take(w, best, 0).reshape([-1, 1]);
      return [x.mul(found), jnp.sum(x.mul(found), -1)];
    };
    for (const n of [2, 9, 100]) agrees(f, [array([37, n], float32, n), array([n])], 1e-5);
  });
});
