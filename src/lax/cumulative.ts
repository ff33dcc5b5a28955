import type { NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { complexMath } from "../core/complexMath.ts";
import type { HostArray } from "../core/hostArray.ts";
import {
  definePrimitive,
  type JvpRule,
  notLinear,
  type Primitive,
  type TransposeRule,
} from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { maximum, minimum, wrap } from "../core/wideIntegers.ts";
import {
  Complex,
  type DType,
  type HostData,
  hostArray,
  isComplex,
  isInexact,
  isInteger,
  issubdtype,
  isWideInteger,
} from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { scanTemplate } from "../kernels/scan.ts";
import { runJvp } from "../transforms/jvpTrace.ts";
import { max, min } from "./arithmetic.ts";
import { associativeScanFlat } from "./associativeScan.ts";
import { linearJvp, linearTranspose, requireWide } from "./families.ts";
import { complexReader } from "./hostComplex.ts";
import { bigintsOf, finish, numbersOf, product, resultBuffer } from "./hostLoops.ts";
import { logaddexp } from "./logaddexp.ts";
import { unaryOperand } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { rev } from "./shape.ts";

interface CumulativeParams {
  readonly [name: string]: unknown;
  readonly axis: number;
  readonly reverse: boolean;
}

function scanReference(
  x: HostArray,
  { axis, reverse }: CumulativeParams,
  combine: (p: number, q: number, dtype: DType) => number,
  wide: ((p: bigint, q: bigint) => bigint) | undefined,
): HostData {
  if (isWideInteger(x.dtype)) {
    const combineWide = requireWide("a running reduction", x.dtype, wide);
    const result = hostArray(x.dtype, x.data.length);
    const step = (p: bigint, q: bigint) => wrap(combineWide(p, q), x.dtype);
    runAlong(x.shape, { axis, reverse }, bigintsOf(x), step, (i, value) => {
      result[i] = value;
    });
    return result;
  }
  const result = resultBuffer(x.dtype, x.data.length);
  const step = (p: number, q: number) => combine(p, q, x.dtype);
  runAlong(x.shape, { axis, reverse }, numbersOf(x), step, (i, value) => {
    result[i] = value;
  });
  return finish(result, x.dtype);
}

/** Calls `write` with each position and the combination of the elements up to it along an axis. */
function runAlong<T>(
  shape: readonly number[],
  { axis, reverse }: CumulativeParams,
  data: ArrayLike<T>,
  combine: (p: T, q: T) => T,
  write: (i: number, value: T) => void,
): void {
  const n = shape[axis];
  const stride = shape.slice(axis + 1).reduce((p, q) => p * q, 1);
  for (let i = 0; i < data.length; i++) {
    const k = Math.floor(i / stride) % n;
    if (k !== 0) continue; // the first element of a row along the axis
    let acc: T | undefined;
    for (let j = 0; j < n; j++) {
      const at = i + (reverse ? n - 1 - j : j) * stride;
      acc = acc === undefined ? data[at] : combine(acc, data[at]);
      write(at, acc);
    }
  }
}

/** The same of complex numbers. */
function scanComplex(x: HostArray, { axis, reverse }: CumulativeParams, name: string): HostData {
  const combine = complexMath[name] as (p: Complex, q: Complex) => Complex;
  const read = complexReader(x);
  const n = x.shape[axis];
  const stride = x.shape.slice(axis + 1).reduce((p, q) => p * q, 1);
  const result = hostArray(x.dtype, x.data.length / 2) as Float64Array;
  for (let i = 0; i < result.length / 2; i++) {
    if (Math.floor(i / stride) % n !== 0) continue;
    let acc = new Complex(0);
    for (let j = 0; j < n; j++) {
      const at = i + (reverse ? n - 1 - j : j) * stride;
      acc = j === 0 ? read(at) : combine(acc, read(at));
      result[2 * at] = acc.re;
      result[2 * at + 1] = acc.im;
    }
  }
  return result;
}
const complexScans = { sum: "add", prod: "mul", max: "max", min: "min", logaddexp: "logaddexp" };

interface CumulativeSpec {
  readonly op: "sum" | "prod" | "max" | "min" | "logaddexp";
  readonly combine: (p: number, q: number, dtype: DType) => number;
  /** The same for integers of 64 bits. */
  readonly wide?: (p: bigint, q: bigint) => bigint;
  readonly jvp: JvpRule<CumulativeParams>;
  readonly transpose?: TransposeRule<CumulativeParams>;
}

/* @__NO_SIDE_EFFECTS__ */
function cumulative(name: string, spec: CumulativeSpec): Primitive<CumulativeParams> {
  const primitive: Primitive<CumulativeParams> = definePrimitive<CumulativeParams>({
    name,
    abstractEval: ([x], { axis }) => {
      if (axis < 0) throw new ValueError("XLA operations do not allow negative axes");
      if (axis >= x.ndim)
        throw new ValueError(`axis ${axis} is out of bounds for array of shape ${shapeStr(x.shape)}`);
      if (!issubdtype(x.dtype, "number")) {
        throw new TypeError(
          `${name} does not accept dtype ${x.dtype.name}. Accepted dtypes are subtypes of number.`,
        );
      }
      if (spec.op === "logaddexp" && !isInexact(x.dtype)) {
        throw new ValueError(`logaddexp requires floating-point or complex inputs; got ${x.dtype.name}`);
      }
      return [x];
    },
    reference: ([x], params) => [
      isComplex(x.dtype)
        ? scanComplex(x, params, complexScans[spec.op])
        : scanReference(x, params, spec.combine, spec.wide),
    ],
    jvp: spec.jvp,
    transpose: spec.transpose ?? notLinear,
    batching: ([x], [dim], params) => {
      const axis = params.axis < (dim as number) ? params.axis : params.axis + 1;
      return [[bind1(primitive, [x], { ...params, axis })], [dim]];
    },
    lowering: {
      kind: "scan",
      template: scanTemplate,
      op: spec.op,
      axis: ({ axis }) => axis,
      reverse: ({ reverse }) => reverse,
    },
  });
  return primitive;
}

/** Differentiates the scan in its parallel form, which is smooth wherever the operation is. */
/* @__NO_SIDE_EFFECTS__ */
function scanJvp(combine: (x: NDArray, y: NDArray) => NDArray): JvpRule<CumulativeParams> {
  return (primals, tangents, { axis, reverse }) =>
    runJvp(
      ([x]) => {
        const forward = reverse ? rev(x, [axis]) : x;
        const [scanned] = associativeScanFlat(([p], [q]) => [combine(p, q)], [forward], axis);
        return [reverse ? rev(scanned, [axis]) : scanned];
      },
      primals,
      tangents,
      "differentiating a cumulative reduction",
    );
}

export interface CumulativeOptions {
  /** The axis to run along, not negative; default 0. */
  readonly axis?: number;
  /** Whether to run from the end. */
  readonly reverse?: boolean;
}

function run(
  primitive: Primitive<CumulativeParams>,
  x: LaxOperand,
  axis: number | CumulativeOptions,
  reverse: boolean,
): NDArray {
  const params =
    typeof axis === "object" ? { axis: axis.axis ?? 0, reverse: axis.reverse ?? false } : { axis, reverse };
  return bind1(primitive, [unaryOperand(x, primitive.name)], params);
}

const cumsumPrimitive = cumulative("cumsum", {
  op: "sum",
  combine: (p, q, dtype) => (isInteger(dtype) ? (p + q) | 0 : p + q),
  wide: (p, q) => p + q,
  jvp: /* @__PURE__ */ linearJvp(() => cumsumPrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, { axis, reverse }) => cumsum(ct, axis, !reverse)),
});
/**
 * Running sums along an axis, from its start or in reverse.
 * @throws ValueError when the axis is out of range; TypeError for bool.
 * @example
 * lax.cumsum(jnp.array([1, 2, 3])) // => Array([1., 3., 6.], dtype=float32)
 * lax.cumsum(jnp.array([1, 2, 3]), { reverse: true }) // => Array([6., 5., 3.], dtype=float32)
 */
