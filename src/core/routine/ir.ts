/**
 * Routines: sequential algorithms over matrices in memory, as linear algebra has them, with loops of changing length, decisions that depend
 * on values, and operations on runs of elements. A routine is data: it is evaluated as it stands (`evaluate.ts`), or becomes a function
 * of the compiled program.
 */

/** `real` is the floating dtype of the routine. */
export type ScalarType = "int" | "real" | "bool";

export type ScalarOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "neg"
  | "abs"
  | "sqrt"
  | "min"
  | "max"
  | "copysign"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "eq"
  | "ne"
  | "and"
  | "or"
  | "not"
  | "select";

/** An expression without effects. Integers have 32 bits; comparisons with NaN are false, `ne` is true; `min` and `max` keep NaN. */
export type ScalarExpr =
  | { readonly kind: "const"; readonly type: ScalarType; readonly value: number }
  | { readonly kind: "variable"; readonly type: ScalarType; readonly id: number }
  | { readonly kind: "load"; readonly type: ScalarType; readonly array: number; readonly index: ScalarExpr }
  | {
      readonly kind: "op";
      readonly type: ScalarType;
      readonly op: ScalarOp;
      readonly args: readonly ScalarExpr[];
    };

/** Where a run of reals begins. */
export interface Place {
  readonly array: number;
  readonly index: ScalarExpr;
}

/** Operations on runs of neighbouring reals, and on rows of them that are so many elements apart. */
export type RunOp =
  /** target = sum of x[i] * y[i] */
  | {
      readonly op: "dot";
      readonly target: number;
      readonly n: ScalarExpr;
      readonly x: Place;
      readonly y: Place;
    }
  /** y[i] += alpha * x[i] */
  | {
      readonly op: "axpy";
      readonly n: ScalarExpr;
      readonly alpha: ScalarExpr;
      readonly x: Place;
      readonly y: Place;
    }
  /** x[i] *= alpha */
  | { readonly op: "scale"; readonly n: ScalarExpr; readonly alpha: ScalarExpr; readonly x: Place }
  /** x[i], y[i] = c * x[i] + s * y[i], c * y[i] - s * x[i] */
  | {
      readonly op: "rotate";
      readonly n: ScalarExpr;
      readonly x: Place;
      readonly y: Place;
      readonly c: ScalarExpr;
      readonly s: ScalarExpr;
    }
  /** `rotate` of row t and row t + 1 by c[t] and s[t], for t = 0, ..., count - 1; `step` elements from row to row, of either sign. */
  | {
      readonly op: "rotateRows";
      readonly n: ScalarExpr;
      readonly count: ScalarExpr;
      readonly x: Place;
      readonly step: ScalarExpr;
      readonly c: Place;
      readonly s: Place;
    }
  | { readonly op: "swap"; readonly n: ScalarExpr; readonly x: Place; readonly y: Place }
  | { readonly op: "copy"; readonly n: ScalarExpr; readonly x: Place; readonly y: Place }
  | { readonly op: "fill"; readonly n: ScalarExpr; readonly x: Place; readonly value: ScalarExpr }
  /**
   * C[i, j] += alpha * sum over l of A[i, l] * B[l, j] for m x n results and k terms. Rows of B and C are runs; A is read through both
   * strides. C overlaps neither operand.
   */
  | {
      readonly op: "product";
      readonly m: ScalarExpr;
      readonly n: ScalarExpr;
      readonly k: ScalarExpr;
      readonly alpha: ScalarExpr;
      readonly a: Place;
      readonly aRow: ScalarExpr;
      readonly aCol: ScalarExpr;
      readonly b: Place;
      readonly bRow: ScalarExpr;
      readonly c: Place;
      readonly cRow: ScalarExpr;
    }
  /** y[i] = sum over j of A[i, j] * x[j], for m rows of n, `row` elements apart */
  | {
      readonly op: "rowDots";
      readonly m: ScalarExpr;
      readonly n: ScalarExpr;
      readonly a: Place;
      readonly row: ScalarExpr;
      readonly x: Place;
      readonly y: Place;
    }
  /** A[i, :] += alpha * (A[i, :] . v) * v for m rows of n, `row` elements apart; v overlaps none of them. */
  | {
      readonly op: "reflect";
      readonly m: ScalarExpr;
      readonly n: ScalarExpr;
      readonly alpha: ScalarExpr;
      readonly v: Place;
      readonly a: Place;
      readonly row: ScalarExpr;
    };

export type Statement =
  | { readonly kind: "set"; readonly variable: number; readonly value: ScalarExpr }
  | { readonly kind: "store"; readonly array: number; readonly index: ScalarExpr; readonly value: ScalarExpr }
  /** For each integer `from <= i < to`, upwards or downwards. Bounds are evaluated once. */
  | {
      readonly kind: "for";
      readonly variable: number;
      readonly from: ScalarExpr;
      readonly to: ScalarExpr;
      readonly step: number;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "while"; readonly condition: ScalarExpr; readonly body: readonly Statement[] }
  | {
      readonly kind: "if";
      readonly condition: ScalarExpr;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: "run"; readonly run: RunOp };

export interface RoutineArray {
  readonly type: "int" | "real";
  /** Elements. */
  readonly size: number;
  readonly role: "input" | "output" | "local";
}

/** Whether memory from outside stands for an array: inputs and outputs have it, unless they have no elements. */
export function isShared({ role, size }: RoutineArray): boolean {
  return role !== "local" && size > 0;
}

/** An algorithm for one problem of fixed shape. Inputs are not written; outputs and locals hold anything at first. */
export interface Routine {
  readonly name: string;
  /** Equal for routines that are the same. */
  readonly key: string;
  readonly real: "float32" | "float64";
  /** Inputs first, then outputs, then locals. */
  readonly arrays: readonly RoutineArray[];
  readonly variables: readonly ScalarType[];
  readonly body: readonly Statement[];
  /** Roughly how many floating-point operations it takes. */
  readonly flops: number;
}
