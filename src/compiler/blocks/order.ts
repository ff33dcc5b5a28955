import { accessOf } from "../bufferPlan.ts";
import { hasEffects } from "../hostCall.ts";
import type { Kernel } from "../ir.ts";

/** Groups that reach further than this are not looked for. */
const WINDOW = 256;

/** What kernels with effects read and write as if it were a buffer, so that they stay in order. */
const WORLD = -1;

/** The kernels of a program in an order of execution, and which of them have become one. */
export class Order {
  private units: (readonly Kernel[])[];
  private readonly position = new Map<Kernel, number>();
  private readonly readersOf = new Map<number, Kernel[]>();
  private readonly writersOf = new Map<number, Kernel[]>();
  private readonly accesses = new Map<Kernel, { reads: ReadonlySet<number>; writes: readonly number[] }>();

  constructor(kernels: readonly Kernel[]) {
    this.units = kernels.map((kernel) => [kernel]);
    for (const kernel of kernels) {
      const { reads, writes } = accessOf(kernel);
      const access = hasEffects(kernel)
        ? { reads: new Set([...reads, WORLD]), writes: [...writes, WORLD] }
        : { reads, writes };
      this.accesses.set(kernel, access);
      for (const buffer of access.reads) append(this.readersOf, buffer, kernel);
      for (const buffer of access.writes) append(this.writersOf, buffer, kernel);
    }
    this.number(0);
  }

  readers(buffer: number): readonly Kernel[] {
    return this.readersOf.get(buffer) ?? [];
  }
  writers(buffer: number): readonly Kernel[] {
    return this.writersOf.get(buffer) ?? [];
  }
  writes(kernel: Kernel): readonly number[] {
    return this.accessOf(kernel).writes;
  }
  isFree(kernel: Kernel): boolean {
    return this.units[this.position.get(kernel) as number].length === 1;
  }

  /** The given kernels in order. */
  sorted(kernels: Iterable<Kernel>): Kernel[] {
    const at = (kernel: Kernel) => this.position.get(kernel) as number;
    return [...kernels].sort((a, b) => at(a) - at(b));
  }

  /** Whether some kernels can run one after the other with nothing in between. */
  canJoin(kernels: Iterable<Kernel>): boolean {
    return this.arrange(kernels) !== null;
  }

  /** Makes one of some kernels; what depends on them comes after, all else before. */
  join(kernels: Iterable<Kernel>): void {
    const arranged = this.arrange(kernels);
    if (arranged === null) throw new Error("kernels that cannot run together");
    const { first, last, units } = arranged;
    this.units = [...this.units.slice(0, first), ...units, ...this.units.slice(last + 1)];
    this.number(first);
  }

  /** The kernels in order, joined ones in lists. */
  all(): readonly (readonly Kernel[])[] {
    return this.units;
  }

  private arrange(
    kernels: Iterable<Kernel>,
  ): { first: number; last: number; units: (readonly Kernel[])[] } | null {
    const joined = this.sorted(kernels);
    const members = new Set(joined);
    const first = this.position.get(joined[0]) as number;
    const last = this.position.get(joined[joined.length - 1]) as number;
    if (last - first > WINDOW) return null;
    const before: (readonly Kernel[])[] = [];
    const after: (readonly Kernel[])[] = [];
    const own = new Set<number>();
    const late = new Set<number>();
    const reads = (unit: readonly Kernel[], set: ReadonlySet<number>) =>
      unit.some((kernel) => [...this.accessOf(kernel).reads].some((buffer) => set.has(buffer)));
    const writes = (unit: readonly Kernel[], set: Set<number>) => {
      for (const kernel of unit) for (const buffer of this.accessOf(kernel).writes) set.add(buffer);
    };
    for (const unit of this.units.slice(first, last + 1)) {
      if (members.has(unit[0])) {
        if (reads(unit, late)) return null;
        writes(unit, own);
      } else if (reads(unit, own) || reads(unit, late)) {
        after.push(unit);
        writes(unit, late);
      } else {
        before.push(unit);
      }
    }
    return { first, last, units: [...before, joined, ...after] };
  }

  private accessOf(kernel: Kernel) {
    return this.accesses.get(kernel) as { reads: ReadonlySet<number>; writes: readonly number[] };
  }

  private number(from: number): void {
    for (let i = from; i < this.units.length; i++) for (const k of this.units[i]) this.position.set(k, i);
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