export function cumsum(x: LaxOperand, axis: number | CumulativeOptions = 0, reverse = false): NDArray {
  return run(cumsumPrimitive, x, axis, reverse);
}

const cumprodPrimitive = cumulative("cumprod", {
  op: "prod",
  combine: product,
  wide: (p, q) => p * q,
  jvp: /* @__PURE__ */ scanJvp((x, y) => ops.mul(x, y)),
});
/**
 * Running products along an axis; see {@link cumsum}.
 * @example
 * lax.cumprod(jnp.array([1, 2, 3])) // => Array([1., 2., 6.], dtype=float32)
 */
export function cumprod(x: LaxOperand, axis: number | CumulativeOptions = 0, reverse = false): NDArray {
  return run(cumprodPrimitive, x, axis, reverse);
}

const cummaxPrimitive = cumulative("cummax", {
  op: "max",
  combine: (p, q) => Math.max(p, q),
  wide: maximum,
  jvp: /* @__PURE__ */ scanJvp((x, y) => max(x, y)),
});
/**
 * Running maxima along an axis; see {@link cumsum}.
 * @example
 * lax.cummax(jnp.array([1, 3, 2])) // => Array([1., 3., 3.], dtype=float32)
 */
export function cummax(x: LaxOperand, axis: number | CumulativeOptions = 0, reverse = false): NDArray {
  return run(cummaxPrimitive, x, axis, reverse);
}

const cumminPrimitive = cumulative("cummin", {
  op: "min",
  combine: (p, q) => Math.min(p, q),
  wide: minimum,
  jvp: /* @__PURE__ */ scanJvp((x, y) => min(x, y)),
});
/**
 * Running minima along an axis; see {@link cumsum}.
 * @example
 * lax.cummin(jnp.array([2, 3, 1])) // => Array([2., 2., 1.], dtype=float32)
 */
export function cummin(x: LaxOperand, axis: number | CumulativeOptions = 0, reverse = false): NDArray {
  return run(cumminPrimitive, x, axis, reverse);
}

/** log(exp(p) + exp(q)) of numbers. */
function logSumOf(p: number, q: number): number {
  const delta = p - q;
  return Number.isNaN(delta) ? p + q : Math.max(p, q) + Math.log1p(Math.exp(-Math.abs(delta)));
}

const cumlogsumexpPrimitive = cumulative("cumlogsumexp", {
  op: "logaddexp",
  combine: logSumOf,
  jvp: /* @__PURE__ */ scanJvp(logaddexp),
});
/**
 * Running `log(sum(exp(x)))` along an axis; see {@link cumsum}.
 * @example
 * lax.cumlogsumexp(jnp.array([0, 0])) // => Array([0.       , 0.6931472], dtype=float32)
 */
export function cumlogsumexp(x: LaxOperand, axis: number | CumulativeOptions = 0, reverse = false): NDArray {
  return run(cumlogsumexpPrimitive, x, axis, reverse);
}
