import { CodeBuffer } from "./code.ts";
import { makeNamespace } from "./namespaces.ts";
import { OP } from "./opcodes.ts";
import type { DataRef, FuncRef, GlobalRef, Label, Local, ValType } from "./types.ts";
import { VAL_TYPE_CODES } from "./types.ts";

/** Where a call's function index must be written once indices are known. */
export type CallSite = { readonly position: number; readonly target: FuncRef };

/** A function that was written. */
export type FunctionCode = {
  /** Parameters first. */
  readonly locals: readonly Local[];
  /** Instructions without the last `end`; the indices of `calls` are to be filled in. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly calls: readonly CallSite[];
};

/** A value to push: a number becomes a constant of the type the context asks for, a function emits code that pushes it. */
export type Operand = number | Local | (() => void);

const VOID_BLOCK = 0x40;
const v128Bytes = /* @__PURE__ */ new Uint8Array(16);
const v128View = /* @__PURE__ */ new DataView(v128Bytes.buffer);

/**
 * Writes the body of one function, as the stack machine sees it: every method appends one instruction and returns the
 * builder. Control flow takes callbacks, so blocks always close.
 *
 * @example
 * const mb = new ModuleBuilder();
 * const twice = mb.function("twice", ["f32"], ["f32"], (f, x) => f.get(x).f32.const(2).f32.mul());
 */
export class FunctionBuilder {
  readonly code = new CodeBuffer(1024);
  #locals: Local[] = [];
  #calls: CallSite[] = [];
  #relaxedSimd = false;
  #depth = 0;
  readonly #free: Record<ValType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };

  readonly i32 = makeNamespace("i32", this as FunctionBuilder, {
    const: (value: number): FunctionBuilder => this.#i32Const(value),
  });
  readonly i64 = makeNamespace("i64", this as FunctionBuilder, {
    const: (value: bigint | number): FunctionBuilder => this.#i64Const(value),
  });
  readonly f32 = makeNamespace("f32", this as FunctionBuilder, {
    const: (value: number): FunctionBuilder => this.#f32Const(value),
  });
  readonly f64 = makeNamespace("f64", this as FunctionBuilder, {
    const: (value: number): FunctionBuilder => this.#f64Const(value),
  });
  readonly v128 = makeNamespace("v128", this as FunctionBuilder, {
    /** A constant from its sixteen bytes, lowest address first. */
    const: (bytes: ArrayLike<number>): FunctionBuilder => this.#v128Const(bytes),
  });
  readonly i8x16 = makeNamespace("i8x16", this as FunctionBuilder, {
    /** A constant of sixteen lanes, or one value for all. */
    const: (...lanes: number[]): FunctionBuilder => this.#lanes(lanes, 1, (at, x) => v128View.setInt8(at, x)),
    /** Lanes 0-15 name bytes of the first operand, 16-31 of the second. */
    shuffle: (...lanes: number[]): FunctionBuilder => this.#shuffle(lanes, 1),
  });
  readonly i16x8 = makeNamespace("i16x8", this as FunctionBuilder, {
    const: (...lanes: number[]): FunctionBuilder =>
      this.#lanes(lanes, 2, (at, x) => v128View.setInt16(at, x, true)),
    /** Shuffle of 16-bit lanes: 0-7 of the first operand, 8-15 of the second. */
    shuffle: (...lanes: number[]): FunctionBuilder => this.#shuffle(lanes, 2),
  });
  readonly i32x4 = makeNamespace("i32x4", this as FunctionBuilder, {
    const: (...lanes: number[]): FunctionBuilder =>
      this.#lanes(lanes, 4, (at, x) => v128View.setInt32(at, x, true)),
    /** Shuffle of 32-bit lanes: 0-3 of the first operand, 4-7 of the second. */
    shuffle: (...lanes: number[]): FunctionBuilder => this.#shuffle(lanes, 4),
  });
  readonly i64x2 = makeNamespace("i64x2", this as FunctionBuilder, {
    const: (...lanes: (bigint | number)[]): FunctionBuilder =>
      this.#lanes(lanes, 8, (at, x) => v128View.setBigInt64(at, BigInt.asIntN(64, BigInt(x)), true)),
    /** Shuffle of 64-bit lanes: 0-1 of the first operand, 2-3 of the second. */
    shuffle: (...lanes: number[]): FunctionBuilder => this.#shuffle(lanes, 8),
  });
  readonly f32x4 = makeNamespace("f32x4", this as FunctionBuilder, {
    const: (...lanes: number[]): FunctionBuilder =>
      this.#lanes(lanes, 4, (at, x) => v128View.setFloat32(at, x, true)),
  });
  readonly f64x2 = makeNamespace("f64x2", this as FunctionBuilder, {
    const: (...lanes: number[]): FunctionBuilder =>
      this.#lanes(lanes, 8, (at, x) => v128View.setFloat64(at, x, true)),
  });
  readonly memory = makeNamespace("memory", this as FunctionBuilder, {
    /** Stack: destination, source, byte count. Overlapping ranges are fine. */
    copy: (): FunctionBuilder => this.#op(OP.memoryCopy, 0, 0),
    /** Stack: destination, byte value, byte count. */
    fill: (): FunctionBuilder => this.#op(OP.memoryFill, 0),
    size: (): FunctionBuilder => this.#op(OP.memorySize, 0),
    grow: (): FunctionBuilder => this.#op(OP.memoryGrow, 0),
    /** Stack: destination, offset in the segment, byte count. */
    init: (data: DataRef): FunctionBuilder => this.#op(OP.memoryInit, data.index, 0),
    drop: (data: DataRef): FunctionBuilder => this.#op(OP.dataDrop, data.index),
    atomic_fence: (): FunctionBuilder => this.#op(OP.atomicFence, 0),
  });

  /**
   * Writes a function with a builder that no other is being written with: a builder is large and serves many functions, of any module,
   * but the body must not keep it.
   */
  static write(
    params: readonly ValType[],
    relaxedSimd: boolean,
    body: (f: FunctionBuilder, ...params: Local[]) => unknown,
  ): FunctionCode {
    const f = idle.pop() ?? new FunctionBuilder();
    f.#relaxedSimd = relaxedSimd;
    body(f, ...params.map((type) => f.local(type)));
    const written = { locals: f.#locals, bytes: f.code.take(), calls: f.#calls };
    f.#locals = [];
    f.#calls = [];
    for (const type of valTypes) f.#free[type].length = 0;
    // One whose body failed is not used again.
    idle.push(f);
    return written;
  }

  /** Whether the code may use relaxed SIMD instructions. */
  get relaxedSimd(): boolean {
    return this.#relaxedSimd;
  }

  // Locals and globals

  /** A new local variable, zero on entry to the function (not on entry to a loop). */
  local(type: ValType, name?: string): Local {
    const made: Local = { index: this.#locals.length, type, name };
    this.#locals.push(made);
    return made;
  }

  /** A local from the scratch pool: it holds an arbitrary value until set. Give it back with `release`. */
  temp(type: ValType): Local {
    return this.#free[type].pop() ?? this.local(type);
  }

  /** Returns scratch locals to the pool. */
  release(...locals: Local[]): this {
    for (const local of locals) {
      const pool = this.#free[local.type];
      if (pool.includes(local)) throw new Error(`local ${local.index} was released twice`);
      pool.push(local);
    }
    return this;
  }

  get(local: Local): this {
    this.code.indexed(OP.localGet, local.index);
    return this;
  }

  set(local: Local): this {
    this.code.indexed(OP.localSet, local.index);
    return this;
  }

  /** Stores the top of the stack into the local and leaves it on the stack. */
  tee(local: Local): this {
    this.code.indexed(OP.localTee, local.index);
    return this;
  }

  globalGet(global: GlobalRef): this {
    return this.#op(OP.globalGet, global.index);
  }

  globalSet(global: GlobalRef): this {
    return this.#op(OP.globalSet, global.index);
  }

  /** Pushes an operand; a number becomes a constant of `type` (a splat for v128 is not implied and is an error). */
  push(operand: Operand, type: ValType = "i32"): this {
    if (typeof operand === "function") operand();
    else if (typeof operand !== "number") this.get(operand);
    else if (type === "i32") this.#i32Const(operand);
    else if (type === "i64") this.#i64Const(operand);
    else if (type === "f32") this.#f32Const(operand);
    else if (type === "f64") this.#f64Const(operand);
    else throw new Error("a number is not a v128 operand: write the constant with its lane type");
    return this;
  }

  // Control flow

  /** A block that `br(label)` leaves. With `result`, the body leaves one value of that type. */
  block(body: (label: Label) => void, result?: ValType): this {
    return this.#structured(OP.block, result, body);
  }

  /** A loop that `br(label)` repeats; falling off its end leaves it. */
  loop(body: (label: Label) => void, result?: ValType): this {
    return this.#structured(OP.loop, result, body);
  }

  /** Takes the condition from the stack. A branch to the label leaves the `if`. */
  if(then: (label: Label) => void, otherwise?: (label: Label) => void, result?: ValType): this {
    return this.#structured(OP.if, result, (label) => {
      then(label);
      if (otherwise !== undefined) {
        this.code.byte(OP.else);
        otherwise(label);
      }
    });
  }

  /**
   * Counts the i32 local `i` from `start` while `i < end` (unsigned, so that addresses work), adding `step` > 0. The
   * test is at the bottom of the loop; constant bounds drop the test before it. Bounds must not change in the body.
   */
  for(i: Local, start: Operand, end: Operand, step: number | Local, body: () => void): this {
    if (typeof step === "number" && step <= 0) throw new Error(`for: the step must be positive, got ${step}`);
    for (const bound of [start, end]) {
      if (typeof bound === "number" && bound < 0) throw new Error(`for: a bound is negative: ${bound}`);
    }
    this.push(start).set(i);
    const known = typeof start === "number" && typeof end === "number";
    if (known && start >= end) return this;
    if (known && typeof step === "number" && start + step >= end) {
      body();
      return this.push(end).set(i);
    }
    const loop = () => {
      this.loop((again) => {
        body();
        this.get(i).push(step).i32.add().tee(i).push(end).i32.lt_u().brIf(again);
      });
    };
    if (known) loop();
    else this.get(i).push(end).i32.lt_u().if(loop);
    return this;
  }

  /** Repeats the body while the condition, which must push an i32, is not zero. The label leaves the loop. */
  while(condition: () => void, body: (leave: Label) => void): this {
    return this.block((leave) => {
      this.loop((again) => {
        condition();
        this.i32.eqz().brIf(leave);
        body(leave);
        this.br(again);
      });
    });
  }

  br(label: Label): this {
    this.code.indexed(OP.br, this.#distance(label));
    return this;
  }

  /** Branches when the i32 on the stack is not zero. */
  brIf(label: Label): this {
    this.code.indexed(OP.brIf, this.#distance(label));
    return this;
  }

  /** Branches to `labels[i]` for the i32 `i` on the stack, to `fallback` when it is out of range. */
  brTable(labels: readonly Label[], fallback: Label): this {
    this.code.byte(OP.brTable);
    this.code.u32(labels.length);
    for (const label of labels) this.code.u32(this.#distance(label));
    this.code.u32(this.#distance(fallback));
    return this;
  }

  return(): this {
    return this.#op(OP.return);
  }

  call(target: FuncRef): this {
    this.code.byte(OP.call);
    this.#calls.push({ position: this.code.length, target });
    this.code.paddedU32();
    return this;
  }

  unreachable(): this {
    return this.#op(OP.unreachable);
  }

  nop(): this {
    return this.#op(OP.nop);
  }

  drop(): this {
    return this.#op(OP.drop);
  }

  /** Stack: a, b, i32 condition. Leaves a when the condition is not zero, else b. */
  select(): this {
    return this.#op(OP.select);
  }

  // Private

  #op(opcode: number, ...immediates: number[]): this {
    this.code.instruction(opcode);
    for (const value of immediates) this.code.u32(value);
    return this;
  }

  #structured(opcode: number, result: ValType | undefined, body: (label: Label) => void): this {
    this.code.byte(opcode);
    this.code.byte(result === undefined ? VOID_BLOCK : VAL_TYPE_CODES[result]);
    const label: Label = { depth: this.#depth++ };
    body(label);
    this.#depth--;
    this.code.byte(OP.end);
    return this;
  }

  #distance(label: Label): number {
    const distance = this.#depth - 1 - label.depth;
    if (distance < 0) throw new Error("a branch names a block that has ended");
    return distance;
  }

  #i32Const(value: number): this {
    if (!Number.isInteger(value)) throw new Error(`i32.const of ${value}`);
    this.code.byte(OP.i32Const);
    this.code.s32(value);
    return this;
  }

  #i64Const(value: bigint | number): this {
    this.code.byte(OP.i64Const);
    this.code.s64(BigInt(value));
    return this;
  }

  #f32Const(value: number): this {
    this.code.byte(OP.f32Const);
    this.code.f32(value);
    return this;
  }

  #f64Const(value: number): this {
    this.code.byte(OP.f64Const);
    this.code.f64(value);
    return this;
  }

  #v128Const(bytes: ArrayLike<number>): this {
    if (bytes.length !== 16) throw new Error(`v128.const needs 16 bytes, got ${bytes.length}`);
    this.code.instruction(OP.v128Const);
    this.code.bytes(bytes);
    return this;
  }

  #lanes<T>(values: readonly T[], width: number, write: (at: number, value: T) => void): this {
    const count = 16 / width;
    const first = values[0];
    if (first === undefined || (values.length !== 1 && values.length !== count)) {
      throw new Error(`a constant of ${count} lanes needs 1 or ${count} values, got ${values.length}`);
    }
    for (let i = 0; i < count; i++) write(i * width, values[values.length === 1 ? 0 : i] ?? first);
    return this.#v128Const(v128Bytes);
  }

  /** A shuffle of bytes, written as one of lanes of `width` bytes. */
  #shuffle(lanes: readonly number[], width: number): this {
    if (lanes.length !== 16 / width)
      throw new Error(`this shuffle needs ${16 / width} lanes, got ${lanes.length}`);
    this.code.instruction(OP.shuffle);
    for (const lane of lanes) {
      for (let i = 0; i < width; i++) this.code.byte(lane * width + i);
    }
    return this;
  }
}

const idle: FunctionBuilder[] = [];
const valTypes = Object.keys(VAL_TYPE_CODES) as ValType[];
