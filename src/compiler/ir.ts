import type { ShapedArray } from "../core/aval.ts";
import type { HostFunction, ReduceOp } from "../core/lowering.ts";
import type { Routine } from "../core/routine/ir.ts";
import type { DType } from "../dtypes/index.ts";
import type { ControlWriters, Writers } from "./templates/template.ts";

/**
 * The kernel IR. A program is a list of kernels over flat buffers. A loop kernel is a nest over a parallel index space,
 * with any number of reductions per point and any number of stores; templates stand for algorithms with kernels of their own.
 */

/** A scalar expression; hash-consed by NodeBuilder, so that equal expressions are one object within a program. */
export type Node = ConstNode | IndexNode | LoadNode | OpNode | CastNode | AccNode;

interface NodeBase {
  readonly dtype: DType;
  /** Unique; larger than the ids of its arguments, so sorting by id is a topological order. */
  readonly id: number;
}
export interface ConstNode extends NodeBase {
  readonly kind: "const";
  readonly value: number | bigint;
}
/** The int32 loop index of an axis: parallel axes first, then reduction axes. */
export interface IndexNode extends NodeBase {
  readonly kind: "index";
  readonly axis: number;
}
/** `buffer[offset]`, the offset in elements, int32. Offsets are always in bounds: lowering clamps or guards them. */
export interface LoadNode extends NodeBase {
  readonly kind: "load";
  readonly buffer: number;
  readonly offset: Node;
}
/** An operation of scalarOps.ts, `select` (condition, onTrue, onFalse) included; operands as declared there. */
export interface OpNode extends NodeBase {
  readonly kind: "op";
  readonly op: string;
  readonly args: readonly Node[];
}
/** Value conversion (`bits: false`, XLA's semantics) or reinterpretation of the bits. */
export interface CastNode extends NodeBase {
  readonly kind: "cast";
  readonly bits: boolean;
  readonly arg: Node;
}
/** The result of the kernel's reduction `reduction`, for use in what is computed after it. */
export interface AccNode extends NodeBase {
  readonly kind: "acc";
  readonly reduction: number;
}

export interface Reduction {
  readonly op: ReduceOp;
  /** May use all indices. For argmax / argmin the accumulator is the int32 index along the single reduction axis. */
  readonly value: Node;
  readonly dtype: DType;
}

export interface Store {
  readonly buffer: number;
  /**
   * Affine in the indices of the loops that it is in. The stores to a buffer cover it exactly once; several kernels may write one
   * region each.
   */
  readonly offset: Node;
  readonly value: Node;
}

export interface LoopKernel {
  readonly kind: "loop";
  readonly name: string;
  /** Sizes of the parallel axes, outermost first; may be empty (one point). A zero size: nothing runs. */
  readonly axes: readonly number[];
  /** Sizes of the reduction axes, whose index nodes are numbered after the parallel ones; a zero size gives the identity. */
  readonly reduceAxes: readonly number[];
  readonly reductions: readonly Reduction[];
  readonly stores: readonly Store[];
}

/** One walk over the inner points of a row: reductions over all of them, and stores at each. */
export interface Pass {
  /** Numbered through all passes of the kernel. */
  readonly reductions: readonly Reduction[];
  /** Values may use the results of reductions of earlier passes, and so may those of the reductions. */
  readonly stores: readonly Store[];
}

/**
 * Rows that are walked several times while they are in the nearest cache: a softmax finds the maximum, then the exponentials and their
 * sum, then divides. What one pass stores, later passes may load, at the same element only.
 */
export interface RowKernel {
  readonly kind: "row";
  readonly name: string;
  /** Sizes of the axes that count rows, outermost first; may be empty (one row). */
  readonly axes: readonly number[];
  /** Sizes of the axes within a row, whose index nodes are numbered after those of the rows. */
  readonly inner: readonly number[];
  readonly passes: readonly Pass[];
  /** Once per row, after the passes; in terms of the indices of rows. */
  readonly stores: readonly Store[];
  /** Buffers that hold one row each, for the kernel's own use: their offsets depend on the inner indices alone. */
  readonly locals: readonly number[];
}

