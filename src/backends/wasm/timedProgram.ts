import type { CompiledProgram } from "../../compiler/index.ts";
import { ArrayImpl } from "../../core/array.ts";
import type { Backend } from "../../core/backend.ts";
import { report, reports } from "../../core/debug.ts";
import { type KernelProfile, Profile } from "../../core/profile.ts";
import { isRecording, record } from "../../core/timeline.ts";
import type { ProgramCode } from "./codegen/program.ts";
import { kernelBytes, kernelFlops } from "./cost.ts";
import type { LoadedProgram } from "./executable.ts";
import type { Marks } from "./marks.ts";

/** A profile goes on for about this many milliseconds, within these numbers of calls. */
const DURATION = 200;
const FEWEST_CALLS = 5;
const MOST_CALLS = 20_000;

type Counts = Pick<KernelProfile, "name" | "flops" | "bytes" | "pieces" | "scratchBytes" | "choices">;

/** The times of one call. */
interface Sample {
  readonly start: number;
  readonly whole: number;
  readonly kernels: readonly {
    readonly start: number;
    readonly milliseconds: number;
    readonly threads: number;
  }[];
}

/** A program compiled with marks between its kernels. */
export class TimedProgram {
  private readonly name: string;
  private readonly loaded: LoadedProgram;
  private readonly marks: Marks;
  private readonly counts: readonly Counts[];

  constructor(loaded: LoadedProgram, marks: Marks, program: CompiledProgram, code: ProgramCode) {
    this.name = program.name;
    this.loaded = loaded;
    this.marks = marks;
    this.counts = program.kernels.map((kernel, i) => {
      const { name, pieces, scratchBytes, describe } = code.kernels[i];
      const [flops, bytes] = [kernelFlops(kernel), kernelBytes(program, kernel)];
      return { name, flops, bytes, pieces, scratchBytes, choices: describe() };
    });
  }

  /** Runs the program, and reports the times of its kernels or adds them to the trace. */
  call(args: readonly ArrayImpl[]): ArrayImpl[] {
    const { results, sample } = this.measure(args);
    if (reports("timings")) report(String(this.profileOf([sample])));
    if (isRecording()) this.record(sample);
    return results;
  }

  private record({ start, whole, kernels }: Sample): void {
    record({ name: this.name, track: "programs", start, duration: whole });
    kernels.forEach(({ start: from, milliseconds, threads }, index) => {
      const { name, flops, bytes, pieces } = this.counts[index];
      const args = { program: this.name, index, flops, bytes, pieces, threads };
      record({ name, track: "kernels", start: from, duration: milliseconds, args });
    });
  }

  /** Runs the program again and again, on copies of donated arguments. */
  profile(backend: Backend, args: readonly ArrayImpl[], donated: readonly boolean[]): Profile {
    const run = (): Sample => {
      const own = args.map((x, i) =>
        donated[i] === true ? new ArrayImpl(x.aval, backend, backend.fromHost(x.toHost(), x.aval)) : x,
      );
      const { results, sample } = this.measure(own);
      for (const x of results) if (x.buffer !== null) backend.release(x.buffer);
      return sample;
    };
    // The engine makes fast code of what has run a few times.
    for (let i = 0; i < FEWEST_CALLS; i++) run();
    const samples: Sample[] = [];
    const start = performance.now();
    while (
      samples.length < FEWEST_CALLS ||
      (samples.length < MOST_CALLS && performance.now() - start < DURATION)
    ) {
      samples.push(run());
    }
    return this.profileOf(samples);
  }

  private measure(args: readonly ArrayImpl[]): { results: ArrayImpl[]; sample: Sample } {
    const start = performance.now();
    const results = this.loaded.call(args);
    const whole = performance.now() - start;
    const { marks } = this;
    const kernels = this.counts.map((_, i) => ({
      start: marks.start(i),
      milliseconds: marks.milliseconds(i),
      threads: marks.threads(i),
    }));
    return { results, sample: { start, whole, kernels } };
  }

  private profileOf(samples: readonly Sample[]): Profile {
    const times = this.counts.map((_, i) => typical(samples.map((s) => s.kernels[i].milliseconds)));
    const total = times.reduce((sum, t) => sum + t, 0);
    const kernels = this.counts.map((counts, index): KernelProfile => {
      const milliseconds = times[index];
      return {
        index,
        ...counts,
        milliseconds,
        share: total === 0 ? 0 : milliseconds / total,
        gflopsPerSecond: counts.flops / milliseconds / 1e6,
        gbytesPerSecond: counts.bytes / milliseconds / 1e6,
        threads: Math.max(...samples.map((s) => s.kernels[index].threads)),
      };
    });
    return new Profile(this.name, typical(samples.map((s) => s.whole)), samples.length, kernels);
  }
}

/** The median; where the clock is too coarse for it, as in browsers, the mean. */
function typical(values: readonly number[]): number {
  const middle = median(values);
  if (values.length === 1 || middle >= 20 * clockStep()) return middle;
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

let step: number | undefined;

/** The smallest step of the clock that is seen. */
function clockStep(): number {
  if (step === undefined) {
    step = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      let now = start;
      while (now === start) now = performance.now();
      step = Math.min(step, now - start);
    }
  }
  return step;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
