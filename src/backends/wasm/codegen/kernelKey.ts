import type {
  BlockedKernel,
  LeafKernel,
  Node,
  ScanKernel,
  ScatterKernel,
  Store,
} from "../../../compiler/ir.ts";
import { innerAxesOf, type NestKernel, nestRoots, passesOf, storesOf } from "../../../compiler/nest.ts";
import { nodesOf } from "../../../compiler/nodes/walk.ts";
import { epilogueRoots, type Product } from "../../../compiler/products.ts";
import { scatterRoots } from "../../../compiler/scatterRoots.ts";

/** The expressions at the roots of a kernel. */
function rootsOf(kernel: NestKernel | ScanKernel | ScatterKernel | Product): Node[] {
  switch (kernel.kind) {
    case "dot":
    case "contract":
      return epilogueRoots(kernel);
    case "loop":
    case "row":
      return nestRoots(kernel);
    case "scan":
      return [kernel.value, kernel.store.offset];
    case "scatter":
      return scatterRoots(kernel);
  }
}

/** The buffers that a kernel shares with others, each once, in an order that equal kernels share. */
export function buffersOf(kernel: LeafKernel): number[] {
  const buffers = new Set<number>();
  switch (kernel.kind) {
    case "blocked":
      return [...new Set(kernel.slices.map((s) => s.buffer))];
    case "dot":
      buffers.add(kernel.lhs.view.buffer).add(kernel.rhs.view.buffer).add(kernel.out);
      for (const { buffer } of kernel.epilogue ?? []) buffers.add(buffer);
      break;
    case "contract":
      buffers.add(kernel.lhs.buffer).add(kernel.rhs.buffer).add(kernel.out);
      for (const { buffer } of kernel.epilogue ?? []) buffers.add(buffer);
      break;
    case "sort":
    case "routine":
      return [...new Set([...kernel.inputs, ...kernel.outputs])];
    case "fourier":
      return [...new Set([kernel.input, kernel.output, kernel.twiddles, kernel.turns])].filter(
        (b) => b !== null,
      );
    case "loop":
    case "row":
      for (const { buffer } of storesOf(kernel)) buffers.add(buffer);
      break;
    case "scan":
      buffers.add(kernel.store.buffer);
      break;
    case "scatter":
      buffers.add(kernel.base).add(kernel.out);
      break;
  }
  for (const node of nodesOf(rootsOf(kernel))) if (node.kind === "load") buffers.add(node.buffer);
  if (kernel.kind === "row") for (const buffer of kernel.locals) buffers.delete(buffer);
  return [...buffers];
}

function blockedKey(
  { axes, stages, slices, locals, origin, localBytes }: BlockedKernel,
  buffers: readonly number[],
  dtypeId: (buffer: number) => number,
): string {
  const own = [...slices.map((s) => s.id), ...locals.map((l) => l.buffer)];
  const stageKeys = stages.map((stage) => {
    const operands = buffersOf(stage);
    return { operands: operands.map((id) => own.indexOf(id)), key: kernelKey(stage, operands, dtypeId) };
  });
  return JSON.stringify({
    types: buffers.map(dtypeId),
    blocked: axes,
    slices: slices.map(({ buffer, offset, steps }) => [buffers.indexOf(buffer), offset, steps]),
    locals: locals.map((l) => l.offset),
    origin: origin === null ? -1 : own.indexOf(origin),
    localBytes,
    stageKeys,
  });
}

/** A short text that is equal for kernels whose {@link kernelKey}s are: most kernels of a program differ in it already. */
export function kernelOutline(kernel: LeafKernel): string {
  switch (kernel.kind) {
    case "loop":
    case "row":
      return `${kernel.kind} ${kernel.axes}|${innerAxesOf(kernel)}|${kernel.name}`;
    case "dot":
      return `dot ${kernel.m},${kernel.n},${kernel.k}|${kernel.batch}`;
    default:
      return kernel.kind;
  }
}

type BufferName = (buffer: number) => string;

