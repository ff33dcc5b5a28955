import { isShared } from "../core/routine/ir.ts";
import { bool, int32, keyFry, uint32 } from "../dtypes/index.ts";
import { affineOf } from "./affine.ts";
import { accessOf } from "./bufferPlan.ts";
import { checkPlan } from "./checkPlan.ts";
import { checkControl } from "./control/validateControl.ts";
import { Coverage, storedRegions } from "./coverage.ts";
import { resultOf } from "./dotSteps.ts";
import type {
  ContractionDim,
  ContractionKernel,
  DotKernel,
  Kernel,
  Node,
  Program,
  Store,
  View,
} from "./ir.ts";
import { innerAxesOf, type NestKernel, passesOf, passRoots, storesOf } from "./nest.ts";
import { storageDType } from "./nodes/half.ts";
import { nodesOf } from "./nodes/walk.ts";
import { printKernel } from "./print.ts";
import { epilogueProblem, epilogueRoots, isProduct, type Product, resultDims } from "./products.ts";
import { scalarOps } from "./scalarOps.ts";
import { checkBlocked } from "./validateBlocked.ts";

/**
 * What a legal program is. Checks types and indices of every expression, bounds of every access with an affine offset, that stores
 * cover their buffers once, that buffers are written before they are read, and that buffers which live at the same time
 * do not share memory.
 *
 * @throws Error that names the kernel and what is wrong with it.
 */
export function validateProgram(program: Program, donated: readonly boolean[] = []): void {
  const { buffers, kernels, placements } = program;
  const complain = (where: string, what: string): never => {
    throw new Error(`invalid program ${program.name}, ${where}: ${what}`);
  };
  if (placements.length !== buffers.length) complain("plan", "a placement per buffer is needed");
  buffers.forEach((info, id) => {
    if (info.id !== id) complain(`buffer ${id}`, "ids are positions");
    if (info.byteLength !== info.size * info.dtype.itemsize) complain(`buffer ${id}`, "wrong byte length");
  });
  const written = new Set<number>([...program.args, ...program.consts]);
  const coverage = new Coverage(program);
  kernels.forEach((kernel, k) => {
    const fail = (what: string) => complain(`kernel ${k} (${printKernel(kernel)})`, what);
    new KernelCheck(program, kernel, fail).run();
    coverage.add(storedRegions(kernel), fail);
    const access = accessOf(kernel);
    for (const id of access.reads) if (!written.has(id)) fail(`buffer ${id} is read before it is written`);
    for (const id of access.writes) {
      if (buffers[id].role === "input" || buffers[id].role === "const")
        fail(`buffer ${id} must not be written`);
      written.add(id);
    }
  });
  coverage.finish(complain);
  program.results.forEach((source, i) => {
    if (source.kind !== "buffer") return;
    const info = buffers[source.buffer];
    if (info.role !== "output") complain(`result ${i}`, "its buffer is no output");
    if (info.byteLength > 0 && !written.has(source.buffer)) complain(`result ${i}`, "it is never written");
  });
  checkPlan(program, donated, complain);
}

class KernelCheck {
  private readonly program: Program;
  private readonly kernel: Kernel;
  private readonly fail: (what: string) => never;
  private readonly sizes: readonly number[];

  constructor(program: Program, kernel: Kernel, fail: (what: string) => never) {
    this.program = program;
    this.kernel = kernel;
    this.fail = fail;
    const isNest = kernel.kind === "loop" || kernel.kind === "row";
    this.sizes = isNest
      ? [...kernel.axes, ...innerAxesOf(kernel)]
      : isProduct(kernel)
        ? resultDims(kernel).sizes
        : "axes" in kernel
          ? kernel.axes
          : [];
  }

