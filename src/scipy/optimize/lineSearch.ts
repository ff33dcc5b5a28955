import type { NDArray } from "../../core/array.ts";
import * as lax from "../../lax/index.ts";
import * as bi from "../../numpy/binary.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { where } from "../../numpy/where.ts";
import { map } from "../../tree/map.ts";

/** A point on the line: the step to it, the value, and the slope. */
interface Point {
  step: NDArray;
  value: NDArray;
  slope: NDArray;
}

/** A point, and the gradient there. */
interface Sample extends Point {
  grad: NDArray;
}

/** The function along a line, with its gradient. */
export type Along = (step: NDArray) => { value: NDArray; grad: NDArray };

export interface LineSearchResult {
  found: Sample;
  /** How often the function was evaluated. */
  evaluations: NDArray;
  failed: NDArray;
  /** 0: found, 1: the zoom failed, 3: too many steps. */
  status: NDArray;
}

const and = bi.logicalAnd;
const or = bi.logicalOr;
const not = un.logicalNot;
const dot = (a: NDArray, b: NDArray): NDArray => reductions.sum(a.mul(b));
const choose = <T>(condition: NDArray, a: T, b: T): T =>
  map((x: NDArray, y: NDArray) => where(condition, x, y), a as never, b as never) as T;

function cubicMinimum(a: Point, b: Point, c: { step: NDArray; value: NDArray }): NDArray {
  const [db, dc] = [b.step.sub(a.step), c.step.sub(a.step)];
  const fb = b.value.sub(a.value).sub(a.slope.mul(db));
  const fc = c.value.sub(a.value).sub(a.slope.mul(dc));
  const denominator = db.mul(dc).pow(2).mul(db.sub(dc));
  const A = dc.pow(2).mul(fb).sub(db.pow(2).mul(fc)).div(denominator);
  const B = db.pow(3).mul(fc).sub(dc.pow(3).mul(fb)).div(denominator);
  return a.step.add(
    un
      .sqrt(B.mul(B).sub(A.mul(a.slope).mul(3)))
      .sub(B)
      .div(A.mul(3)),
  );
}

function quadraticMinimum(a: Point, b: Point): NDArray {
  const db = b.step.sub(a.step);
  const B = b.value.sub(a.value).sub(a.slope.mul(db)).div(db.mul(db));
  return a.step.sub(a.slope.div(B.mul(2)));
}

interface Zoom {
  done: NDArray;
  failed: NDArray;
  count: NDArray;
  low: Point;
  high: Point;
  recent: { step: NDArray; value: NDArray };
  found: Sample;
}

/**
 * A step that satisfies the strong Wolfe conditions.
 *
 * Source: Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6, 2006.
 *
 * @param start the value and the gradient at the start
 * @param guess the first step
 */
