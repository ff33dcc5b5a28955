import type { ArrayLike, NDArray } from "../../core/array.ts";
import { isFloating } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import * as lax from "../../lax/index.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { arange, zerosLike } from "../../numpy/creation.ts";
import { concatenate, expandDims, flip, stack } from "../../numpy/manipulation.ts";
import { toArray } from "../../numpy/promote.ts";
import { ravelPytree } from "../../numpy/ravelPytree.ts";
import * as reductions from "../../numpy/reductions.ts";
import { where } from "../../numpy/where.ts";
import { closureConvert } from "../../transforms/closureConvert.ts";
import { customVjp } from "../../transforms/customVjp.ts";
import { vjp } from "../../transforms/linearize.ts";
import { vmap } from "../../transforms/vmap.ts";
import { leaves, structure, unflatten } from "../../tree/flatten.ts";
import { errorRatio, firstStep, interpolation, nextStep, type Slope, step } from "./dopri5.ts";

export interface OdeintOptions {
  /** The error allowed in each step, relative to the solution and absolute; default 1.4e-8 each. */
  rtol?: number;
  atol?: number;
  /** The most steps between two times; default infinity. */
  mxstep?: number;
  /** The longest step; default infinity. */
  hmax?: number;
}
type Settings = Required<OdeintOptions>;

/** A right-hand side of vectors, with its parameters. */
type Dynamics = (y: NDArray, t: NDArray, args: readonly NDArray[]) => NDArray;

function solve(f: Slope, y0: NDArray, ts: NDArray, { mxstep, hmax, ...tolerance }: Settings): NDArray {
  type State = [y: NDArray, slope: NDArray, t: NDArray, dt: NDArray, last: NDArray, polynomial: NDArray];
  const until = (state: State, target: NDArray): [State, NDArray] => {
    type Counted = [count: NDArray, state: State];
    const [, end] = lax.whileLoop(
      ([count, [, , t, dt]]: Counted) =>
        bi.logicalAnd(bi.logicalAnd(bi.less(t, target), bi.less(count, mxstep)), dt.gt(0)),
      ([count, [y, slope, t, dt, last, polynomial]]: Counted): Counted => {
        const next = step(f, y, slope, t, dt);
        const ratio = errorRatio(next.error, tolerance, y, next.y);
        const good = ratio.le(1);
        const longer = nextStep(dt, ratio, hmax);
        const pick = (now: NDArray, old: NDArray): NDArray => where(good, now, old);
        return [
          count.add(1),
          [
            pick(next.y, y),
            pick(next.slope, slope),
            pick(t.add(dt), t),
            longer,
            pick(t, last),
            pick(stack(interpolation(y, next, dt)), polynomial),
          ],
        ];
      },
      [lax.full([], 0, "int32"), state] as Counted,
    );
    const [, , t, , last, polynomial] = end;
    const place = bi.subtract(target, last).div(t.sub(last)).astype(polynomial.dtype);
    const rows = Array.from({ length: 5 }, (_, i) => lax.squeeze(lax.sliceInDim(polynomial, i, i + 1), [0]));
    return [end, rows.reduce((sum, c) => sum.mul(place).add(c))];
  };
  const t0 = lax.squeeze(lax.sliceInDim(ts, 0, 1), [0]);
  const slope = f(y0, t0);
  const dt = bi.minimum(bi.maximum(firstStep(f, y0, slope, t0, tolerance), 0), hmax);
  const start: State = [y0, slope, t0, dt, t0, stack(Array(5).fill(y0))];
  const [, ys] = lax.scan(until, start, lax.sliceInDim(ts, 1, ts.shape[0]));
  return concatenate([expandDims(y0, 0), ys]);
}

/**
 * The solution with the adjoint method as its derivative: the state and its cotangent are integrated backwards between the times.
 *
 * Source: Chen et al., [Neural Ordinary Differential Equations](https://arxiv.org/abs/1806.07366), 2018.
 */
