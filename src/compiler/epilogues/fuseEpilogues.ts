import { accessOf } from "../bufferPlan.ts";
import type { Kernel, LoopKernel } from "../ir.ts";
import type { Draft } from "../lowering/draft.ts";
import { isProduct } from "../products.ts";
import { withEpilogue } from "./asEpilogue.ts";
import { epilogues } from "./limits.ts";

/**
 * Loops that go on with the result of a product become part of it: a bias is added, an activation applied or a
 * parameter updated while the sums are still in registers, so that the result is not written and read again.
 */
export function fuseEpilogues(draft: Draft, kernels: readonly Kernel[]): readonly Kernel[] {
  if (!epilogues.enabled || !kernels.some(isProduct)) return kernels;
  const schedule = new Schedule(kernels);
  for (const unit of schedule.units)
    if (unit.kernel?.kind === "loop") fuse(draft, schedule, unit, unit.kernel);
  return schedule.kernels();
}

/** A kernel and its place in the order of execution. */
interface Unit {
  /** Null once it has become part of another. */
  kernel: Kernel | null;
  place: number;
}

function fuse(draft: Draft, schedule: Schedule, unit: Unit, loop: LoopKernel): void {
  // Of several products the last one: all else that the loop reads is known there.
  const producers = [...accessOf(loop).reads].flatMap((buffer) => schedule.writers(buffer));
  producers.sort((p, q) => q.place - p.place);
  for (const producer of producers) {
    const product = producer.kernel;
    if (product === null || !isProduct(product) || schedule.writers(product.out).length > 1) continue;
    const others = schedule.readers(product.out).filter((reader) => reader !== unit);
    const keepsSum = others.length > 0 || draft.buffers[product.out].role === "output";
    const fused = withEpilogue(draft, product, loop, keepsSum);
    if (fused === null) continue;
    const place = schedule.placeOf(fused, producer, unit, others);
    if (place === null) continue;
    producer.kernel = fused;
    producer.place = place;
    unit.kernel = null;
    unit.place = place;
    return;
  }
}

/**
 * The order of kernels while some of them become one. A unit that has become part of another has the place of that one.
 */
class Schedule {
  readonly units: readonly Unit[];
  private readonly readersOf = new Map<number, Unit[]>();
  private readonly writersOf = new Map<number, Unit[]>();

  constructor(kernels: readonly Kernel[]) {
    this.units = kernels.map((kernel, place): Unit => ({ kernel, place }));
    kernels.forEach((kernel, i) => {
      const access = accessOf(kernel);
      for (const buffer of access.reads) append(this.readersOf, buffer, this.units[i]);
      for (const buffer of access.writes) append(this.writersOf, buffer, this.units[i]);
    });
  }

  readers(buffer: number): readonly Unit[] {
    return this.readersOf.get(buffer) ?? [];
  }
  writers(buffer: number): readonly Unit[] {
    return this.writersOf.get(buffer) ?? [];
  }

  /** The kernels in their order; of those at one place the earlier ones come first. */
  kernels(): readonly Kernel[] {
    const live = this.units.filter((unit): unit is Unit & { kernel: Kernel } => unit.kernel !== null);
    return live.sort((p, q) => p.place - q.place).map((unit) => unit.kernel);
  }

  /**
   * Where a product with the epilogue of a loop can run: as early as possible, so that what it reads is soon needed no
   * more, but after all others that read what it could overwrite. Null when others read the sums before the loop's
   * operands are known.
   */
  placeOf(fused: Kernel, product: Unit, loop: Unit, others: readonly Unit[]): number | null {
    const { reads, reuse } = accessOf(fused);
    const own = (unit: Unit) => unit === product || unit === loop;
    const last = Math.min(loop.place, ...others.map((unit) => unit.place - HALF));
    const after = (units: readonly Unit[]) => {
      const places = units.filter((unit) => !own(unit)).map((unit) => unit.place + HALF);
      return Math.max(product.place, ...places);
    };
    const first = after([...reads].flatMap((buffer) => this.writers(buffer)));
    if (first > last) return null;
    const inPlace = after(reuse.flatMap(([buffer]) => this.readers(buffer)));
    return inPlace <= last ? Math.max(first, inPlace) : first;
  }
}

/** Between two kernels: places of those that do not move are whole numbers. */
const HALF = 0.5;

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
