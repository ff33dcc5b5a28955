import type { NDArray } from "../core/array.ts";
import { bool, type DTypeLike, float32 } from "../dtypes/index.ts";
import * as lax from "../lax/index.ts";
import { readOptions } from "../numpy/arguments.ts";
import * as bi from "../numpy/binary.ts";
import { convert } from "../numpy/promote.ts";
import * as reductions from "../numpy/reductions.ts";
import * as un from "../numpy/unary.ts";
import { where } from "../numpy/where.ts";
import { leaves } from "../tree/flatten.ts";
import { castTree, leafArray, mapArrays, safeIncrement, zeroCount, zerosLike } from "./leaves.ts";
import { castLike } from "./treeMath.ts";
import type { ExtraArgs, GradientTransformation, OptState, Scalar } from "./types.ts";

/** Decides whether an update is left out: a boolean scalar, and a tree of arrays that tells why, kept in the state. */
export type ShouldSkipUpdateFunction = (
  updates: unknown,
  gradientStep: NDArray,
  params: unknown,
) => [shouldSkip: NDArray, state: OptState];

/**
 * Leaves out updates that hold an infinity or a NaN, for {@link MultiSteps}.
 *
 * @example `optim.skipNotFinite({ w: jnp.array([Number.NaN, 1]) }); // => [Array(True, dtype=bool), { shouldSkip: Array(True, dtype=bool), numNotFinite: Array(1, dtype=int32) }]`
 */
export function skipNotFinite(updates: unknown): [shouldSkip: NDArray, state: OptState] {
  const numNotFinite = leaves(updates)
    .map((x) => reductions.sum(un.logicalNot(un.isfinite(leafArray(x)))))
    .reduce((a, b) => a.add(b), zeroCount());
  const shouldSkip = numNotFinite.gt(0);
  return [shouldSkip, { shouldSkip, numNotFinite }];
}

/**
 * Leaves out updates whose squared norm is not below `maxSquaredNorm`, for {@link MultiSteps}.
 *
 * @example
 * ```ts
 * const shouldSkipUpdateFn = (updates, step, params) => optim.skipLargeUpdates(updates, step, params, 100);
 * const optimizer = new optim.MultiSteps(optim.sgd(0.1), 4, { shouldSkipUpdateFn });
 * ```
 */
export function skipLargeUpdates(
  updates: unknown,
  _gradientStep: NDArray,
  _params: unknown,
  maxSquaredNorm: Scalar,
): [shouldSkip: NDArray, state: OptState] {
  const normSquared = leaves(updates)
    .map((x) => reductions.sum(un.square(leafArray(x))))
    .reduce((a, b) => bi.add(a, b));
  const shouldSkip = un.logicalNot(normSquared.lt(maxSquaredNorm));
  return [shouldSkip, { shouldSkip, normSquared }];
}

/** The state of {@link MultiSteps}. */
export interface MultiStepsState {
  /** How many gradients have been gathered for the next step. */
  miniStep: NDArray;
  /** How many steps the inner optimizer has made. */
  gradientStep: NDArray;
  innerOptState: OptState;
  accGrads: OptState;
  skipState: OptState;
}

export interface MultiStepsOptions {
  /** Average the gradients, instead of adding them up; default true. */
  useGradMean?: boolean;
  /** Which gradients are left out, such as {@link skipNotFinite}. */
  shouldSkipUpdateFn?: ShouldSkipUpdateFunction;
  /** The dtype in which gradients are gathered; default float32. */
  accumulatorDtype?: DTypeLike;
}

/**
 * An optimizer that gathers the gradients of `everyK` calls and then lets the inner one make a step; in between its updates are zeros.
 *
 * @example
 * ```ts
 * const optimizer = new optim.MultiSteps(optim.sgd(1), 2);
 * let state = optimizer.init(jnp.zeros(1));
 * let updates;
 * [updates, state] = optimizer.update(jnp.array([1]), state);
 * [updates, state] = optimizer.update(jnp.array([3]), state);
 * String(updates); // => "[-2.]"
 * String(optimizer.hasUpdated(state)); // => "True"
 * ```
 */
