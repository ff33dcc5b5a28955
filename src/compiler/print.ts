import { float32, int32 } from "../dtypes/index.ts";
import { printControl } from "./control/printControl.ts";
import type {
  BlockedKernel,
  ConstNode,
  ContractionDim,
  HostOperand,
  Kernel,
  LoopKernel,
  Node,
  Placement,
  Program,
  Reduction,
  ResultSource,
  RowKernel,
  Store,
  View,
} from "./ir.ts";
import { nestRoots } from "./nest.ts";
import { childrenOf, nodesOf } from "./nodes/walk.ts";
import { epilogueRoots, type Product, resultDims } from "./products.ts";
import { scatterRoots } from "./scatterRoots.ts";
import { writesOf } from "./writes.ts";

/** A program as text, one line per kernel: `asText("kernels")`. */
export function printProgram(program: Program): string {
  const lines = [`program ${program.name}: arena ${program.arenaBytes} bytes`];
  program.buffers.forEach((info, id) => {
    if (info.role === "slice" || (info.role === "temp" && !isUsed(program, id))) return;
    const at = printPlacement(program.placements[id]);
    lines.push(`  ${bufferName(program, id)}: ${info.dtype.short}[${info.size}] ${at}`);
  });
  lines.push(printKernels(program, program.kernels));
  lines.push(`return ${program.results.map((r) => printResult(program, r)).join(", ")}`);
  return lines.join("\n");
}

/** Kernels as text, with the names that buffers have in a program. */
export function printKernels(program: Program, kernels: readonly Kernel[]): string {
  const name = (id: number) => bufferName(program, id);
  return kernels.map((kernel, i) => `kernel ${i}: ${printKernel(kernel, name)}`).join("\n");
}

function isUsed(program: Program, id: number): boolean {
  return program.kernels.some((k) => writesOf(k).includes(id));
}

/** `x0` for arguments, `c0` for constants, `t5` for temporaries, `l6` for rows of one kernel, `y7` for outputs. */
function bufferName(program: Program, id: number): string {
  const { role } = program.buffers[id];
  if (role === "input") return `x${program.args.indexOf(id)}`;
  if (role === "const") return `c${program.consts.indexOf(id)}`;
  return `${role === "temp" ? "t" : role === "local" ? "l" : "y"}${id}`;
}

function printPlacement(at: Placement): string {
  if (at.kind === "scratch") return "in scratch";
  return at.kind === "arena" ? `at ${at.offset}` : `in ${at.kind} ${at.index}`;
}

function printResult(program: Program, source: ResultSource): string {
  return source.kind === "buffer" ? bufferName(program, source.buffer) : `${source.kind} ${source.index}`;
}

/** Indices of blocks have capital letters. */
const blockAxisName = (axis: number): string => axisName(axis).toUpperCase();

const axisNames = "ijklmnpqruvwz";
/** The name of a loop index in printed kernels. */
export function axisName(axis: number): string {
  return axis < axisNames.length ? axisNames[axis] : `i${axis}`;
}

type Side = "left" | "right" | "result";
type Name = (buffer: number) => string;
const plainName: Name = (id) => `b${id}`;

