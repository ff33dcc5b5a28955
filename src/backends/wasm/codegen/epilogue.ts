import { affineOf } from "../../../compiler/affine.ts";
import type { ConstNode, Node, Store } from "../../../compiler/ir.ts";
import { childrenOf } from "../../../compiler/nodes/walk.ts";
import { epilogueLoads, type Product, resultDims, valuesOf } from "../../../compiler/products.ts";
import type { DType } from "../../../dtypes/index.ts";
import { FunctionBuilder, type Local } from "../asm/index.ts";
import { usesRelaxedSimd } from "../features.ts";
import type { EpilogueContext, SharedEpilogue } from "../kernels/epilogue.ts";
import { buffersOf, epilogueKey } from "./kernelKey.ts";
import type { Library } from "./library.ts";
import { splatConst } from "./splat.ts";
import { operandType } from "./values.ts";
import { emitVectorCast, emitVectorOp } from "./vectorEmit.ts";

/**
 * Memory that an epilogue reads or writes: where the element for the first sum is, and strides by the dimensions of the
 * result.
 */
export interface EpilogueArray {
  readonly buffer: number;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** The epilogue of a product for the kernels: what it accesses, and its code. */
export interface EpilogueCode {
  readonly key: string;
  readonly arrays: readonly EpilogueArray[];
  readonly emit: (f: FunctionBuilder, at: EpilogueContext) => void;
  /** The same for tiles that programs share; null where it calls functions of the program. */
  readonly shared: () => SharedEpilogue | null;
}

/** The code of a product's epilogue, null without one. */
export function epilogueCode(kernel: Product, lib: Library): EpilogueCode | null {
  const { epilogue } = kernel;
  if (epilogue === undefined) return null;
  const { sizes } = resultDims(kernel);
  // The first store is that of the product itself.
  const accesses = [...epilogueLoads(kernel), ...epilogue.slice(1)];
  const arrays = accesses.map(({ buffer, offset }): EpilogueArray => {
    const affine = affineOf(offset);
    if (affine === null) throw new Error("an epilogue accesses memory at a place that is not affine");
    const { constant, coefficients } = affine;
    return { buffer, offset: constant, strides: sizes.map((_, d) => coefficients[d] ?? 0) };
  });
  const arrayOf = new Map<unknown, number>(accesses.map((access, i) => [access, i]));
  const buffers = buffersOf(kernel);
  const place = (load: unknown) => arrayOf.get(load) as number;
  const uses = usesOf(epilogue);
  const emit = (f: FunctionBuilder, at: EpilogueContext, numbers?: Numbers) => {
    const values = new EpilogueValues(f, lib, kernel.dtype, uses, at, place, numbers);
    // All is read before anything is stored, perhaps in the same place.
    const results = epilogue.map((s) => values.compute(s.value));
    results.forEach((value, i) => {
      if (i === 0) f.get(value).set(at.acc);
      else at.store(arrayOf.get(epilogue[i]) as number, value);
    });
    values.release();
  };
  let shared: SharedEpilogue | null | undefined;
  return {
    key: epilogueKey(kernel, (buffer) => `b${buffers.indexOf(buffer)}`),
    arrays,
    emit,
    shared: () => {
      if (shared === undefined) shared = sharedEpilogue(kernel, arrays.length, emit);
      return shared;
    },
  };
}

/** Numbers of an epilogue that are arguments, and those whose value its instructions depend on. */
interface Numbers {
  readonly arguments: ReadonlyMap<Node, Local>;
  readonly examined: (number: Node) => void;
}

/** An epilogue with its numbers as arguments, save those that choose instructions. It is written on trial: its name is the code. */
function sharedEpilogue(
  { dtype, epilogue = [] }: Product,
  arrays: number,
  emit: (f: FunctionBuilder, at: EpilogueContext, numbers: Numbers) => void,
): SharedEpilogue | null {
  let free = valuesOf(epilogue).filter((x) => x.kind === "const" && x.dtype.itemsize === dtype.itemsize);
  const write = (examined: (number: Node) => void) =>
    FunctionBuilder.write([], usesRelaxedSimd(), (f) => {
      const [acc, ...memory] = Array.from({ length: 1 + arrays }, () => f.local("v128"));
      const at: EpilogueContext = {
        acc,
        load: (array) => f.get(memory[array]),
        store: (array, value) => f.get(value).set(memory[array]),
      };
      emit(f, at, { arguments: new Map(free.map((x) => [x, f.local("v128")])), examined });
    });
  const fixed = new Set<Node>();
  let written = write((number) => fixed.add(number));
  if (free.some((x) => fixed.has(x))) {
    free = free.filter((x) => !fixed.has(x));
    written = write(() => undefined);
  }
  if (written.calls.length > 0) return null;
  const name = Array.from(written.bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    name,
    numbers: free.map((x) => laneBits((x as ConstNode).value, x.dtype)),
    emit: (f, at, numbers) => {
      const known = new Map(free.map((x, i) => [x, numbers[i]]));
      emit(f, at, { arguments: known, examined: () => undefined });
    },
  };
}

const lane = new DataView(new ArrayBuffer(8));

/** The bits of a number in a lane of 32 or 64 bits. */
function laneBits(value: number | bigint, dtype: DType): number | bigint {
  if (dtype.itemsize === 8) {
    if (dtype.kind === "float") lane.setFloat64(0, Number(value));
    else lane.setBigInt64(0, BigInt.asIntN(64, BigInt(value)));
    return lane.getBigInt64(0);
  }
  if (dtype.kind === "float") lane.setFloat32(0, Number(value));
  else lane.setInt32(0, Number(value));
  return lane.getInt32(0);
}

/** What an epilogue accesses, in words; nothing without one. */
export function describeEpilogue(epilogue: EpilogueCode | null): string {
  if (epilogue === null) return "";
  const { length } = epilogue.arrays;
  return `, epilogue in registers${length === 0 ? "" : ` with ${length} further array${length === 1 ? "" : "s"}`}`;
}

/** How often the code of an epilogue needs each node. */
function usesOf(epilogue: readonly Store[]): Map<Node, number> {
  const uses = new Map<Node, number>();
  const count = (node: Node) => uses.set(node, (uses.get(node) ?? 0) + 1);
  for (const node of valuesOf(epilogue)) if (node.kind !== "load") childrenOf(node).forEach(count);
  for (const { value } of epilogue) count(value);
  return uses;
}

/** Computes expressions for one vector of sums. */
class EpilogueValues {
  private readonly f: FunctionBuilder;
  private readonly lib: Library;
  private readonly at: EpilogueContext;
  private readonly arrayOf: (load: Node) => number;
  private readonly lanes: 2 | 4;
  private readonly uses: ReadonlyMap<Node, number>;
  private readonly numbers: Numbers | undefined;
  private readonly known = new Map<Node, Local>();
  private readonly temps: Local[] = [];