function differentiable(
  f: Dynamics,
  settings: Settings,
): (y0: NDArray, ts: NDArray, args: NDArray[]) => NDArray {
  const run = customVjp(
    (y0: NDArray, ts: NDArray, args: NDArray[]): NDArray => solve((y, t) => f(y, t, args), y0, ts, settings),
    { name: "odeint" },
  );
  run.defvjp(
    (y0, ts, args) => {
      const ys = run(y0, ts, args);
      return [ys, { ys, ts, args }];
    },
    ({ ys, ts, args }, g) => {
      const n = ys.shape[0];
      type Adjoint = [y: NDArray, yBar: NDArray, tBar: NDArray, argsBar: NDArray[]];
      const backwards = ([y, yBar]: Adjoint, t: NDArray, given: readonly NDArray[]): Adjoint => {
        const [slope, pull] = vjp(
          (v: NDArray, s: NDArray, a: NDArray[]) => f(v, s, a),
          y,
          t.neg(),
          given as NDArray[],
        );
        const [vBar, sBar, aBar] = pull(yBar) as [NDArray, NDArray, NDArray[]];
        return [slope.neg(), vBar, sBar, aBar];
      };
      const row = (x: NDArray, i: NDArray): NDArray => lax.dynamicIndexInDim(x, i, { keepdims: false });
      type Carry = [yBar: NDArray, t0Bar: NDArray, argsBar: NDArray[]];
      const interval = ([yBar, t0Bar, argsBar]: Carry, i: NDArray): [Carry, NDArray] => {
        const before = i.sub(1);
        const tBar = reductions.sum(f(row(ys, i), row(ts, i), args).mul(row(g, i))).astype(ts.dtype);
        const times = stack([row(ts, i).neg(), row(ts, before).neg()]);
        const start: Adjoint = [row(ys, i), yBar, t0Bar.sub(tBar), argsBar];
        const path = integrate(backwards as never, start as never, times, args, settings) as Adjoint;
        const end = (x: NDArray): NDArray => lax.squeeze(lax.sliceInDim(x, 1, 2), [0]);
        const [, y, t, a] = path;
        return [[end(y).add(row(g, before)), end(t), a.map(end)], tBar];
      };
      const first: Carry = [
        lax.squeeze(lax.sliceInDim(g, n - 1, n), [0]),
        lax.full([], 0, ts.dtype),
        args.map((a) => zerosLike(a)),
      ];
      const order = flip(arange(1, n).astype("int32"));
      const [[yBar, t0Bar, argsBar], rest] = lax.scan(interval, first, order);
      return [yBar, concatenate([expandDims(t0Bar, 0), flip(rest)]), argsBar];
    },
  );
  return run;
}

/** {@link odeint} of a tree, whose right-hand side gets a list of arrays. */
function integrate(
  f: (y: unknown, t: NDArray, args: readonly NDArray[]) => unknown,
  y0: unknown,
  ts: NDArray,
  args: NDArray[],
  settings: Settings,
): unknown {
  const [flat, unravel] = ravelPytree(y0 as never) as [NDArray, (x: NDArray) => unknown];
  const dynamics: Dynamics = (y, t, given) => ravelPytree(f(unravel(y), t, given) as never)[0];
  const ys = differentiable(dynamics, settings)(flat, ts, args);
  return vmap((y: NDArray) => unravel(y))(ys);
}

/**
 * The solution of `dy/dt = func(y, t, ...args)` at given times, with steps that adapt to the error allowed. It is differentiable (backwards, by
 * the adjoint method) in `y0`, the times, the arguments, and what `func` closes over.
 *
 * @param func the right-hand side, from a tree of arrays and a scalar to a tree of the same structure
 * @param y0 the state at the first time, any tree of floats
 * @param t the times, a vector of increasing floats
 * @param args further arguments of `func`, trees of arrays, and last an object of options
 * @returns the tree of y0, with the times along a new first axis
 * @throws TypeError unless t is of floats
 * @example
 * ```ts
 * const decay = (y: NDArray, _t: NDArray, rate: NDArray) => y.mul(rate.neg());
 * const y = experimental.ode.odeint(decay, jnp.array(1), jnp.array([0, 0.5, 1]), jnp.array(2));
 * String(jnp.round(y, 3)); // => "[1.    0.368 0.135]"
 * ```
 */
export function odeint<Y, A extends readonly unknown[]>(
  func: (y: Y, t: NDArray, ...args: A) => Y,
  y0: Y,
  t: ArrayLike,
  ...rest: [...args: A] | [...args: A, options: OdeintOptions]
): Y {
  const names = ["rtol", "atol", "mxstep", "hmax"];
  const last = rest.at(-1);
  const hasOptions =
    typeof last === "object" &&
    last !== null &&
    Object.getPrototypeOf(last) === Object.prototype &&
    Object.keys(last).length > 0 &&
    Object.keys(last).every((key) => names.includes(key));
  const o = hasOptions ? readOptions<OdeintOptions>("odeint", [], [last], names) : {};
  const args = (hasOptions ? rest.slice(0, -1) : rest) as unknown as A;
  const infinity = Number.POSITIVE_INFINITY;
  const settings: Settings = { rtol: 1.4e-8, atol: 1.4e-8, mxstep: infinity, hmax: infinity, ...o };
  const ts = toArray(t, "odeint", 2);
  if (!isFloating(ts.dtype)) throw new TypeError(`t must be an array of floats, but got ${ts.dtype.name}.`);
  if (ts.ndim !== 1 || ts.size === 0)
    throw new ValueError(`t must be a vector of times, got shape (${ts.shape}).`);
  const arrays = (tree: unknown): NDArray[] => leaves(tree).map((x) => toArray(x, "odeint"));
  const start = unflatten(structure(y0), arrays(y0)) as Y;
  const given = unflatten(structure(args), arrays(args)) as unknown as never[];
  const t0 = lax.squeeze(lax.sliceInDim(ts, 0, 1), [0]);
  const [converted, constants] = closureConvert(func as (...inputs: unknown[]) => Y, start, t0, ...given) as [
    (y: Y, t: NDArray, ...rest: unknown[]) => Y,
    NDArray[],
  ];
  const def = structure(given);
  const count = leaves(given).length;
  const f = (y: unknown, time: NDArray, list: readonly NDArray[]): unknown =>
    converted(y as Y, time, ...(unflatten(def, list.slice(0, count)) as unknown[]), ...list.slice(count));
  return integrate(f, start, ts, [...arrays(given), ...constants], settings) as Y;
}