export function printKernel(kernel: Kernel, name: Name = plainName): string {
  switch (kernel.kind) {
    case "loop":
      return printLoop(kernel, name);
    case "row":
      return printRow(kernel, name);
    case "blocked":
      return printBlocked(kernel, name);
    case "scan": {
      const { op, axes, axis, store, value } = kernel;
      const e = new Expressions([store.offset, value], name);
      const order = kernel.reverse ? "downward " : "";
      const target = `${name(store.buffer)}[${e.text(store.offset)}]`;
      const source = `${order}running ${op} over ${axisName(axis)} of ${e.text(value)}`;
      return `${kernel.name}${printAxes(axes, 0)}: ${e.definitions()}${target} = ${source}`;
    }
    case "dot": {
      const batch = kernel.batch.length > 0 ? `batch ${kernel.batch.join("x")}, ` : "";
      const view = (v: View) =>
        `${name(v.buffer)}${v.offset === 0 ? "" : `+${v.offset}`}(${v.strides.join(",")})`;
      const sizes = `m=${kernel.m} n=${kernel.n} k=${kernel.k}`;
      const product = `${view(kernel.lhs.view)} . ${view(kernel.rhs.view)}`;
      const { result } = kernel;
      const strides = result === undefined ? "" : `(${[...result.batch, result.rowStride, 1].join(",")})`;
      const start = `${kernel.name} ${kernel.dtype.short} ${batch}${sizes}`;
      return `${start}: ${printSum(kernel, `${name(kernel.out)}${strides}`, product, name)}`;
    }
    case "contract": {
      const { batch, rows, cols, sum, lhs, rhs, out, outOffset, dtype } = kernel;
      const sizes = (dims: readonly ContractionDim[]) => dims.map((d) => d.size).join("x") || "1";
      const at = (buffer: number, offset: number, dims: readonly ContractionDim[], side: Side) =>
        `${name(buffer)}${offset === 0 ? "" : `+${offset}`}(${dims.map((d) => d[side]).join(",")})`;
      const left = at(lhs.buffer, lhs.offset, [...batch, ...rows, ...sum], "left");
      const right = at(rhs.buffer, rhs.offset, [...batch, ...sum, ...cols], "right");
      const result = at(out, outOffset, [...batch, ...rows, ...cols], "result");
      const shape = `${batch.length > 0 ? `batch ${sizes(batch)}, ` : ""}m=${sizes(rows)} n=${sizes(cols)} k=${sizes(sum)}`;
      return `${kernel.name} ${dtype.short} ${shape}: ${printSum(kernel, result, `${left} . ${right}`, name)}`;
    }
    case "forLoop":
    case "whileLoop":
    case "branch":
      return printControl(kernel, name, printProgram);
    case "hostCall": {
      const list = (operands: readonly HostOperand[]) =>
        operands.map(({ aval, buffer }) => (buffer === null ? `${aval}` : name(buffer))).join(", ");
      const results = kernel.outputs.length === 0 ? "" : `${list(kernel.outputs)} = `;
      return `${kernel.name}: ${results}JavaScript(${list(kernel.inputs)})${kernel.hasEffects ? ", in order" : ""}`;
    }
    case "sort": {
      const list = (ids: readonly number[]) => ids.map(name).join(", ");
      const size = `${kernel.rows} rows of ${kernel.length}`;
      return `${kernel.name} ${size} by ${kernel.numKeys} keys: ${list(kernel.outputs)} = ${list(kernel.inputs)}`;
    }
    case "routine": {
      const list = (ids: readonly number[]) => ids.map(name).join(", ");
      const { key } = kernel.routine;
      return `routine ${key}, ${kernel.count} times: ${list(kernel.outputs)} = ${list(kernel.inputs)}`;
    }
    case "fourier": {
      const { radices, sign, before, inner, after, input, output, turns } = kernel;
      const turned = turns === null ? "" : ` * ${name(turns)}`;
      const size = `[${before / inner}, ${radices.join("*")}, ${inner}, ${after}]`;
      return `${kernel.name} ${sign > 0 ? "+" : "-"}${size}: ${name(output)} = ${name(input)}${turned}`;
    }
    case "scatter": {
      const { guard, offset, value, second, out, base, combine } = kernel;
      const e = new Expressions(scatterRoots(kernel), name);
      const when = guard === null ? "" : ` if ${e.text(guard)}`;
      const update = `${name(out)}[${e.text(offset)}] ${combine} ${e.text(value)}${second === null ? "" : `, ${e.text(second)}`}`;
      const loops = printAxes(kernel.axes, 0);
      return `${kernel.name} ${name(out)} = ${name(base)};${loops}: ${e.definitions()}${update}${when}`;
    }
  }
}

/** Where a product goes, or what its epilogue makes of each sum. */
function printSum(kernel: Product, result: string, product: string, name: Name): string {
  const { epilogue } = kernel;
  if (epilogue === undefined) return `${result} = ${product}`;
  const stores = printStores(epilogue, new Expressions(epilogueRoots(kernel), name), name);
  return `r0 = ${product}; ${stores.join("; ")}${printAxes(resultDims(kernel).sizes, 0)}`;
}

/** Slices as `x0{i*512 + j*64}`: where they begin for the block (i, j). */
function printBlocked(kernel: BlockedKernel, name: Name): string {
  const { axes, stages, slices, origin } = kernel;
  const own = new Map(slices.map((slice) => [slice.id, slice]));
  const sliceName: Name = (id) => {
    const slice = own.get(id);
    if (slice === undefined) return id === origin ? "origin" : name(id);
    const { buffer, offset, steps } = slice;
    const moves = steps.flatMap((step, axis) => (step === 0 ? [] : [`${blockAxisName(axis)}*${step}`]));
    if (offset !== 0) moves.push(String(offset));
    return moves.length === 0 ? name(buffer) : `${name(buffer)}{${moves.join(" + ")}}`;
  };
  const lines = stages.map((stage) => `\n    ${printKernel(stage, sliceName)}`);
  const blocks = axes.map((n, axis) => `${blockAxisName(axis)} in ${n}`).join(", ");
  return `${kernel.name} for ${blocks}, ${kernel.localBytes} bytes:${lines.join("")}`;
}

