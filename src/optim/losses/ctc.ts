import type { ArrayLike, NDArray } from "../../core/array.ts";
import { float32, int32 } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import * as nn from "../../nn/index.ts";
import { at } from "../../numpy/access.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { full } from "../../numpy/creation.ts";
import { einsum } from "../../numpy/einsum.ts";
import { concatenate, pad } from "../../numpy/manipulation.ts";
import { toArray } from "../../numpy/promote.ts";
import * as reductions from "../../numpy/reductions.ts";
import { slice } from "../../numpy/slice.ts";
import * as un from "../../numpy/unary.ts";
import { checkSameShape } from "./arguments.ts";

export interface CtcOptions {
  /** The class that stands for no label; default 0. */
  blankId?: number;
  /** The logarithm that stands for a probability of 0; default -1e5. */
  logEpsilon?: number;
}

/**
 * The loss of connectionist temporal classification: minus the logarithm of the probability that the frames of a sequence spell its labels, once
 * repetitions are merged and blanks left out.
 *
 * Source: Graves et al., [Connectionist temporal classification](https://dl.acm.org/doi/abs/10.1145/1143844.1143891), 2006; forward
 * variables of blanks and labels apart.
 *
 * @param logits shape `[batch, frames, classes]`
 * @param logitPaddings shape `[batch, frames]`; 1.0 where a frame is padding, which must be at the end
 * @param labels integers of shape `[batch, length]`
 * @param labelPaddings shape `[batch, length]`; 1.0 where a label is padding, which must be at the end
 * @returns one loss for each sequence
 * @throws ValueError when the shapes do not fit
 * @example
 * ```ts
 * const loss = optim.ctcLoss(jnp.zeros([1, 2, 2]), jnp.zeros([1, 2]), jnp.array([[1]], "int32"), jnp.zeros([1, 1]));
 * String(jnp.exp(loss.neg())); // => "[0.75]"
 * ```
 */
export function ctcLoss(
  logits: ArrayLike,
  logitPaddings: ArrayLike,
  labels: ArrayLike,
  labelPaddings: ArrayLike,
  options: CtcOptions = {},
): NDArray {
  return ctcLossWithForwardProbs(logits, logitPaddings, labels, labelPaddings, options)[0];
}

/**
 * {@link ctcLoss} and the logarithms of its forward variables: `[loss, logAlphaPhi, logAlphaEmit]`, of shapes `[batch]`, `[frames, batch, length
 * + 1]` (the frame is a blank after so many labels) and `[frames, batch, length]` (the frame is this label).
 */
export function ctcLossWithForwardProbs(
  logits: ArrayLike,
  logitPaddings: ArrayLike,
  labels: ArrayLike,
  labelPaddings: ArrayLike,
  options: CtcOptions = {},
): [perSequenceLoss: NDArray, logAlphaPhi: NDArray, logAlphaEmit: NDArray] {
  const where = "ctcLoss";
  const { blankId = 0, logEpsilon = -1e5 } = readOptions<CtcOptions>(
    where,
    [],
    [options],
    ["blankId", "logEpsilon"],
  );
  const [x, xPad, y, yPad] = [logits, logitPaddings, labels, labelPaddings].map((a) => toArray(a, where));
  if (x.ndim !== 3) throw new ValueError(`${where}: logits must have rank 3, got ${x.ndim}.`);
  if (y.ndim !== 2) throw new ValueError(`${where}: labels must have rank 2, got ${y.ndim}.`);
  checkSameShape(where, y, yPad);
  checkSameShape(where, x.get(slice(null), slice(null), 0), xPad);
  const [batch, frames, classes] = x.shape;
  const length = y.shape[1];
  if (y.shape[0] !== batch) {
    throw new ValueError(`Expected \`labels\` to have batch size ${batch}, got ${y.shape[0]}.`);
  }
  if (frames === 0 || length === 0)
    throw new ValueError(`${where}: there must be at least one frame and one label.`);

  const logProbs = nn.logSoftmax(x);
  const lengths = bi.subtract(length, reductions.sum(yPad, 1).astype(int32));
  // 1.0 where the next label is the same: between them there must be a blank.
  const same = y
    .get(slice(null), slice(null, -1))
    .eq(y.get(slice(null), slice(1, null)))
    .astype(float32);
  const repeat = pad(same, [
    [0, 0],
    [0, 1],
  ]);
  const blank = logProbs.get(slice(null), slice(null), slice(blankId, blankId + 1)).transpose([1, 0, 2]);
  const emit = einsum("btk,bnk->tbn", logProbs, nn.oneHot(y, classes));

  const spread = (phi: NDArray, added: NDArray): NDArray =>
    concatenate(
      [phi.get(slice(null), slice(null, 1)), lax.logaddexp(phi.get(slice(null), slice(1, null)), added)],
      1,
    );
  const startPhi = at(full([batch, length + 1], logEpsilon, float32), slice(null), 0).set(0);
  const start = [startPhi, full([batch, length], logEpsilon, float32)] as [NDArray, NDArray];
  const frame = ([phi, last]: [NDArray, NDArray], [e, b, padding]: [NDArray, NDArray, NDArray]) => {
    const ready = spread(phi, last.add(repeat.mul(logEpsilon)));
    const nextEmit = lax.logaddexp(ready.get(slice(null), slice(null, -1)).add(e), last.add(e));
    const nextPhi = spread(ready.add(b), last.add(b).add(bi.subtract(1, repeat).mul(logEpsilon)));
    const p = padding.reshape([batch, 1]);
    const keep = (old: NDArray, now: NDArray): NDArray => p.mul(old).add(bi.subtract(1, p).mul(now));
    const next = [keep(phi, nextPhi), keep(last, nextEmit)] as [NDArray, NDArray];
    return [next, next] as [typeof next, typeof next];
  };
  const [, [phis, emits]] = lax.scan(frame, start, [emit, blank, xPad.transpose()] as [
    NDArray,
    NDArray,
    NDArray,
  ]);
  const end = spread(phis.get(-1), emits.get(-1));
  const loss = un.negative(einsum("bn,bn->b", end, nn.oneHot(lengths, length + 1)));
  return [loss, at(phis, -1).set(end), emits];
}
