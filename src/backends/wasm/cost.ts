import type { Kernel, Node, Program } from "../../compiler/ir.ts";
import { innerAxesOf, passesOf } from "../../compiler/nest.ts";
import { childrenOf, nodesOf } from "../../compiler/nodes/walk.ts";
import { scalarOps } from "../../compiler/scalarOps.ts";
import { buffersOf } from "./codegen/kernelKey.ts";

const product = (sizes: readonly number[]) => sizes.reduce((n, size) => n * size, 1);

/** Floating-point operations of a program: one for each scalar operation on floats, two for each product that is summed. */
export function flopsOf(program: Program): number {
  return program.kernels.reduce((sum, kernel) => sum + kernelFlops(kernel), 0);
}

function kernelFlops(kernel: Kernel): number {
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
      return product(kernel.axes) * (1 + expressionFlops(nodesOf([kernel.value])));
    case "dot":
      return 2 * product(kernel.batch) * kernel.m * kernel.n * kernel.k;
    case "contract": {
      const dims = [...kernel.batch, ...kernel.rows, ...kernel.cols, ...kernel.sum];
      return 2 * product(dims.map((d) => d.size));
    }
    case "sort":
      return 0;
  }
}

function expressionFlops(nodes: readonly Node[]): number {
  return nodes.filter(
    (n) => n.kind === "op" && childrenOf(n).some((c) => c.dtype.kind === "float") && n.op in scalarOps,
  ).length;
}

/** Bytes of all buffers that the kernels read or write, counted once per kernel. */
export function bytesAccessed(program: Program): number {
  let bytes = 0;
  for (const kernel of program.kernels) {
    for (const buffer of buffersOf(kernel)) bytes += program.buffers[buffer].byteLength;
  }
  return bytes;
}
