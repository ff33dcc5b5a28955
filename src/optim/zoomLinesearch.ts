import type { ArrayLike, NDArray } from "../core/array.ts";
import { bool, type DType, realDType } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { valueAndGrad } from "../transforms/grad.ts";
import { leaves } from "../tree/flatten.ts";
import { extraArgument } from "./extraArgument.ts";
import { leafArray, zeroCount, zerosLike } from "./leaves.ts";
import { addScaled, castLike, realDot, requireParams, scaleTree, treeWhere } from "./treeMath.ts";
import type { ExtraArgs, GradientTransformation, OptState, Scalar } from "./types.ts";

export interface ZoomLinesearchOptions {
  /** The largest step; default none. */
  maxLearningRate?: Scalar | null;
  /** How far the conditions may be violated; default 0. */
  tol?: Scalar;
  /** The factor of the step while it searches for an interval; default 2. */
  increaseFactor?: Scalar;
  /** The decrease that is asked for, relative to the slope (Armijo); default 1e-4. */
  slopeRtol?: Scalar;
  /** The slope that is left over, relative to the first (strong Wolfe); default 0.9. */
  curvRtol?: Scalar;
  /** Accept a decrease that rounding hides, of this relative size; default 1e-6; `null`: do not. */
  approxDecRtol?: Scalar | null;
  /** It stops when the interval becomes shorter; default 1e-5. */
  stepsizePrecision?: Scalar;
  /** Where it starts: at the last step ("keep", the default) or at 1 ("one"). */
  initialGuessStrategy?: "keep" | "one";
}

/** The state of {@link scaleByZoomLinesearch}: the step taken, and the loss and the gradient there. */
export interface ScaleByZoomLinesearchState {
  learningRate: NDArray;
  value: NDArray;
  grad: OptState;
  info: { numLinesearchSteps: NDArray; decreaseError: NDArray; curvatureError: NDArray };
}

/** A point on the line: how far along it is, the loss, and the slope of the loss. */
interface Point {
  step: NDArray;
  value: NDArray;
  slope: NDArray;
}

interface Search {
  count: NDArray;
  at: Point;
  grad: OptState;
  decreaseError: NDArray;
  curvatureError: NDArray;
  intervalFound: NDArray;
  done: NDArray;
  failed: NDArray;
  /** The ends of the interval; `low` has the lower loss. */
  low: Point;
  high: Point;
  /** A third point for the cubic interpolation. */
  cubicStep: NDArray;
  cubicValue: NDArray;
  /** The best point so far that decreases enough, should the conditions never hold together. */
  safe: { step: NDArray; value: NDArray; grad: OptState };
}

/** The minimizer of the cubic with value and slope at `a` and values at two more points; NaN when there is none. */
function cubicMinimum(a: Point, b: Point, cStep: NDArray, cValue: NDArray): NDArray {
  const [db, dc] = [b.step.sub(a.step), cStep.sub(a.step)];
  const [fb, fc] = [b.value.sub(a.value).sub(a.slope.mul(db)), cValue.sub(a.value).sub(a.slope.mul(dc))];
  const denominator = db.mul(dc).pow(2).mul(db.sub(dc));
  const cubic = dc.pow(2).mul(fb).sub(db.pow(2).mul(fc)).div(denominator);
  const square = db.pow(3).mul(fc).sub(dc.pow(3).mul(fb)).div(denominator);
  const radical = square.mul(square).sub(cubic.mul(a.slope).mul(3));
  return a.step.add(un.sqrt(radical).sub(square).div(cubic.mul(3)));
}

/** The minimizer of the parabola with value and slope at `a` and a value at `b`. */
function quadraticMinimum(a: Point, b: Point): NDArray {
  const db = b.step.sub(a.step);
  const curvature = b.value.sub(a.value).sub(a.slope.mul(db)).div(db.pow(2));
  return a.step.sub(a.slope.div(curvature.mul(2)));
}

const and = (a: NDArray, b: NDArray): NDArray => bi.logicalAnd(a, b);
const or = (a: NDArray, b: NDArray): NDArray => bi.logicalOr(a, b);
const not = (a: NDArray): NDArray => un.logicalNot(a);
const noNaN = (x: NDArray): NDArray => where(un.isnan(x), Number.POSITIVE_INFINITY, x);
const flag = (x: boolean): NDArray => lax.full([], x, bool);

/**
 * Scales updates by a step along their direction that satisfies the strong Wolfe conditions, found by widening an interval and then zooming into
 * it with cubic and quadratic interpolation. `update` needs the parameters, and `{ value, grad, valueFn }` in its fourth argument: the loss, its
 * gradient, and the function of the parameters. When the search fails, the best step with a sufficient decrease is taken, if there was one.
 *
 * Source: Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6, 1999; the approximate decrease from Hager and Zhang, [Algorithm
 * 851](https://doi.org/10.1145/1132973.1132979), 2006.
 *
 * @param maxLinesearchSteps the most evaluations of the loss
 * @throws TypeError from `update` without `value`, `grad` or `valueFn`
 * @example
 * ```ts
 * const valueFn = (x) => jnp.sum(x.mul(x));
 * const optimizer = optim.chain(optim.sgd(1), optim.scaleByZoomLinesearch(15));
 * const params = jnp.array([3, 4]);
 * const [value, gradient] = valueAndGrad(valueFn)(params);
 * const extra = { value, grad: gradient, valueFn };
 * const [updates] = optimizer.update(gradient, optimizer.init(params), params, extra);
 * String(optim.applyUpdates(params, updates)); // => "[0. 0.]"
 * ```
 */
