import { affineOf } from "../../../compiler/affine.ts";
import type { Node, Store } from "../../../compiler/ir.ts";
import { childrenOf } from "../../../compiler/nodes/walk.ts";
import { epilogueLoads, type Product, resultDims, valuesOf } from "../../../compiler/products.ts";
import type { DType } from "../../../dtypes/index.ts";
import type { FunctionBuilder, Local } from "../asm/index.ts";
import type { EpilogueContext } from "../kernels/epilogue.ts";
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
  return {
    key: epilogueKey(kernel, (buffer) => `b${buffers.indexOf(buffer)}`),
    arrays,
    emit: (f, at) => {
      const values = new EpilogueValues(f, lib, kernel.dtype, uses, at, place);
      // All is read before anything is stored, perhaps in the same place.
      const results = epilogue.map((s) => values.compute(s.value));
      results.forEach((value, i) => {
        if (i === 0) f.get(value).set(at.acc);
        else at.store(arrayOf.get(epilogue[i]) as number, value);
      });
      values.release();
    },
  };
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
  private readonly known = new Map<Node, Local>();
  private readonly temps: Local[] = [];

  constructor(
    f: FunctionBuilder,
    lib: Library,
    dtype: DType,
    uses: ReadonlyMap<Node, number>,
    at: EpilogueContext,
    arrayOf: (load: Node) => number,
  ) {
    this.f = f;
    this.lib = lib;
    this.at = at;
    this.arrayOf = arrayOf;
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
      case "const":
        splatConst(f, node.value, node.dtype, this.lanes);
        return;
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
          (i) => constantOf(node.args[i]),
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

  private temp(): Local {
    const local = this.f.temp("v128");
    this.temps.push(local);
    return local;
  }
}

function constantOf(node: Node): number | undefined {
  return node.kind === "const" ? Number(node.value) : undefined;
}