  constructor(
    f: FunctionBuilder,
    lib: Library,
    dtype: DType,
    uses: ReadonlyMap<Node, number>,
    at: EpilogueContext,
    arrayOf: (load: Node) => number,
    numbers: Numbers | undefined,
  ) {
    this.f = f;
    this.lib = lib;
    this.at = at;
    this.arrayOf = arrayOf;
    this.numbers = numbers;
    this.lanes = dtype.itemsize === 8 ? 2 : 4;
    this.uses = uses;
  }

  /** A local with the value of a node. */
  compute(node: Node): Local {
    const local = this.temp();
    this.push(node);
    this.f.set(local);
    return local;
  }

  release(): void {
    this.f.release(...this.temps);
  }

  private push(node: Node): void {
    const { f } = this;
    const known = this.known.get(node);
    if (known !== undefined) {
      f.get(known);
      return;
    }
    switch (node.kind) {
      case "const": {
        const number = this.numbers?.arguments.get(node);
        if (number === undefined) splatConst(f, node.value, node.dtype, this.lanes);
        else f.get(number);
        return;
      }
      case "acc":
        f.get(this.at.acc);
        return;
      case "load":
        this.at.load(this.arrayOf(node));
        break;
      case "cast":
        this.push(node.arg);
        emitVectorCast(f, node.arg.dtype, node.dtype, node.bits, this.lanes);
        break;
      case "op":
        emitVectorOp(
          f,
          this.lib,
          node.op,
          operandType(node),
          this.lanes,
          (i) => this.push(node.args[i]),
          (i) => this.constantOf(node.args[i]),
          () => false,
        );
        break;
      case "index":
        throw new Error("an epilogue does not know its place");
    }
    if ((this.uses.get(node) as number) < 2) return;
    const local = this.temp();
    f.tee(local);
    this.known.set(node, local);
  }

  private constantOf(node: Node): number | undefined {
    if (node.kind !== "const") return undefined;
    this.numbers?.examined(node);
    return Number(node.value);
  }

  private temp(): Local {
    const local = this.f.temp("v128");
    this.temps.push(local);
    return local;
  }
}