export function lineSearch(
  along: Along,
  direction: NDArray,
  start: { value: NDArray; grad: NDArray },
  guess: NDArray,
  maxSteps: number,
): LineSearchResult {
  const [c1, c2] = [1e-4, 0.9];
  const { dtype } = direction;
  const threshold = dtype.itemsize < 8 ? 1e-5 : 1e-10;
  const origin: Sample = {
    step: lax.full([], 0, dtype),
    value: start.value,
    slope: dot(start.grad, direction),
    grad: start.grad,
  };
  const sample = (step: NDArray): Sample => {
    const { value, grad } = along(step);
    return { step, value, grad, slope: dot(grad, direction) };
  };
  const point = ({ step, value, slope }: Point): Point => ({ step, value, slope });
  const tooHigh = (p: Point): NDArray => p.value.gt(origin.value.add(p.step.mul(c1).mul(origin.slope)));
  const flat = (p: Point): NDArray => un.absolute(p.slope).le(origin.slope.mul(-c2));
  const no = lax.full([], false, "bool");
  const zero = lax.full([], 0, "int32");

  const zoom = (low: Sample, high: Sample): Zoom => {
    const middle = (a: NDArray, b: NDArray): NDArray => a.add(b).div(2);
    const step = (z: Zoom): Zoom => {
      const direct = z.high.step.sub(z.low.step);
      // JAX takes an interval whose lower end is on the right for too short, and gives up.
      const width = un.absolute(direct);
      const [left, right] = [bi.minimum(z.high.step, z.low.step), bi.maximum(z.high.step, z.low.step)];
      const inside = (x: NDArray, margin: number): NDArray =>
        and(x.gt(left.add(width.mul(margin))), x.lt(right.sub(width.mul(margin))));
      const cubic = cubicMinimum(z.low, z.high, z.recent);
      const quadratic = quadraticMinimum(z.low, z.high);
      const useCubic = and(z.count.gt(0), inside(cubic, 0.2));
      const bisection = middle(z.low.step, z.high.step);
      const at = where(useCubic, cubic, where(inside(quadratic, 0.1), quadratic, bisection));
      const p = sample(at);
      const isHigh = or(tooHigh(p), p.value.ge(z.low.value));
      const isFound = and(flat(p), not(isHigh));
      const moves = and(not(isHigh), not(isFound));
      const turns = and(moves, p.slope.mul(direct).ge(0));
      const count = z.count.add(1);
      const recent = choose(
        or(isHigh, turns),
        { step: z.high.step, value: z.high.value },
        choose(moves, { step: z.low.step, value: z.low.value }, z.recent),
      );
      return {
        done: or(z.done, isFound),
        failed: or(or(z.failed, width.le(threshold)), count.ge(30)),
        count,
        low: choose(moves, point(p), z.low),
        high: choose(isHigh, point(p), choose(turns, z.low, z.high)),
        recent,
        found: choose(isFound, p, z.found),
      };
    };
    return lax.whileLoop((z: Zoom) => and(not(z.done), not(z.failed)), step, {
      done: no,
      failed: no,
      count: zero,
      low: point(low),
      high: point(high),
      recent: { step: middle(low.step, high.step), value: middle(low.value, high.value) },
      found: { ...low, step: lax.full([], 1, dtype), grad: start.grad },
    });
  };

  interface Search {
    done: NDArray;
    failed: NDArray;
    i: NDArray;
    last: Sample;
    found: Sample;
    evaluations: NDArray;
  }
  const widen = (s: Search): Search => {
    const next = sample(where(s.i.eq(1), guess, s.last.step.mul(2)));
    const beyond = or(tooHigh(next), and(next.value.ge(s.last.value), s.i.gt(1)));
    const isFound = and(flat(next), not(beyond));
    const turned = and(next.slope.ge(0), and(not(beyond), not(isFound)));
    const zooms = or(beyond, turned);
    const none: Zoom = {
      done: no,
      failed: no,
      count: zero,
      low: point(s.last),
      high: point(next),
      recent: { step: next.step, value: next.value },
      found: s.found,
    };
    const result = lax.cond(
      zooms,
      () => zoom(choose(beyond, s.last, next), choose(beyond, next, s.last)),
      () => none,
    );
    return {
      done: or(s.done, or(zooms, isFound)),
      failed: or(s.failed, and(zooms, result.failed)),
      i: s.i.add(1),
      last: next,
      found: choose(isFound, next, choose(zooms, result.found, s.found)),
      evaluations: s.evaluations.add(1).add(result.count),
    };
  };
  const end = lax.whileLoop((s: Search) => and(and(not(s.done), s.i.le(maxSteps)), not(s.failed)), widen, {
    done: no,
    failed: no,
    i: zero.add(1),
    last: origin,
    found: origin,
    evaluations: zero,
  });
  // In float32 a step may round to 0, from which there is no way on.
  const { step } = end.found;
  const kept = dtype.itemsize < 8 ? where(un.absolute(step).lt(1e-8), un.sign(step).mul(1e-8), step) : step;
  return {
    found: { ...end.found, step: kept },
    evaluations: end.evaluations,
    failed: or(end.failed, not(end.done)),
    status: where(end.failed, 1, where(end.i.gt(maxSteps), 3, 0)),
  };
}
