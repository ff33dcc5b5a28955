import type { NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import * as bi from "../numpy/binary.ts";
import { where } from "../numpy/where.ts";

/** The methods of {@link resize}. */
export const ResizeMethod = {
  NEAREST: "nearest",
  LINEAR: "linear",
  LANCZOS3: "lanczos3",
  LANCZOS5: "lanczos5",
  CUBIC: "cubic",
  CUBIC_PYTORCH: "cubic-pytorch",
  AREA: "area",
} as const;
export type ResizeMethod = (typeof ResizeMethod)[keyof typeof ResizeMethod];
/** The methods by all their names. */
export type ResizeMethodName =
  | ResizeMethod
  | "bilinear"
  | "trilinear"
  | "triangle"
  | "bicubic"
  | "tricubic"
  | "bicubic-pytorch";

const aliases: Readonly<Record<string, ResizeMethod>> = {
  ...Object.fromEntries(Object.values(ResizeMethod).map((name) => [name, name])),
  bilinear: "linear",
  trilinear: "linear",
  triangle: "linear",
  bicubic: "cubic",
  tricubic: "cubic",
  "bicubic-pytorch": "cubic-pytorch",
};

/** @throws ValueError for another name */
export function methodOf(name: string): ResizeMethod {
  const method = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  if (method === undefined) {
    throw new ValueError(
      `Unknown resize method "${String(name)}"; it must be one of ${Object.keys(aliases).join(", ")}`,
    );
  }
  return method;
}

/** A weight that depends on the distance, which is not negative, and the distance from which it is 0. */
export interface Kernel {
  readonly radius: number;
  weight(distance: NDArray): NDArray;
}

function lanczos(radius: number): Kernel {
  return {
    radius,
    weight(x) {
      const y = lax
        .sin(x.mul(Math.PI))
        .mul(lax.sin(x.mul(Math.PI / radius)))
        .mul(radius);
      const square = where(x.ne(0), x.mul(x).mul(Math.PI ** 2), 1);
      return where(bi.greater(x, radius), 0, where(x.gt(1e-3), y.div(square), 1));
    },
  };
}

/** The cubic convolution kernel with slope `a` at distance 1. */
function cubic(a: number): Kernel {
  return {
    radius: 2,
    weight(x) {
      const near = x
        .mul(a + 2)
        .sub(a + 3)
        .mul(x)
        .mul(x)
        .add(1);
      const far = x
        .mul(a)
        .sub(5 * a)
        .mul(x)
        .add(8 * a)
        .mul(x)
        .sub(4 * a);
      return where(x.ge(2), 0, where(x.ge(1), far, near));
    },
  };
}

/**
 * The kernels by method.
 *
 * Source: Keys, [Cubic convolution interpolation for digital image processing](https://doi.org/10.1109/TASSP.1981.1163711), 1981 (slope -1/2;
 * -3/4 is OpenCV's and PyTorch's); Turkowski, Filters for Common Resampling Tasks, 1990 (Lanczos).
 */
export function kernelOf(method: Exclude<ResizeMethod, "nearest" | "area">): Kernel {
  switch (method) {
    case "linear":
      return { radius: 1, weight: (x) => bi.maximum(0, bi.subtract(1, x)) };
    case "lanczos3":
      return lanczos(3);
    case "lanczos5":
      return lanczos(5);
    case "cubic":
      return cubic(-0.5);
    case "cubic-pytorch":
      return cubic(-0.75);
  }
}
