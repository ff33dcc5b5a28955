import { isRecording, record, recorded } from "../core/timeline.ts";
import { functionName, setName } from "../transforms/functionName.ts";
import type { AnyFunction } from "../transforms/types.ts";

/**
 * A named span of the host in a trace: from its making until it is disposed of (`using`), or of a function that it runs. Costs next to nothing while no
 * trace is recorded.
 *
 * @example
 * ```ts
 * const trace = profiler.trace(null, () => new profiler.TraceAnnotation("load", { batch: 3 }).run(() => jnp.ones(2)));
 * trace.events.find((event) => event.name === "load")?.args; // => { batch: 3 }
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method whose name older engines lack is defined below
export class TraceAnnotation {
  private readonly name: string;
  private readonly args: Readonly<Record<string, unknown>> | undefined;
  private readonly start: number;

  constructor(name: string, args?: Readonly<Record<string, unknown>>) {
    this.name = name;
    this.args = args;
    this.start = isRecording() ? performance.now() : -1;
  }

  /** Runs a function as the span, and returns its result. */
  run<T>(body: () => T): T {
    return recorded(this.name, body, this.args);
  }

  /** Ends the span. */
  end(): void {
    if (this.start < 0 || !isRecording()) return;
    const { name, start, args } = this;
    record({ name, track: "host", start, duration: performance.now() - start, ...(args && { args }) });
  }
}
Object.defineProperty(TraceAnnotation.prototype, Symbol.dispose ?? Symbol.for("Symbol.dispose"), {
  value: TraceAnnotation.prototype.end,
  configurable: true,
});
export interface TraceAnnotation extends Disposable {}

/**
 * A {@link TraceAnnotation} of one step of a training loop.
 *
 * @example
 * ```ts
 * const trace = profiler.trace(null, () => new profiler.StepTraceAnnotation("train", { stepNum: 7 }).run(() => jnp.ones(2)));
 * trace.events.find((event) => event.name === "train")?.args; // => { step_num: 7 }
 * ```
 */
export class StepTraceAnnotation extends TraceAnnotation {
  constructor(name: string, args: { readonly stepNum?: number } & Readonly<Record<string, unknown>> = {}) {
    const { stepNum, ...rest } = args;
    super(name, stepNum === undefined ? rest : { ...rest, step_num: stepNum });
  }
}

/**
 * The function, each of whose calls is a span in a trace, by its own name or another.
 *
 * @example
 * ```ts
 * const step = profiler.annotateFunction((x: NDArray) => x.mul(2), { name: "step" });
 * profiler.trace(null, () => step(jnp.ones(2))).events.some((event) => event.name === "step"); // => true
 * ```
 */
export function annotateFunction<F extends AnyFunction>(f: F, options: { name?: string } = {}): F {
  if (typeof f !== "function")
    throw new TypeError("annotateFunction: the first argument must be a function.");
  const name = options.name ?? functionName(f);
  const annotated = (...args: unknown[]): unknown => recorded(name, () => f(...args));
  return setName(annotated, functionName(f)) as unknown as F;
}
