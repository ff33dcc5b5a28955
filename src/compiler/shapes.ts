import type { View } from "./ir.ts";

/** Row-major strides; 0 for axes of one element, whose index is always 0. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = shape[d] === 1 ? 0 : step;
    step *= shape[d];
  }
  return strides;
}

/** Whether the elements of a view lie one after another in row-major order. */
export function isContiguous(view: View): boolean {
  let step = 1;
  for (let d = view.shape.length - 1; d >= 0; d--) {
    if (view.shape[d] === 1) continue;
    if (view.strides[d] !== step) return false;
    step *= view.shape[d];
  }
  return true;
}

/** The sizes that loops have: those of a shape without the axes of one element. */
export function loopSizes(shape: readonly number[]): readonly number[] {
  return shape.includes(1) ? shape.filter((n) => n !== 1) : shape;
}
