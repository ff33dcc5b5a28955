// Signals, interpolation and quantization beyond the goldens: identities, derivatives, vmap and misuse.

import { jit, jnp, type NDArray, random, scipy, testUtil, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const { signal, ndimage, interpolate, cluster, integrate } = scipy;
const close = (a: NDArray, b: NDArray, atol = 1e-4): boolean =>
  jnp.allclose(a, b, { rtol: 1e-4, atol }).item() as boolean;

describe("convolution", () => {
  const x = random.normal(random.key(0), [7, 5]);
  const y = random.normal(random.key(1), [3, 2]);

  test.each(["full", "same", "valid"] as const)("%s: by transforms as by sums, and correlation", (mode) => {
    expect(close(signal.fftconvolve(x, y, mode), signal.convolve(x, y, mode))).toBe(true);
    expect(close(signal.convolve(x, y, { mode, method: "fft" }), signal.convolve2d(x, y, mode))).toBe(true);
    expect(close(signal.correlate(x, y, mode), signal.convolve(x, jnp.flip(y), mode))).toBe(true);
    testUtil.checkGrads((a, b) => signal.convolve(a, b, mode), [x, y], 1, { atol: 5e-2, rtol: 5e-2 });
  });

  test("complex numbers, and some axes only", () => {
    const z = x.add(jnp.complex64(0)).mul(jnp.exp(jnp.complex64(0)));
    expect(signal.fftconvolve(z, y).dtype.name).toBe("complex64");
    const rows = signal.fftconvolve(x, random.normal(random.key(2), [7, 3]), "full", 1);
    expect(rows.shape).toEqual([7, 7]);
    const loop = vmap((a: NDArray, b: NDArray) => signal.convolve(a, b));
    expect(close(signal.fftconvolve(x, x, { axes: 1 }), loop(x, x))).toBe(true);
  });
});

describe("spectra", () => {
  const x = random.normal(random.key(3), [2, 60]);

  test("istft is the inverse of stft", () => {
    for (const window of ["hann", "hamming", "boxcar", "blackman"] as const) {
      const [, , Z] = signal.stft(x, { nperseg: 12, window });
      const [times, back] = signal.istft(Z, { nperseg: 12, window });
      expect(times.shape).toEqual([back.shape[1]]);
      expect(close(back.get(":", "0:60"), x)).toBe(true);
    }
  });

  test("the density integrates to the variance", () => {
    const noise = random.normal(random.key(4), [4096]);
    const [f, p] = jit((v: NDArray) => signal.welch(v, { fs: 2, nperseg: 256 }))(noise);
    expect(Number(integrate.trapezoid(p, f))).toBeCloseTo(Number(noise.var()), 1);
    const [, median] = signal.welch(noise, { fs: 2, nperseg: 256, average: "median" });
    expect(Number(integrate.trapezoid(median, f))).toBeCloseTo(Number(noise.var()), 1);
  });

  test("times along another axis, two-sided spectra, boundaries", () => {
    const [, , a] = signal.stft(x.transpose(), { nperseg: 8, axis: 0 });
    const [, , b] = signal.stft(x, { nperseg: 8 });
    expect(close(jnp.abs(a), jnp.abs(jnp.moveaxis(b, 0, 1)))).toBe(true);
    const [frequencies, , c] = signal.stft(x, { nperseg: 8, returnOnesided: false });
    expect([frequencies.shape[0], c.shape[1]]).toEqual([8, 8]);
    for (const boundary of ["even", "odd", "constant", null] as const) {
      expect(signal.stft(x, { nperseg: 8, boundary })[2].shape.slice(0, 2)).toEqual([2, 5]);
    }
  });

  test("detrend removes lines between breaks", () => {
    const t = jnp.arange(10);
    const bent = jnp.where(t.lt(4), t.mul(2), t.mul(-3).add(50));
    expect(close(signal.detrend(bent, { bp: 4 }), jnp.zeros(10))).toBe(true);
    testUtil.checkGrads((v) => signal.detrend(v), [random.normal(random.key(5), [9])], 1);
  });
});

describe("interpolation", () => {
  const grid = [jnp.array([0, 1, 2.5]), jnp.array([-1, 0, 2, 3])];
  const plane = (a: NDArray, b: NDArray): NDArray => a.mul(2).sub(b).add(1);
  const values = plane(grid[0].reshape([3, 1]), grid[1]);
  const points = jnp.array([[0.5, 0.5], [2, -0.25], [2.5, 3]]); // biome-ignore format: points

  test("planes are reproduced, by lists of coordinates too, outside as told", () => {
    const f = interpolate.RegularGridInterpolator(grid, values);
    const expected = plane(points.get(":", 0), points.get(":", 1));
    expect(close(f(points), expected)).toBe(true);
    expect(close(f([points.get(":", 0), points.get(":", 1)]), expected)).toBe(true);
    expect(Number(f(jnp.array([9, 0])).get(0))).toBeNaN();
    const beyond = interpolate.RegularGridInterpolator(grid, values, { fillValue: null });
    expect(Number(beyond(jnp.array([9, 0])).get(0))).toBeCloseTo(19, 4);
    const near = interpolate.RegularGridInterpolator(grid, values, "nearest");
    expect(Number(near(jnp.array([0.6, 1.2])).get(0))).toBe(Number(values.get(1, 2)));
    testUtil.checkGrads((v) => interpolate.RegularGridInterpolator(grid, v)(points), [values], 1);
  });

  test("mapCoordinates: all modes, derivatives by the array and by the coordinates", () => {
    const x = jnp.array([1, 2, 4, 8]);
    const at = (c: number, mode: Parameters<typeof ndimage.mapCoordinates>[3]): number =>
      Number(ndimage.mapCoordinates(x, [jnp.array(c)], 1, mode));
    expect([
      at(-1, "constant"),
      at(-1, "nearest"),
      at(-1, "wrap"),
      at(-1, "mirror"),
      at(-1, "reflect"),
    ]).toEqual([0, 1, 8, 2, 1]);
    expect([at(5, "wrap"), at(5, "mirror"), at(5, "reflect")]).toEqual([2, 2, 4]);
    const c = jnp.array([0.2, 1.7, 2.4]);
    testUtil.checkGrads((v, p) => ndimage.mapCoordinates(v, [p], 1), [x, c], 1, { atol: 2e-2, rtol: 2e-2 });
    const batch = vmap((p: NDArray) => ndimage.mapCoordinates(x, [p], 1))(jnp.stack([c, c.add(0.1)]));
    expect(batch.shape).toEqual([2, 3]);
  });

  test("vq finds the nearest", () => {
    const book = jnp.array([[0, 0], [1, 1], [5, 5]]); // biome-ignore format: points
    const [code, distance] = cluster.vq.vq(jnp.array([[0.9, 1], [4, 4]]), book); // biome-ignore format: points
    expect(String(code)).toBe("[1 2]");
    expect(Number(distance.get(1))).toBeCloseTo(Math.SQRT2, 5);
  });
});

test.each<[string, () => unknown, string]>([
  ["a mode", () => signal.convolve(jnp.ones(3), jnp.ones(2), "half" as never), "mode must be one of"],
  [
    "a method",
    () => signal.convolve(jnp.ones(3), jnp.ones(2), { method: "slow" as never }),
    "expected 'auto'",
  ],
  ["ranks", () => signal.convolve(jnp.ones(3), jnp.ones([2, 2])), "same number of dimensions"],
  [
    "shapes of which neither is larger",
    () => signal.convolve(jnp.ones([3, 1]), jnp.ones([1, 3])),
    "smaller than the other",
  ],
  ["an empty array", () => signal.convolve(jnp.ones(3), jnp.ones(0)), "zero-size"],
  [
    "a boundary",
    () => signal.convolve2d(jnp.ones([2, 2]), jnp.ones([2, 2]), { boundary: "wrap" as never }),
    "boundary='fill'",
  ],
  ["vectors as matrices", () => signal.correlate2d(jnp.ones(2), jnp.ones(2)), "2-dimensional"],
  ["mapped axes", () => signal.fftconvolve(jnp.ones([2, 3]), jnp.ones([3, 3]), { axes: 1 }), "mapped axes"],
  ["a trend", () => signal.detrend(jnp.ones(3), { type: "cubic" as never }), "Trend type"],
  ["a break outside", () => signal.detrend(jnp.ones(3), { bp: 7 }), "Breakpoints"],
  ["a window", () => signal.stft(jnp.ones(8), { window: "kaiser" as never, nperseg: 4 }), "Unknown window"],
  ["an overlap", () => signal.stft(jnp.ones(8), { nperseg: 4, noverlap: 4 }), "noverlap must be less"],
  ["a transform that is too short", () => signal.welch(jnp.ones(8), { nperseg: 4, nfft: 2 }), "nfft must be"],
  ["a long window", () => signal.welch(jnp.ones(3), { window: jnp.ones(4) }), "longer than input"],
  ["an average", () => signal.welch(jnp.ones(8), { average: "mode" as never }), "median"],
  ["one axis for two", () => signal.istft(jnp.ones([3, 3]), { timeAxis: 0, freqAxis: 0 }), "differing"],
  [
    "too few coordinates",
    () => ndimage.mapCoordinates(jnp.ones([2, 2]), [jnp.ones(1)], 1),
    "length input.ndim",
  ],
  ["a high order", () => ndimage.mapCoordinates(jnp.ones(2), [jnp.ones(1)], 3 as never), "order<=1"],
  [
    "a mode of maps",
    () => ndimage.mapCoordinates(jnp.ones(2), [jnp.ones(1)], 1, "grid" as never),
    "mode grid",
  ],
  [
    "a method of grids",
    () => interpolate.RegularGridInterpolator([jnp.arange(2)], jnp.ones(2), "cubic" as never),
    "not defined",
  ],
  [
    "errors out of bounds",
    () => interpolate.RegularGridInterpolator([jnp.arange(2)], jnp.ones(2), { boundsError: true as never }),
    "no effect under JIT",
  ],
  [
    "more axes than values",
    () => interpolate.RegularGridInterpolator([jnp.arange(2), jnp.arange(2)], jnp.ones(2)),
    "2 point arrays",
  ],
  ["other features", () => cluster.vq.vq(jnp.ones([2, 3]), jnp.ones([2, 2])), "as many features"],
])("misuse: %s", (_name, call, message) => {
  expect(call).toThrow(message);
});
