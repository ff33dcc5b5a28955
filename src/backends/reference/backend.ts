import { ArrayImpl } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import type { Backend, Buffer, CompileOptions, Executable, ProgramAnalysis } from "../../core/backend.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import { Profile } from "../../core/profile.ts";
import type { HostData } from "../../dtypes/index.ts";
import { hostArrayOf, interpretReference } from "./interpret.ts";

/** The elements of an array in plain JavaScript memory. Never written after it was made, so arrays may share it. */
class HostBuffer implements Buffer {
  readonly data: HostData;
  constructor(data: HostData) {
    this.data = data;
  }
  get byteLength(): number {
    return this.data.byteLength;
  }
}

class ReferenceExecutable implements Executable {
  private readonly closed: ClosedJaxpr;
  private readonly donated: readonly boolean[] | undefined;
  private readonly name: string;
  constructor(closed: ClosedJaxpr, { name, donated }: CompileOptions) {
    this.name = name;
    this.closed = closed;
    this.donated = donated;
  }

  call(args: readonly ArrayImpl[]): ArrayImpl[] {
    const results = interpretReference(this.closed, args.map(hostArrayOf));
    const avals = this.closed.outAvals;
    const arrays = results.map((data, i) => new ArrayImpl(avals[i], referenceBackend, new HostBuffer(data)));
    this.donated?.forEach((donated, i) => {
      if (donated) args[i].buffer = null;
    });
    return arrays;
  }

  asText(): string {
    return this.closed.toString();
  }

  analysis(): ProgramAnalysis {
    return programAnalysis(this.closed);
  }

  /** There are no kernels: only the whole is timed. */
  profile(args: readonly ArrayImpl[]): Profile {
    const start = performance.now();
    interpretReference(this.closed, args.map(hostArrayOf));
    return new Profile(this.name, performance.now() - start, 1, []);
  }
}

/** What can be said of a program without compiling it. */
function programAnalysis(closed: ClosedJaxpr): ProgramAnalysis {
  const bytes = (avals: readonly ShapedArray[]) => avals.reduce((n, a) => n + a.size * a.dtype.itemsize, 0);
  const argumentBytes = bytes(closed.inAvals);
  const outputBytes = bytes(closed.outAvals);
  const all = closed.eqns.flatMap((eqn) => [...eqn.inputs, ...eqn.outputs].map((atom) => atom.aval));
  return {
    argumentBytes,
    outputBytes,
    aliasBytes: 0,
    tempBytes: 0,
    peakBytes: argumentBytes + outputBytes,
    generatedCodeBytes: 0,
    flops: closed.eqns.reduce((n, eqn) => n + eqn.outputs.reduce((m, v) => m + v.aval.size, 0), 0),
    bytesAccessed: bytes(all),
  };
}

/** Evaluates programs with the reference rules of their primitives, in plain JavaScript. */
export const referenceBackend: Backend = {
  name: "reference",
  fromHost: (data) => new HostBuffer(data.slice()),
  toHost: (buffer) => (buffer as HostBuffer).data.slice(),
  release: () => {},
  compile: (closed: ClosedJaxpr, options: CompileOptions) => new ReferenceExecutable(closed, options),
  threadCount: () => 1,
  synchronize: () => Promise.resolve(),
  clearCache: () => {},
  memoryUse: () => [],
};
