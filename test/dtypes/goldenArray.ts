import { encodeFloat, floatFormat } from "../../src/dtypes/floatFormat.ts";
import { asDType, type DType, type DTypeName, type HostData, hostArray } from "../../src/dtypes/index.ts";

export type GoldenNumber = number | boolean | string | readonly [number | string, number | string];

/** An array as the golden files write it. */
export interface GoldenArray {
  readonly dtype: DTypeName;
  readonly shape: readonly number[];
  readonly data: readonly GoldenNumber[];
  readonly weak?: boolean;
}

export function isGoldenArray(x: unknown): x is GoldenArray {
  return typeof x === "object" && x !== null && "dtype" in x && "data" in x;
}

export function hostDataOf(values: readonly GoldenNumber[], dtype: DType): HostData {
  if (dtype.kind === "complex") {
    const parts = (values as readonly (readonly [number | string, number | string])[]).flat().map(Number);
    return dtype.name === "complex64" ? Float32Array.from(parts) : Float64Array.from(parts);
  }
  const out = hostArray(dtype, dtype.kind === "key" ? values.length / 2 : values.length);
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
    values.forEach((v, i) => {
      out[i] = BigInt(v as string | number);
    });
    return out;
  }
  const narrow = dtype.kind === "float" && dtype.bits <= 16;
  values.forEach((v, i) => {
    out[i] = narrow ? encodeFloat(Number(v), floatFormat(dtype)) : Number(v);
  });
  return out;
}

export function hostArrayOf(a: GoldenArray): {
  data: HostData;
  shape: readonly number[];
  dtype: DType;
  weak: boolean;
} {
  const dtype = asDType(a.dtype);
  return { data: hostDataOf(a.data, dtype), shape: a.shape, dtype, weak: a.weak ?? false };
}
