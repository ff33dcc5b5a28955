import type { Draft } from "./lowering/draft.ts";
import { type Group, isReduction } from "./lowering/groups.ts";

/** The groups of a draft in the order of execution: the space of each, what it reads and what it writes. */
export function printGroups(draft: Draft): string {
  const name = (buffer: number) => draftBufferName(draft, buffer);
  const names = (buffers: readonly number[]) =>
    buffers.length === 0 ? "nothing" : [...new Set(buffers)].map(name).join(", ");
  const live = draft.groups.filter((g) => g.kind === "template" || !g.gone).sort((a, b) => a.order - b.order);
  const line = (group: Group): string => {
    if (group.kind === "template") return `template: ${names(group.writes)} from ${names(group.reads)}`;
    const writes = group.stores.map(({ buffer, value }) =>
      isReduction(value) ? `${name(buffer)} (${value.op})` : name(buffer),
    );
    const space = group.space.length === 0 ? "one point" : group.space.join("x");
    const reduced = group.reduceAxes.length === 0 ? "" : `, reducing ${group.reduceAxes.join("x")}`;
    return `loop over ${space}${reduced}: ${writes.join(", ")} from ${names(group.loads.map((l) => l.buffer))}`;
  };
  return live.map((group, i) => `group ${i}: ${line(group)}`).join("\n");
}

function draftBufferName(draft: Draft, buffer: number): string {
  const { role } = draft.buffers[buffer];
  const prefix = { input: "x", const: "c", temp: "t", local: "l", slice: "s", output: "y" }[role];
  const inputs = draft.buffers.findIndex((b) => b.role !== "input");
  return `${prefix}${role === "const" ? buffer - inputs : buffer}`;
}
