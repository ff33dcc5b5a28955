import {
  isShared,
  type Place,
  type Routine,
  type RunOp,
  type ScalarExpr,
  type ScalarOp,
  type Statement,
} from "./ir.ts";

/** Memory of a routine: reals as floats, which round what is stored, or 32-bit integers. */
export type RoutineMemory = Float32Array | Float64Array | Int32Array;

/**
 * Runs a routine as it is written, in float64 between loads and stores.
 * @param memory of inputs and outputs, in this order; of those with elements
 */
export function evaluateRoutine(routine: Routine, memory: readonly RoutineMemory[]): void {
  let next = 0;
  const arrays = routine.arrays.map((array): RoutineMemory => {
    if (isShared(array)) return memory[next++];
    return array.type === "int" ? new Int32Array(array.size) : new Float64Array(array.size);
  });
  const machine = new Machine(arrays, routine.variables.length);
  machine.block(routine.body)();
}

type Value = () => number;
type Step = () => void;

/** Turns expressions and statements into closures. */
class Machine {
  private readonly arrays: readonly RoutineMemory[];
  private readonly variables: Float64Array;

  constructor(arrays: readonly RoutineMemory[], variables: number) {
    this.arrays = arrays;
    this.variables = new Float64Array(variables);
  }

  block(statements: readonly Statement[]): Step {
    const steps = statements.map((s) => this.statement(s));
    return () => {
      for (const step of steps) step();
    };
  }

  private statement(s: Statement): Step {
    const { variables } = this;
    switch (s.kind) {
      case "set": {
        const value = this.value(s.value);
        return () => {
          variables[s.variable] = value();
        };
      }
      case "store": {
        const [array, index, value] = [this.arrays[s.array], this.value(s.index), this.value(s.value)];
        return () => {
          const i = index();
          if (!(i >= 0 && i < array.length))
            throw new RangeError(`a routine stores at ${i} of ${array.length}`);
          array[i] = value();
        };
      }
      case "for": {
        const [from, to, body] = [this.value(s.from), this.value(s.to), this.block(s.body)];
        return () => {
          const [first, end] = [from(), to()];
          if (s.step > 0) {
            for (let i = first; i < end; i += s.step) {
              variables[s.variable] = i;
              body();
            }
          } else {
            for (let i = end - 1; i >= first; i--) {
              variables[s.variable] = i;
              body();
            }
          }
        };
      }
      case "while": {
        const [condition, body] = [this.value(s.condition), this.block(s.body)];
        return () => {
          while (condition() !== 0) body();
        };
      }
      case "if": {
        const [condition, then, otherwise] = [
          this.value(s.condition),
          this.block(s.body),
          this.block(s.otherwise),
        ];
        return () => {
          if (condition() !== 0) then();
          else otherwise();
        };
      }
      case "run":
        return this.run(s.run);
    }
  }

  private value(e: ScalarExpr): Value {
    switch (e.kind) {
      case "const":
        return () => e.value;
      case "variable":
        return () => this.variables[e.id];
      case "load": {
        const [array, index] = [this.arrays[e.array], this.value(e.index)];
        return () => {
          const i = index();
          if (!(i >= 0 && i < array.length))
            throw new RangeError(`a routine reads at ${i} of ${array.length}`);
          return array[i];
        };
      }
      case "op": {
        if (e.op === "select") {
          const [condition, a, b] = e.args.map((x) => this.value(x));
          return () => (condition() !== 0 ? a() : b());
        }
        const f = operations[e.op];
        const [a, b] = e.args.map((x) => this.value(x));
        return b === undefined ? () => f(a(), 0) : () => f(a(), b());
      }
    }
  }

  /** The elements of runs that begin at a place: read and written at an offset from it. */
  private cells(place: Place): () => Cells {
    const [array, index] = [this.arrays[place.array], this.value(place.index)];
    return () => {
      const start = index();
      const check = (i: number): number => {
        if (!(start + i >= 0 && start + i < array.length))
          throw new RangeError(`a run of a routine reaches ${start + i} of ${array.length}`);
        return start + i;
      };
      return {
        get: (i) => array[check(i)],
        set: (i, value) => {
          array[check(i)] = value;
        },
      };
    };
  }