/** Expressions as text, each node once, and the number that each has in it. */
function numbered(
  roots: readonly Node[],
  at: BufferName,
): { readonly text: string; readonly ref: (node: Node) => number } {
  const numbers = new Map<Node, number>();
  const ref = (node: Node) => numbers.get(node) as number;
  let text = "";
  for (const node of nodesOf(roots)) {
    numbers.set(node, numbers.size);
    text += `;${node.dtype.id}`;
    switch (node.kind) {
      case "const":
        text += `c${Object.is(node.value, -0) ? "-0" : node.value}`;
        break;
      case "index":
        text += `i${node.axis}`;
        break;
      case "acc":
        text += `a${node.reduction}`;
        break;
      case "load":
        text += `l${at(node.buffer)},${ref(node.offset)}`;
        break;
      case "cast":
        text += `${node.bits ? "r" : "v"}${ref(node.arg)}`;
        break;
      case "op":
        text += `${node.op}(${node.args.map(ref).join()})`;
        break;
    }
  }
  return { text, ref };
}

/** A text that is equal for epilogues that do the same to the buffers of these names. */
export function epilogueKey(kernel: Product, at: BufferName): string {
  const { text, ref } = numbered(epilogueRoots(kernel), at);
  const stores = (kernel.epilogue ?? []).map((s) => `${at(s.buffer)}[${ref(s.offset)}]=${ref(s.value)}`);
  return `${text}|${stores.join("|")}`;
}

/**
 * A text that is equal for kernels which do the same to their buffers, given in the order of {@link buffersOf}. `dtypeId`
 * names the dtype of a buffer.
 */
export function kernelKey(
  kernel: LeafKernel,
  buffers: readonly number[],
  dtypeId: (buffer: number) => number,
): string {
  if (kernel.kind === "blocked") return blockedKey(kernel, buffers, dtypeId);
  const all = kernel.kind === "row" ? [...buffers, ...kernel.locals] : buffers;
  const position = new Map(all.map((buffer, i) => [buffer, i]));
  const at = (buffer: number) => `b${position.get(buffer)}`;
  const types = all.map(dtypeId).join();
  if (kernel.kind === "routine") {
    const { routine, count, inputs, outputs } = kernel;
    return `${types};${routine.key}|${count}|${inputs.map(at)}|${outputs.map(at)}`;
  }
  if (kernel.kind === "fourier") {
    const { radices, sign, before, inner, after, input, output, twiddles, turns } = kernel;
    const places = [input, output, twiddles, turns].map((b) => (b === null ? "" : at(b)));
    return `${types};fourier|${radices}|${sign}|${before}|${inner}|${after}|${places}`;
  }
  if (kernel.kind === "dot" || kernel.kind === "contract" || kernel.kind === "sort") {
    const rename = (key: string, value: unknown) => {
      if (key === "name" || key === "epilogue") return undefined;
      if (key === "dtype") return String(value);
      return (key === "buffer" || key === "out") && typeof value === "number" ? at(value) : value;
    };
    const renamed =
      kernel.kind === "sort"
        ? { ...kernel, inputs: kernel.inputs.map(at), outputs: kernel.outputs.map(at) }
        : kernel;
    const text = `${types};${JSON.stringify(renamed, rename)}`;
    return kernel.kind === "sort" || kernel.epilogue === undefined
      ? text
      : `${text};${epilogueKey(kernel, at)}`;
  }
  const { text: nodes, ref } = numbered(rootsOf(kernel), at);
  let text = types + nodes;
  switch (kernel.kind) {
    case "loop":
    case "row": {
      const stores = (list: readonly Store[]) => {
        for (const { buffer, offset, value } of list) text += `|${at(buffer)}[${ref(offset)}]=${ref(value)}`;
      };
      text += `|${kernel.kind} ${kernel.axes}|${innerAxesOf(kernel)}`;
      for (const pass of passesOf(kernel)) {
        text += "|pass";
        for (const { op, value, dtype } of pass.reductions) text += `|${op} ${ref(value)}:${dtype.id}`;
        stores(pass.stores);
      }
      text += "|then";
      stores(kernel.stores);
      text += `|locals ${all.length - buffers.length}`;
      break;
    }
    case "scan":
      text += `|scan ${kernel.axes}|${kernel.axis}${kernel.reverse}${kernel.op}|${ref(kernel.value)}|`;
      text += `${at(kernel.store.buffer)}[${ref(kernel.store.offset)}]`;
      break;
    case "scatter":
      text += `|scatter ${kernel.axes}|${kernel.guard === null ? "" : ref(kernel.guard)}|${ref(kernel.offset)}`;
      text += `|${ref(kernel.value)}|${kernel.second === null ? "" : ref(kernel.second)}|${kernel.combine}|${at(kernel.base)}|${kernel.baseSize}|${at(kernel.out)}`;
      break;
  }
  return text;
}
