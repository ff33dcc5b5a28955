import { NDArray } from "../core/array.ts";
import {
  asDType,
  bool,
  type DType,
  type DTypeLike,
  float32,
  isFloating,
  promoteTypes,
} from "../dtypes/index.ts";
import { isOptions } from "../numpy/arguments.ts";
import { convert } from "../numpy/promote.ts";
import { leaves } from "../tree/flatten.ts";
import { leafArray, safeIncrement, zeroCount } from "./leaves.ts";
import type { GradientTransformation, OptState, Schedule } from "./types.ts";

/** The state of {@link injectHyperparams}. Change a number in `hyperparams` to change it from the next update on. */
export interface InjectHyperparamsState {
  count: NDArray;
  hyperparams: Record<string, NDArray>;
  innerState: OptState;
}

export interface InjectHyperparamsOptions {
  /** The hyperparameters that stay as they are given, such as masks that are functions. */
  staticArgs?: string | readonly string[];
  /** The dtype of the hyperparameters; default the widest of the parameters. */
  hyperparamDtype?: DTypeLike | null;
}

/** Hyperparameters by name, in the form in which the factory takes them. */
interface Arguments {
  readonly named: Record<string, unknown>;
  call(values: Record<string, unknown>): GradientTransformation;
}

type Factory = (...args: never[]) => GradientTransformation;

function bind(factory: Factory, args: readonly unknown[]): Arguments {
  const make = factory as (...args: unknown[]) => GradientTransformation;
  const options = isOptions(args.at(-1)) ? (args.at(-1) as Record<string, unknown>) : {};
  const positional = isOptions(args.at(-1)) ? args.slice(0, -1) : args;
  if (positional.length > 1) {
    throw new TypeError(
      "injectHyperparams: give all hyperparameters but the learning rate by name, in an object: adam(rate, { b1: 0.9 }).",
    );
  }
  if (positional.length === 0) return { named: options, call: (values) => make(values) };
  return {
    named: { learningRate: positional[0], ...options },
    call: ({ learningRate, ...rest }) => make(learningRate, rest),
  };
}

/**
 * Keeps the hyperparameters of an optimizer in its state, where a training loop can read and change them, also inside `jit`; schedules
 * become the number that they give at each step.
 *
 * @param factory makes the optimizer from a learning rate and an object of options, or from an object alone
 * @returns the factory, with a state that has the numbers given as `hyperparams`; a positional argument is called `learningRate`
 * @example
 * ```ts
 * const optimizer = optim.injectHyperparams(optim.adam)(0.1, { b1: 0.9 });
 * const params = { w: jnp.ones(2) };
 * const state = optimizer.init(params);
 * String(state.hyperparams.b1); // => "0.9"
 * state.hyperparams.learningRate = jnp.array(0.01);
 * const [updates] = optimizer.update(params, state, params);
 * String(jnp.round(updates.w, 3)); // => "[-0.01 -0.01]"
 * ```
 */
export function injectHyperparams<F extends Factory>(
  factory: F,
  options: InjectHyperparamsOptions = {},
): (...args: InjectedArguments<Parameters<F>>) => GradientTransformation<InjectHyperparamsState> {
  const statics = new Set([options.staticArgs ?? []].flat());
  return (...args) => {
    const { named, call } = bind(factory, args as unknown[]);
    const schedules: Record<string, Schedule> = {};
    const numbers: Record<string, unknown> = {};
    const others: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(named)) {
      const isArray = typeof value === "object" && value !== null && "aval" in value;
      if (statics.has(name)) others[name] = value;
      else if (typeof value === "function") schedules[name] = value as Schedule;
      else if (typeof value === "number" || isArray) numbers[name] = value;
      else others[name] = value;
    }
    const dtypeFor = (params: unknown): DType => {
      if (options.hyperparamDtype) return asDType(options.hyperparamDtype);
      const dtypes = leaves(params).map((x) => leafArray(x).dtype);
      return dtypes.length === 0 ? float32 : dtypes.reduce((a, b) => promoteTypes(a, b));
    };
    const asHyperparam = (x: unknown, dtype: DType): NDArray => {
      const array = leafArray(x);
      return array.weakType && isFloating(array.dtype) ? convert(array, dtype) : array;
    };
    const scheduled = (count: NDArray, dtype: DType): Record<string, NDArray> =>
      mapValues(schedules, (schedule, name) => {
        const value: unknown = schedule(count);
        if (
          typeof value === "number" ||
          (value instanceof NDArray && value.ndim === 0 && value.dtype !== bool)
        ) {
          return asHyperparam(value, dtype);
        }
        throw new TypeError(
          `injectHyperparams: ${name} is a function whose result is not a number; if it is no schedule, name it in staticArgs.`,
        );
      });
    return {
      init(params) {
        const dtype = dtypeFor(params);
        const count = zeroCount();
        const fixed = mapValues(numbers, (x) => asHyperparam(x, dtype));
        const hyperparams = { ...fixed, ...scheduled(count, dtype) };
        return { count, hyperparams, innerState: call({ ...others, ...hyperparams }).init(params) };
      },
      update(updates, state, params, extra) {
        const dtype = dtypeFor(params ?? updates);
        const kept = mapValues(state.hyperparams, (x) => asHyperparam(x, dtype));
        const hyperparams = { ...kept, ...scheduled(state.count, dtype) };
        const transform = call({ ...others, ...hyperparams });
        const [next, innerState] = transform.update(updates, state.innerState, params, extra);
        return [next, { count: safeIncrement(state.count), hyperparams, innerState }];
      },
    };
  };
}

/** {@link injectHyperparams} by its older name. */
export const injectStatefulHyperparams = injectHyperparams;

function mapValues<A, B>(object: Record<string, A>, f: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value, key)]));
}

/** The arguments of a factory, with schedules in place of numbers. */
type InjectedArguments<A extends readonly unknown[]> = {
  [K in keyof A]: A[K] | Schedule | { readonly [name: string]: unknown };
};
