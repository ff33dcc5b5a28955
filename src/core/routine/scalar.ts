import type { ScalarExpr, ScalarOp, ScalarType } from "./ir.ts";

/** A scalar of a routine, or a number that stands for one. */
export type ScalarLike = Scalar | number;

/** An expression of a routine, with the operations as methods. Operands have one type; numbers take it. */
export class Scalar {
  readonly expr: ScalarExpr;
  constructor(expr: ScalarExpr) {
    this.expr = expr;
  }
  get type(): ScalarType {
    return this.expr.type;
  }

  add(y: ScalarLike): Scalar {
    if (y === 0 && this.type === "int") return this;
    return this.binary("add", y);
  }
  sub(y: ScalarLike): Scalar {
    if (y === 0) return this;
    return this.binary("sub", y);
  }
  mul(y: ScalarLike): Scalar {
    if (y === 1) return this;
    return this.binary("mul", y);
  }
  /** Reals only. */
  div(y: ScalarLike): Scalar {
    return this.binary("div", y);
  }
  min(y: ScalarLike): Scalar {
    return this.binary("min", y);
  }
  max(y: ScalarLike): Scalar {
    return this.binary("max", y);
  }
  /** Its magnitude with the sign of `y`. */
  copysign(y: ScalarLike): Scalar {
    return this.binary("copysign", y);
  }
  neg(): Scalar {
    return operation("neg", this.type, [this]);
  }
  abs(): Scalar {
    return operation("abs", this.type, [this]);
  }
  sqrt(): Scalar {
    return operation("sqrt", this.type, [this]);
  }
  lt(y: ScalarLike): Scalar {
    return this.compare("lt", y);
  }
  le(y: ScalarLike): Scalar {
    return this.compare("le", y);
  }
  gt(y: ScalarLike): Scalar {
    return this.compare("gt", y);
  }
  ge(y: ScalarLike): Scalar {
    return this.compare("ge", y);
  }
  eq(y: ScalarLike): Scalar {
    return this.compare("eq", y);
  }
  ne(y: ScalarLike): Scalar {
    return this.compare("ne", y);
  }
  /** Both sides are evaluated. */
  and(y: Scalar): Scalar {
    return operation("and", "bool", [this, y]);
  }
  or(y: Scalar): Scalar {
    return operation("or", "bool", [this, y]);
  }
  not(): Scalar {
    return operation("not", "bool", [this]);
  }
  /** For a condition: one of two values. */
  select(onTrue: Scalar, onFalse: ScalarLike): Scalar {
    return operation("select", onTrue.type, [this, onTrue, scalarOf(onFalse, onTrue.type)]);
  }

  private binary(op: ScalarOp, y: ScalarLike): Scalar {
    return operation(op, this.type, [this, scalarOf(y, this.type)]);
  }
  private compare(op: ScalarOp, y: ScalarLike): Scalar {
    return operation(op, "bool", [this, scalarOf(y, this.type)]);
  }
}

export function scalarOf(x: ScalarLike, type: ScalarType): Scalar {
  return typeof x === "number" ? new Scalar({ kind: "const", type, value: x }) : x;
}

function operation(op: ScalarOp, type: ScalarType, args: readonly Scalar[]): Scalar {
  const exprs = args.map((x) => x.expr);
  const operandTypes = op === "select" ? exprs.slice(1) : exprs;
  if (operandTypes.some((x) => x.type !== operandTypes[0].type)) {
    throw new Error(`${op} of ${exprs.map((x) => x.type).join(" and ")} in a routine`);
  }
  if (type === "int" && exprs.every((x) => x.kind === "const")) {
    const [a, b] = exprs.map((x) => (x as { readonly value: number }).value);
    if (op === "add") return scalarOf(a + b, type);
    if (op === "sub") return scalarOf(a - b, type);
    if (op === "mul") return scalarOf(a * b, type);
  }
  return new Scalar({ kind: "op", type, op, args: exprs });
}

/** A variable that can be set. */
export class Variable extends Scalar {
  readonly id: number;
  constructor(type: ScalarType, id: number) {
    super({ kind: "variable", type, id });
    this.id = id;
  }
}
