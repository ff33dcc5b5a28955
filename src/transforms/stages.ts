import { ArrayImpl } from "../core/array.ts";
import { ShapeDtypeStruct } from "../core/aval.ts";
import type { Executable, Origin, ProgramAnalysis } from "../core/backend.ts";
import { compileProgram } from "../core/dispatch.ts";
import type { ClosedJaxpr } from "../core/jaxpr.ts";
import type { Profile } from "../core/profile.ts";
import { ValueError } from "../errors.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { flattenArrays } from "./flatFunction.ts";

const stages = ["jaxpr", "passes", "kernels", "choices", "wat"] as const;
type Stage = (typeof stages)[number];

function checkStage(stage: Stage): Stage {
  if (stages.includes(stage)) return stage;
  const names = stages.map((s) => JSON.stringify(s)).join(", ");
  throw new ValueError(`asText: the stage must be one of ${names}, got ${JSON.stringify(stage)}.`);
}

/** A function traced for given argument types: its text at each stage, and the way to compile it. */
export class Lowered {
  private readonly name: string;
  private readonly closed: ClosedJaxpr;
  private readonly inTree: PyTreeDef;
  private readonly outTree: PyTreeDef;
  private readonly donated: readonly boolean[];
  private readonly origin: Origin | undefined;
  private executable: Executable | null = null;
  /** @internal Use `jit(f).lower(...)`. */
  constructor(
    name: string,
    closed: ClosedJaxpr,
    inTree: PyTreeDef,
    outTree: PyTreeDef,
    donated: readonly boolean[],
    origin?: Origin,
  ) {
    this.name = name;
    this.origin = origin && { ...origin, reason: "lower() was asked for it" };
    this.closed = closed;
    this.inTree = inTree;
    this.outTree = outTree;
    this.donated = donated;
  }

  private get program(): Executable {
    this.executable ??= compileProgram(this.closed, this.name, this.donated, this.origin);
    return this.executable;
  }

  /** Shapes and dtypes of the result, as a pytree of {@link ShapeDtypeStruct}. */
  get outInfo(): unknown {
    const leaves = this.closed.outAvals.map(
      (a) => new ShapeDtypeStruct(a.shape, a.dtype, { weakType: a.weakType }),
    );
    return this.outTree.unflatten(leaves);
  }

  /**
   * The program as text: "jaxpr"; "passes" (after each pass of the compiler); "kernels" (the loops it became); "choices" (vectors, tiles and
   * pieces of each kernel, on this machine); or "wat" (the WebAssembly).
   * @throws ValueError for another stage.
   */
  asText(stage: Stage = "jaxpr"): string {
    if (stage === "jaxpr") return String(this.closed);
    return this.program.asText(checkStage(stage));
  }

  compile(): Compiled {
    return new Compiled(this.name, this.program, this.closed, this.inTree, this.outTree);
  }
  costAnalysis(): { flops: number; bytesAccessed: number } {
    return this.compile().costAnalysis();
  }
}

/** A compiled function for fixed argument types. */
export class Compiled {
  private readonly name: string;
  private readonly executable: Executable;
  private readonly closed: ClosedJaxpr;
  private readonly inTree: PyTreeDef;
  private readonly outTree: PyTreeDef;
  /** @internal Use `jit(f).lower(...).compile()`. */
  constructor(
    name: string,
    executable: Executable,
    closed: ClosedJaxpr,
    inTree: PyTreeDef,
    outTree: PyTreeDef,
  ) {
    this.name = name;
    this.executable = executable;
    this.closed = closed;
    this.inTree = inTree;
    this.outTree = outTree;
  }

  /** Runs the program. @throws TypeError when the arguments differ from those it was compiled for. */
  call(...args: unknown[]): unknown {
    return this.outTree.unflatten(this.executable.call(this.leavesOf(args)));
  }

  /**
   * Runs the program several times and measures every kernel: medians in milliseconds, rates, and how the work was shared. Prints as a table.
   * Donated arguments are copied for each run, so they stay. What `config.update("debugLevel", 2)` shows of single calls.
   *
   * @throws TypeError when the arguments differ from those it was compiled for.
   * @example
   * ```ts
   * const x = jnp.ones([64, 64]);
   * const profile = jit((x: NDArray) => x.matmul(x).sum()).lower(x).compile().profile(x);
   * profile.kernels.map((kernel) => kernel.name); // => ["dot_general", "reduce_sum"]
   * profile.kernels[0].flops; // => 524288
   * ```
   */
  profile(...args: unknown[]): Profile {
    return this.executable.profile(this.leavesOf(args));
  }

  private leavesOf(args: readonly unknown[]): ArrayImpl[] {
    const { leaves, treedef } = flattenArrays(args, `Argument of ${this.name} is`);
    if (treedef !== this.inTree) {
      throw new TypeError(
        `Function ${this.name} was compiled for arguments of structure ${this.inTree}, called with ${treedef}.`,
      );
    }
    this.closed.inAvals.forEach((aval, i) => {
      if (leaves[i].aval.shape.join() !== aval.shape.join() || leaves[i].aval.dtype !== aval.dtype) {
        throw new TypeError(
          `Function ${this.name} was compiled for ${aval} at argument leaf ${i}, called with ${leaves[i].aval}.`,
        );
      }
      if (!(leaves[i] instanceof ArrayImpl)) {
        throw new TypeError(
          `Cannot apply a compiled function to tracers; call the jitted function ${this.name} itself.`,
        );
      }
    });
    return leaves as ArrayImpl[];
  }

  /** As {@link Lowered.asText}. */
  asText(stage: Exclude<Stage, "jaxpr"> = "kernels"): string {
    return this.executable.asText(checkStage(stage));
  }
  /** Bytes of arguments, results, temporaries and code. */
  memoryAnalysis(): Omit<ProgramAnalysis, "flops" | "bytesAccessed"> {
    const { flops: _, bytesAccessed: __, ...memory } = this.executable.analysis();
    return memory;
  }
  /** Floating-point operations and bytes read and written, as counted from the kernels. */
  costAnalysis(): { flops: number; bytesAccessed: number } {
    const { flops, bytesAccessed } = this.executable.analysis();
    return { flops, bytesAccessed };
  }
}
