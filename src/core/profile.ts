/** What a kernel of a compiled program costs. */
export interface KernelProfile {
  /** Its number and name in `asText("kernels")`. */
  readonly index: number;
  readonly name: string;
  readonly milliseconds: number;
  /** The part of the time of all kernels, from 0 to 1. */
  readonly share: number;
  /** Operations on floats, and bytes read and written, as counted from the kernel; each element counts once. */
  readonly flops: number;
  readonly bytes: number;
  /** Rates: `flops` and `bytes` over the time. */
  readonly gflopsPerSecond: number;
  readonly gbytesPerSecond: number;
  /** Parts of the work that threads can take, and how many threads took part. */
  readonly pieces: number;
  readonly threads: number;
  /** Memory of each thread for packed operands and the like. */
  readonly scratchBytes: number;
  /** The loops, vectors, tiles and pieces that were chosen, as `asText("choices")` has them. */
  readonly choices: string;
}

/** Times of a program and of each of its kernels; prints as a table. */
export class Profile {
  /** The name of the program. */
  readonly name: string;
  /** A whole call: the kernels, and checking arguments, allocating and wrapping results around them. */
  readonly milliseconds: number;
  /** The calls measured; times are medians over them, or means where the clock is coarse beside them. */
  readonly calls: number;
  /** One for each kernel, in the order in which they run. */
  readonly kernels: readonly KernelProfile[];

  /** @internal Use `jit(f).lower(...).compile().profile(...)`. */
  constructor(name: string, milliseconds: number, calls: number, kernels: readonly KernelProfile[]) {
    this.name = name;
    this.milliseconds = milliseconds;
    this.calls = calls;
    this.kernels = kernels;
  }

  /** The table: one line for the program and one for each kernel; a single line when there is one kernel. */
  toString(): string {
    const { kernels } = this;
    const inside = kernels.reduce((sum, k) => sum + k.milliseconds, 0);
    const count = kernels.length === 1 ? "1 kernel" : `${kernels.length} kernels`;
    const calls = this.calls > 1 ? ` (${this.calls} calls)` : "";
    const title = `${this.name}: ${time(this.milliseconds)} ms, of which ${count} ${time(inside)} ms${calls}`;
    if (kernels.length === 0) return title;
    if (kernels.length === 1) return `${title}: ${oneLine(kernels[0])}`;
    const columns: [title: string, cell: (k: KernelProfile) => string][] = [
      ["ms", (k) => time(k.milliseconds)],
      ["share", (k) => `${(100 * k.share).toFixed(1)}%`],
      ["GFLOP/s", (k) => rate(k.gflopsPerSecond)],
      ["GB/s", (k) => rate(k.gbytesPerSecond)],
      ["pieces", (k) => String(k.pieces)],
      ["threads", (k) => String(k.threads)],
      ["scratch", (k) => (k.scratchBytes === 0 ? "-" : bytesText(k.scratchBytes))],
    ];
    const cells = columns.map(([heading, cell]) => [heading, ...kernels.map(cell)]);
    const widths = cells.map((column) => Math.max(...column.map((text) => text.length)));
    const names = ["kernel", ...kernels.map((k) => `${k.index} ${k.name}`)];
    const lines = names.map(
      (name, row) => `  ${cells.map((column, i) => column[row].padStart(widths[i])).join("  ")}  ${name}`,
    );
    return [title, ...lines].join("\n");
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

function oneLine(k: KernelProfile): string {
  const parts = [k.name];
  if (k.flops > 0) parts.push(`${rate(k.gflopsPerSecond)} GFLOP/s`);
  parts.push(`${rate(k.gbytesPerSecond)} GB/s`);
  if (k.pieces > 1)
    parts.push(`${k.pieces} pieces on ${k.threads === 1 ? "1 thread" : `${k.threads} threads`}`);
  return parts.join(", ");
}

function time(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 10 ? 4 : milliseconds < 100 ? 3 : 2);
}

function rate(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return "-";
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

/** A number of bytes for people. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 1048576).toFixed(1)} MB`;
}
