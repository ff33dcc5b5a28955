import type { BlockedKernel, Kernel } from "../ir.ts";
import type { Draft } from "../lowering/draft.ts";
import { BlockBuilder } from "./blockBuilder.ts";
import type { DigitCut } from "./cuts.ts";
import type { Member } from "./digits.ts";
import { type BlockGroup, findGroup } from "./group.ts";
import { isStage } from "./kernelSpace.ts";
import { Order } from "./order.ts";
import { sliceDot } from "./sliceDot.ts";
import { sliceNest } from "./sliceNest.ts";
import { blocking } from "./tuning.ts";

/**
 * Kernels that share outer indices and hand each other large intermediates run block by block, where that saves time: a block of the
 * intermediate is still in the cache when it is read, and the whole of it is never in memory. In an attention the products of queries and keys,
 * the softmax and the product with the values share the batch, the heads and the queries.
 */
export function blockKernels(draft: Draft, kernels: readonly Kernel[]): readonly Kernel[] {
  if (!blocking.enabled || !kernels.some((k) => k.kind === "dot")) return kernels;
  if (intermediateBytes(draft) < blocking.leastBytes) return kernels;
  const order = new Order(kernels);
  const made = new Map<Kernel, readonly BlockedKernel[]>();
  for (const kernel of kernels) {
    if (!isStage(kernel) || !order.isFree(kernel)) continue;
    const group = findGroup(draft, order, kernel);
    const blocked = group === null ? null : build(draft, order, group);
    if (group === null || blocked === null) continue;
    const members = group.sharing.members.map((m) => m.kernel);
    order.join(members);
    made.set(order.sorted(members)[0], blocked);
  }
  if (made.size === 0) return kernels;
  return order.all().flatMap((unit) => made.get(unit[0]) ?? unit);
}

function intermediateBytes({ buffers }: Draft): number {
  return buffers.reduce((n, { role, size, dtype }) => (role === "temp" ? n + size * dtype.itemsize : n), 0);
}

/** The kernel for most of the index space, and one for what is left over; null when a member cannot be cut so. */
function build(draft: Draft, order: Order, group: BlockGroup): readonly BlockedKernel[] | null {
  const mark = draft.buffers.length;
  const { main, rest } = group.cuts;
  const parts = (rest === null ? [main] : [main, rest]).map((cuts) => buildPart(draft, order, group, cuts));
  if (parts.every((part) => part !== null)) return parts;
  draft.buffers.length = mark;
  return null;
}

function buildPart(
  draft: Draft,
  order: Order,
  { sharing, locals }: BlockGroup,
  cuts: readonly DigitCut[],
): BlockedKernel | null {
  const builder = new BlockBuilder(draft, sharing, cuts, locals);
  const memberOf = new Map<Kernel, Member>(sharing.members.map((m) => [m.kernel, m]));
  const kernels = order.sorted(memberOf.keys());
  for (const kernel of kernels) {
    const member = memberOf.get(kernel) as Member;
    const stage = kernel.kind === "dot" ? sliceDot(builder, member) : sliceNest(builder, member);
    if (stage === null) return null;
    builder.add(stage);
  }
  return builder.finish(`blocks_${kernels[0].name}_to_${kernels[kernels.length - 1].name}`);
}
