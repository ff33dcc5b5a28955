import type { NDArray } from "../core/array.ts";
import type { DType } from "../dtypes/index.ts";
import { AssertionError, ValueError } from "../errors.ts";
import { add, mul, sub } from "../lax/arithmetic.ts";
import { convertElementType } from "../lax/convert.ts";
import { floatScalars } from "../transforms/differentiable.ts";
import { flattenArrays } from "../transforms/flatFunction.ts";
import { jvp } from "../transforms/jvp.ts";
import { vjp } from "../transforms/linearize.ts";
import { checkOptions } from "../transforms/options.ts";
import type { AnyFunction } from "../transforms/types.ts";
import { normals } from "./normals.ts";

export interface CheckOptions {
  /** Absolute and relative tolerance; default 2e-3 in float32, 1e-5 in float64, both times the number of elements, as in JAX. */
  atol?: number;
  rtol?: number;
  /** The step of finite differences; default 1e-4. */
  eps?: number;
  /** Put in front of the messages. */
  errMsg?: string;
}
export interface CheckGradsOptions extends Omit<CheckOptions, "errMsg"> {
  /** Modes to check; default both. */
  modes?: readonly ("fwd" | "rev")[] | string;
}

const defaultEps = 1e-4;
const tolerances: Record<string, number> = { bfloat16: 1e-1, float16: 1e-2, float32: 2e-3, float64: 1e-5 };

/**
 * Checks derivatives of a function, up to some order, in forward and reverse mode, against finite differences in one random direction.
 *
 * @param args the arguments of `f`, as a list
 * @throws AssertionError when they do not agree
 * @example
 * ```ts
 * testUtil.checkGrads((x, y) => jnp.sin(x).mul(y), [jnp.array([1, 2]), 3], 2);
 * ```
 */
export function checkGrads(
  f: AnyFunction,
  args: readonly unknown[],
  order: number,
  options: CheckGradsOptions = {},
): void {
  checkOptions("checkGrads", options, ["modes", "atol", "rtol", "eps"]);
  if (!Number.isInteger(order) || order < 1) {
    throw new ValueError(`checkGrads: order must be a positive integer, got ${String(order)}.`);
  }
  const { modes = ["fwd", "rev"], ...rest } = options;
  const check = (g: AnyFunction, at: readonly unknown[], left: number, of: string): void => {
    if (modes.includes("fwd")) {
      const errMsg = of === "" ? "JVP" : `JVP of ${of}`;
      checkJvp(g, (primals, tangents) => jvp(g, primals, tangents), at, { ...rest, errMsg });
      if (left > 1) {
        check((primals, tangents) => jvp(g, primals, tangents), [at, at], left - 1, errMsg);
      }
    }
    if (modes.includes("rev")) {
      const errMsg = of === "" ? "VJP" : `VJP of ${of}`;
      checkVjp(g, (...primals) => vjp(g, ...primals), at, { ...rest, errMsg });
      if (left > 1) {
        const pulledBack = (...primals: unknown[]): unknown => {
          const [y, pullback] = vjp(g, ...primals);
          return pullback(y);
        };
        check(pulledBack, at, left - 1, errMsg);
      }
    }
  };
  check(f, floatScalars([...args]), order, "");
}

/**
 * Checks a function that computes `jvp(f, primals, tangents)` against finite differences in one random direction.
 *
 * @throws AssertionError when they do not agree
 * @example
 * ```ts
 * testUtil.checkJvp(jnp.sin, (primals, tangents) => jvp(jnp.sin, primals, tangents), [jnp.array([1, 2])]);
 * ```
 */
export function checkJvp(
  f: AnyFunction,
  fJvp: (primals: unknown[], tangents: unknown[]) => readonly unknown[],
  args: readonly unknown[],
  options: CheckOptions = {},
): void {
  checkOptions("checkJvp", options, ["atol", "rtol", "eps", "errMsg"]);
  const primals = floatScalars([...args]);
  const tangents = normals(primals, 0);
  const [y, dy] = fJvp(primals, tangents);
  const context = options.errMsg === undefined ? "" : `${options.errMsg} `;
  requireClose(y, f(...primals), `${context}primal`, options);
  requireClose(dy, difference(f, primals, tangents, options.eps ?? defaultEps), `${context}tangent`, options);
}

/**
 * Checks a function that computes `vjp(f, ...primals)` against finite differences in one random direction.
 *
 * @throws AssertionError when they do not agree
 * @example
 * ```ts
 * testUtil.checkVjp(jnp.sin, (...primals) => vjp(jnp.sin, ...primals), [jnp.array([1, 2])]);
 * ```
 */
