import type { ControlTemplate, Template } from "../compiler/templates/template.ts";
import type { Complex, DType } from "../dtypes/index.ts";
import type { ArrayImpl } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import type { ClosedJaxpr } from "./jaxpr.ts";
import type { Params } from "./primitive.ts";
import type { Routine } from "./routine/ir.ts";

/**
 * How a primitive becomes kernels. Everything is *pull style*: a result is a function from an output index to a scalar
 * expression over its operands, so that views are index arithmetic and fusion is substitution.
 */
export type Lowering<P extends Params = Params> =
  | PointwiseLowering<P>
  | ReductionLowering<P>
  | ScanLowering<P>
  | TemplateLowering<P>
  | ControlLowering<P>
  | ProgramLowering<P>
  | HostCallLowering<P>
  | { readonly kind: "inline" }
  /** The identity on all operands, as far as values go; work before and after it is neither shared nor merged. */
  | { readonly kind: "barrier" }
  /** Cannot be compiled; `error` is what compiling it raises, where users are to see one of their own. */
  | { readonly kind: "none"; readonly reason: string; readonly error?: () => Error };

/** An opaque scalar expression of the kernel IR (built by {@link ExprBuilder}). */
export interface Expr {
  readonly dtype: DType;
}

/** A readable operand: `at` gives its element at an index (one int32 expression per axis). */
export interface Operand {
  readonly aval: ShapedArray;
  at(index: readonly Expr[]): Expr;
  /** The element at a row-major position: how reshapes read without division where the operand is stored. */
  atLinear(position: Expr): Expr;
}

/** Builds hash-consed scalar expressions. Integer index arithmetic is ordinary int32 arithmetic. */
export interface ExprBuilder {
  const(value: number | bigint | boolean | Complex, dtype: DType): Expr;
  /** `op` is a name of scalarOps.ts (add, mul, exp, lt, and, shift_left, ...): operands of one dtype. */
  op(op: string, ...args: Expr[]): Expr;
  select(cond: Expr, onTrue: Expr, onFalse: Expr): Expr;
  /** Value conversion with XLA's semantics. */
  cast(x: Expr, dtype: DType): Expr;
  bitcast(x: Expr, dtype: DType): Expr;
}

/** Elementwise operations and views: every result element is an expression of operand elements. */
export interface PointwiseLowering<P extends Params> {
  readonly kind: "pointwise";
  /** "view": moves data only (free to inline anywhere); "cheap": a few instructions; "expensive": transcendental or long. */
  readonly cost: "view" | "cheap" | "expensive";
  /** One expression per result, at the same index when there are several results of one shape. */
  readonly emit: (
    b: ExprBuilder,
    operands: readonly Operand[],
    index: readonly Expr[],
    params: P,
    out: readonly ShapedArray[],
    result: number,
  ) => Expr;
  /** For results that are a part of the one operand: the index at which it begins; null where it is not every element from there on. */
  readonly start?: (params: P, out: ShapedArray, result: number) => readonly number[] | null;
  /**
   * For results that the operands tile, without gaps or overlaps: where in the result the first element of each operand is. Long lists of
   * operands are then written one by one.
   */
  readonly corners?: (operands: readonly ShapedArray[], params: P) => readonly (readonly number[])[];
}

export type ReduceOp = "sum" | "prod" | "max" | "min" | "and" | "or" | "xor" | "argmax" | "argmin";

/** Reductions of one operand over axes. For argmax and argmin, one axis; the result is its index. */
export interface ReductionLowering<P extends Params> {
  readonly kind: "reduction";
  readonly op: ReduceOp;
  readonly axes: (params: P, operand: ShapedArray) => readonly number[];
}

/** Running reductions along one axis (cumsum, cumprod, cummax, cummin, cumlogsumexp). */
export interface ScanLowering<P extends Params> {
  readonly kind: "scan";
  readonly template: Template;
  readonly op: "sum" | "prod" | "max" | "min" | "logaddexp";
  readonly axis: (params: P) => number;
  readonly reverse: (params: P) => boolean;
}

