import { innerPrograms, isControlKernel, loopParts } from "../../compiler/control/access.ts";
import type { ControlKernel, FourierKernel, Kernel, LoadNode, Node, Program } from "../../compiler/ir.ts";
import { innerAxesOf, nestRoots, passesOf, storesOf } from "../../compiler/nest.ts";
import { childrenOf, nodesOf } from "../../compiler/nodes/walk.ts";
import { epilogueLoads, type Product, resultDims } from "../../compiler/products.ts";
import { scalarOps } from "../../compiler/scalarOps.ts";
import { scatterRoots } from "../../compiler/scatterRoots.ts";

const product = (sizes: readonly number[]) => sizes.reduce((n, size) => n * size, 1);

/** Floating-point operations of a program: one for each scalar operation on floats, two for each product that is summed. */
export function flopsOf(program: Program): number {
  return program.kernels.reduce((sum, kernel) => sum + kernelFlops(kernel), 0);
}

/** Floating-point operations of a kernel. */
export function kernelFlops(kernel: Kernel): number {
  switch (kernel.kind) {
    case "loop":
    case "row": {
      const points = product(kernel.axes);
      const inner = points * product(innerAxesOf(kernel));
      const counted = new Set<Node>();
      // Each pass computes again what it shares with earlier ones.
      const passes = passesOf(kernel).map(({ reductions, stores }) => {
        const nodes = nodesOf([...reductions, ...stores].map((x) => x.value));
        for (const node of nodes) counted.add(node);
        return reductions.length + expressionFlops(nodes);
      });
      const after = nodesOf(kernel.stores.map((s) => s.value)).filter((node) => !counted.has(node));
      return inner * passes.reduce((sum, n) => sum + n, 0) + points * expressionFlops(after);
    }
    case "scan":
      return product(kernel.axes) * (1 + expressionFlops(nodesOf([kernel.value])));
    case "scatter":
      return product(kernel.axes) * (1 + expressionFlops(nodesOf(scatterRoots(kernel))));
    case "dot":
    case "contract": {
      const sums = kernel.kind === "dot" ? kernel.k : product(kernel.sum.map((d) => d.size));
      const { epilogue = [] } = kernel;
      return (
        product(resultDims(kernel).sizes) *
        (2 * sums + expressionFlops(nodesOf(epilogue.map((s) => s.value))))
      );
    }
    case "blocked":
      return product(kernel.axes) * kernel.stages.reduce((sum, stage) => sum + kernelFlops(stage), 0);
    case "sort":
    case "hostCall":
      return 0;
    case "fourier":
      return fourierFlops(kernel);
    case "routine":
      return kernel.count * kernel.routine.flops;
    case "forLoop":
    case "whileLoop":
    case "branch":
      return controlCost(kernel, flopsOf);
  }
}

/** Floating-point operations: each pass multiplies by roots of unity and adds. */
export function fourierFlops({ radices, before, after }: FourierKernel): number {
  const length = radices.reduce((n, r) => n * r, 1);
  const perElement = radices.reduce((sum, r) => sum + 6 + (r % 2 === 0 ? 2 * Math.log2(r) : 2 * r), 0);
  return length * before * after * perElement;
}

/** All steps of a loop, one step where their number is not known, and the costliest branch. */
function controlCost(kernel: ControlKernel, costOf: (program: Program) => number): number {
  if (kernel.kind === "forLoop")
    return loopParts(kernel).reduce((sum, { length, body }) => sum + length * costOf(body.program), 0);
  const costs = innerPrograms(kernel).map(({ program }) => costOf(program));
  return kernel.kind === "branch" ? Math.max(...costs) : costs.reduce((sum, cost) => sum + cost, 0);
}

function expressionFlops(nodes: readonly Node[]): number {
  return nodes.filter(
    (n) => n.kind === "op" && childrenOf(n).some((c) => c.dtype.kind === "float") && n.op in scalarOps,
  ).length;
}

/** Bytes that the kernels read and write, elements that a kernel needs several times counted once. */
export function bytesAccessed(program: Program): number {
  return program.kernels.reduce((sum, kernel) => sum + kernelBytes(program, kernel), 0);
}

/** Bytes that a kernel reads and writes: of each buffer as many elements as there are places to access, at most all. */
export function kernelBytes(program: Program, kernel: Kernel): number {
  if (isControlKernel(kernel)) return controlCost(kernel, bytesAccessed);
  const elements = new Map<number, number>();
  for (const { buffer, count } of accessesOf(program, kernel)) {
    elements.set(buffer, (elements.get(buffer) ?? 0) + count);
  }
  let bytes = 0;
  for (const [buffer, count] of elements) {
    const { size, dtype, role } = program.buffers[buffer];
    if (role !== "local") bytes += Math.min(count, size) * dtype.itemsize;
  }
  return bytes;
}