/** A running reduction along one axis: `out[i.., k, j..] = op(value[i.., 0..k, j..])`. */
export interface ScanKernel {
  readonly kind: "scan";
  readonly writers: Writers;
  readonly name: string;
  readonly axes: readonly number[];
  /** Which of `axes` is scanned. */
  readonly axis: number;
  readonly reverse: boolean;
  readonly op: "sum" | "prod" | "max" | "min" | "logaddexp";
  readonly value: Node;
  readonly store: { readonly buffer: number; readonly offset: Node };
}

/** A strided region of a buffer: element (i0, i1, ...) is at `offset + sum(i * strides)`. */
export interface View {
  readonly buffer: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** C = A B for every batch index; operands read and the result written through strides. */
export interface DotKernel {
  readonly kind: "dot";
  readonly name: string;
  readonly dtype: DType;
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly lhs: {
    readonly view: View;
    readonly batch: readonly number[];
    readonly rowStride: number;
    readonly colStride: number;
  };
  readonly rhs: {
    readonly view: View;
    readonly batch: readonly number[];
    readonly rowStride: number;
    readonly colStride: number;
  };
  readonly out: number;
  /** How far apart matrices and rows of the result are; its columns have stride 1. All of it is contiguous if not given. */
  readonly result?: DotResult;
  /**
   * What is stored of each finished sum, which is the result of reduction 0, in terms of the indices of batch, rows and columns: a bias is
   * added, an activation applied, a parameter updated. The first store is that to `out`, at the place of the sum; without an epilogue it
   * is the sum. Values are as wide as the sums, or bool; offsets are affine and move forward.
   */
  readonly epilogue?: readonly Store[];
}

export interface DotResult {
  readonly batch: readonly number[];
  readonly rowStride: number;
}

/** One dimension of a contraction: its size, and how far a step along it moves in each operand and in the result. */
export interface ContractionDim {
  readonly size: number;
  readonly left: number;
  readonly right: number;
  readonly result: number;
}

/**
 * The sum of products where dimensions do not merge into those of matrices: each of rows, columns and the summed index may be
 * any number of dimensions, and every offset is a sum of strides. A convolution reads the overlapping windows of its input this way.
 * Vectors are stored whole where the last row or the last column dimension has stride 1 in the result. A summed dimension of size 0 gives zeros. Several kernels may write one result, a part each.
 */
export interface ContractionKernel {
  readonly kind: "contract";
  readonly writers: Writers;
  readonly name: string;
  readonly dtype: DType;
  /** In both operands and the result. */
  readonly batch: readonly ContractionDim[];
  /** In the left operand and the result (`right` is 0). */
  readonly rows: readonly ContractionDim[];
  /** In the right operand and the result (`left` is 0). */
  readonly cols: readonly ContractionDim[];
  /** In both operands (`result` is 0), outermost first. */
  readonly sum: readonly ContractionDim[];
  readonly lhs: { readonly buffer: number; readonly offset: number };
  readonly rhs: { readonly buffer: number; readonly offset: number };
  readonly out: number;
  readonly outOffset: number;
  /** As that of a {@link DotKernel}, by the indices of all dimensions of the result. */
  readonly epilogue?: readonly Store[];
}

/** Stable lexicographic sort of contiguous rows by the first `numKeys` operands. */
export interface SortKernel {
  readonly kind: "sort";
  readonly writers: Writers;
  readonly name: string;
  readonly rows: number;
  readonly length: number;
  readonly numKeys: number;
  /** Input and output buffers, contiguous, rows outermost. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Runs a routine for each of `count` problems, which lie one after the other in every buffer. */
export interface RoutineKernel {
  readonly kind: "routine";
  readonly writers: Writers;
  readonly name: string;
  readonly routine: Routine;
  readonly count: number;
  /** Contiguous, in the order of the routine's arrays; none for those without elements. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * Fourier transforms of axis 1 of complex [before, length, after], without scaling: sums over `x[j] exp(sign 2 pi i j k / length)`. The result is
 * `[before / inner, length, inner, after]`: rows that belong together come after the axis. Numbers are interleaved: buffers hold parts.
 */
export interface FourierKernel {
  readonly kind: "fourier";
  readonly writers: Writers;
  readonly name: string;
  /** Of the parts. */
  readonly dtype: DType;
  /** Lengths of the butterflies, the first of which are done first; their product is the length. */
  readonly radices: readonly number[];
  readonly sign: 1 | -1;
  readonly before: number;
  readonly inner: number;
  readonly after: number;
  readonly input: number;
  readonly output: number;
  /**
   * For each radix but the first, where transforms of `size` elements are joined to `n = radix size`: `exp(sign 2 pi i t k / n)` for k = 0, ..., size - 1 and t = 1, ...,
   * radix - 1. Null when there is one radix.
   */
  readonly twiddles: number | null;
  /** Complex [length, after], by which the results are multiplied; then `inner` is 1. */
  readonly turns: number | null;
}

/**
 * For every point of the update space in row-major order: where `guard` holds, `out[offset] = combine(out[offset], value)`.
 * Runs in order, so that duplicates are well defined. `out` starts as a copy of `base`, in place when the plan allows.
 */
export interface ScatterKernel {
  readonly kind: "scatter";
  readonly writers: Writers;
  readonly name: string;
  readonly axes: readonly number[];
  readonly guard: Node | null;
  readonly offset: Node;
  readonly value: Node;
  /**
   * Written at `offset + 1`, where a point updates two neighbours, the parts of a complex number; null otherwise. Then `combine` is "set", and both
   * values may load from `out` what earlier points left there.
   */
  readonly second: Node | null;
  readonly combine: "set" | "add" | "mul" | "min" | "max";
  readonly base: number;
  readonly baseSize: number;
  readonly out: number;
}

/** A buffer as a block of a kernel sees it: it begins a step further on for each step along an axis of the blocks. */
export interface Slice {
  /** The number under which the stages know it. */
  readonly id: number;
  readonly buffer: number;
  /** Where it begins for the first block, in elements. */
  readonly offset: number;
  /** In elements, by axis of the blocks; 0 where all blocks see the same. */
  readonly steps: readonly number[];
}

/** Memory for one block of an intermediate. */
export interface BlockLocal {
  readonly buffer: number;
  /** In bytes, in the kernel's own memory. */
  readonly offset: number;
}

/**
 * Several kernels run one after the other on a block of their common indices, then on the next block. What one computes for another
 * stays in memory that holds a single block and so in the cache: the scores of an attention are never written down.
 */
export interface BlockedKernel {
  readonly kind: "blocked";
  readonly name: string;
  /** How many blocks there are along each common index, outermost first. */
  readonly axes: readonly number[];
  /** In terms of slices and locals, in the coordinates of the first block. */
  readonly stages: readonly Stage[];
  readonly slices: readonly Slice[];
  readonly locals: readonly BlockLocal[];
  /** A local int32 buffer that holds the index of the present block, for stages whose values depend on it; null when none does. */
  readonly origin: number | null;
  /** Of the locals together. */
  readonly localBytes: number;
}

/** What a blocked kernel can consist of. */
export type Stage = LoopKernel | RowKernel | DotKernel;

/** Which memory an argument or result of an inner program is, by buffers of the program around it. */
export type Binding =
  | { readonly kind: "fixed"; readonly buffer: number }
  /** The part of a buffer that belongs to the step: from element `offset` for the first index, `step` elements further on with each. */
  | { readonly kind: "slice"; readonly buffer: number; readonly step: number; readonly offset: number }
  /** Where a carry is at present: that of an argument is read, that of a result written. */
  | { readonly kind: "carry"; readonly carry: number }
  /** Without memory: no elements, or a carry that every step passes on unchanged. */
  | { readonly kind: "none" };

/** A program that a control kernel runs, and what its arguments, constants and results are bound to. */
export interface InnerProgram {
  readonly program: Program;
  readonly args: readonly Binding[];
  readonly consts: readonly Binding[];
  readonly results: readonly Binding[];
}

/** A value that each step of a loop computes from that of the step before. */
export interface Carry {
  /** The buffers of the first value and of the last. */
  readonly init: number;
  readonly out: number;
  /** Steps write alternately to this buffer and to `out`; null when they update `out` in place. */
  readonly spare: number | null;
}

/** A program that is run `length` times. */
export interface LoopPart {
  readonly length: number;
  readonly body: InnerProgram;
}

/** Runs a program `length` times. */
export interface ForLoopKernel extends LoopPart {
  readonly kind: "forLoop";
  readonly writers: ControlWriters;
  readonly name: string;
  /** Whether slices are walked from the last to the first. */
  readonly reverse: boolean;
  readonly carries: readonly Carry[];
  /** Steps that follow, in the same order: those of an unrolled loop that are left over. */
  readonly rest?: LoopPart | undefined;
  /** Steps have nothing to do with each other, and are many enough or long enough to be done at the same time. Then there are no carries. */
  readonly parallel: boolean;
}

/** Runs `cond`, then `body` as long as `cond` wrote true to `predicate`. */
export interface WhileLoopKernel {
  readonly kind: "whileLoop";
  readonly writers: ControlWriters;
  readonly name: string;
  readonly carries: readonly Carry[];
  readonly cond: InnerProgram;
  readonly body: InnerProgram;
  readonly predicate: number;
}

/** Runs the program whose number is the int32 in `selector`, which is in range. Carries are operands that every program overwrites or keeps. */
export interface BranchKernel {
  readonly kind: "branch";
  readonly writers: ControlWriters;
  readonly name: string;
  readonly selector: number;
  readonly carries: readonly Carry[];
  readonly branches: readonly InnerProgram[];
}

/** Kernels that run programs. */
export type ControlKernel = ForLoopKernel | WhileLoopKernel | BranchKernel;

/** An operand or result of a host call: its type, and where its elements lie in row-major order; no buffer where there are none. */
export interface HostOperand {
  readonly aval: ShapedArray;
  readonly buffer: number | null;
}

/** Calls back into JavaScript. */
export interface HostCallKernel {
  readonly kind: "hostCall";
  readonly name: string;
  readonly call: HostFunction;
  readonly inputs: readonly HostOperand[];
  readonly outputs: readonly HostOperand[];
  /** It stays in order with others, and is made though nobody reads its outputs. */
  readonly hasEffects: boolean;
}

export type Kernel = ControlKernel | HostCallKernel | LeafKernel;

/** Kernels that run by themselves. */
export type LeafKernel =
  | BlockedKernel
  | LoopKernel
  | RowKernel
  | ScanKernel
  | DotKernel
  | ContractionKernel
  | SortKernel
  | RoutineKernel
  | FourierKernel
  | ScatterKernel;

export interface BufferInfo {
  readonly id: number;
  readonly dtype: DType;
  /** Elements. */
  readonly size: number;
  /** "local": one row of a row kernel, or one block of a blocked one. "slice": a part of another buffer, that of a block. */
  readonly role: "input" | "const" | "output" | "temp" | "local" | "slice";
  readonly byteLength: number;
}

/** Where a buffer lives at run time. */
export type Placement =
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "const"; readonly index: number }
  | { readonly kind: "result"; readonly index: number }
  /** At a byte offset of the arena; offsets are multiples of 64. */
  | { readonly kind: "arena"; readonly offset: number }
  /** In the scratch memory of the kernel that it is local to. */
  | { readonly kind: "scratch" };

/** A whole program, ready for code generation. */
export interface Program {
  readonly name: string;
  readonly buffers: readonly BufferInfo[];
  /** By buffer id. Results never share memory with each other; a donated argument may be the placement of a result. */
  readonly placements: readonly Placement[];
  readonly kernels: readonly Kernel[];
  /** Buffer of each argument of the jaxpr (may be unused), of each constant, of each result. */
  readonly args: readonly number[];
  readonly consts: readonly number[];
  readonly results: readonly ResultSource[];
  readonly arenaBytes: number;
}

/** A result of the program: a buffer the program writes, or an argument or constant passed through unchanged. */
export type ResultSource =
  | { readonly kind: "buffer"; readonly buffer: number; readonly donatedArg?: number }
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "const"; readonly index: number };
