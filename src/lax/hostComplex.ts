import type { ShapedArray } from "../core/aval.ts";
import { complexMath } from "../core/complexMath.ts";
import type { HostArray } from "../core/hostArray.ts";
import {
  Complex,
  complex128,
  convertHost,
  type DType,
  float64,
  type HostData,
  hostArray,
  realDType,
} from "../dtypes/index.ts";
import { broadcastOffsets } from "./hostLoops.ts";

/** Reads element `i` of an array as a complex number. */
export function complexReader(x: HostArray): (i: number) => Complex {
  const data = convertHost(x.data, x.dtype, complex128) as Float64Array;
  return (i) => new Complex(data[2 * i], data[2 * i + 1]);
}

/** Applies a function of complex numbers elementwise with broadcasting; results are complex or real as the function is. */
export function mapComplex(
  inputs: readonly HostArray[],
  out: ShapedArray,
  f: (...args: Complex[]) => Complex | number | boolean,
): HostData {
  const read = inputs.map(complexReader);
  const at = inputs.map((x) => broadcastOffsets(x.shape, out.shape));
  const result = hostArray(out.dtype, out.size) as Float64Array;
  for (let i = 0; i < out.size; i++) {
    const value = f(...read.map((element, k) => element(at[k]?.[i] ?? i)));
    if (value instanceof Complex) {
      result[2 * i] = value.re;
      result[2 * i + 1] = value.im;
    } else {
      result[i] = Number(value);
    }
  }
  return result;
}

/** The real and the imaginary parts. */
export function splitParts(x: HostArray): [HostArray, HostArray] {
  const dtype = realDType(x.dtype);
  const all = x.data as Float64Array;
  const part = (p: number): HostArray => {
    const data = hostArray(dtype, all.length / 2) as Float64Array;
    for (let i = 0; i < data.length; i++) data[i] = all[2 * i + p];
    return { shape: x.shape, dtype, data };
  };
  return [part(0), part(1)];
}

function joinParts(re: HostData, im: HostData, dtype: DType): HostData {
  const result = hostArray(dtype, re.length) as Float64Array;
  for (let i = 0; i < re.length; i++) {
    result[2 * i] = Number(re[i]);
    result[2 * i + 1] = Number(im[i]);
  }
  return result;
}

const partsAval = (aval: ShapedArray) => aval.update({ dtype: realDType(aval.dtype) });

/** A linear function of complex arrays, from its evaluation on real ones. */
export function linearReference(
  x: HostArray,
  out: ShapedArray,
  f: (x: HostArray, out: ShapedArray) => HostData,
): HostData {
  const [re, im] = splitParts(x).map((part) => f(part, partsAval(out)));
  return joinParts(re, im, out.dtype);
}

/** A product of complex arrays, from its evaluation on real ones, in float64. */
export function bilinearReference(
  x: HostArray,
  y: HostArray,
  out: ShapedArray,
  f: (x: HostArray, y: HostArray, out: ShapedArray) => HostData,
): HostData {
  const wide = (a: HostArray): HostArray => ({
    shape: a.shape,
    dtype: complex128,
    data: convertHost(a.data, a.dtype, complex128),
  });
  const [[a, b], [c, d]] = [splitParts(wide(x)), splitParts(wide(y))];
  const product = (p: HostArray, q: HostArray) => f(p, q, out.update({ dtype: float64 })) as Float64Array;
  const [ac, bd, ad, bc] = [product(a, c), product(b, d), product(a, d), product(b, c)];
  const re = ac.map((v, i) => v - bd[i]);
  const im = ad.map((v, i) => v + bc[i]);
  return convertHost(joinParts(re, im, complex128), complex128, out.dtype);
}

/** {@link mapComplex} with the function of complexMath.ts that the primitive is named after. */
export function mapComplexNamed(name: string, inputs: readonly HostArray[], out: ShapedArray): HostData {
  const f = complexMath[name];
  if (f === undefined) throw new TypeError(`${name} has no reference for complex numbers`);
  return mapComplex(inputs, out, f);
}
