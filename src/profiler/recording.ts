import { beginRecording, endRecording, isRecording } from "../core/timeline.ts";
import { RuntimeError } from "../errors.ts";
import { installAllTools } from "../tools/all.ts";
import { hasFiles, makeFolder, writeFile } from "./files.ts";
import { Trace } from "./trace.ts";

let folder: string | null = null;
let began = 0;

/**
 * Begins to record a trace: what is traced and compiled, every run of a program, and every kernel in it. Programs are compiled with clocks between
 * their kernels for the duration.
 *
 * @param logDir in Node, the folder for the file that `stopTrace` writes; null or nothing for no file
 * @throws RuntimeError when a trace is being recorded, or files are asked for where there are none
 */
export function startTrace(logDir: string | null = null): void {
  if (isRecording())
    throw new RuntimeError("Profile has already been started. Only one profile may be run at a time.");
  if (logDir !== null && !hasFiles()) {
    throw new RuntimeError(
      `profiler: there are no files here to write a trace to (logDir ${JSON.stringify(logDir)}). Leave out the folder: stopTrace() ` +
        "returns the trace, and JSON.stringify makes it a text.",
    );
  }
  folder = logDir;
  began = performance.now();
  installAllTools();
  beginRecording();
}

/**
 * Ends the trace that `startTrace` began, writes it to a file if a folder was given, and returns it.
 *
 * @throws RuntimeError when none is being recorded
 * @example
 * ```ts
 * const x = jnp.ones([8, 8]);
 * profiler.startTrace();
 * jit((a: NDArray) => a.matmul(a).sum())(x);
 * profiler.stopTrace().kernels().map(({ kernel }) => kernel).sort(); // => ["dot_general", "reduce_sum"]
 * ```
 */
export function stopTrace(): Trace {
  if (!isRecording()) throw new RuntimeError("No profile started.");
  const events = endRecording().map((event) => ({ ...event, start: event.start - began }));
  const made = new Trace(events);
  if (folder !== null) {
    const stamp = new Date().toISOString().replaceAll(/[-:]/g, "_").replace(/\..*$/, "");
    const path = makeFolder(folder, "plugins", "profile", stamp);
    made.file = writeFile(path, "fluxion.trace.json", JSON.stringify(made));
  }
  return made;
}

/**
 * Records a trace of what a function does, or, without a function, until the result is disposed of (`using`).
 *
 * @param logDir in Node, the folder for the file; null for no file
 * @param body what to record; where it returns a promise, until that is settled
 * @returns the trace
 * @throws RuntimeError as {@link startTrace}
 * @example
 * ```ts
 * const x = jnp.ones([64, 64]);
 * const trace = profiler.trace(null, () => x.matmul(x));
 * trace.events.some((event) => event.name === "dot_general"); // => true
 * Object.keys(JSON.parse(JSON.stringify(trace))); // => ["displayTimeUnit", "traceEvents"]
 * ```
 */
export function trace(logDir?: string | null): Disposable;
export function trace(logDir: string | null, body: () => Promise<unknown>): Promise<Trace>;
export function trace(logDir: string | null, body: () => unknown): Trace;
export function trace(
  logDir: string | null = null,
  body?: () => unknown,
): Disposable | Trace | Promise<Trace> {
  startTrace(logDir);
  const stop = () => void stopTrace();
  if (body === undefined)
    return { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: stop } as unknown as Disposable;
  let result: unknown;
  try {
    result = body();
  } catch (error) {
    stop();
    throw error;
  }
  if (!(result instanceof Promise)) return stopTrace();
  return result.then(stopTrace, (error) => {
    stop();
    throw error;
  });
}