export function scaleByZoomLinesearch(
  maxLinesearchSteps: number,
  ...options: [(Scalar | null | ZoomLinesearchOptions)?, ...unknown[]]
): GradientTransformation<ScaleByZoomLinesearchState> {
  const o = readOptions<ZoomLinesearchOptions>(
    "scaleByZoomLinesearch",
    [
      "maxLearningRate",
      "tol",
      "increaseFactor",
      "slopeRtol",
      "curvRtol",
      "approxDecRtol",
      "stepsizePrecision",
      "initialGuessStrategy",
    ],
    options,
  );
  const { initialGuessStrategy = "keep" } = o;
  if (initialGuessStrategy !== "keep" && initialGuessStrategy !== "one") {
    throw new TypeError(
      `Unknown initial guess strategy: ${String(initialGuessStrategy)}. It must be "keep" or "one".`,
    );
  }
  return {
    init(params) {
      const dtype = valueDType(params);
      const number = (x: number): NDArray => lax.full([], x, dtype);
      return {
        learningRate: number(1),
        value: number(Number.POSITIVE_INFINITY),
        grad: zerosLike(params),
        info: {
          numLinesearchSteps: zeroCount(),
          decreaseError: number(Number.POSITIVE_INFINITY),
          curvatureError: number(Number.POSITIVE_INFINITY),
        },
      };
    },
    update(updates, state, params, extra) {
      const line = new Line(updates, requireParams(params), state.learningRate.dtype, extra);
      const guess = initialGuessStrategy === "one" ? line.number(1) : state.learningRate;
      const end = search(line, guess, maxLinesearchSteps, o);
      return [
        castLike(scaleTree(end.at.step, updates), updates),
        {
          learningRate: end.at.step,
          value: end.at.value,
          grad: end.grad,
          info: {
            numLinesearchSteps: end.count,
            decreaseError: end.decreaseError,
            curvatureError: end.curvatureError,
          },
        },
      ];
    },
  };
}

/** The dtype of the loss: that of the first parameter, real. */
export function valueDType(params: unknown): DType {
  return realDType(leafArray(leaves(params)[0]).dtype);
}

/** The loss along a line through the parameters. */
class Line {
  readonly start: Point;
  readonly grad: unknown;
  readonly #valueAndGrad: (params: unknown) => [NDArray, unknown];

  readonly updates: unknown;
  readonly params: unknown;
  readonly dtype: DType;

  constructor(updates: unknown, params: unknown, dtype: DType, extra: ExtraArgs | undefined) {
    this.updates = updates;
    this.params = params;
    this.dtype = dtype;
    const valueFn = extraArgument("A line search", extra, "valueFn") as (params: unknown) => NDArray;
    if (typeof valueFn !== "function") throw new TypeError("A line search needs a function as `valueFn`.");
    this.#valueAndGrad = valueAndGrad(valueFn as never) as never;
    this.grad = extraArgument("A line search", extra, "grad");
    this.start = {
      step: this.number(0),
      value: this.cast(extraArgument("A line search", extra, "value") as ArrayLike),
      slope: this.slope(this.grad),
    };
  }

  number(x: number): NDArray {
    return lax.full([], x, this.dtype);
  }

  cast(x: ArrayLike): NDArray {
    return convert(leafArray(x), this.dtype);
  }

  slope(gradient: unknown): NDArray {
    return this.cast(realDot(gradient, this.updates));
  }

  evaluate(step: NDArray): { at: Point; grad: unknown } {
    const [value, gradient] = this.#valueAndGrad(
      castLike(addScaled(this.params, step, this.updates), this.params),
    );
    return { at: { step, value: this.cast(value), slope: this.slope(gradient) }, grad: gradient };
  }
}

