import { int32 } from "../dtypes/index.ts";
import { spaceOf } from "./blocks/kernelSpace.ts";
import { accessOf } from "./bufferPlan.ts";
import { checkPlan } from "./checkPlan.ts";
import { Coverage, forEachElement, type Region, storedRegions } from "./coverage.ts";
import type { BlockedKernel, Placement, Program, Slice, Stage } from "./ir.ts";

type Fail = (what: string) => never;

/**
 * What a legal blocked kernel is: slices lie in their buffers for every block, stages are legal kernels over slices and locals, locals are
 * written once and before they are read, do not share memory while both are needed, and what a stage reads of what another one
 * writes is of its own block.
 */
export function checkBlocked(
  program: Program,
  kernel: BlockedKernel,
  fail: Fail,
  checkStage: (stage: Stage) => void,
): void {
  const { buffers } = program;
  const { axes, stages, slices, locals, origin } = kernel;
  for (const slice of slices) checkSlice(program, kernel, slice, fail);
  for (const { buffer } of locals)
    if (buffers[buffer]?.role !== "local") fail(`buffer ${buffer} is not local`);
  if (origin !== null && (buffers[origin].dtype !== int32 || buffers[origin].size !== axes.length))
    fail("the index of the block has one int32 per axis");

  const known = new Set([...slices.map((s) => s.id), ...locals.map((l) => l.buffer)]);
  const pending = new Set(locals.map((l) => l.buffer).filter((id) => id !== origin));
  const written = new WrittenSlices(kernel, fail);
  const coverage = new Coverage(program);
  for (const stage of stages) {
    checkStage(stage);
    const access = accessOf(stage);
    for (const id of [...access.reads, ...access.writes])
      if (!known.has(id)) fail(`buffer ${id} is neither a slice nor a local`);
    for (const id of access.reads)
      if (pending.has(id)) fail(`local buffer ${id} is read before it is written`);
    if (access.writes.includes(origin ?? -1)) fail("a stage writes the index of the block");
    written.check(stage);
    const regions = storedRegions(stage);
    coverage.add(
      regions.filter((r) => buffers[r.buffer].role === "local"),
      fail,
    );
    written.add(regions);
    for (const id of access.writes) pending.delete(id);
  }
  coverage.finish((_, what) => fail(what));
  for (const id of pending) fail(`local buffer ${id} is never written`);
  checkPlan(localsAsProgram(program, kernel), [], (_, what) => fail(what));
}

function checkSlice({ buffers }: Program, { axes }: BlockedKernel, slice: Slice, fail: Fail): void {
  const { id, buffer, offset, steps } = slice;
  const [own, whole] = [buffers[id], buffers[buffer]];
  if (own?.role !== "slice" || whole.role === "local" || whole.role === "slice")
    fail(`${id} is no slice of a buffer`);
  if (own.dtype !== whole.dtype) fail(`slice ${id} has another dtype than buffer ${buffer}`);
  if (steps.length !== axes.length || offset < 0 || steps.some((step) => step < 0))
    fail(`slice ${id} moves backwards`);
  const reach = steps.reduce((sum, step, axis) => sum + step * (axes[axis] - 1), offset);
  if (reach + own.size > whole.size) fail(`slice ${id} reaches beyond buffer ${buffer}`);
}

/** Of buffers that stages write and read: each block reads only what it wrote. */
class WrittenSlices {
  private readonly slices: ReadonlyMap<number, Slice>;
  private readonly fail: Fail;
  private readonly places = new Map<number, { readonly slice: Slice; readonly elements: Set<number> }>();

  constructor({ slices }: BlockedKernel, fail: Fail) {
    this.slices = new Map(slices.map((s) => [s.id, s]));
    this.fail = fail;
  }

  add(regions: readonly Region[]): void {
    for (const region of regions) {
      const slice = this.slices.get(region.buffer);
      if (slice === undefined) continue;
      const known = this.places.get(slice.buffer) ?? { slice, elements: new Set<number>() };
      this.places.set(slice.buffer, known);
      forEachElement(region, (at) => known.elements.add(slice.offset + at));
    }
  }

  check(stage: Stage): void {
    const { sizes, reads } = spaceOf(stage);
    for (const { buffer, strides, constant } of reads) {
      const slice = this.slices.get(buffer);
      const written = slice === undefined ? undefined : this.places.get(slice.buffer);
      if (slice === undefined || written === undefined) continue;
      if (strides === null || slice.steps.some((step, axis) => step !== written.slice.steps[axis]))
        this.fail(`a stage reads other blocks of buffer ${slice.buffer}`);
      forEachElement({ buffer, constant, strides: strides as readonly number[], sizes }, (at) => {
        if (!written.elements.has(slice.offset + at))
          this.fail(
            `a stage reads element ${slice.offset + at} of buffer ${slice.buffer}, which its block did not write`,
          );
      });
    }
  }
}

/** The memory of a block as that of a program of which the stages are the kernels. */
function localsAsProgram(program: Program, { stages, locals, localBytes, origin }: BlockedKernel): Program {
  const placements: Placement[] = program.buffers.map(() => ({ kind: "scratch" }));
  for (const { buffer, offset } of locals) placements[buffer] = { kind: "arena", offset };
  return {
    ...program,
    placements,
    kernels: stages,
    args: origin === null ? [] : [origin],
    consts: [],
    results: [],
    arenaBytes: localBytes,
  };
}