  private run(run: RunOp): Step {
    const places: Record<string, () => Cells> = {};
    const scalars: Record<string, Value> = {};
    for (const [name, value] of Object.entries(run)) {
      if (typeof value !== "object") continue;
      if ("array" in value && "index" in value && !("kind" in value)) places[name] = this.cells(value);
      else scalars[name] = this.value(value);
    }
    const cells = (name: string): Cells => places[name]();
    const scalar = (name: string): number => scalars[name]();
    if (run.op === "dot") {
      return () => {
        this.variables[run.target] = dot(scalar("n"), cells("x"), cells("y"));
      };
    }
    const perform = runs[run.op];
    return () => perform(cells, scalar);
  }
}

interface Cells {
  readonly get: (i: number) => number;
  readonly set: (i: number, value: number) => void;
}

function dot(n: number, x: Cells, y: Cells, from = 0): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += x.get(i + from) * y.get(i);
  return sum;
}

function rotate(n: number, c: number, s: number, x: Cells, atX: number, y: Cells, atY: number): void {
  for (let i = 0; i < n; i++) {
    const [p, q] = [x.get(atX + i), y.get(atY + i)];
    x.set(atX + i, c * p + s * q);
    y.set(atY + i, c * q - s * p);
  }
}

type Perform = (cells: (name: string) => Cells, scalar: (name: string) => number) => void;

const runs: Readonly<Record<Exclude<RunOp["op"], "dot">, Perform>> = {
  axpy: (cells, scalar) => {
    const [n, alpha, x, y] = [scalar("n"), scalar("alpha"), cells("x"), cells("y")];
    for (let i = 0; i < n; i++) y.set(i, y.get(i) + alpha * x.get(i));
  },
  scale: (cells, scalar) => {
    const [n, alpha, x] = [scalar("n"), scalar("alpha"), cells("x")];
    for (let i = 0; i < n; i++) x.set(i, alpha * x.get(i));
  },
  rotate: (cells, scalar) => rotate(scalar("n"), scalar("c"), scalar("s"), cells("x"), 0, cells("y"), 0),
  rotateRows: (cells, scalar) => {
    const [n, count, step, x] = [scalar("n"), scalar("count"), scalar("step"), cells("x")];
    const [c, s] = [cells("c"), cells("s")];
    for (let t = 0; t < count; t++) rotate(n, c.get(t), s.get(t), x, t * step, x, (t + 1) * step);
  },
  swap: (cells, scalar) => {
    const [n, x, y] = [scalar("n"), cells("x"), cells("y")];
    for (let i = 0; i < n; i++) {
      const kept = x.get(i);
      x.set(i, y.get(i));
      y.set(i, kept);
    }
  },
  copy: (cells, scalar) => {
    const [n, x, y] = [scalar("n"), cells("x"), cells("y")];
    for (let i = 0; i < n; i++) y.set(i, x.get(i));
  },
  fill: (cells, scalar) => {
    const [n, value, x] = [scalar("n"), scalar("value"), cells("x")];
    for (let i = 0; i < n; i++) x.set(i, value);
  },
  product: (cells, scalar) => {
    const [m, n, k, alpha] = [scalar("m"), scalar("n"), scalar("k"), scalar("alpha")];
    const [aRow, aCol, bRow, cRow] = [scalar("aRow"), scalar("aCol"), scalar("bRow"), scalar("cRow")];
    const [a, b, c] = [cells("a"), cells("b"), cells("c")];
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += a.get(i * aRow + l * aCol) * b.get(l * bRow + j);
        if (k > 0) c.set(i * cRow + j, c.get(i * cRow + j) + alpha * sum);
      }
    }
  },
  rowDots: (cells, scalar) => {
    const [m, n, row] = [scalar("m"), scalar("n"), scalar("row")];
    const [a, x, y] = [cells("a"), cells("x"), cells("y")];
    for (let i = 0; i < m; i++) y.set(i, dot(n, a, x, i * row));
  },
  reflect: (cells, scalar) => {
    const [m, n, alpha, row] = [scalar("m"), scalar("n"), scalar("alpha"), scalar("row")];
    const [v, a] = [cells("v"), cells("a")];
    for (let i = 0; i < m; i++) {
      const factor = alpha * dot(n, a, v, i * row);
      for (let j = 0; j < n; j++) a.set(i * row + j, a.get(i * row + j) + factor * v.get(j));
    }
  },
};

const operations: Readonly<Record<Exclude<ScalarOp, "select">, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
  abs: (a) => Math.abs(a),
  sqrt: (a) => Math.sqrt(a),
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  copysign: (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  not: (a) => 1 - a,
};