export class MultiSteps implements GradientTransformation<MultiStepsState> {
  readonly innerOpt: GradientTransformation;
  readonly #everyK: (gradientStep: NDArray) => Scalar;
  readonly #mean: boolean;
  readonly #shouldSkip: ShouldSkipUpdateFunction | undefined;
  readonly #dtype: DTypeLike;

  /** @param everyKSchedule how many gradients make a step: a number, or a function of the number of steps made */
  constructor(
    opt: GradientTransformation,
    everyKSchedule: number | ((gradientStep: NDArray) => Scalar),
    ...options: [(boolean | MultiStepsOptions)?, ...unknown[]]
  ) {
    const names = ["useGradMean", "shouldSkipUpdateFn", "accumulatorDtype"];
    const o = readOptions<MultiStepsOptions>("MultiSteps", names, options);
    this.innerOpt = opt;
    this.#everyK = typeof everyKSchedule === "function" ? everyKSchedule : () => everyKSchedule;
    this.#mean = o.useGradMean ?? true;
    this.#shouldSkip = o.shouldSkipUpdateFn;
    this.#dtype = o.accumulatorDtype ?? float32;
  }

  init = (params: unknown): MultiStepsState => ({
    miniStep: zeroCount(),
    gradientStep: zeroCount(),
    innerOptState: this.innerOpt.init(params),
    accGrads: zerosLike(params, this.#dtype),
    skipState: this.#shouldSkip?.(zerosLike(params), zeroCount(), params)[1] ?? [],
  });

  update = <P>(
    updates: P,
    state: MultiStepsState,
    params?: P | null,
    extra?: ExtraArgs,
  ): [updates: P, state: MultiStepsState] => {
    if (this.#shouldSkip === undefined) return this.#gather(updates, state, [], params, extra);
    const [skip, skipState] = this.#shouldSkip(updates, state.gradientStep, params);
    if (skip.dtype !== bool || skip.ndim !== 0) {
      throw new TypeError(
        `shouldSkipUpdateFn must return a boolean scalar first, got ${skip.dtype.name}[${skip.shape}].`,
      );
    }
    return lax.cond(
      skip,
      () => [zerosLike(updates), { ...state, skipState }] as [P, MultiStepsState],
      () => this.#gather(updates, state, skipState, params, extra),
    );
  };

  #gather<P>(
    updates: P,
    state: MultiStepsState,
    skipState: OptState,
    params: P | null | undefined,
    extra: ExtraArgs | undefined,
  ): [P, MultiStepsState] {
    const k = this.#everyK(state.gradientStep);
    const emit = state.miniStep.eq(bi.subtract(k, 1));
    const gathered = mapArrays(
      (acc, g) => (this.#mean ? acc.add(g.sub(acc).div(state.miniStep.add(1))) : acc.add(g)),
      state.accGrads,
      updates,
    );
    const [next, inner] = this.innerOpt.update(
      castLike(gathered, updates),
      state.innerOptState,
      params,
      extra,
    );
    const kept = mapArrays((acc) => where(emit, 0, acc), gathered);
    return [
      mapArrays((u) => where(emit, u, 0), next) as P,
      {
        miniStep: bi.remainder(safeIncrement(state.miniStep), k),
        gradientStep: where(emit, safeIncrement(state.gradientStep), state.gradientStep),
        innerOptState: mapArrays(
          (old, now) => convert(where(emit, now, old), old.dtype),
          state.innerOptState,
          inner,
        ),
        accGrads: castTree(kept, this.#dtype),
        skipState,
      },
    ];
  }

  /** Whether the inner optimizer has made a step in the call that gave this state. */
  hasUpdated(state: MultiStepsState): NDArray {
    return bi.logicalAnd(state.miniStep.eq(0), state.gradientStep.gt(0));
  }

  /** The same as a plain pair of functions. */
  gradientTransformation(): GradientTransformation<MultiStepsState> {
    return { init: this.init, update: this.update };
  }
}
