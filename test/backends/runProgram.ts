import { MATH_MODULE } from "../../src/backends/wasm/codegen/library.ts";
import { emitProgram } from "../../src/backends/wasm/codegen/program.ts";
import { wasmFeatures } from "../../src/backends/wasm/features.ts";
import { scalarMath } from "../../src/backends/wasm/math/index.ts";
import type { Program } from "../../src/compiler/ir.ts";
import type { HostData } from "../../src/dtypes/index.ts";
import { hostArray } from "../../src/dtypes/index.ts";

const memory = new WebAssembly.Memory({ initial: 1 });
const imports = {
  env: { memory },
  [MATH_MODULE]: Object.fromEntries(Object.entries(scalarMath).map(([name, { call }]) => [name, call])),
};

/**
 * Runs compiled code in a memory laid out tightly, with canaries around every block: a write outside a result or a read that
 * matters beyond an argument shows.
 *
 * @param fill What every byte of the results is before.
 */
export function runProgram(
  program: Program,
  args: readonly HostData[],
  consts: readonly HostData[] = [],
  fill = 0,
): HostData[] {
  wasmFeatures();
  const code = emitProgram(program);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code.bytes), imports);
  let end = 1024;
  const place = (bytes: number) => {
    const ptr = end;
    end = Math.ceil((end + bytes + 16) / 64) * 64;
    return ptr;
  };
  const at: Record<string, number[]> = { argument: [], const: [], result: [] };
  args.forEach((a) => at.argument.push(place(a.byteLength)));
  consts.forEach((a) => at.const.push(place(a.byteLength)));
  const sizes = new Map<number, number>();
  program.placements.forEach((p, buffer) => {
    if (p.kind === "result") sizes.set(p.index, program.buffers[buffer].byteLength);
  });
  for (const [index, bytes] of sizes) at.result[index] = place(bytes);
  const arena = place(code.arenaBytes);
  if (end > memory.buffer.byteLength) memory.grow(Math.ceil((end - memory.buffer.byteLength) / 65536));
  const u8 = new Uint8Array(memory.buffer);
  u8.fill(fill, 1024, end);
  const bytesOf = (a: HostData) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  args.forEach((a, i) => u8.set(bytesOf(a), at.argument[i]));
  consts.forEach((a, i) => u8.set(bytesOf(a), at.const[i]));
  const before = u8.slice(0, end);
  const pointers = code.pointers.map(({ kind, index }) => at[kind][index]);
  if (code.tableOffset !== null) new Int32Array(memory.buffer, arena + code.tableOffset).set(pointers);
  const run = exports.run as (...p: number[]) => void;
  if (code.tableOffset !== null) run(arena);
  else run(...pointers, ...(code.arenaBytes > 0 ? [arena] : []));
  // Nothing but results and the arena may have changed.
  const written: [number, number][] = [[arena, arena + code.arenaBytes]];
  program.placements.forEach((p, buffer) => {
    if (p.kind === "arena" || p.kind === "const" || p.kind === "scratch") return;
    // Buffers that the program writes may take the place of donated arguments.
    const isOwn = program.buffers[buffer].role !== "input";
    if (p.kind === "result" || isOwn) {
      const start = at[p.kind][p.index];
      written.push([start, start + program.buffers[buffer].byteLength]);
    }
  });
  written.sort((a, b) => a[0] - b[0]);
  let from = 1024;
  for (const [start, stop] of [...written, [end, end] as [number, number]]) {
    for (let i = from; i < start; i++) {
      if (u8[i] !== before[i]) throw new Error(`byte ${i} outside the results was written`);
    }
    from = Math.max(from, stop);
  }
  return program.results.map((source) => {
    if (source.kind === "argument") return args[source.index].slice();
    if (source.kind === "const") return consts[source.index].slice();
    const { dtype } = program.buffers[source.buffer];
    const p = program.placements[source.buffer];
    if (p.kind === "arena" || p.kind === "scratch") throw new Error("a result is in the arena");
    const start = at[p.kind][p.index];
    return hostArray(dtype, memory.buffer.slice(start, start + program.buffers[source.buffer].byteLength));
  });
}
