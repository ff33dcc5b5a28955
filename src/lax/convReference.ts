import type { ShapedArray } from "../core/aval.ts";
import type { HostArray } from "../core/hostArray.ts";
import { bool, convertHost, type HostData, isComplex } from "../dtypes/index.ts";
import type { ConvParams } from "./convParams.ts";
import { bilinearReference } from "./hostComplex.ts";
import {
  type Element,
  offsetsOf,
  rowMajorStrides,
  sumOfProducts,
  valuesOf,
  writeElements,
} from "./hostLoops.ts";
import { pickInts } from "./intTuples.ts";

/** Plain evaluation: for every element of the result, the products of the taps that meet an element of the input. */
export function convReference(x: HostArray, y: HostArray, params: ConvParams, out: ShapedArray): HostData {
  if (isComplex(out.dtype)) return bilinearReference(x, y, out, (p, q, o) => convReference(p, q, params, o));
  const { windowStrides, padding, lhsDilation, rhsDilation, featureGroupCount, batchGroupCount } = params;
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  const elements = (a: HostArray) =>
    valuesOf({ ...a, dtype: out.dtype, data: convertHost(a.data, a.dtype, out.dtype) });
  const [p, q] = [elements(x), elements(y)];
  const { zero, add } = sumOfProducts(out.dtype);
  const [xShape, yShape, outShape] = [
    pickInts(x.shape, lhsSpec),
    pickInts(y.shape, rhsSpec),
    pickInts(out.shape, outSpec),
  ];
  const [xStrides, yStrides, outStrides] = [
    pickInts(rowMajorStrides(x.shape), lhsSpec),
    pickInts(rowMajorStrides(y.shape), rhsSpec),
    pickInts(rowMajorStrides(out.shape), outSpec),
  ];
  const [batch, features, ...space] = outShape;
  const [, inFeatures, ...window] = yShape;
  const groupSize = features / (featureGroupCount * batchGroupCount);
  const points = coordinates(space);
  const taps = coordinates(window);
  const yTaps = offsetsOf(window, yStrides.slice(2));
  const outPoints = offsetsOf(space, outStrides.slice(2));
  /** Where the tap meets the input at a point of the result, or -1. */
  const inputAt = (point: readonly number[], tap: readonly number[]): number => {
    let offset = 0;
    for (let d = 0; d < point.length; d++) {
      const at = point[d] * windowStrides[d] - padding[d][0] + tap[d] * rhsDilation[d];
      const i = at / lhsDilation[d];
      if (!Number.isInteger(i) || i < 0 || i >= xShape[d + 2]) return -1;
      offset += i * xStrides[d + 2];
    }
    return offset;
  };
  const fillPoint = (point: readonly number[], s: number, write: (i: number, sum: Element) => void): void => {
    const met = taps
      .map((tap, t) => [inputAt(point, tap), yTaps[t]] as const)
      .filter(([offset]) => offset >= 0);
    for (let n = 0; n < batch; n++) {
      for (let o = 0; o < features; o++) {
        const group = Math.floor(o / groupSize);
        const image = batchGroupCount > 1 ? group * batch + n : n;
        const first = featureGroupCount > 1 ? group * inFeatures : 0;
        const xBase = image * xStrides[0] + first * xStrides[1];
        const yBase = o * yStrides[0];
        let sum = zero;
        for (const [xTap, yTap] of met) {
          for (let i = 0; i < inFeatures; i++) {
            const u = p[xBase + xTap + i * xStrides[1]];
            const v = q[yBase + yTap + i * yStrides[1]];
            sum = add(sum, u, v);
          }
        }
        const at = n * outStrides[0] + o * outStrides[1] + outPoints[s];
        write(at, out.dtype === bool ? +(sum !== 0) : sum);
      }
    }
  };
  return writeElements(out, (write) => points.forEach((point, s) => fillPoint(point, s, write)));
}

/** All indices of a shape, in row-major order. */
function coordinates(shape: readonly number[]): number[][] {
  let list: number[][] = [[]];
  for (const n of shape) list = list.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i]));
  return list;
}
