import { gelu, geluGrad } from "./elementwise.ts";
import { add, addRow, map, matmul, sumRows, transpose } from "./linear.ts";
import { layerNorm, layerNormGrad, softmax, softmaxGrad } from "./rowwise.ts";

type Numbers = ArrayLike<number>;

export interface BlockSize {
  readonly batch: number;
  readonly sequence: number;
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
}
/** What a block computes with: the gradient is taken in each of these, in this order. */
export const blockInputs = [
  ...["x", "scale1", "bias1", "wq", "wk", "wv", "wo"],
  ...["scale2", "bias2", "w1", "c1", "w2", "c2"],
] as const;
export type BlockValues = Record<(typeof blockInputs)[number], Numbers>;

/** `[batch * sequence, width]` to one `[sequence, width / heads]` matrix per example and head, and back. */
function splitHeads(x: Numbers, { batch, sequence, width, heads }: BlockSize): Float64Array[] {
  const depth = width / heads;
  return Array.from({ length: batch * heads }, (_, bh) => {
    const start = Math.floor(bh / heads) * sequence * width + (bh % heads) * depth;
    const out = new Float64Array(sequence * depth);
    for (let s = 0; s < sequence; s++) {
      for (let d = 0; d < depth; d++) out[s * depth + d] = x[start + s * width + d];
    }
    return out;
  });
}
function mergeHeads(
  parts: readonly Float64Array[],
  { batch, sequence, width, heads }: BlockSize,
): Float64Array {
  const depth = width / heads;
  const out = new Float64Array(batch * sequence * width);
  parts.forEach((part, bh) => {
    const start = Math.floor(bh / heads) * sequence * width + (bh % heads) * depth;
    for (let s = 0; s < sequence; s++) {
      for (let d = 0; d < depth; d++) out[start + s * width + d] = part[s * depth + d];
    }
  });
  return out;
}

function forwardParts(v: BlockValues, size: BlockSize) {
  const { batch, sequence: s, width: w, heads, hidden } = size;
  const rows = batch * s;
  const depth = w / heads;
  const normal1 = layerNorm(v.x, v.scale1, v.bias1);
  const [q, k, values] = [v.wq, v.wk, v.wv].map((m) => splitHeads(matmul(normal1, m, [rows, w, w]), size));
  const weights = q.map((qh, i) => {
    const scores = matmul(qh, transpose(k[i], s, depth), [s, depth, s]);
    return softmax(
      map(scores, (x) => x / Math.sqrt(depth)),
      s,
    );
  });
  const attended = mergeHeads(
    weights.map((p, i) => matmul(p, values[i], [s, s, depth])),
    size,
  );
  const h = add(v.x, matmul(attended, v.wo, [rows, w, w]));
  const normal2 = layerNorm(h, v.scale2, v.bias2);
  const inner = addRow(matmul(normal2, v.w1, [rows, w, hidden]), v.c1);
  const activated = map(inner, gelu);
  const out = add(h, addRow(matmul(activated, v.w2, [rows, hidden, w]), v.c2));
  return { normal1, q, k, values, weights, attended, h, normal2, inner, activated, out };
}

/** Pre-norm transformer block without mask: attention and a gelu network, each added to its input. */
export const block = (v: BlockValues, size: BlockSize): Float64Array => forwardParts(v, size).out;

/** Gradients of `sum(block * c)`, in the order of {@link blockInputs}. */
export function blockGrad(v: BlockValues, c: Numbers, size: BlockSize): Float64Array[] {
  const { batch, sequence: s, width: w, heads, hidden } = size;
  const rows = batch * s;
  const depth = w / heads;
  const f = forwardParts(v, size);
  /** Gradients of a product [rows, n] [n, m] in its two operands. */
  const product = (x: Numbers, m: Numbers, d: Numbers, r: number, i: number, o: number) => ({
    left: matmul(d, transpose(m, i, o), [r, o, i]),
    right: matmul(transpose(x, r, i), d, [i, r, o]),
  });

  const second = product(f.activated, v.w2, c, rows, hidden, w);
  const dInner = map(second.left, (g, i) => g * geluGrad(f.inner[i]));
  const first = product(f.normal2, v.w1, dInner, rows, w, hidden);
  const norm2 = layerNormGrad(f.h, v.scale2, first.left);
  const dH = add(c, norm2.dx);

  const output = product(f.attended, v.wo, dH, rows, w, w);
  const dAttended = splitHeads(output.left, size);
  const heads3 = f.q.map((q, i) => {
    const byValue = product(f.weights[i], f.values[i], dAttended[i], s, s, depth);
    const dScores = map(softmaxGrad(f.weights[i], byValue.left, s), (g) => g / Math.sqrt(depth));
    const byKey = product(q, transpose(f.k[i], s, depth), dScores, s, depth, s);
    return { q: byKey.left, k: transpose(byKey.right, depth, s), v: byValue.right };
  });
  const [dq, dk, dv] = (["q", "k", "v"] as const).map((name) =>
    mergeHeads(
      heads3.map((h) => h[name]),
      size,
    ),
  );
  const byQ = product(f.normal1, v.wq, dq, rows, w, w);
  const byK = product(f.normal1, v.wk, dk, rows, w, w);
  const byV = product(f.normal1, v.wv, dv, rows, w, w);
  const norm1 = layerNormGrad(v.x, v.scale1, add(add(byQ.left, byK.left), byV.left));
  return [
    ...[add(dH, norm1.dx), norm1.dScale, norm1.dBias, byQ.right, byK.right, byV.right, output.right],
    ...[norm2.dScale, norm2.dBias, first.right, sumRows(dInner, hidden), second.right],
    sumRows(c, w),
  ];
}
