import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { asDType, type DType, type DTypeLike, isComplex } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import type { PrecisionLike } from "../lax/precision.ts";
import { setName } from "../transforms/functionName.ts";
import { jit } from "../transforms/jit.ts";
import { readOptions } from "./arguments.ts";
import { promoteDTypes, promoteDTypesInexact, toArray } from "./promote.ts";

const modes = ["full", "same", "valid"] as const;
/** Which overlaps count: all, those centred on the longer vector, or complete ones. */
export type ConvolveMode = (typeof modes)[number];

/** Options of {@link convolve} and {@link correlate}. */
export interface ConvolveOptions {
  mode?: ConvolveMode;
  precision?: PrecisionLike;
  /** The dtype of the result and of sums. */
  preferredElementType?: DTypeLike | null;
}
interface Static {
  readonly mode: ConvolveMode;
  readonly precision: PrecisionLike;
  readonly preferredElementType: DType | null;
}

/** Sums of products of `x` with a kernel that slides along it. The kernel is not longer. */
function slide(x: NDArray, kernel: NDArray, s: Static): NDArray {
  const n = kernel.shape[0];
  const pad = { full: [n - 1, n - 1], same: [n >> 1, n - (n >> 1) - 1], valid: [0, 0] } as const;
  const [a, k] = [x, kernel].map((v) => lax.reshape(v, [1, 1, v.shape[0]]));
  const product = lax.convGeneralDilated(a, k, [1], [pad[s.mode]], {
    precision: s.precision,
    preferredElementType: s.preferredElementType,
  });
  return lax.reshape(product, [product.shape[2]]);
}

/** The longer of two vectors first, and whether they were swapped. */
function longerFirst(a: NDArray, b: NDArray): [NDArray, NDArray, boolean] {
  return a.shape[0] < b.shape[0] ? [b, a, true] : [a, b, false];
}

function inOneDType(a: NDArray, v: NDArray, s: Static): NDArray[] {
  return s.preferredElementType === null ? promoteDTypesInexact([a, v]) : promoteDTypes([a, v]);
}

const convolveJit = jit(
  (a: NDArray, v: NDArray, s: Static): NDArray => {
    const [x, y] = inOneDType(a, v, s);
    const [long, short] = longerFirst(x, y);
    return slide(long, lax.rev(short, [0]), s);
  },
  { name: "convolve", staticArgnums: 2 },
);
const correlateJit = jit(
  (a: NDArray, v: NDArray, s: Static): NDArray => {
    const [x, y] = inOneDType(a, v, s);
    const [long, short, swapped] = longerFirst(x, isComplex(y.dtype) ? lax.conj(y) : y);
    const result = slide(long, short, s);
    return swapped ? lax.rev(result, [0]) : result;
  },
  { name: "correlate", staticArgnums: 2 },
);

type Convolve = {
  (a: ArrayLike, v: ArrayLike, options?: ConvolveOptions): NDArray;
  (a: ArrayLike, v: ArrayLike, mode?: ConvolveMode, options?: ConvolveOptions): NDArray;
};
/* @__NO_SIDE_EFFECTS__ */
function checked(name: string, compiled: typeof convolveJit, defaultMode: ConvolveMode): Convolve {
  const f = (a: ArrayLike, v: ArrayLike, ...args: unknown[]): NDArray => {
    const o = readOptions<ConvolveOptions>(name, ["mode"], args, ["precision", "preferredElementType"]);
    const { mode = defaultMode } = o;
    const [x, y] = [toArray(a, name, 0), toArray(v, name, 1)];
    const shapes = `got shapes ${shapeStr(x.shape)} and ${shapeStr(y.shape)}`;
    if (x.ndim !== 1 || y.ndim !== 1) {
      throw new ValueError(`${name}() only supports 1-dimensional inputs, ${shapes}.`);
    }
    if (x.size === 0 || y.size === 0) throw new ValueError(`${name}: inputs cannot be empty, ${shapes}.`);
    if (!modes.includes(mode)) {
      throw new ValueError(`mode must be one of ['full', 'same', 'valid'], got ${JSON.stringify(mode)}`);
    }
    const preferred = o.preferredElementType ?? null;
    return compiled(x, y, {
      mode,
      precision: o.precision ?? null,
      preferredElementType: preferred === null ? null : asDType(preferred),
    });
  };
  return setName(f, name);
}

/**
 * The convolution of two vectors: `out[k]` is the sum of `a[i] * v[k - i]`. Integers give float32.
 *
 * @param options.mode "full" (default): `n + m - 1` elements; "same": as many as the longer vector; "valid": only complete overlaps
 * @throws ValueError for other ranks, empty vectors and other modes
 * @example
 * ```ts
 * String(jnp.convolve(jnp.array([1, 2, 3]), jnp.array([0, 1, 0.5]))); // => "[0.  1.  2.5 4.  1.5]"
 * ```
 */
export const convolve = checked("convolve", convolveJit, "full");
/**
 * The correlation of two vectors: `out[k]` is the sum of `a[i + k] * conj(v[i])`. Integers give float32.
 *
 * @param options.mode "valid" (default): only complete overlaps; "same": as many as the longer vector; "full": all
 * @throws ValueError for other ranks, empty vectors and other modes
 * @example
 * ```ts
 * String(jnp.correlate(jnp.array([1, 2, 3]), jnp.array([0, 1, 0.5]), "full")); // => "[0.5 2.  3.5 3.  0. ]"
 * ```
 */
export const correlate = checked("correlate", correlateJit, "valid");