  run(): void {
    const { kernel } = this;
    switch (kernel.kind) {
      case "blocked":
        checkBlocked(this.program, kernel, this.fail, (stage) =>
          new KernelCheck(this.program, stage, this.fail).run(),
        );
        return;
      case "forLoop":
      case "whileLoop":
      case "branch":
        checkControl(this.program, kernel, this.fail, validateProgram);
        return;
      case "hostCall":
        for (const { aval, buffer } of [...kernel.inputs, ...kernel.outputs]) {
          if (buffer === null) continue;
          this.sized(buffer, aval.size);
          if (this.dtypeOf(buffer) !== storageDType(aval.dtype))
            this.fail(`buffer ${buffer} holds no ${aval}`);
        }
        return;
      case "loop":
      case "row":
        this.nest(kernel);
        return;
      case "scan":
        if (!(kernel.axis >= 0 && kernel.axis < kernel.axes.length))
          this.fail("the scanned axis does not exist");
        this.expression(kernel.value, kernel.axes.length, 0);
        this.store(kernel.store.buffer, kernel.store.offset, kernel.value, kernel.axes);
        return;
      case "dot":
        this.view(kernel.lhs.view, [...kernel.batch, kernel.m, kernel.k]);
        this.view(kernel.rhs.view, [...kernel.batch, kernel.k, kernel.n]);
        this.dotResult(kernel);
        this.epilogue(kernel);
        return;
      case "contract":
        this.contraction(kernel);
        this.epilogue(kernel);
        return;
      case "sort":
        kernel.inputs.forEach((id, i) => {
          this.sized(id, kernel.rows * kernel.length);
          this.sized(kernel.outputs[i], kernel.rows * kernel.length);
          if (this.dtypeOf(id) !== this.dtypeOf(kernel.outputs[i])) this.fail("sorting changes no dtype");
        });
        return;
      case "routine": {
        const { real } = kernel.routine;
        const arrays = kernel.routine.arrays.filter(isShared);
        [...kernel.inputs, ...kernel.outputs].forEach((id, i) => {
          this.sized(id, kernel.count * arrays[i].size);
          const dtype = arrays[i].type === "int" ? "int32" : real;
          if (this.dtypeOf(id).name !== dtype) this.fail(`array ${i} of the routine is of ${dtype}`);
        });
        return;
      }
      case "fourier": {
        const { radices, before, inner, after, input, output, twiddles, turns } = kernel;
        const length = radices.reduce((n, r) => n * r, 1);
        let [size, roots] = [radices[0], 0];
        for (const radix of radices.slice(1)) {
          roots += size * (radix - 1);
          size *= radix;
        }
        this.sized(input, 2 * before * length * after);
        this.sized(output, 2 * before * length * after);
        if (twiddles !== null) this.sized(twiddles, 2 * roots);
        else if (roots > 0) this.fail("several radices need roots of unity");
        if (turns !== null) this.sized(turns, 2 * length * after);
        if (before % inner !== 0 || (turns !== null && (inner !== 1 || after < 4)))
          this.fail("rows do not fit");
        for (const id of [input, output, twiddles, turns])
          if (id !== null && this.dtypeOf(id) !== kernel.dtype) this.fail(`buffer ${id} holds no parts`);
        return;
      }
      case "scatter": {
        const rank = kernel.axes.length;
        if (kernel.guard !== null) {
          this.expression(kernel.guard, rank, 0);
          if (kernel.guard.dtype !== bool) this.fail("the guard is no bool");
        }
        this.expression(kernel.offset, rank, 0);
        this.expression(kernel.value, rank, 0);
        if (kernel.second !== null) {
          this.expression(kernel.second, rank, 0);
          if (kernel.combine !== "set") this.fail("pairs are combined by their values");
          if (kernel.second.dtype !== kernel.value.dtype) this.fail("a pair has one dtype");
        }
        if (kernel.offset.dtype !== int32) this.fail("the offset is no int32");
        this.sized(kernel.base, kernel.baseSize);
        this.sized(kernel.out, kernel.baseSize);
        for (const id of [kernel.base, kernel.out]) {
          if (this.dtypeOf(id) !== kernel.value.dtype) this.fail("base, updates and result have one dtype");
        }
      }
    }
  }