function search(line: Line, guess: NDArray, maxSteps: number, options: ZoomLinesearchOptions): Search {
  const { tol = 0, increaseFactor = 2, slopeRtol = 1e-4, curvRtol = 0.9, stepsizePrecision = 1e-5 } = options;
  const { approxDecRtol = 1e-6, maxLearningRate } = options;
  const { start } = line;

  /** By how much the conditions of decrease and of curvature are violated. */
  const errors = (at: Point): { decreaseError: NDArray; curvatureError: NDArray } => {
    const gain = at.value.sub(start.value);
    let decrease = gain.sub(bi.multiply(slopeRtol, at.step).mul(start.slope));
    if (approxDecRtol !== null) {
      const slopes = at.slope.sub(bi.multiply(bi.subtract(bi.multiply(2, slopeRtol), 1), start.slope));
      const values = gain.sub(bi.multiply(approxDecRtol, un.absolute(start.value)));
      decrease = bi.minimum(bi.maximum(slopes, values), decrease);
    }
    const curvature = un.absolute(at.slope).sub(bi.multiply(curvRtol, un.absolute(start.slope)));
    return {
      decreaseError: line.cast(noNaN(bi.maximum(decrease, 0))),
      curvatureError: line.cast(noNaN(bi.maximum(curvature, 0))),
    };
  };

  const lastStep = (s: Search): NDArray => s.count.add(1).ge(maxSteps);

  const widen = (s: Search): Search => {
    const first = s.count.eq(0);
    let step = line.cast(where(first, guess, bi.multiply(increaseFactor, s.at.step)));
    let atMax = flag(false);
    if (maxLearningRate !== undefined && maxLearningRate !== null) {
      atMax = step.ge(maxLearningRate);
      step = line.cast(bi.minimum(step, maxLearningRate));
    }
    const { at, grad } = line.evaluate(step);
    const error = errors(at);
    const ok = bi.maximum(error.decreaseError, error.curvatureError).le(tol);
    const safe = { step, value: at.value, grad };
    const isHigh = or(error.decreaseError.gt(0), and(at.value.ge(s.at.value), not(first)));
    const isLow = and(at.slope.ge(0), not(isHigh));
    const low = treeWhere(isLow, at, s.at);
    const intervalFound = or(or(isHigh, isLow), ok);
    const done = or(ok, and(atMax, not(intervalFound)));
    return {
      ...error,
      count: s.count.add(1),
      at,
      grad,
      intervalFound,
      done,
      failed: and(lastStep(s), not(done)),
      low,
      high: treeWhere(isLow, s.at, at),
      cubicStep: low.step,
      cubicValue: low.value,
      safe: treeWhere(error.decreaseError.le(tol), safe, s.safe),
    };
  };

  const zoom = (s: Search): Search => {
    const { low, high } = s;
    const width = un.absolute(high.step.sub(low.step));
    const [left, right] = [bi.minimum(high.step, low.step), bi.maximum(high.step, low.step)];
    const inside = (x: NDArray, margin: number): NDArray =>
      and(x.gt(left.add(width.mul(margin))), x.lt(right.sub(width.mul(margin))));
    const cubic = cubicMinimum(low, high, s.cubicStep, s.cubicValue);
    const quadratic = quadraticMinimum(low, high);
    const middle = where(
      inside(cubic, 0.2),
      cubic,
      where(inside(quadratic, 0.1), quadratic, low.step.add(high.step).div(2)),
    );
    const { at, grad } = line.evaluate(line.cast(middle));
    const error = errors(at);
    const done = bi.maximum(error.decreaseError, error.curvatureError).le(tol);
    const better = and(error.decreaseError.le(tol), at.value.lt(s.safe.value));
    const safe = treeWhere(better, { step: at.step, value: at.value, grad }, s.safe);
    const isHigh = or(error.decreaseError.gt(0), at.value.ge(low.value));
    // The minimum is on the other side of the middle, between it and the old low end.
    const turned = and(at.slope.mul(high.step.sub(low.step)).ge(0), not(isHigh));
    const dropped = treeWhere(or(isHigh, turned), high, low);
    const stuck = and(width.le(stepsizePrecision), safe.step.gt(0));
    return {
      ...error,
      count: s.count.add(1),
      at,
      grad,
      intervalFound: s.intervalFound,
      done,
      failed: and(or(lastStep(s), stuck), not(done)),
      low: treeWhere(isHigh, low, at),
      high: treeWhere(isHigh, at, treeWhere(turned, low, high)),
      cubicStep: dropped.step,
      cubicValue: dropped.value,
      safe,
    };
  };

  /** The safe point in place of the last one, when there is one or the last one has no finite loss. */
  const settle = (s: Search): Search => {
    const useSafe = and(s.failed, or(s.safe.step.gt(0), un.isinf(s.decreaseError)));
    return {
      ...s,
      at: {
        step: where(useSafe, s.safe.step, s.at.step),
        value: where(useSafe, s.safe.value, s.at.value),
        slope: s.at.slope,
      },
      grad: treeWhere(useSafe, s.safe.grad, s.grad),
    };
  };

  const infinity = line.number(Number.POSITIVE_INFINITY);
  const begin: Search = {
    count: zeroCount(),
    at: start,
    grad: line.grad,
    decreaseError: infinity,
    curvatureError: infinity,
    intervalFound: flag(false),
    done: flag(false),
    failed: flag(false),
    low: start,
    high: start,
    cubicStep: start.step,
    cubicValue: start.value,
    safe: { step: start.step, value: start.value, grad: line.grad },
  };
  const unfinished = (s: Search): NDArray => not(or(s.done, s.failed));
  const step = (s: Search): Search => castLike(lax.cond(s.intervalFound, zoom, widen, s), s);
  return settle(lax.whileLoop(unfinished, step, begin));
}