export function checkVjp(
  f: AnyFunction,
  fVjp: (...primals: unknown[]) => readonly [unknown, AnyFunction, ...unknown[]] | readonly unknown[],
  args: readonly unknown[],
  options: CheckOptions = {},
): void {
  checkOptions("checkVjp", options, ["atol", "rtol", "eps", "errMsg"]);
  const primals = floatScalars([...args]);
  const [y, pullback] = fVjp(...primals);
  const context = options.errMsg === undefined ? "" : `${options.errMsg} `;
  requireClose(y, f(...primals), `${context}primal`, options);
  const tangents = normals(primals, 1);
  const cotangent = normals(y, 2);
  const ours = innerProduct(tangents, (pullback as AnyFunction)(cotangent));
  const expected = innerProduct(difference(f, primals, tangents, options.eps ?? defaultEps), cotangent);
  const tolerance = Math.max(...leavesOf([primals, y]).map(({ dtype }) => toleranceOf(dtype)), 0);
  const { atol = tolerance, rtol = tolerance } = options;
  if (isClose(ours, expected, atol, rtol)) return;
  throw new AssertionError(
    `${context}cotangent projection: got ${ours}, but finite differences give ${expected} (atol ${atol}, rtol ${rtol}).`,
  );
}

const leavesOf = (tree: unknown): NDArray[] => flattenArrays(tree, "a check of derivatives got").leaves;
const toleranceOf = (dtype: DType): number => tolerances[dtype.name] ?? 0;
const numbersOf = (x: NDArray): number[] => Array.from(x.dataSync() as Float32Array, Number);

function isClose(a: number, b: number, atol: number, rtol: number): boolean {
  return (
    Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= atol + rtol * Math.abs(b)
  );
}

/** The derivative along a direction, by central differences in the dtype of each leaf. */
function difference(f: AnyFunction, primals: unknown[], tangents: unknown[], eps: number): unknown {
  const at = (sign: 1 | -1): unknown => {
    const { leaves, treedef } = flattenArrays(primals, "a check of derivatives got");
    const steps = leavesOf(tangents);
    const moved = leaves.map((x, i) => {
      if (x.dtype.kind !== "float") return x;
      const step = mul(steps[i], convertElementType(eps, x.dtype));
      return sign > 0 ? add(x, step) : sub(x, step);
    });
    return f(...(treedef.unflatten(moved) as unknown[]));
  };
  const [above, below] = [flattenArrays(at(1), "f returned"), leavesOf(at(-1))];
  return above.treedef.unflatten(
    above.leaves.map((x, i) => {
      if (x.dtype.kind !== "float") return x;
      return mul(sub(x, below[i]), convertElementType(0.5 / eps, x.dtype));
    }),
  );
}

function innerProduct(a: unknown, b: unknown): number {
  const [xs, ys] = [leavesOf(a), leavesOf(b)];
  let sum = 0;
  xs.forEach((x, i) => {
    if (x.dtype.kind !== "float") return;
    const [p, q] = [numbersOf(x), numbersOf(ys[i])];
    for (let k = 0; k < p.length; k++) sum += p[k] * q[k];
  });
  return sum;
}

/** @throws AssertionError when structures, shapes or values of two trees differ by more than the tolerances */
function requireClose(actual: unknown, expected: unknown, what: string, options: CheckOptions): void {
  const a = flattenArrays(actual, what);
  const e = flattenArrays(expected, what);
  if (a.treedef !== e.treedef) {
    throw new AssertionError(`${what}: got structure ${a.treedef}, expected ${e.treedef}.`);
  }
  a.leaves.forEach((x, i) => {
    const y = e.leaves[i];
    if (x.dtype.kind !== "float") return;
    if (x.shape.join() !== y.shape.join()) {
      throw new AssertionError(`${what}: got type ${x.aval}, expected ${y.aval}.`);
    }
    const tolerance = toleranceOf(x.dtype);
    const atol = (options.atol ?? tolerance) * x.size;
    const rtol = (options.rtol ?? tolerance) * x.size;
    const [p, q] = [numbersOf(x), numbersOf(y)];
    const bad = p.findIndex((v, k) => !isClose(v, q[k], atol, rtol));
    if (bad < 0) return;
    throw new AssertionError(
      `${what}: element ${bad} of ${x.aval} is ${p[bad]}, expected ${q[bad]} (atol ${atol}, rtol ${rtol}).`,
    );
  });
}
