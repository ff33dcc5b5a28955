import type { ArrayLike, NDArray } from "../../core/array.ts";
import type { DType } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { array } from "../../numpy/creation.ts";
import { convert, toArray } from "../../numpy/promote.ts";

/** The weights of a segment: by name, or an array of its length. */
export type Window = "hann" | "hamming" | "blackman" | "bartlett" | "boxcar" | NDArray | readonly number[];

/** The weight at `t` from 0 to 1, for windows of one period. */
const periodic: Readonly<Record<string, (t: number) => number>> = {
  hann: (t) => Math.sin(Math.PI * t) ** 2,
  hamming: (t) => 0.54 - 0.46 * Math.cos(2 * Math.PI * t),
  blackman: (t) => 0.42 - 0.5 * Math.cos(2 * Math.PI * t) + 0.08 * Math.cos(4 * Math.PI * t),
  bartlett: (t) => 1 - Math.abs(2 * t - 1),
  boxcar: () => 1,
};

/** A window of n weights that would go on with a period of n. @throws ValueError for another name */
export function windowByName(name: string, n: number, dtype: DType): NDArray {
  const weight = Object.hasOwn(periodic, name) ? periodic[name] : undefined;
  if (weight === undefined) {
    throw new ValueError(`Unknown window '${name}'; it must be one of ${Object.keys(periodic).join(", ")}`);
  }
  return convert(array(Array.from({ length: n }, (_, i) => (n === 1 ? 1 : weight(i / n)))), dtype);
}

/** A window that is given as an array. @throws ValueError unless it is a vector */
export function windowArray(window: ArrayLike, dtype?: DType): NDArray {
  const given = toArray(window, "window");
  if (given.ndim !== 1) throw new ValueError("window must be 1-D");
  return dtype === undefined ? given : convert(given, dtype);
}
