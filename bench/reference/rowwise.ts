/** Functions of each row of `n` numbers, and their gradients, in float64. */
type Numbers = ArrayLike<number>;

export function softmax(x: Numbers, n: number): Float64Array {
  const out = Float64Array.from(x);
  for (let start = 0; start < out.length; start += n) {
    const row = out.subarray(start, start + n);
    const max = row.reduce((m, v) => Math.max(m, v), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let j = 0; j < n; j++) sum += row[j] = Math.exp(row[j] - max);
    for (let j = 0; j < n; j++) row[j] /= sum;
  }
  return out;
}

/** Gradient of `sum(softmax(x) * c)`, given the softmax `y`. */
export function softmaxGrad(y: Numbers, c: Numbers, n: number): Float64Array {
  const out = new Float64Array(y.length);
  for (let start = 0; start < out.length; start += n) {
    let dot = 0;
    for (let i = start; i < start + n; i++) dot += y[i] * c[i];
    for (let i = start; i < start + n; i++) out[i] = y[i] * (c[i] - dot);
  }
  return out;
}

export const epsilon = 1e-5;

/** Mean 0, variance 1, then a scale and a bias. */
export function layerNorm(x: Numbers, scale: Numbers, bias: Numbers): Float64Array {
  const { normal } = standardize(x, scale.length);
  return normal.map((v, i) => v * scale[i % scale.length] + bias[i % scale.length]);
}

function standardize(x: Numbers, n: number): { normal: Float64Array; deviations: Float64Array } {
  const normal = Float64Array.from(x);
  const deviations = new Float64Array(x.length / n);
  for (let r = 0; r < deviations.length; r++) {
    const row = normal.subarray(r * n, r * n + n);
    let mean = 0;
    for (let j = 0; j < n; j++) mean += row[j];
    mean /= n;
    let variance = 0;
    for (let j = 0; j < n; j++) variance += (row[j] - mean) ** 2;
    deviations[r] = Math.sqrt(variance / n + epsilon);
    for (let j = 0; j < n; j++) row[j] = (row[j] - mean) / deviations[r];
  }
  return { normal, deviations };
}

/** Gradients of `sum(layerNorm(x, scale, bias) * c)`. */
export function layerNormGrad(x: Numbers, scale: Numbers, c: Numbers) {
  const n = scale.length;
  const { normal, deviations } = standardize(x, n);
  const dx = new Float64Array(x.length);
  const dScale = new Float64Array(n);
  const dBias = new Float64Array(n);
  for (let r = 0; r < deviations.length; r++) {
    let mean = 0;
    let along = 0;
    for (let j = 0; j < n; j++) {
      const i = r * n + j;
      const g = c[i] * scale[j];
      mean += g / n;
      along += (g * normal[i]) / n;
      dScale[j] += c[i] * normal[i];
      dBias[j] += c[i];
    }
    for (let j = 0; j < n; j++) {
      const i = r * n + j;
      dx[i] = (c[i] * scale[j] - mean - normal[i] * along) / deviations[r];
    }
  }
  return { dx, dScale, dBias };
}
