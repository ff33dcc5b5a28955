import type { RoutineKernel } from "../../../compiler/ir.ts";
import {
  isShared,
  type Place,
  type Routine,
  type RunOp,
  type ScalarExpr,
  type ScalarType,
  type Statement,
} from "../../../core/routine/ir.ts";
import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { LANES, type Lanes } from "../kernels/lanes.ts";
import { emitProduct, emitReflect, emitRowDots } from "../kernels/runMatrices.ts";
import {
  emitAxpy,
  emitDot,
  emitFill,
  emitRotate,
  emitRotateRows,
  emitScale,
  emitSwap,
} from "../kernels/runs.ts";
import type { KernelCode } from "./kernelCode.ts";
import { align } from "./layout.ts";
import { cutInto, describeCut, pieceRange } from "./split.ts";

/** A guess at the time of a floating-point operation inside a routine. */
const NANOSECONDS_PER_FLOP = 0.5;

/** The code of a routine kernel: its problems are independent. */
export function routineCode({ routine, count, inputs, outputs }: RoutineKernel): KernelCode {
  const cut = cutInto(count * routine.flops * NANOSECONDS_PER_FLOP, count);
  const buffers = [...inputs, ...outputs];
  const shared = routine.arrays.filter(isShared);
  const layout = localLayout(routine);
  return {
    pieces: cut.pieces,
    scratch: { perThread: layout.bytes },
    describe: () => `one problem after the other; ${describeCut(cut, "problems")}`,
    emit: ({ f, mb, pointers }, scratch, piece) => {
      const fn = routineFunction(mb, routine, layout);
      const problem = f.local("i32", "problem");
      const body = () => {
        buffers.forEach((buffer, i) => {
          const bytes = shared[i].size * elementBytes(routine, shared[i].type);
          f.get(pointers.get(buffer) as Local)
            .get(problem)
            .i32.const(bytes)
            .i32.mul()
            .i32.add();
        });
        if (scratch !== null) f.get(scratch);
        f.call(fn);
      };
      if (piece === null) f.for(problem, 0, count, 1, body);
      else {
        const { start, stop } = pieceRange(f, piece, cut);
        f.for(problem, start, stop, 1, body);
      }
    },
  };
}

function elementBytes({ real }: Routine, type: "int" | "real"): number {
  return type === "real" && real === "float64" ? 8 : 4;
}

interface LocalLayout {
  /** By array; 0 for inputs and outputs. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

function localLayout(routine: Routine): LocalLayout {
  let bytes = 0;
  const offsets = routine.arrays.map(({ type, size, role }) => {
    if (role !== "local") return 0;
    const at = bytes;
    bytes = align(bytes + size * elementBytes(routine, type));
    return at;
  });
  return { offsets, bytes };
}

/** The function of the addresses of inputs, outputs and local memory that solves one problem. */
function routineFunction(mb: ModuleBuilder, routine: Routine, layout: LocalLayout): FuncRef {
  const count = routine.arrays.filter(isShared).length;
  const params: ValType[] = Array.from({ length: count + (layout.bytes > 0 ? 1 : 0) }, () => "i32" as const);
  return mb.shared(`routine ${routine.key}`, () =>
    mb.function(routine.name, params, [], (f, ...locals) => {
      let next = 0;
      const arrays = routine.arrays.map((array, i) => {
        if (isShared(array)) return locals[next++];
        const address = f.local("i32");
        if (array.size > 0) f.get(locals[count]).i32.const(layout.offsets[i]).i32.add().set(address);
        return address;
      });
      new RoutineWriter(mb, f, routine, arrays).block(routine.body);
    }),
  );
}

/** Writes the statements of a routine. */
class RoutineWriter {
  private readonly mb: ModuleBuilder;
  private readonly f: FunctionBuilder;
  private readonly arrays: readonly Local[];
  private readonly variables: readonly Local[];
  private readonly t: Lanes;
  private readonly real: "f32" | "f64";
  private readonly isInt: readonly boolean[];

  constructor(mb: ModuleBuilder, f: FunctionBuilder, routine: Routine, arrays: readonly Local[]) {
    this.mb = mb;
    this.f = f;
    this.arrays = arrays;
    this.real = routine.real === "float32" ? "f32" : "f64";
    this.t = LANES[this.real];
    this.isInt = routine.arrays.map((a) => a.type === "int");
    this.variables = routine.variables.map((type) => f.local(this.valType(type)));
  }

  private valType(type: ScalarType): ValType {
    return type === "real" ? this.real : "i32";
  }

  block(statements: readonly Statement[]): void {
    for (const s of statements) this.statement(s);
  }

  private statement(s: Statement): void {
    const { f } = this;
    switch (s.kind) {
      case "set":
        this.push(s.value);
        f.set(this.variables[s.variable]);
        break;
      case "store": {
        const offset = this.pushElement({ array: s.array, index: s.index });
        this.push(s.value);
        if (this.isInt[s.array]) f.i32.store(offset);
        else f[this.real].store(offset);
        break;
      }
      case "for":
        this.loop(s);
        break;
      case "while":
        f.while(
          () => this.push(s.condition),
          () => this.block(s.body),
        );
        break;
      case "if":
        this.push(s.condition);
        if (s.otherwise.length === 0) f.if(() => this.block(s.body));
        else
          f.if(
            () => this.block(s.body),
            () => this.block(s.otherwise),
          );
        break;
      case "run":
        this.run(s.run);
    }
  }

