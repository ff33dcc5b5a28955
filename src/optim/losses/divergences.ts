import type { ArrayLike, NDArray } from "../../core/array.ts";
import type { Axis } from "../../core/arrayMethods.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import * as reductions from "../../numpy/reductions.ts";
import * as un from "../../numpy/unary.ts";
import { where as select } from "../../numpy/where.ts";
import { floatArgument } from "./arguments.ts";
import { type ClassOptions, classNames, maskOption } from "./classification.ts";

type Options = [(Axis | ClassOptions)?, ...unknown[]];

function read(name: string, options: readonly unknown[], like: NDArray): { axis: Axis; where?: NDArray } {
  const { axis = -1, where } = readOptions<ClassOptions>(name, classNames, options);
  return { axis, ...maskOption(where, like, axis) };
}

/**
 * The Kullback-Leibler divergence from predictions, given as logarithms, to target distributions.
 *
 * @throws TypeError unless both are floats
 * @example `String(optim.klDivergence(jnp.log(jnp.array([0.5, 0.5])), jnp.array([1, 0]))); // => "0.6931472"`
 */
export function klDivergence(logPredictions: ArrayLike, targets: ArrayLike, ...options: Options): NDArray {
  const p = floatArgument("klDivergence", "logPredictions", logPredictions);
  const t = floatArgument("klDivergence", "targets", targets);
  const loss = t.mul(select(t.eq(0), 0, un.log(t)).sub(p));
  return reductions.sum(loss, read("klDivergence", options, p));
}

/**
 * {@link klDivergence} with targets that are logarithms too.
 *
 * @example `String(optim.losses.klDivergenceWithLogTargets(jnp.log(jnp.array([0.5])), jnp.zeros(1))); // => "0.6931472"`
 */
export function klDivergenceWithLogTargets(
  logPredictions: ArrayLike,
  logTargets: ArrayLike,
  ...options: Options
): NDArray {
  const p = floatArgument("klDivergenceWithLogTargets", "logPredictions", logPredictions);
  const t = floatArgument("klDivergenceWithLogTargets", "logTargets", logTargets);
  return reductions.sum(un.exp(t).mul(t.sub(p)), read("klDivergenceWithLogTargets", options, p));
}

/**
 * {@link klDivergence} for measures that do not add up to 1: with the sum of predictions minus targets added.
 *
 * @example `String(optim.generalizedKlDivergence(jnp.zeros(2), jnp.array([1, 1]))); // => "0.0"`
 */
export function generalizedKlDivergence(
  logPredictions: ArrayLike,
  targets: ArrayLike,
  ...options: Options
): NDArray {
  const p = floatArgument("generalizedKlDivergence", "logPredictions", logPredictions);
  const o = read("generalizedKlDivergence", options, p);
  return klDivergence(p, targets, o).add(reductions.sum(bi.subtract(un.exp(p), targets), o));
}

/** {@link generalizedKlDivergence} by its older name. */
export const convexKlDivergence = generalizedKlDivergence;
