import { readOptions } from "../numpy/arguments.ts";
import { chain } from "./chain.ts";
import { type EmaOptions, ema } from "./moments.ts";
import { stateless } from "./scaling.ts";
import type { GradientTransformation, OptState, Scalar } from "./types.ts";

/** A function from the updates to an array or a tree of arrays. */
export type Measure = (updates: unknown) => unknown;

/** The state of {@link snapshot}: what was measured, by name. */
export interface SnapshotState {
  measurement: Record<string, unknown>;
}

/**
 * Keeps a measurement of the updates that pass in the state; the updates are not changed.
 *
 * @example
 * ```ts
 * const optimizer = optim.chain(optim.snapshot("norm", optim.globalNorm), optim.sgd(0.1));
 * const params = { w: jnp.array([3, 4]) };
 * const [, state] = optimizer.update(params, optimizer.init(params));
 * String(state[0].measurement.norm); // => "5.0"
 * ```
 */
export function snapshot(measureName: string, measure: Measure): GradientTransformation<SnapshotState> {
  return {
    init: (params) => ({ measurement: { [measureName]: measure(params) } }),
    update: (updates) => [updates, { measurement: { [measureName]: measure(updates) } }],
  };
}

/** The state of {@link monitor}. */
export interface MonitorState {
  measurements: Record<string, unknown>;
  measureStates: OptState[];
}

/**
 * Keeps several measurements in the state; the updates are not changed.
 *
 * @param measures by name: functions of the updates, or transformations whose result is the measurement, such as {@link measureWithEma}
 * @example
 * ```ts
 * const watch = optim.monitor({ norm: optim.globalNorm, smooth: optim.measureWithEma(optim.globalNorm, 0.9) });
 * const [, state] = watch.update(jnp.array([3, 4]), watch.init(jnp.zeros(2)));
 * String(jnp.round(state.measurements.smooth, 3)); // => "5.0"
 * ```
 */
export function monitor(
  measures: Readonly<Record<string, Measure | GradientTransformation>>,
): GradientTransformation<MonitorState> {
  const entries = Object.entries(measures).map(
    ([name, measure]) =>
      [name, typeof measure === "function" ? stateless(measure as never) : measure] as const,
  );
  return {
    init: (params) => ({ measurements: {}, measureStates: entries.map(([, m]) => m.init(params)) }),
    update(updates, state, params, extra) {
      const measurements: Record<string, unknown> = {};
      const measureStates = entries.map(([name, measure], i) => {
        const [measurement, next] = measure.update(updates, state.measureStates[i], params, extra);
        measurements[name] = measurement;
        return next;
      });
      return [updates, { measurements, measureStates }];
    },
  };
}

/** For {@link monitor}: an exponential moving average of a measurement. */
export function measureWithEma(
  measure: Measure,
  decay: Scalar,
  ...options: [(boolean | EmaOptions)?, ...unknown[]]
): GradientTransformation<OptState[]> {
  const average = ema(
    decay,
    readOptions<EmaOptions>("measureWithEma", ["debias", "accumulatorDtype"], options),
  );
  return chain(stateless(measure as never), { ...average, init: (params) => average.init(measure(params)) });
}
