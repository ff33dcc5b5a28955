import type { ReduceOp } from "../../core/lowering.ts";
import type { DType } from "../../dtypes/index.ts";
import type { Kernel, LoadNode, Node } from "../ir.ts";

/**
 * Groups are kernels in the making: loops that can still take in further stores and reductions, and finished templates. Each has a place in
 * the order of execution; every group it reads from has an earlier one.
 */
export type Group = LoopGroup | TemplateGroup;

interface GroupBase {
  /** The place in the order of execution. */
  order: number;
  /** Groups whose buffers this one reads, and groups that read its buffers. */
  readonly inputs: Set<Group>;
  readonly consumers: Set<Group>;
}

export interface ReductionDraft {
  readonly op: ReduceOp;
  readonly value: Node;
  readonly dtype: DType;
}

export interface StoreDraft {
  readonly buffer: number;
  /** Affine in the loop indices: in all of them for a store at inner points, in those of `space` for others. */
  readonly offset: Node;
  readonly value: Node | ReductionDraft;
  /** Whether every inner point stores, and not every point of `space`. */
  readonly inner: boolean;
}

/**
 * A loop nest: reductions over `reduceAxes` for every point of `space`, stores at inner points (then it becomes a row kernel), and stores per
 * point. Values read what the group itself stores by loads of those buffers; a store comes after those that it reads.
 */
export interface LoopGroup extends GroupBase {
  readonly kind: "loop";
  /** How many fences were there before it. */
  readonly epoch: number;
  space: readonly number[];
  reduceAxes: readonly number[];
  stores: readonly StoreDraft[];
  /** Loads in the values, and an upper bound of the number of nodes. */
  loads: readonly LoadNode[];
  nodes: number;
  /** True once merged into another group. */
  gone: boolean;
}

/** A kernel with an algorithm of its own; built when the program is finished. */
export interface TemplateGroup extends GroupBase {
  readonly kind: "template";
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** It is run though nothing reads what it writes. */
  readonly hasEffects: boolean;
  readonly build: () => Kernel | readonly Kernel[];
}

export function isReduction(value: Node | ReductionDraft): value is ReductionDraft {
  return !("kind" in value);
}