interface BufferAccess {
  readonly buffer: number;
  /** Different places that are accessed. */
  readonly count: number;
}

function accessesOf(program: Program, kernel: Kernel): BufferAccess[] {
  switch (kernel.kind) {
    case "loop":
    case "row": {
      const sizes = [...kernel.axes, ...innerAxesOf(kernel)];
      const stores = storesOf(kernel);
      return [...stores, ...loadsOf(nestRoots(kernel))].map((access) => placesOf(access, sizes));
    }
    case "scan":
      return [kernel.store, ...loadsOf([kernel.value])].map((access) => placesOf(access, kernel.axes));
    case "scatter": {
      const { axes, base, baseSize, out } = kernel;
      const loads = loadsOf(scatterRoots(kernel));
      const copied = [base, out].map((buffer) => ({ buffer, count: baseSize }));
      const inPlace = [{ buffer: out, count: Math.min(product(axes), baseSize) }];
      return [
        ...(isInPlace(program, base, out) ? inPlace : copied),
        ...loads.map((access) => placesOf(access, axes)),
      ];
    }
    case "dot": {
      const { lhs, rhs, m, n, k, batch } = kernel;
      const matrices = (strides: readonly number[]) => product(batch.filter((_, i) => strides[i] !== 0));
      return [
        { buffer: lhs.view.buffer, count: matrices(lhs.batch) * m * k },
        { buffer: rhs.view.buffer, count: matrices(rhs.batch) * k * n },
        ...storedAccesses(kernel),
      ];
    }
    case "contract": {
      const all = [...kernel.batch, ...kernel.rows, ...kernel.cols, ...kernel.sum];
      const count = (side: "left" | "right") => product(all.filter((d) => d[side] !== 0).map((d) => d.size));
      return [
        { buffer: kernel.lhs.buffer, count: count("left") },
        { buffer: kernel.rhs.buffer, count: count("right") },
        ...storedAccesses(kernel),
      ];
    }
    case "blocked": {
      const { axes, slices } = kernel;
      const own = new Map(slices.map((s) => [s.id, s]));
      return kernel.stages
        .flatMap((stage) => accessesOf(program, stage))
        .flatMap(({ buffer, count }): BufferAccess[] => {
          const slice = own.get(buffer);
          if (slice === undefined) return [];
          const blocks = product(axes.filter((_, axis) => slice.steps[axis] !== 0));
          return [{ buffer: slice.buffer, count: count * blocks }];
        });
    }
    case "forLoop":
    case "whileLoop":
    case "branch":
      return [];
    case "hostCall":
      return [...kernel.inputs, ...kernel.outputs].flatMap(({ buffer, aval }) =>
        buffer === null ? [] : [{ buffer, count: aval.size }],
      );
    case "sort":
      return [...kernel.inputs, ...kernel.outputs].map((buffer) => ({
        buffer,
        count: kernel.rows * kernel.length,
      }));
    case "fourier":
      return [kernel.input, kernel.output, kernel.twiddles, kernel.turns].flatMap((buffer) =>
        buffer === null ? [] : [{ buffer, count: program.buffers[buffer].size }],
      );
    case "routine":
      return [...kernel.inputs, ...kernel.outputs].map((buffer) => ({
        buffer,
        count: program.buffers[buffer].size,
      }));
  }
}

/** The result of a product, or what its epilogue reads and writes. */
function storedAccesses(kernel: Product): BufferAccess[] {
  const { sizes } = resultDims(kernel);
  if (kernel.epilogue === undefined) return [{ buffer: kernel.out, count: product(sizes) }];
  return [...kernel.epilogue, ...epilogueLoads(kernel)].map((access) => placesOf(access, sizes));
}

function isInPlace(program: Program, a: number, b: number): boolean {
  const [x, y] = [program.placements[a], program.placements[b]];
  return a === b || JSON.stringify(x) === JSON.stringify(y);
}

function loadsOf(roots: readonly Node[]): LoadNode[] {
  return nodesOf(roots).filter((node) => node.kind === "load");
}

/** As many places as there are combinations of the indices that an offset depends on. */
function placesOf(access: { readonly buffer: number; readonly offset: Node }, sizes: readonly number[]) {
  const axes = new Set(
    nodesOf([access.offset]).flatMap((node) => (node.kind === "index" ? [node.axis] : [])),
  );
  return { buffer: access.buffer, count: product([...axes].map((axis) => sizes[axis])) };
}
