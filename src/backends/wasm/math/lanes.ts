import type { FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";

/** Code that pushes one vector. It may run once only; `let` keeps a value that is needed again. */
export type Code = () => void;
/** A vector: code, a local that holds one, or a number for all lanes. */
export type Vector = Code | Local | number;

type FloatKind = "f32x4" | "f64x2";
type IntegerKind = "i32x4" | "i64x2";

/** Floating-point lanes of one kind: each method makes code from vectors. */
class FloatLanes {
  readonly #scope: Scope;
  readonly #kind: FloatKind;
  constructor(scope: Scope, kind: FloatKind) {
    this.#scope = scope;
    this.#kind = kind;
  }
  push(x: Vector): void {
    if (typeof x === "number") this.#scope.f[this.#kind].const(x);
    else this.#scope.push(x);
  }
  /** Keeps a value in a local. */
  let(x: Vector): Local {
    return this.#scope.let(() => this.push(x));
  }
  #apply(name: Operation, ...xs: Vector[]): Code {
    return () => {
      for (const x of xs) this.push(x);
      this.#scope.f[this.#kind][name]();
    };
  }
  add = (a: Vector, b: Vector): Code => this.#apply("add", a, b);
  sub = (a: Vector, b: Vector): Code => this.#apply("sub", a, b);
  mul = (a: Vector, b: Vector): Code => this.#apply("mul", a, b);
  div = (a: Vector, b: Vector): Code => this.#apply("div", a, b);
  neg = (a: Vector): Code => this.#apply("neg", a);
  abs = (a: Vector): Code => this.#apply("abs", a);
  sqrt = (a: Vector): Code => this.#apply("sqrt", a);
  trunc = (a: Vector): Code => this.#apply("trunc", a);
  nearest = (a: Vector): Code => this.#apply("nearest", a);
  /** b < a ? b : a, one instruction: keeps a NaN in `a`. */
  pmin = (a: Vector, b: Vector): Code => this.#apply("pmin", a, b);
  /** a < b ? b : a, one instruction: keeps a NaN in `a`. */
  pmax = (a: Vector, b: Vector): Code => this.#apply("pmax", a, b);
  eq = (a: Vector, b: Vector): Code => this.#apply("eq", a, b);
  ne = (a: Vector, b: Vector): Code => this.#apply("ne", a, b);
  lt = (a: Vector, b: Vector): Code => this.#apply("lt", a, b);
  le = (a: Vector, b: Vector): Code => this.#apply("le", a, b);
  gt = (a: Vector, b: Vector): Code => this.#apply("gt", a, b);
  ge = (a: Vector, b: Vector): Code => this.#apply("ge", a, b);

  /** a * b + c, rounded once where the engine has an instruction for it, else twice. */
  madd(a: Vector, b: Vector, c: Vector): Code {
    if (this.#scope.f.relaxedSimd) return this.#apply("relaxed_madd", a, b, c);
    return this.add(this.mul(a, b), c);
  }
  /** c - a * b, as {@link madd}. */
  nmadd(a: Vector, b: Vector, c: Vector): Code {
    if (this.#scope.f.relaxedSimd) return this.#apply("relaxed_nmadd", a, b, c);
    return this.sub(c, this.mul(a, b));
  }

  /** mask ? a : b, where the lanes of the mask are all ones or all zeros. */
  select(mask: Vector, a: Vector, b: Vector): Code {
    return () => {
      this.push(a);
      this.push(b);
      this.#scope.push(mask);
      selectLanes(this.#scope.f, this.#kind === "f32x4" ? "i32x4" : "i64x2");
    };
  }
  /** The bits of |a| with the sign of b. */
  copysign(a: Vector, b: Vector): Code {
    return () => {
      this.push(b);
      this.push(a);
      this.push(-0);
      this.#scope.f.v128.bitselect();
    };
  }
  /** `a` with the sign bit of `b` exclusive-or'ed in. */
  xorSign(a: Vector, b: Vector): Code {
    return () => {
      this.push(a);
      this.push(b);
      this.push(-0);
      this.#scope.f.v128.and().v128.xor();
    };
  }
  /**
   * c[0] + c[1] x + c[2] x^2 + ... by Horner's rule in z = x^2, of pairs: half as long a chain of dependent operations as in x, for no more of
   * them where z is needed anyway.
   */
  pairs(x: Local, z: Local, c: readonly number[]): Code {
    const pair = (i: number): Vector =>
      i + 1 < c.length ? this.madd(x, c[i + 1] as number, c[i] as number) : (c[i] as number);
    const last = c.length - 1 - ((c.length - 1) % 2);
    let sum = pair(last);
    for (let i = last - 2; i >= 0; i -= 2) sum = this.madd(sum, z, pair(i));
    return () => this.push(sum);
  }
  /** c[0] + c[1] x + c[2] x^2 + ... by Horner's rule. */
  polynomial(x: Local, c: readonly number[]): Code {
    return () => {
      const last = c.length - 1;
      this.push(c[last] as number);
      for (let i = last - 1; i >= 0; i--) {
        this.push(x);
        if (!this.#scope.f.relaxedSimd) this.#scope.f[this.#kind].mul();
        this.push(c[i] as number);
        if (this.#scope.f.relaxedSimd) this.#scope.f[this.#kind].relaxed_madd();
        else this.#scope.f[this.#kind].add();
      }
    };
  }
}

type Operation =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "neg"
  | "abs"
  | "sqrt"
  | "trunc"
  | "nearest"
  | "pmin"
  | "pmax"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "relaxed_madd"
  | "relaxed_nmadd";

/**
 * Stack: a, b, mask. Leaves a where the mask is set, else b. The lanes of the mask are all ones or all zeros, for which the relaxed
 * instruction (one of x86's, instead of three) is fully defined.
 */
export function selectLanes(f: FunctionBuilder, lanes: "i32x4" | "i64x2"): void {
  if (f.relaxedSimd) f[lanes].relaxed_laneselect();
  else f.v128.bitselect();
}

/** Integer lanes of one kind. Constants of i64 lanes beyond 2^53 are given as bigints. */
class IntegerLanes {
  readonly #scope: Scope;
  readonly #kind: IntegerKind;
  constructor(scope: Scope, kind: IntegerKind) {
    this.#scope = scope;
    this.#kind = kind;
  }
  push(x: Vector | bigint): void {
    if (typeof x === "bigint") this.#scope.f.i64x2.const(x);
    else if (typeof x === "number") this.#scope.f[this.#kind].const(x);
    else this.#scope.push(x);
  }
  let(x: Vector): Local {
    return this.#scope.let(() => this.push(x));
  }
  #apply(name: "add" | "sub" | "mul" | "eq" | "ne" | "lt_s", a: Vector | bigint, b: Vector | bigint): Code {
    return () => {
      this.push(a);
      this.push(b);
      this.#scope.f[this.#kind][name]();
    };
  }
  #extreme(name: "min_s" | "max_s", a: Vector, b: Vector): Code {
    if (this.#kind !== "i32x4") throw new Error(`${this.#kind} has no ${name}`);
    return () => {
      this.push(a);
      this.push(b);
      this.#scope.f.i32x4[name]();
    };
  }
  #shift(name: "shl" | "shr_s" | "shr_u", a: Vector, bits: number): Code {
    return () => {
      this.push(a);
      this.#scope.f.i32.const(bits)[this.#kind][name]();
    };
  }
  add = (a: Vector | bigint, b: Vector | bigint): Code => this.#apply("add", a, b);
  sub = (a: Vector | bigint, b: Vector | bigint): Code => this.#apply("sub", a, b);
  mul = (a: Vector, b: Vector): Code => this.#apply("mul", a, b);
  /** Of 32-bit lanes only. */
  minS = (a: Vector, b: Vector): Code => this.#extreme("min_s", a, b);
  maxS = (a: Vector, b: Vector): Code => this.#extreme("max_s", a, b);
  eq = (a: Vector | bigint, b: Vector | bigint): Code => this.#apply("eq", a, b);
  ne = (a: Vector | bigint, b: Vector | bigint): Code => this.#apply("ne", a, b);
  /** Of signed integers. */
  lt = (a: Vector, b: Vector): Code => this.#apply("lt_s", a, b);
  shl = (a: Vector, bits: number): Code => this.#shift("shl", a, bits);
  shrS = (a: Vector, bits: number): Code => this.#shift("shr_s", a, bits);
  shrU = (a: Vector, bits: number): Code => this.#shift("shr_u", a, bits);
  and = (a: Vector | bigint, b: Vector | bigint): Code => this.#bits("and", a, b);
  or = (a: Vector | bigint, b: Vector | bigint): Code => this.#bits("or", a, b);
  xor = (a: Vector | bigint, b: Vector | bigint): Code => this.#bits("xor", a, b);
  /** a & ~b */
  andnot = (a: Vector | bigint, b: Vector | bigint): Code => this.#bits("andnot", a, b);
  #bits(name: "and" | "or" | "xor" | "andnot", a: Vector | bigint, b: Vector | bigint): Code {
    return () => {
      this.push(a);
      this.push(b);
      this.#scope.f.v128[name]();
    };
  }
  select(mask: Vector, a: Vector, b: Vector): Code {
    return () => {
      this.push(a);
      this.push(b);
      this.#scope.push(mask);
      selectLanes(this.#scope.f, this.#kind);
    };
  }
}

/** Emits one computation: gives out locals and takes them back at the end. */
export class Scope {
  readonly f: FunctionBuilder;
  /** Where functions go that the code calls. */
  readonly mb: ModuleBuilder;
  /** Four float32 lanes, two float64 lanes, and the integers of the same widths. */
  readonly s: FloatLanes;
  readonly d: FloatLanes;
  readonly i: IntegerLanes;
  readonly l: IntegerLanes;
  readonly #temps: Local[] = [];

  constructor(f: FunctionBuilder, mb: ModuleBuilder) {
    this.f = f;
    this.mb = mb;
    this.s = new FloatLanes(this, "f32x4");
    this.d = new FloatLanes(this, "f64x2");
    this.i = new IntegerLanes(this, "i32x4");
    this.l = new IntegerLanes(this, "i64x2");
  }

  push(x: Code | Local | number): void {
    if (typeof x === "function") x();
    else if (typeof x === "number") throw new Error("a number needs a kind of lane");
    else this.f.get(x);
  }

  /** Evaluates code now and keeps its vector in a local until the scope ends. */
  let(x: Code): Local {
    x();
    const local = this.temp();
    this.f.set(local);
    return local;
  }

  temp(): Local {
    const local = this.f.temp("v128");
    this.#temps.push(local);
    return local;
  }

  end(): void {
    this.f.release(...this.#temps);
    this.#temps.length = 0;
  }

  /** Runs `body` with a scope of its own, so that its locals can be used again, and keeps the result. */
  nested(body: (inner: Scope) => Code): Local {
    const inner = new Scope(this.f, this.mb);
    body(inner)();
    inner.end();
    const local = this.temp();
    this.f.set(local);
    return local;
  }

  /** The float32 numbers that int32 lanes hold. */
  convert(x: Code | Local): Code {
    return () => {
      this.push(x);
      this.f.f32x4.convert_i32x4_s();
    };
  }

  /** The two float64 lanes of half a float32 vector. */
  promote(x: Local, half: 0 | 1): Code {
    return () => {
      this.f.get(x);
      if (half === 1) this.f.get(x).i32x4.shuffle(2, 3, 2, 3);
      this.f.f64x2.promote_low_f32x4();
    };
  }

  /** Computes in float64, half by half, and rounds to float32. */
  viaDouble(xs: readonly Local[], body: (scope: Scope, ...halves: Local[]) => Code): Code {
    const [low, high] = ([0, 1] as const).map((half) =>
      this.nested((inner) => {
        const halves = xs.map((x) => inner.let(inner.promote(x, half)));
        const result = body(inner, ...halves);
        return () => {
          result();
          inner.f.f32x4.demote_f64x2_zero();
        };
      }),
    ) as [Local, Local];
    return () => this.f.get(low).get(high).i64x2.shuffle(0, 2);
  }
}

export type Emit = (f: FunctionBuilder, mb: ModuleBuilder) => void;

/** An emitter from a formula: takes a vector from the stack and leaves the result. */
/* @__NO_SIDE_EFFECTS__ */
export function unary(body: (scope: Scope, x: Local) => Code): Emit {
  return (f, mb) => {
    const scope = new Scope(f, mb);
    const x = scope.temp();
    f.set(x);
    body(scope, x)();
    scope.end();
  };
}

/** As {@link unary}, with two operands. */
/* @__NO_SIDE_EFFECTS__ */
export function binary(body: (scope: Scope, x: Local, y: Local) => Code): Emit {
  return (f, mb) => {
    const scope = new Scope(f, mb);
    const x = scope.temp();
    const y = scope.temp();
    f.set(y).set(x);
    body(scope, x, y)();
    scope.end();
  };
}

/** A function that has few irregular arguments: its code for a vector in a local. */
export type Guarded = (
  scope: Scope,
  x: Local,
) => {
  /** The value of regular arguments, and the mask of their lanes. */
  readonly y: Local;
  readonly regular: Local;
  /** The value of any argument, with the same bits where it is regular. */
  readonly rest: (scope: Scope) => Code;
};

/**
 * Applies a function to vectors in locals, in place. Only if a lane of any is irregular are they looked at again: with one branch for several
 * vectors, their chains of operations can overlap. A call in the branch would cost more: the engine would empty the registers on both ways.
 */
export function emitGuarded(f: FunctionBuilder, mb: ModuleBuilder, fn: Guarded, xs: readonly Local[]): void {
  const scope = new Scope(f, mb);
  const parts = xs.map((x) => fn(scope, x));
  parts.forEach(({ regular }, i) => {
    f.get(regular);
    if (i > 0) f.v128.and();
  });
  // The mask in a register is three of x86's instructions fewer than asking whether all lanes are set.
  f.i32x4
    .bitmask()
    .i32.const(15)
    .i32.ne()
    .if(() => {
      for (const { y, rest } of parts) {
        const inner = new Scope(f, mb);
        rest(inner)();
        f.set(y);
        inner.end();
      }
    });
  parts.forEach(({ y }, i) => f.get(y).set(xs[i]));
  scope.end();
}

/** The emitter of a function of one vector. */
/* @__NO_SIDE_EFFECTS__ */
export function guarded(fn: Guarded): Emit {
  return (f, mb) => {
    const x = f.temp("v128");
    f.set(x);
    emitGuarded(f, mb, fn, [x]);
    f.get(x).release(x);
  };
}

/** A unary emitter that computes in float64. */
export const unaryDouble = /* @__NO_SIDE_EFFECTS__ */ (body: (scope: Scope, x: Local) => Code): Emit =>
  unary((scope, x) => scope.viaDouble([x], body));
