import type { Place, Routine, RoutineArray, RunOp, ScalarType, Statement } from "./ir.ts";
import { Scalar, type ScalarLike, scalarOf, Variable } from "./scalar.ts";

/** A run of reals in an array of a routine, from an element on. */
export class Run {
  readonly array: number;
  readonly index: Scalar;
  constructor(array: number, index: Scalar) {
    this.array = array;
    this.index = index;
  }
  from(offset: ScalarLike): Run {
    return new Run(this.array, this.index.add(offset));
  }
  get place(): Place {
    return { array: this.array, index: this.index.expr };
  }
}

/** An array of a routine. */
export class Cells {
  private readonly builder: RoutineBuilder;
  readonly id: number;
  readonly type: "int" | "real";
  constructor(builder: RoutineBuilder, id: number, type: "int" | "real") {
    this.builder = builder;
    this.id = id;
    this.type = type;
  }
  at(index: ScalarLike): Scalar {
    return new Scalar({ kind: "load", type: this.type, array: this.id, index: scalarOf(index, "int").expr });
  }
  put(index: ScalarLike, value: ScalarLike): void {
    this.builder.store(this, scalarOf(index, "int"), scalarOf(value, this.type));
  }
  from(index: ScalarLike): Run {
    return new Run(this.id, scalarOf(index, "int"));
  }
}

/** The counts and strides of an operation on runs, which may be given as numbers. */
type Loose<T> = T extends Place ? Run : T extends { readonly type: ScalarType } ? ScalarLike : T;
type LooseRun<R> = R extends RunOp ? { readonly [K in keyof R]: Loose<R[K]> } : never;

/** Arguments of run operations that are reals; the other scalars are integers. */
const realArguments = new Set(["alpha", "c", "s", "value"]);

/**
 * Writes a routine down, statement by statement.
 * @example
 * ```text
 * const r = new RoutineBuilder("cumulate", "float32");
 * const [x, y] = [r.input("real", n), r.output("real", n)];
 * const sum = r.real(0);
 * r.for(0, n, (i) => {
 *   r.set(sum, sum.add(x.at(i)));
 *   y.put(i, sum);
 * });
 * const routine = r.finish(String(n), n);
 * ```
 */
export class RoutineBuilder {
  readonly name: string;
  /** The dtype of the reals. */
  readonly dtype: Routine["real"];
  private readonly arrays: RoutineArray[] = [];
  private readonly variables: ScalarType[] = [];
  private statements: Statement[] = [];

  constructor(name: string, dtype: Routine["real"]) {
    this.name = name;
    this.dtype = dtype;
  }

  /** The distance from 1 to the next number. */
  get eps(): number {
    return this.dtype === "float32" ? 2 ** -23 : 2 ** -52;
  }
  /** The smallest normal number. */
  get tiny(): number {
    return this.dtype === "float32" ? 2 ** -126 : 2 ** -1022;
  }

  // Memory.

  input(type: "int" | "real", size: number): Cells {
    return this.array(type, size, "input");
  }
  output(type: "int" | "real", size: number): Cells {
    return this.array(type, size, "output");
  }
  local(type: "int" | "real", size: number): Cells {
    return this.array(type, size, "local");
  }
  private array(type: "int" | "real", size: number, role: RoutineArray["role"]): Cells {
    const last = this.arrays.at(-1)?.role;
    if (
      (role === "input" && last !== undefined && last !== "input") ||
      (role === "output" && last === "local")
    )
      throw new Error("arrays of a routine are declared in the order inputs, outputs, locals");
    this.arrays.push({ type, size, role });
    return new Cells(this, this.arrays.length - 1, type);
  }

  /** The array that a run is in. */
  cellsOf({ array }: Run): Cells {
    return new Cells(this, array, "real");
  }

  int(value: ScalarLike): Variable {
    return this.variable("int", value);
  }
  real(value: ScalarLike): Variable {
    return this.variable("real", value);
  }
  bool(value: Scalar | boolean): Variable {
    return this.variable("bool", typeof value === "boolean" ? Number(value) : value);
  }
  private variable(type: ScalarType, value: ScalarLike): Variable {
    const made = this.fresh(type);
    this.set(made, value);
    return made;
  }
  private fresh(type: ScalarType): Variable {
    this.variables.push(type);
    return new Variable(type, this.variables.length - 1);
  }

  // Statements.

  set(variable: Variable, value: ScalarLike): void {
    const { expr } = scalarOf(value, variable.type);
    if (expr.type !== variable.type)
      throw new Error(`a ${variable.type} of a routine is set to a ${expr.type}`);
    this.statements.push({ kind: "set", variable: variable.id, value: expr });
  }
  store(array: Cells, index: Scalar, value: Scalar): void {
    if (value.type !== array.type) throw new Error(`a ${value.type} is stored in an array of ${array.type}`);
    this.statements.push({ kind: "store", array: array.id, index: index.expr, value: value.expr });
  }
  /** `from`, `from + step`, ... below `to`. */
  for(from: ScalarLike, to: ScalarLike, body: (i: Scalar) => void, step = 1): void {
    this.count(from, to, step, body);
  }
  /** `to - 1`, ..., `from`. */
  down(from: ScalarLike, to: ScalarLike, body: (i: Scalar) => void): void {
    this.count(from, to, -1, body);
  }
  private count(from: ScalarLike, to: ScalarLike, step: number, body: (i: Scalar) => void): void {
    const i = this.fresh("int");
    const inner = this.block(() => body(i));
    this.statements.push({
      kind: "for",
      variable: i.id,
      from: scalarOf(from, "int").expr,
      to: scalarOf(to, "int").expr,
      step,
      body: inner,
    });
  }
  while(condition: Scalar, body: () => void): void {
    this.statements.push({ kind: "while", condition: condition.expr, body: this.block(body) });
  }
  if(condition: Scalar, then: () => void, otherwise: () => void = () => {}): void {
    this.statements.push({
      kind: "if",
      condition: condition.expr,
      body: this.block(then),
      otherwise: this.block(otherwise),
    });
  }
  private block(body: () => void): Statement[] {
    const outer = this.statements;
    this.statements = [];
    body();
    const inner = this.statements;
    this.statements = outer;
    return inner;
  }

  /** An operation on runs; see {@link RunOp}. */
  run(run: LooseRun<Exclude<RunOp, { readonly op: "dot" }>>): void {
    this.statements.push({ kind: "run", run: tight(run) });
  }
  /** The sum of x[i] * y[i]. */
  dot(n: ScalarLike, x: Run, y: Run): Variable {
    const result = this.fresh("real");
    this.statements.push({ kind: "run", run: tight({ op: "dot", target: result.id, n, x, y }) });
    return result;
  }

  /** @param key Tells it from other routines: the name, and all that it was written for. */
  finish(key: string, flops: number): Routine {
    const { name, dtype, arrays, variables, statements } = this;
    return { name, key: `${name} ${dtype} ${key}`, real: dtype, arrays, variables, body: statements, flops };
  }
}

function tight(run: LooseRun<RunOp>): RunOp {
  const entries = Object.entries(run).map(([name, value]) => {
    if (value instanceof Run) return [name, value.place];
    if (value instanceof Scalar) return [name, value.expr];
    if (typeof value !== "number" || name === "target") return [name, value];
    return [name, scalarOf(value, realArguments.has(name) ? "real" : "int").expr];
  });
  return Object.fromEntries(entries) as RunOp;
}
