import { ArrayImpl } from "../core/array.ts";
import { ShapeDtypeStruct, type ShapedArray } from "../core/aval.ts";
import type { Executable, Origin, ProgramAnalysis } from "../core/backend.ts";
import { compileProgram } from "../core/dispatch.ts";
import type { ClosedJaxpr } from "../core/jaxpr.ts";
import type { Profile } from "../core/profile.ts";
import type { DType } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { flattenArrays } from "./flatFunction.ts";

const stages = ["jaxpr", "passes", "kernels", "choices", "wat"] as const;
type StageName = (typeof stages)[number];

function checkStage(stage: StageName): StageName {
  if (stages.includes(stage)) return stage;
  const names = stages.map((s) => JSON.stringify(s)).join(", ");
  throw new ValueError(`asText: the stage must be one of ${names}, got ${JSON.stringify(stage)}.`);
}

/** What a stage knows of an argument. */
export class ArgInfo {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly weakType: boolean;
  /** Whether the call may reuse its memory. */
  readonly donated: boolean;
  constructor({ shape, dtype, weakType }: ShapedArray, donated: boolean) {
    this.shape = shape;
    this.dtype = dtype;
    this.weakType = weakType;
    this.donated = donated;
  }
  /** @inheritDoc */
  toString(): string {
    const weak = this.weakType ? ", weak_type=True" : "";
    return `ArgInfo(aval=ShapedArray(${this.dtype}[${this.shape}]${weak}), donated=${this.donated ? "True" : "False"})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** A function traced for given argument types, in all stages. */
interface StageSpec {
  readonly name: string;
  readonly closed: ClosedJaxpr;
  readonly inTree: PyTreeDef;
  readonly outTree: PyTreeDef;
  /** For each input of the program; those that the function closed over come first. */
  readonly donated: readonly boolean[];
  readonly origin?: Origin | undefined;
}

/** What all stages have in common. */
abstract class Stage {
  protected readonly spec: StageSpec;
  /** @internal */
  constructor(spec: StageSpec) {
    this.spec = spec;
  }
  /** The name of the function. */
  get funName(): string {
    return this.spec.name;
  }
  /** The structure of the list of arguments, static ones aside. */
  get inTree(): PyTreeDef {
    return this.spec.inTree;
  }
  /** The structure of the result. */
  get outTree(): PyTreeDef {
    return this.spec.outTree;
  }
  /** The arguments, static ones aside, as a tree of {@link ArgInfo}. */
  get argsInfo(): unknown {
    const { closed, donated, inTree } = this.spec;
    const infos = closed.inAvals.map((aval, i) => new ArgInfo(aval, donated[i] === true));
    return inTree.unflatten(infos.slice(infos.length - inTree.numLeaves));
  }
  /** Shapes and dtypes of the result, as a pytree of {@link ShapeDtypeStruct}. */
  get outInfo(): unknown {
    const leaves = this.spec.closed.outAvals.map(
      (a) => new ShapeDtypeStruct(a.shape, a.dtype, { weakType: a.weakType }),
    );
    return this.spec.outTree.unflatten(leaves);
  }
  /** Places among the leaves of the arguments whose memory the call may reuse. */
  get donateArgnums(): readonly number[] {
    const { donated, inTree } = this.spec;
    return donated.slice(donated.length - inTree.numLeaves).flatMap((d, i) => (d ? [i] : []));
  }
}

/**
 * A function traced for given argument types: its jaxpr, and the way to the later stages.
 *
 * @example
 * ```ts
 * const traced = jit((x: NDArray) => x.mul(2)).trace(jnp.ones(2));
 * String(traced.jaxpr); // => "{ lambda ; a:f32[2]. let b:f32[2] = mul a 2.0:f32[] in (b,) }"
 * String(traced.outInfo); // => "ShapeDtypeStruct(shape=(2,), dtype=float32)"
 * ```
 */
export class Traced extends Stage {
  get jaxpr(): ClosedJaxpr {
    return this.spec.closed;
  }
  /** Makes ready to be compiled. */
  lower(): Lowered {
    return new Lowered(this.spec);
  }
}

const wrapped = new WeakSet<object>();

/** What `jit` returns: `f instanceof stages.Wrapped`. Its members are `trace`, `lower`, `evalShape` and `clearCache`. */
export class Wrapped {
  static [Symbol.hasInstance](f: unknown): boolean {
    return typeof f === "function" && wrapped.has(f);
  }
}

/** Makes a function one that `instanceof Wrapped` knows. @internal */
export function markWrapped(f: object): void {
  wrapped.add(f);
}

/** A function ready to be compiled for given argument types: its text at each stage, and the way to compile it. */
export class Lowered extends Stage {
  private executable: Executable | null = null;

  private get program(): Executable {
    const { closed, name, donated, origin } = this.spec;
    const asked = origin && { ...origin, reason: "lower() was asked for it" };
    this.executable ??= compileProgram(closed, name, donated, asked);
    return this.executable;
  }

  /**
   * The program as text: "jaxpr"; "passes" (after each pass of the compiler); "kernels" (the loops it became); "choices" (vectors, tiles and
   * pieces of each kernel, on this machine); or "wat" (the WebAssembly).
   * @throws ValueError for another stage.
   */
  asText(stage: StageName = "jaxpr"): string {
    if (stage === "jaxpr") return String(this.spec.closed);
    return this.program.asText(checkStage(stage));
  }

  /** Compiles the program. */
  compile(): Compiled {
    return new Compiled(this.spec, this.program);
  }
  /** As {@link Compiled.costAnalysis}. */
  costAnalysis(): { flops: number; bytesAccessed: number } {
    return this.compile().costAnalysis();
  }
}

/**
 * A compiled function for fixed argument types.
 *
 * @example
 * ```ts
 * const compiled = jit((x: NDArray) => x.matmul(x)).lower(jnp.ones([4, 4])).compile();
 * compiled.costAnalysis().flops; // => 128
 * compiled.memoryAnalysis().outputBytes; // => 64
 * ```
 */
export class Compiled extends Stage {
  private readonly executable: Executable;
  /** @internal Use `jit(f).lower(...).compile()`. */
  constructor(spec: StageSpec, executable: Executable) {
    super(spec);
    this.executable = executable;
  }

  /** Runs the program. @throws TypeError when the arguments differ from those it was compiled for. */
  call(...args: unknown[]): unknown {
    return this.spec.outTree.unflatten(this.executable.call(this.leavesOf(args)));
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
    const { name, inTree, closed } = this.spec;
    const { leaves, treedef } = flattenArrays(args, `Argument of ${name} is`);
    if (treedef !== inTree) {
      throw new TypeError(
        `Function ${name} was compiled for arguments of structure ${inTree}, called with ${treedef}.`,
      );
    }
    closed.inAvals.forEach((aval, i) => {
      if (leaves[i].aval.shape.join() !== aval.shape.join() || leaves[i].aval.dtype !== aval.dtype) {
        throw new TypeError(
          `Function ${name} was compiled for ${aval} at argument leaf ${i}, called with ${leaves[i].aval}.`,
        );
      }
      if (!(leaves[i] instanceof ArrayImpl)) {
        throw new TypeError(
          `Cannot apply a compiled function to tracers; call the jitted function ${name} itself.`,
        );
      }
    });
    return leaves as ArrayImpl[];
  }

  /** As {@link Lowered.asText}. */
  asText(stage: Exclude<StageName, "jaxpr"> = "kernels"): string {
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
