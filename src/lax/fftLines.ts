import type { NDArray } from "../core/array.ts";
import { shapedArray } from "../core/aval.ts";
import { notDifferentiable, notLinear, type Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { arrayFromHost } from "../core/values.ts";
import { complex128, convertHost } from "../dtypes/index.ts";
import { fourierTemplate } from "../kernels/fourier.ts";
import { rootsOfUnity } from "./fftTwiddles.ts";

/** Fourier transforms as one kernel: of lengths that are products of small primes, and short enough for the nearest caches. */

/** The sign of the exponent. */
export type Sign = 1 | -1;

interface LinesParams {
  readonly [name: string]: unknown;
  readonly radices: readonly number[];
  readonly sign: Sign;
  readonly inner: number;
  readonly turned: boolean;
}

const never = () => {
  throw new Error("fourier_lines is only compiled");
};

/** An operation of lowered programs only: see the lowering of this kind. */
const fourierLines: Primitive<LinesParams> = {
  name: "fourier_lines",
  abstractEval: ([x], { inner }) => {
    const [before, length, after] = x.shape;
    return [x.update({ shape: [before / inner, length, inner, after] })];
  },
  reference: never,
  jvp: notDifferentiable("an operation of lowered programs"),
  transpose: notLinear,
  batching: never,
  lowering: { kind: "fourier", template: fourierTemplate, transform: (params) => params },
};

const largestRadix = 31;

/** The lengths of the butterflies of a transform; null where there are none for some prime. */
export function radicesOf(length: number): readonly number[] | null {
  const radices: number[] = [];
  let rest = length;
  for (const radix of [4, 2, 3]) {
    for (; rest % radix === 0; rest /= radix) radices.push(radix);
  }
  for (let p = 5; rest > 1 && p <= largestRadix; p += 2) {
    for (; rest % p === 0; rest /= p) radices.push(p);
  }
  return rest === 1 ? radices : null;
}

/** The roots of unity that all passes but the first need: see FourierKernel. */
function twiddles(radices: readonly number[], sign: Sign, x: NDArray): NDArray {
  const parts: number[] = [];
  let size = radices[0];
  for (const radix of radices.slice(1)) {
    const roots = rootsOfUnity(size * radix, sign);
    for (let k = 0; k < size; k++) {
      for (let t = 1; t < radix; t++) parts.push(roots[2 * k * t], roots[2 * k * t + 1]);
    }
    size *= radix;
  }
  const data = convertHost(Float64Array.from(parts), complex128, x.dtype);
  return arrayFromHost(data, shapedArray([parts.length / 2], x.dtype));
}

/**
 * Transforms axis 1 of [before, length, after] to [before / inner, length, inner, after], multiplied by `turns`, complex [length, after], if given (`inner` is
 * 1 and `after` at least 4 then).
 */
export function transformLines(
  x: NDArray,
  radices: readonly number[],
  sign: Sign,
  inner: number,
  turns: NDArray | null = null,
): NDArray {
  const operands = [x];
  if (radices.length > 1) operands.push(twiddles(radices, sign, x));
  if (turns !== null) operands.push(turns);
  return bind1(fourierLines, operands, { radices, sign, inner, turned: turns !== null });
}
