import type { NDArray } from "../core/array.ts";
import { shapeStr, shapesEqual } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { definePrimitive, type Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import {
  complex128,
  convertHost,
  float32,
  float64,
  type HostData,
  isComplex,
  realDType,
  toComplexDType,
  toInexactDType,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { installComplex } from "../kernels/complex.ts";
import { jit } from "../transforms/jit.ts";
import { moveBatchDim } from "./batching.ts";
import { broadcastedIota } from "./creation.ts";
import { linearJvp, linearTranspose } from "./families.ts";
import { product, scaled, transformAxis } from "./fftProgram.ts";
import { fromReal, toReal } from "./fftReal.ts";
import { rootOfUnity } from "./fftTwiddles.ts";
import { bitwiseOr } from "./logic.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { asProgram } from "./programLowering.ts";

/** What a Fourier transform takes and gives: complex numbers, their inverse, real numbers to the half that says all, and back. */
export const FftType = /* @__PURE__ */ Object.freeze({ FFT: 0, IFFT: 1, RFFT: 2, IRFFT: 3 } as const);
export type FftType = (typeof FftType)[keyof typeof FftType];

interface FftParams {
  readonly [name: string]: unknown;
  readonly fftType: FftType;
  readonly fftLengths: readonly number[];
}

const fftPrimitive: Primitive<FftParams> = definePrimitive<FftParams>({
  name: "fft",
  abstractEval: ([x], { fftType, fftLengths }) => {
    const rank = fftLengths.length;
    const lengths = shapeStr(fftLengths);
    if (rank > x.ndim) {
      throw new ValueError(
        `FFT input shape ${shapeStr(x.shape)} must have at least as many input dimensions as fft_lengths ${lengths}.`,
      );
    }
    const [lead, minor] = [x.shape.slice(0, x.ndim - rank), x.shape.slice(x.ndim - rank)];
    const last = fftLengths[rank - 1];
    const refuse = (name: string, what: string) => {
      throw new ValueError(
        `${name} input shape ${shapeStr(x.shape)} minor dimensions must be equal to ${what} ${lengths}`,
      );
    };
    if (fftType === FftType.RFFT) {
      if (x.dtype !== float32 && x.dtype !== float64)
        throw new ValueError(`RFFT input must be float32 or float64, got ${x.dtype}`);
      if (!shapesEqual(minor, fftLengths)) refuse("RFFT", "fft_lengths");
      const shape = [...lead, ...fftLengths.slice(0, -1), Math.floor(last / 2) + 1];
      return [x.update({ shape, dtype: toComplexDType(x.dtype) })];
    }
    const name = fftType === FftType.IRFFT ? "IRFFT" : "FFT";
    if (!isComplex(x.dtype))
      throw new ValueError(`${name} input must be complex64 or complex128, got ${x.dtype}`);
    if (fftType === FftType.IRFFT) {
      const half = [...fftLengths.slice(0, -1), Math.floor(last / 2) + 1];
      if (!shapesEqual(minor, half))
        refuse("IRFFT", "all except the last fft_length, which has n / 2 + 1, got");
      return [x.update({ shape: [...lead, ...fftLengths], dtype: realDType(x.dtype) })];
    }
    if (!shapesEqual(minor, fftLengths)) refuse("FFT", "fft_lengths");
    return [x];
  },
  reference: ([x], params) => [fftReference(x, params)],
  jvp: /* @__PURE__ */ linearJvp(() => fftPrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, { fftType, fftLengths }) => {
    if (fftType === FftType.RFFT) return rfftTranspose(ct, fftLengths);
    return fftType === FftType.IRFFT ? irfftTranspose(ct, fftLengths) : fft(ct, fftType, fftLengths);
  }),
  batching: ([x], [dim], { fftType, fftLengths }) => [
    [fft(moveBatchDim(x, dim as number, 0), fftType, fftLengths)],
    [0],
  ],
  lowering: /* @__PURE__ */ asProgram(([x], params) => [transform(x, params)]),
});

/** The operation in terms of others. */
function transform(x: NDArray, { fftType, fftLengths }: FftParams): NDArray {
  const first = x.ndim - fftLengths.length;
  const last = x.ndim - 1;
  const n = fftLengths[fftLengths.length - 1];
  if (fftLengths.includes(0) || x.size === 0) return emptyTransform(x, fftType, fftLengths);
  const sign = fftType === FftType.FFT || fftType === FftType.RFFT ? -1 : 1;
  let z = fftType === FftType.RFFT ? fromReal(x) : x;
  if (fftType === FftType.FFT || fftType === FftType.IFFT) z = transformAxis(z, last, sign);
  for (let axis = last - 1; axis >= first; axis--) z = transformAxis(z, axis, sign);
  if (fftType === FftType.IRFFT) z = toReal(z, n);
  return sign < 0 ? z : scaled(z, 1 / product(fftLengths));
}

function emptyTransform(x: NDArray, fftType: FftType, fftLengths: readonly number[]): NDArray {
  const [aval] = fftPrimitive.abstractEval([x.aval], { fftType, fftLengths });
  return ops.full(aval.shape, 0, aval.dtype);
}

/** 1 for what a real transform gives once, 2 for what stands for two conjugates. */
function multiplicity(t: NDArray, half: number, n: number): NDArray {
  const k = broadcastedIota(realDType(t.dtype), [half], 0);
  const like = (v: number) => ops.full([], v, realDType(t.dtype));
  const single = bitwiseOr(ops.eq(k, like(0)), ops.eq(k, like(n / 2)));
  const values = ops.select(single, ops.full([half], 1, k.dtype), ops.full([half], 2, k.dtype));
  const complex = ops.convertElementType(values, toComplexDType(t.dtype));
  return ops.broadcastInDim(complex, [...t.shape.slice(0, -1), half], [t.ndim - 1]);
}

function rfftTranspose(ct: NDArray, fftLengths: readonly number[]): NDArray {
  const n = fftLengths[fftLengths.length - 1];
  const weights = multiplicity(ct, ct.shape[ct.ndim - 1], n);
  const back = fft(ops.div(ops.conj(ct), weights), FftType.IRFFT, fftLengths);
  return scaled(back, product(fftLengths));
}

function irfftTranspose(ct: NDArray, fftLengths: readonly number[]): NDArray {
  const n = fftLengths[fftLengths.length - 1];
  const spectrum = fft(ct, FftType.RFFT, fftLengths);
  const weights = multiplicity(spectrum, spectrum.shape[spectrum.ndim - 1], n);
  return ops.conj(ops.mul(scaled(weights, 1 / product(fftLengths)), spectrum));
}

// Evaluation by the definition, in float64.

function fftReference(x: HostArray, { fftType, fftLengths }: FftParams): HostData {
  const rank = fftLengths.length;
  const first = x.shape.length - rank;
  const last = x.shape.length - 1;
  const n = fftLengths[rank - 1];
  const half = Math.floor(n / 2) + 1;
  let data = convertHost(x.data, x.dtype, complex128) as Float64Array;
  const shape = [...x.shape.slice(0, first), ...fftLengths];
  const sign = fftType === FftType.FFT || fftType === FftType.RFFT ? -1 : 1;
  if (fftType === FftType.IRFFT) {
    for (let axis = first; axis < last; axis++) data = referenceAxis(data, x.shape, axis, sign);
    data = mirror(data, half, n);
    data = referenceAxis(data, shape, last, sign);
  } else {
    for (let axis = first; axis <= last; axis++) data = referenceAxis(data, shape, axis, sign);
    if (fftType === FftType.RFFT) data = resized(data, n, half, (k) => k);
  }
  if (sign > 0) data = data.map((v) => v / product(fftLengths));
  const complex = toComplexDType(x.dtype);
  return convertHost(data, complex128, fftType === FftType.IRFFT ? realDType(x.dtype) : complex);
}

/** Rows of `n` complex numbers as rows of `size`, element `k` from element `from(k)`. */
function resized(data: Float64Array, n: number, size: number, from: (k: number) => number): Float64Array {
  const rows = n === 0 ? 0 : data.length / (2 * n);
  const result = new Float64Array(2 * rows * size);
  for (let i = 0; i < rows * size; i++) {
    const at = Math.floor(i / size) * n + from(i % size);
    result.set(data.subarray(2 * at, 2 * at + 2), 2 * i);
  }
  return result;
}

/** The whole of a spectrum of real numbers from its half. */
function mirror(data: Float64Array, half: number, n: number): Float64Array {
  const result = resized(data, half, n, (k) => (k < half ? k : n - k));
  for (let i = 0; i < result.length / 2; i++) if (i % n >= half) result[2 * i + 1] *= -1;
  return result;
}

function referenceAxis(
  data: Float64Array,
  shape: readonly number[],
  axis: number,
  sign: number,
): Float64Array {
  const n = shape[axis];
  const inner = product(shape.slice(axis + 1));
  const result = new Float64Array(data.length);
  const roots = Array.from({ length: n }, (_, k) => rootOfUnity(sign * k, n));
  for (let i = 0; i < data.length / 2; i++) {
    const k = Math.floor(i / inner) % n;
    const base = i - k * inner;
    let [re, im] = [0, 0];
    for (let j = 0; j < n; j++) {
      const [c, s] = roots[(j * k) % n];
      const at = 2 * (base + j * inner);
      re += data[at] * c - data[at + 1] * s;
      im += data[at] * s + data[at + 1] * c;
    }
    result[2 * i] = re;
    result[2 * i + 1] = im;
  }
  return result;
}

const fftJit = jit(
  (x0: NDArray, fftType: FftType, fftLengths: readonly number[]): NDArray => {
    let x = x0;
    if (fftType === FftType.RFFT) {
      if (isComplex(x.dtype)) throw new ValueError("only real valued inputs supported for rfft");
      x = ops.convertElementType(x, toInexactDType(x.dtype));
    } else {
      x = ops.convertElementType(x, toComplexDType(x.dtype));
    }
    return fftLengths.length === 0 ? x : bind1(fftPrimitive, [x], { fftType, fftLengths });
  },
  { name: "fft", staticArgnums: [1, 2] },
);

/**
 * Fourier transforms of the last axes, of any lengths: sums over `x[j] exp(-2 pi i j k / n)`; inverse ones have the other sign and are divided by
 * the number of elements. A transform of real numbers (`"RFFT"`) gives the first `n / 2 + 1` of the last axis, from which the others follow; `"IRFFT"`
 * takes those.
 *
 * @param fftType a member of {@link FftType} or its name
 * @param fftLengths the lengths of the transformed axes (of the real array where one side is real)
 * @throws ValueError for shapes and dtypes that do not fit
 * @example
 * lax.fft(jnp.array([1, 0, 0, 0]), "FFT", [4]) // => Array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j], dtype=complex64)
 */
export function fft(
  x: LaxOperand,
  fftType: FftType | keyof typeof FftType,
  fftLengths: readonly number[],
): NDArray {
  installComplex();
  const type = typeof fftType === "string" ? FftType[fftType] : fftType;
  if (!Object.values(FftType).includes(type)) {
    if (typeof fftType === "string") throw new ValueError(`Unknown FFT type '${fftType}'`);
    throw new TypeError(`Unknown FFT type value '${String(fftType)}'`);
  }
  return fftJit(unaryOperand(x, "fft"), type, Array.from(fftLengths));
}