/** Operations with an algorithm of their own. Each member names the kernel of the IR that it becomes. */
export type TemplateLowering<P extends Params> =
  | {
      readonly kind: "dot";
      readonly dims: (params: P) => {
        readonly contract: readonly [readonly number[], readonly number[]];
        readonly batch: readonly [readonly number[], readonly number[]];
      };
    }
  /** A convolution (cross-correlation) of operand 0 with the kernel operand 1. */
  | { readonly kind: "conv"; readonly template: Template; readonly geometry: (params: P) => ConvGeometry }
  /**
   * A routine for each element of the leading dimensions, in which all operands and results agree; each begins where the last `ranks`
   * dimensions of its operand do.
   */
  | {
      readonly kind: "routine";
      readonly template: Template;
      readonly build: (params: P, operands: readonly ShapedArray[], out: readonly ShapedArray[]) => Routine;
      /** How many leading dimensions count problems. */
      readonly batchRank: (operands: readonly ShapedArray[]) => number;
    }
  /**
   * Fourier transforms of axis 1 of operand 0, complex [before, length, after], to [before / inner, length, inner, after]; operand 1 are the roots of
   * unity that several radices need, and the last operand, if `turned`, what results are multiplied by (FourierKernel says how).
   */
  | {
      readonly kind: "fourier";
      readonly template: Template;
      readonly transform: (params: P) => {
        readonly radices: readonly number[];
        readonly sign: 1 | -1;
        readonly inner: number;
        readonly turned: boolean;
      };
    }
  | {
      readonly kind: "sort";
      readonly template: Template;
      readonly dimension: (params: P) => number;
      readonly numKeys: (params: P) => number;
    }
  /** Operand 0 updated at computed places, in the row-major order of the update space. */
  | {
      readonly kind: "scatter";
      readonly template: Template;
      readonly combine: "set" | "add" | "mul" | "min" | "max";
      /** The shape of the update space. */
      readonly space: (params: P, operands: readonly ShapedArray[]) => readonly number[];
      /** For one point: the index into operand 0, whether it is written at all (null: always), and the value. */
      readonly emit: (
        b: ExprBuilder,
        operands: readonly Operand[],
        point: readonly Expr[],
        params: P,
      ) => { readonly index: readonly Expr[]; readonly guard: Expr | null; readonly value: Expr };
    };

/**
 * Operations that are compiled as a program of others, written for the types of the operands: pooling is slices and maxima, say. Unlike a
 * call (`inlineAs` of the primitive), the operation stays one equation for every transformation.
 */
export interface ProgramLowering<P extends Params> {
  readonly kind: "program";
  readonly program: (params: P, operands: readonly ShapedArray[]) => ClosedJaxpr;
}

/**
 * Operations that run programs: native loops and branches around the kernels of those programs. Carries enter and leave with one type.
 */
export type ControlLowering<P extends Params> =
  /**
   * Operands: constants, initial carries, arrays whose leading axis is `length`. The body maps constants, carries and one slice of each array
   * to carries and one slice of each stacked result. Results: final carries, stacked results. The last step first when `reverse`.
   */
  | {
      readonly kind: "forLoop";
      readonly template: ControlTemplate;
      readonly loop: (params: P) => {
        readonly body: ClosedJaxpr;
        readonly length: number;
        readonly reverse: boolean;
        readonly numConsts: number;
        readonly numCarry: number;
        /** Steps to do in one of the compiled loop; 0 means all, 1 unless given. A wish: the compiler may do fewer. */
        readonly unroll?: number;
        /** Whether threads are to take whole steps, if nothing is carried from one to the next; default false. */
        readonly parallel?: boolean | undefined;
      };
    }
  /** Operands: constants of the condition, constants of the body, initial carries; each program takes its own constants, then carries. */
  | {
      readonly kind: "whileLoop";
      readonly template: ControlTemplate;
      readonly loop: (params: P) => {
        readonly cond: ClosedJaxpr;
        readonly body: ClosedJaxpr;
        readonly condConsts: number;
        readonly bodyConsts: number;
      };
    }
  /** Operand 0, an int32 scalar within range, says which program is run on the other operands. */
  | {
      readonly kind: "branch";
      readonly template: ControlTemplate;
      readonly branches: (params: P) => readonly ClosedJaxpr[];
    };

/** A function of JavaScript on concrete arrays. The results have the types that the caller expects, or it throws. */
export type HostFunction = (args: readonly ArrayImpl[]) => readonly ArrayImpl[];

/** Calls back into JavaScript, on the calling thread. */
export interface HostCallLowering<P extends Params> {
  readonly kind: "hostCall";
  readonly call: (params: P) => HostFunction;
}

/** Whether a primitive runs programs in loops or branches. */
export function isControl(lowering: Lowering): lowering is ControlLowering<Params> {
  return lowering.kind === "forLoop" || lowering.kind === "whileLoop" || lowering.kind === "branch";
}

/** What a convolution computes. Dimension lists put batch (of the kernel: output features) and features before space. */
export interface ConvGeometry {
  readonly lhs: readonly number[];
  readonly rhs: readonly number[];
  readonly out: readonly number[];
  /** Per spatial dimension. Output `y` and tap `r` meet at `y*stride - low + r*rhsDilation` of the dilated input. */
  readonly window: readonly {
    readonly stride: number;
    readonly low: number;
    readonly lhsDilation: number;
    readonly rhsDilation: number;
  }[];
  /** At most one of them is larger than 1. Groups are outermost in the dimensions that they divide. */
  readonly featureGroups: number;
  readonly batchGroups: number;
}