function printLoop(kernel: LoopKernel, name: Name): string {
  const { axes, reductions, stores } = kernel;
  const e = new Expressions(nestRoots(kernel), name);
  const parts: string[] = [];
  reductions.forEach((r, k) => {
    const value = e.text(r.value);
    parts.push(`${e.definitions()}r${k} = ${r.op}(${value})${printAxes(kernel.reduceAxes, axes.length)}`);
  });
  parts.push(...printStores(stores, e, name));
  return `${kernel.name}${printAxes(axes, 0)}: ${parts.join("; ")}`;
}

function printStores(stores: readonly Store[], e: Expressions, name: Name): string[] {
  return stores.map((s) => {
    const [offset, value] = [e.text(s.offset), e.text(s.value)];
    return `${e.definitions()}${name(s.buffer)}[${offset}] = ${value}`;
  });
}

function printRow(kernel: RowKernel, name: Name): string {
  const { axes, inner, passes, stores } = kernel;
  const e = new Expressions(nestRoots(kernel), name);
  let reductions = 0;
  const reduce = (r: Reduction) => {
    const value = e.text(r.value);
    return `${e.definitions()}r${reductions++} = ${r.op}(${value})`;
  };
  const parts = passes.map((pass) => {
    const steps = printStores(pass.stores, e, name);
    steps.push(...pass.reductions.map(reduce));
    return `(${steps.join("; ")})${printAxes(inner, axes.length)}`;
  });
  return `${kernel.name}${printAxes(axes, 0)}: ${[...parts, ...printStores(stores, e, name)].join("; ")}`;
}

function printAxes(sizes: readonly number[], from: number): string {
  if (sizes.length === 0) return "";
  return ` for ${sizes.map((n, a) => `${axisName(from + a)} in ${n}`).join(", ")}`;
}

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  rem: "%",
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  and: "&",
  or: "|",
  xor: "^",
};
const tight = new Set(["mul", "div", "rem"]);

/** Prints the expressions of a kernel; operations used more than once get names. */
class Expressions {
  private readonly name: Name;
  private readonly uses = new Map<Node, number>();
  private readonly names = new Map<Node, string>();
  private readonly pending: string[] = [];

  constructor(roots: readonly Node[], name: Name) {
    this.name = name;
    for (const node of nodesOf(roots)) {
      for (const child of childrenOf(node)) this.uses.set(child, (this.uses.get(child) ?? 0) + 1);
    }
    for (const root of roots) this.uses.set(root, (this.uses.get(root) ?? 0) + 1);
  }

  /** The definitions that the texts since the last call refer to. */
  definitions(): string {
    return this.pending
      .splice(0)
      .map((d) => `${d}; `)
      .join("");
  }

  text(node: Node): string {
    const known = this.names.get(node);
    if (known !== undefined) return known;
    const text = this.print(node);
    const isData = (node.kind === "op" || node.kind === "cast") && node.dtype !== int32;
    if (!isData || (this.uses.get(node) as number) < 2) {
      // Index arithmetic reads best in place, unless it is long.
      if (node.kind !== "op" || text.length < 60) return text;
    }
    const name = `v${this.names.size}`;
    this.names.set(node, name);
    this.pending.push(`${name} = ${text}`);
    return name;
  }

  private print(node: Node): string {
    switch (node.kind) {
      case "const":
        return constantText(node);
      case "index":
        return axisName(node.axis);
      case "acc":
        return `r${node.reduction}`;
      case "load":
        return `${this.name(node.buffer)}[${this.text(node.offset)}]`;
      case "cast":
        return `${node.bits ? "bits_" : ""}${node.dtype.short}(${this.text(node.arg)})`;
      case "op": {
        const sign = infix[node.op];
        if (sign === undefined) return `${node.op}(${node.args.map((a) => this.text(a)).join(", ")})`;
        const [x, y] = node.args.map((a, side) => {
          const text = this.text(a);
          if (a.kind !== "op" || infix[a.op] === undefined || this.names.has(a)) return text;
          const loose = a.op === "add" && node.op === "add" && side === 0;
          return loose || (tight.has(a.op) && (node.op === "add" || node.op === "sub")) ? text : `(${text})`;
        });
        return tight.has(node.op) ? `${x}${sign}${y}` : `${x} ${sign} ${y}`;
      }
    }
  }
}

function constantText(node: ConstNode): string {
  const value = node.value as number;
  if (Object.is(value, -0)) return "-0";
  return node.dtype === float32 ? String(Number(value.toPrecision(8))) : String(value);
}

/** An expression as text. */
export function printNode(node: Node, name: Name = plainName): string {
  const e = new Expressions([node], name);
  const text = e.text(node);
  return `${e.definitions()}${text}`;
}