  private loop({ variable, from, to, step, body }: Extract<Statement, { kind: "for" }>): void {
    const { f } = this;
    const i = this.variables[variable];
    const bound = f.temp("i32");
    const up = step > 0;
    this.push(up ? to : from);
    f.set(bound);
    this.push(up ? from : to);
    if (!up) f.i32.const(1).i32.sub();
    f.set(i);
    const goesOn = () => (up ? f.i32.lt_s() : f.i32.ge_s());
    f.get(i).get(bound);
    goesOn();
    f.if(() => {
      f.loop((again) => {
        this.block(body);
        f.get(i).i32.const(step).i32.add().tee(i).get(bound);
        goesOn();
        f.brIf(again);
      });
    });
    f.release(bound);
  }

  /** Pushes the address of an element; returns what is still to be added, in bytes. */
  private pushElement({ array, index }: Place): number {
    const { f } = this;
    const log2 = this.isInt[array] || this.real === "f32" ? 2 : 3;
    f.get(this.arrays[array]);
    if (index.kind === "const") return index.value << log2;
    this.push(index);
    f.i32.const(log2).i32.shl().i32.add();
    return 0;
  }
  private pushPlace(place: Place): void {
    const offset = this.pushElement(place);
    if (offset !== 0) this.f.i32.const(offset).i32.add();
  }
  /** Pushes a number of elements as bytes. */
  private pushStride(stride: ScalarExpr): void {
    const log2 = this.real === "f32" ? 2 : 3;
    if (stride.kind === "const") this.f.i32.const(stride.value << log2);
    else {
      this.push(stride);
      this.f.i32.const(log2).i32.shl();
    }
  }

  private push(e: ScalarExpr): void {
    const { f } = this;
    switch (e.kind) {
      case "const":
        if (e.type === "real") f[this.real].const(e.value);
        else f.i32.const(e.value);
        break;
      case "variable":
        f.get(this.variables[e.id]);
        break;
      case "load": {
        const offset = this.pushElement(e);
        if (e.type === "int") f.i32.load(offset);
        else f[this.real].load(offset);
        break;
      }
      case "op":
        this.operation(e);
    }
  }

  private operation({ op, type, args }: Extract<ScalarExpr, { kind: "op" }>): void {
    const { f } = this;
    if (op === "select") {
      const [condition, onTrue, onFalse] = args;
      this.push(onTrue);
      this.push(onFalse);
      this.push(condition);
      f.select();
      return;
    }
    if (args[0].type === "real") {
      for (const x of args) this.push(x);
      const real = f[this.real];
      if (op === "and" || op === "or" || op === "not") throw new Error(`${op} of reals`);
      real[op]();
      return;
    }
    if (op === "neg") {
      f.i32.const(0);
      this.push(args[0]);
      f.i32.sub();
      return;
    }
    for (const x of args) this.push(x);
    switch (op) {
      case "add":
      case "sub":
      case "mul":
      case "eq":
      case "ne":
      case "and":
      case "or":
        f.i32[op]();
        break;
      case "lt":
      case "le":
      case "gt":
      case "ge":
        f.i32[`${op}_s`]();
        break;
      case "not":
        f.i32.eqz();
        break;
      case "min":
      case "max": {
        const [a, b] = [f.temp("i32"), f.temp("i32")];
        f.set(b).tee(a).get(b).get(a).get(b);
        if (op === "min") f.i32.lt_s();
        else f.i32.gt_s();
        f.select().release(a, b);
        break;
      }
      default:
        throw new Error(`${op} of ${type} is not written in WebAssembly`);
    }
  }

  private run(run: RunOp): void {
    const { f, mb, t } = this;
    switch (run.op) {
      case "dot":
        this.push(run.n);
        this.places(run.x, run.y);
        f.call(emitDot(mb, t)).set(this.variables[run.target]);
        break;
      case "axpy":
        this.pushAll(run.n, run.alpha);
        this.places(run.x, run.y);
        f.call(emitAxpy(mb, t));
        break;
      case "scale":
        this.pushAll(run.n, run.alpha);
        this.places(run.x);
        f.call(emitScale(mb, t));
        break;
      case "fill":
        this.pushAll(run.n, run.value);
        this.places(run.x);
        f.call(emitFill(mb, t));
        break;
      case "swap":
        this.push(run.n);
        this.places(run.x, run.y);
        f.call(emitSwap(mb, t));
        break;
      case "copy":
        this.places(run.y, run.x);
        this.pushStride(run.n);
        f.memory.copy();
        break;
      case "rotate":
        this.pushAll(run.n, run.c, run.s);
        this.places(run.x, run.y);
        f.call(emitRotate(mb, t));
        break;
      case "rotateRows":
        this.pushAll(run.n, run.count);
        this.places(run.x);
        this.pushStride(run.step);
        this.places(run.c, run.s);
        f.call(emitRotateRows(mb, t));
        break;
      case "rowDots":
        this.pushAll(run.m, run.n);
        this.places(run.a);
        this.pushStride(run.row);
        this.places(run.x, run.y);
        f.call(emitRowDots(mb, t));
        break;
      case "reflect":
        this.pushAll(run.m, run.n, run.alpha);
        this.places(run.v, run.a);
        this.pushStride(run.row);
        f.call(emitReflect(mb, t));
        break;
      case "product":
        this.pushAll(run.m, run.n, run.k, run.alpha);
        this.places(run.a);
        this.pushStride(run.aRow);
        this.pushStride(run.aCol);
        this.places(run.b);
        this.pushStride(run.bRow);
        this.places(run.c);
        this.pushStride(run.cRow);
        f.call(emitProduct(mb, t));
    }
  }

  private pushAll(...exprs: readonly ScalarExpr[]): void {
    for (const e of exprs) this.push(e);
  }
  private places(...places: readonly Place[]): void {
    for (const place of places) this.pushPlace(place);
  }
}
