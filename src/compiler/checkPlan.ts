import { accessOf } from "./bufferPlan.ts";
import type { Placement, Program } from "./ir.ts";

/** Buffers that live at the same time must not overlap, unless one takes over the memory of another in the same kernel. */
export function checkPlan(
  program: Program,
  donated: readonly boolean[],
  complain: (where: string, what: string) => never,
): void {
  const { kernels, buffers, placements } = program;
  const never = kernels.length;
  const from = buffers.map(() => never + 1);
  const to = buffers.map(() => -2);
  const touch = (id: number, k: number) => {
    from[id] = Math.min(from[id], k);
    to[id] = Math.max(to[id], k);
  };
  const takeovers = new Set<string>();
  kernels.forEach((kernel, k) => {
    const access = accessOf(kernel);
    for (const id of [...access.reads, ...access.writes]) touch(id, k);
    for (const [a, b] of access.reuse) takeovers.add(`${a},${b},${k}`);
  });
  program.args.forEach((id, i) => {
    touch(id, -1);
    if (donated[i] !== true) touch(id, never);
  });
  for (const id of program.consts) [-1, never].forEach((k) => void touch(id, k));
  for (const r of program.results) {
    if (r.kind === "buffer") touch(r.buffer, never);
    else if (r.kind === "argument") touch(program.args[r.index], never);
  }
  const overlaps = (a: Placement, b: Placement, sizeA: number, sizeB: number): boolean => {
    if (a.kind === "arena") {
      return b.kind === "arena" && a.offset < b.offset + sizeB && b.offset < a.offset + sizeA;
    }
    if (a.kind === "scratch" || b.kind === "arena" || b.kind === "scratch") return false;
    return b.kind === a.kind && b.index === a.index;
  };
  for (let i = 0; i < buffers.length; i++) {
    const a = placements[i];
    const size = buffers[i].byteLength;
    if (to[i] < -1 || size === 0) continue;
    if (a.kind === "arena" && (a.offset % 64 !== 0 || a.offset + size > program.arenaBytes)) {
      complain(`buffer ${i}`, "it does not lie in the arena");
    }
    for (let j = i + 1; j < buffers.length; j++) {
      if (to[j] < -1 || buffers[j].byteLength === 0) continue;
      if (!overlaps(a, placements[j], size, buffers[j].byteLength)) continue;
      const [first, second] = from[i] < from[j] || (from[i] === from[j] && to[i] < to[j]) ? [i, j] : [j, i];
      if (to[first] < from[second]) continue;
      const sameSize = size === buffers[j].byteLength;
      if (to[first] === from[second] && sameSize && takeovers.has(`${first},${second},${from[second]}`))
        continue;
      complain(`buffers ${first} and ${second}`, "they share memory while both are live");
    }
  }
}