  private nest(kernel: NestKernel): void {
    const rows = kernel.axes.length;
    const inner = innerAxesOf(kernel);
    const locals = kernel.kind === "row" ? kernel.locals : [];
    for (const id of locals)
      if (this.program.buffers[id]?.role !== "local") this.fail(`buffer ${id} is not local`);
    /** What earlier passes stored, and where. */
    const stored = new Map<number, readonly Node[]>();
    let reductions = 0;
    const stores = (list: readonly Store[], axes: number, accs: number) => {
      for (const s of list) {
        this.expression(s.value, axes, accs);
        this.store(s.buffer, s.offset, s.value, this.sizes.slice(0, axes));
        const affine = affineOf(s.offset);
        if (locals.includes(s.buffer) && affine?.coefficients.slice(0, rows).some((c) => c !== 0))
          this.fail(`the place in local buffer ${s.buffer} depends on the row`);
      }
      // One pass may store a buffer at several places, as the parts of a complex number are.
      for (const buffer of new Set(list.map((s) => s.buffer))) {
        if (stored.has(buffer)) this.fail(`buffer ${buffer} is stored by two passes`);
        const offsets = list.filter((s) => s.buffer === buffer).map((s) => s.offset);
        if (new Set(offsets).size < offsets.length)
          this.fail(`buffer ${buffer} is stored twice at the same place`);
        stored.set(buffer, offsets);
      }
    };
    const written = new Set(storesOf(kernel).map((s) => s.buffer));
    const loads = (roots: readonly Node[]) => {
      for (const node of nodesOf(roots)) {
        if (node.kind !== "load" || !(written.has(node.buffer) || locals.includes(node.buffer))) continue;
        if (!stored.get(node.buffer)?.includes(node.offset))
          this.fail(`buffer ${node.buffer} is read before it is written by an earlier pass, at this place`);
      }
    };
    for (const pass of passesOf(kernel)) {
      loads(passRoots(pass));
      for (const r of pass.reductions) {
        this.expression(r.value, this.sizes.length, reductions);
        const isIndex = r.op === "argmax" || r.op === "argmin";
        if (r.dtype !== (isIndex ? int32 : r.value.dtype))
          this.fail(`a reduction by ${r.op} has the wrong dtype`);
        if (isIndex && inner.length !== 1) this.fail(`${r.op} needs one axis`);
      }
      stores(pass.stores, this.sizes.length, reductions);
      reductions += pass.reductions.length;
    }
    loads(kernel.stores.flatMap((s) => [s.offset, s.value]));
    stores(kernel.stores, rows, reductions);
  }

  private dotResult(kernel: DotKernel): void {
    const { batch, m, n, out } = kernel;
    if (this.dtypeOf(out) !== kernel.dtype) this.fail("the result of a dot has its dtype");
    const result = resultOf(kernel);
    if (result.batch.length !== batch.length) this.fail("a result has a stride per batch dimension");
    if (result.rowStride < n) this.fail("the rows of a result overlap");
    this.inBounds(out, 0, [...result.batch, result.rowStride, 1], [...batch, m, n]);
  }

  private contraction(kernel: ContractionKernel): void {
    const { batch, rows, cols, sum, lhs, rhs, out, outOffset } = kernel;
    const free = [...batch, ...rows, ...cols];
    const check = (dims: readonly ContractionDim[], side: "left" | "right" | "result", what: string) => {
      if (dims.some((d) => d[side] !== 0)) this.fail(`a ${what} dimension has a stride where it is not`);
    };
    check(rows, "right", "row");
    check(cols, "left", "column");
    check(sum, "result", "summed");
    if (free.some((d) => d.size !== 1 && d.result <= 0))
      this.fail("the result of a contraction is written forward");
    for (const id of [lhs.buffer, rhs.buffer, out]) {
      if (this.dtypeOf(id) !== kernel.dtype) this.fail("operands and result of a contraction have its dtype");
    }
    const sizes = (dims: readonly ContractionDim[]) => dims.map((d) => d.size);
    const all = [...free, ...sum];
    this.inBounds(
      lhs.buffer,
      lhs.offset,
      all.map((d) => d.left),
      sizes(all),
    );
    this.inBounds(
      rhs.buffer,
      rhs.offset,
      all.map((d) => d.right),
      sizes(all),
    );
    this.inBounds(
      out,
      outOffset,
      free.map((d) => d.result),
      sizes(free),
    );
  }

  private epilogue(kernel: Product): void {
    const { epilogue, out, dtype } = kernel;
    if (epilogue === undefined) return;
    const { sizes } = this;
    for (const { buffer, offset, value } of epilogue) {
      this.expression(value, sizes.length, 1);
      this.store(buffer, offset, value, sizes);
    }
    if (epilogue[0]?.buffer !== out) this.fail("an epilogue stores to the result first");
    const problem = epilogueProblem(kernel);
    if (problem !== null) this.fail(problem);
    const stored = new Set(epilogue.map((s) => s.buffer));
    if (stored.size < epilogue.length) this.fail("an epilogue stores twice to a buffer");
    for (const node of nodesOf(epilogueRoots(kernel))) {
      if (node.kind === "acc" && node.dtype !== dtype) this.fail("a sum has the dtype of its products");
      if (node.kind === "load" && stored.has(node.buffer)) this.fail("an epilogue reads what it stores");
    }
  }

