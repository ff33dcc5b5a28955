import type { TimelineEvent } from "../core/timeline.ts";

/** An event as Chrome and Perfetto read it; times in microseconds. */
export interface ChromeEvent {
  readonly ph: "M" | "X";
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

const tracks = { host: 1, programs: 2, kernels: 3 } as const;

/** A kernel of a program, over all its runs in a trace. */
export interface KernelTotal {
  readonly program: string;
  readonly kernel: string;
  readonly calls: number;
  readonly milliseconds: number;
}

/** What was recorded. `JSON.stringify(trace)` is a trace for chrome://tracing and ui.perfetto.dev; it prints as a table of times per kernel. */
export class Trace {
  /** In order of their ends; times are milliseconds since the trace began. */
  readonly events: readonly TimelineEvent[];
  /** The file that it was written to; null where there are no files, or no folder was given. */
  file: string | null = null;

  /** @internal Use `profiler.trace` or `profiler.stopTrace`. */
  constructor(events: readonly TimelineEvent[]) {
    this.events = events;
  }

  /** The trace in the format of Chrome. */
  toJSON(): { displayTimeUnit: "ms"; traceEvents: ChromeEvent[] } {
    const named = (tid: number, kind: string, name: string): ChromeEvent => ({
      ...{ ph: "M", name: kind, pid: 1, tid, args: { name } },
    });
    const names = Object.entries(tracks).map(([track, tid]) => named(tid, "thread_name", track));
    const spans = this.events.map(({ name, track, start, duration, args }): ChromeEvent => {
      const span = {
        ph: "X" as const,
        name,
        pid: 1,
        tid: tracks[track],
        ts: 1000 * start,
        dur: 1000 * duration,
      };
      return args === undefined ? span : { ...span, args };
    });
    return {
      displayTimeUnit: "ms",
      traceEvents: [named(0, "process_name", "Fluxion"), ...names, ...spans],
    };
  }

  /** Times of kernels, the costliest first. */
  kernels(): KernelTotal[] {
    const totals = new Map<
      string,
      { program: string; kernel: string; calls: number; milliseconds: number }
    >();
    for (const { name, track, duration, args } of this.events) {
      if (track !== "kernels") continue;
      const program = String(args?.program);
      const key = `${program}\n${args?.index}\n${name}`;
      let total = totals.get(key);
      if (total === undefined) {
        total = { program, kernel: name, calls: 0, milliseconds: 0 };
        totals.set(key, total);
      }
      total.calls++;
      total.milliseconds += duration;
    }
    return [...totals.values()].sort((a, b) => b.milliseconds - a.milliseconds);
  }

  /** A line for each kernel: its time, its part of the time of all, how often it ran. */
  toString(): string {
    const kernels = this.kernels();
    const whole = kernels.reduce((sum, k) => sum + k.milliseconds, 0);
    const runs = this.events.filter(({ track }) => track === "programs");
    const inPrograms = runs.reduce((sum, { duration }) => sum + duration, 0);
    const title = `trace: ${runs.length} runs of programs in ${inPrograms.toFixed(3)} ms, of which kernels ${whole.toFixed(3)} ms`;
    const rows = kernels.map(({ program, kernel, calls, milliseconds }) => [
      milliseconds.toFixed(3),
      `${((100 * milliseconds) / whole).toFixed(1)}%`,
      String(calls),
      `${program}: ${kernel}`,
    ]);
    if (rows.length === 0) return title;
    const all = [["ms", "share", "runs", "kernel"], ...rows];
    const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column].length)));
    const lines = all.map(
      (row) => `  ${widths.map((width, column) => row[column].padStart(width)).join("  ")}  ${row[3]}`,
    );
    return [title, ...lines].join("\n");
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
