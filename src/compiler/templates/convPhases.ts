import type { ConvGeometry } from "../../core/lowering.ts";

/**
 * Part of a convolution along one spatial dimension, without dilation of the input: for `y < count` and `r < taps`, the element
 * `outFirst + outStep*y` of the result and the tap `tapFirst + tapStep*r` of the kernel meet at the element
 * `base + inStride*y + inStep*r` of the input, zero where there is none.
 */
export interface Phase {
  readonly outFirst: number;
  readonly outStep: number;
  readonly count: number;
  readonly tapFirst: number;
  readonly tapStep: number;
  readonly taps: number;
  readonly base: number;
  readonly inStride: number;
  readonly inStep: number;
}

/**
 * A dilated input has zeros at all positions but multiples of the dilation, so an element of the result meets only every so many
 * taps, and which ones depends on its position modulo the dilation. Each residue is a convolution of its own with no products by
 * those zeros: how the gradient of a strided convolution costs no more than the convolution.
 */
export function phasesOf(window: ConvGeometry["window"][number], outSize: number, taps: number): Phase[] {
  const { stride, low, lhsDilation, rhsDilation } = window;
  const outStep = lhsDilation / gcd(stride, lhsDilation);
  const tapStep = lhsDilation / gcd(rhsDilation, lhsDilation);
  const phases: Phase[] = [];
  for (let first = 0; first < Math.min(outStep, outSize); first++) {
    let tapFirst = 0;
    while (tapFirst < Math.min(tapStep, taps)) {
      if ((first * stride - low + tapFirst * rhsDilation) % lhsDilation === 0) break;
      tapFirst++;
    }
    const met = tapFirst < Math.min(tapStep, taps);
    phases.push({
      outFirst: first,
      outStep,
      count: Math.ceil((outSize - first) / outStep),
      tapFirst: met ? tapFirst : 0,
      tapStep,
      taps: met ? Math.ceil((taps - tapFirst) / tapStep) : 0,
      base: met ? (first * stride - low + tapFirst * rhsDilation) / lhsDilation : 0,
      inStride: (outStep * stride) / lhsDilation,
      inStep: (tapStep * rhsDilation) / lhsDilation,
    });
  }
  return phases;
}

/** The elements of the input, from `low` up to `high`, that phases read; null when they read nothing. */
export function reachOf(phases: readonly Phase[]): { low: number; high: number } | null {
  let low = Infinity;
  let high = -Infinity;
  for (const p of phases) {
    if (p.taps === 0) continue;
    low = Math.min(low, p.base);
    high = Math.max(high, p.base + (p.count - 1) * p.inStride + (p.taps - 1) * p.inStep + 1);
  }
  return low < high ? { low, high } : null;
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