  private dtypeOf(buffer: number) {
    const info = this.program.buffers[buffer];
    if (info === undefined) this.fail(`there is no buffer ${buffer}`);
    return info.dtype;
  }
  private sized(buffer: number, size: number): void {
    this.dtypeOf(buffer);
    if (this.program.buffers[buffer].size !== size)
      this.fail(`buffer ${buffer} should have ${size} elements`);
  }
  private view(view: View, shape: readonly number[]): void {
    if (view.shape.some((n, d) => n !== shape[d]) || view.shape.length !== shape.length)
      this.fail("a view has the wrong shape");
    this.inBounds(view.buffer, view.offset, view.strides, view.shape);
  }

  /** Every element of an affine access lies in the buffer. */
  private inBounds(
    buffer: number,
    constant: number,
    strides: readonly number[],
    sizes: readonly number[],
  ): void {
    let low = constant;
    let high = constant;
    for (let d = 0; d < sizes.length; d++) {
      if (sizes[d] === 0) return;
      const reach = (strides[d] ?? 0) * (sizes[d] - 1);
      if (reach < 0) low += reach;
      else high += reach;
    }
    const { size } = this.program.buffers[buffer];
    if (low < 0 || high >= size)
      this.fail(`buffer ${buffer} of ${size} elements is accessed from ${low} to ${high}`);
  }

  private store(buffer: number, offset: Node, value: Node, axes: readonly number[]): void {
    if (this.dtypeOf(buffer) !== value.dtype)
      this.fail(`buffer ${buffer} holds another dtype than is stored`);
    const affine = affineOf(offset);
    if (affine === null || offset.dtype !== int32) {
      this.fail(`the store to buffer ${buffer} is not affine`);
    } else {
      this.inBounds(buffer, affine.constant, affine.coefficients, axes);
    }
  }

  /** Types of an expression, axes in range (below `axes`), and results of reductions (below `accs`). */
  private expression(root: Node, axes: number, accs: number): void {
    for (const node of nodesOf([root])) {
      switch (node.kind) {
        case "index":
          if (node.axis >= axes) this.fail(`there is no axis ${node.axis} here`);
          if (node.dtype !== int32) this.fail("indices are int32");
          break;
        case "acc":
          if (node.reduction < 0 || node.reduction >= accs)
            this.fail(`there is no reduction ${node.reduction} here`);
          break;
        case "load": {
          if (this.dtypeOf(node.buffer) !== node.dtype)
            this.fail(`buffer ${node.buffer} is loaded as ${node.dtype.name}`);
          if (node.offset.dtype !== int32) this.fail("offsets are int32");
          const affine = affineOf(node.offset);
          if (affine !== null) this.inBounds(node.buffer, affine.constant, affine.coefficients, this.sizes);
          break;
        }
        case "cast": {
          const from = node.arg.dtype;
          if (node.bits && from.bits !== node.dtype.bits) this.fail("reinterpreted dtypes have one width");
          if (!node.bits && (from === keyFry || node.dtype === keyFry)) this.fail("keys do not convert");
          break;
        }
        case "op":
          this.operation(node.op, node.args, node.dtype);
          break;
      }
      if (node.kind !== "index" && node.kind !== "const" && node.id <= 0) this.fail("ids are topological");
    }
  }

  private operation(op: string, args: readonly Node[], dtype: Node["dtype"]): void {
    const row = scalarOps[op];
    if (row === undefined) this.fail(`there is no operation ${op}`);
    if (args.length !== row.arity) this.fail(`${op} takes ${row.arity} operands`);
    const operands = op === "select" ? args.slice(1) : args;
    const [{ dtype: first }] = operands;
    if (operands.some((a) => a.dtype !== first)) this.fail(`${op} takes operands of one dtype`);
    if (!row.kinds.includes(first.kind[0])) this.fail(`${op} does not take ${first.name}`);
    if (op === "select" && args[0].dtype !== bool) this.fail("select needs a bool");
    const words = op === "key_word0" || op === "key_word1";
    const result = row.result === "bool" ? bool : words ? uint32 : op === "key_pack" ? keyFry : first;
    if (dtype !== result) this.fail(`${op} gives ${result.name}, not ${dtype.name}`);
    if (op === "key_pack" && first !== uint32) this.fail("key_pack takes uint32 words");
  }
}
