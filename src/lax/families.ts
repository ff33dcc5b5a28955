import type { NDArray } from "../core/array.ts";
import { type ShapedArray, shapesEqual } from "../core/aval.ts";
import type { Expr, ExprBuilder, Operand } from "../core/lowering.ts";
import {
  definePrimitive,
  type JvpRule,
  type NoRule,
  notLinear,
  type Params,
  type Primitive,
  type Tangent,
  type TransposeRule,
  UndefinedPrimal,
  Zero,
} from "../core/primitive.ts";
import { addTangents, instantiate, zeroTangent } from "../core/tangents.ts";
import { bind1 } from "../core/trace.ts";
import { bool, type Complex, type DType, int32, isComplex, isWideInteger } from "../dtypes/index.ts";
import { broadcastingBatching, vectorizedBatching } from "./batching.ts";
import { mapComplex, mapComplexNamed } from "./hostComplex.ts";
import { mapElements, mapWide } from "./hostLoops.ts";
import {
  type Accepts,
  broadcastedShape,
  checkDTypeAt,
  checkSameDTypes,
  checkUnaryDType,
  sameDTypeOperands,
  unaryOperand,
} from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";

type Cost = "cheap" | "expensive";

// Derivative rules.

/** The tangent that one operand's tangent `g` contributes, given the result and the operands. */
export type TangentRule<P extends Params = Params> = (
  g: NDArray,
  ans: NDArray,
  operands: readonly NDArray[],
  params: P,
) => NDArray;

/** Forward rule of one result from a rule per operand; null: the result does not depend smoothly on that operand. */
/* @__NO_SIDE_EFFECTS__ */
export function standardJvp<P extends Params>(
  primitive: () => Primitive<P>,
  rules: readonly (TangentRule<P> | null)[],
): JvpRule<P> {
  return (primals, tangents, params) => {
    const ans = bind1(primitive(), primals, params);
    let sum: Tangent = zeroTangent(ans);
    const parts: NDArray[] = [];
    rules.forEach((rule, i) => {
      const g = tangents[i];
      if (rule !== null && !(g instanceof Zero)) parts.push(rule(g, ans, primals, params));
    });
    for (const part of parts) sum = addTangents(sum, part);
    return [[ans], [sum]];
  };
}

/** Forward rule of an operation that is linear in all its operands together: apply it to the tangents. */
/* @__NO_SIDE_EFFECTS__ */
export function linearJvp<P extends Params>(primitive: () => Primitive<P>): JvpRule<P> {
  return (primals, tangents, params) => {
    const ans = bind1(primitive(), primals, params);
    if (!tangents.some((t) => !(t instanceof Zero))) return [[ans], [zeroTangent(ans)]];
    return [[ans], [bind1(primitive(), tangents.map(instantiate), params)]];
  };
}

/** Transposition of an operation of one linear operand. */
/* @__NO_SIDE_EFFECTS__ */
export function linearTranspose<P extends Params>(
  rule: (ct: NDArray, operand: ShapedArray, params: P) => NDArray,
): TransposeRule<P> {
  return ([ct], [x], params) =>
    ct instanceof Zero ? [null] : [rule(ct, (x as UndefinedPrimal).aval, params)];
}

/** Undoes implicit broadcasting: the cotangent summed to the shape of the operand. */
export function unbroadcast(aval: ShapedArray, x: NDArray): NDArray {
  if (shapesEqual(aval.shape, x.shape)) return x;
  const all = Array.from(x.shape, (_, i) => i);
  if (aval.ndim === 0) return ops.reduceSum(x, all);
  const axes = all.filter((i) => x.shape[i] !== aval.shape[i]);
  return ops.reshape(axes.length > 0 ? ops.reduceSum(x, axes) : x, aval.shape);
}

/** Makes implicit broadcasting explicit. */
export function maybeBroadcast(shape: readonly number[], x: NDArray): NDArray {
  if (shapesEqual(shape, x.shape)) return x;
  if (x.ndim === 0) return ops.broadcastInDim(x, shape, []);
  const kept = Array.from(shape, (_, i) => i).filter((i) => x.shape[i] === shape[i]);
  const squeezed = ops.reshape(
    x,
    kept.map((i) => x.shape[i]),
  );
  return ops.broadcastInDim(squeezed, shape, kept);
}

/** Transposition of an operation that is linear in each of two operands separately. */
/* @__NO_SIDE_EFFECTS__ */
export function bilinearTranspose<P extends Params>(
  left: (ct: NDArray, x: ShapedArray, y: NDArray, params: P) => NDArray,
  right: (ct: NDArray, x: NDArray, y: ShapedArray, params: P) => NDArray,
): TransposeRule<P> {
  return ([ct], [x, y], params) => {
    if (ct instanceof Zero) return [null, null];
    if (x instanceof UndefinedPrimal) return [left(ct, x.aval, y as NDArray, params), null];
    return [null, right(ct, x as NDArray, (y as UndefinedPrimal).aval, params)];
  };
}

// Lowering.

/** The rule of sums and differences: linear, with tangents that broadcast as the operands do. */
/* @__NO_SIDE_EFFECTS__ */
export function sumJvp(primitive: () => Primitive, ofSecond: (t: NDArray) => NDArray): JvpRule {
  return (primals, [s, t]) => {
    const ans = bind1(primitive(), primals, {});
    let tangent: Tangent;
    if (s instanceof Zero)
      tangent = t instanceof Zero ? zeroTangent(ans) : maybeBroadcast(ans.shape, ofSecond(t));
    else if (t instanceof Zero) tangent = maybeBroadcast(ans.shape, s);
    else tangent = bind1(primitive(), [s, t], {});
    return [[ans], [tangent]];
  };
}

/** The index at which an operand is read for the element of the result at `index`, with implicit broadcasting. */
export function broadcastIndex(
  b: ExprBuilder,
  operand: ShapedArray,
  index: readonly Expr[],
  out: ShapedArray,
): readonly Expr[] {
  if (operand.shape === out.shape || shapesEqual(operand.shape, out.shape)) return index;
  if (operand.ndim === 0) return [];
  return index.map((e, i) => (operand.shape[i] === out.shape[i] ? e : b.const(0, int32)));
}

/** Reads every operand at the element of the result. */
export function readOperands(
  b: ExprBuilder,
  operands: readonly Operand[],
  index: readonly Expr[],
  out: ShapedArray,
): Expr[] {
  return operands.map((x) => x.at(broadcastIndex(b, x.aval, index, out)));
}

// Families.

type Emit<P extends Params> = (b: ExprBuilder, args: readonly Expr[], params: P, out: ShapedArray) => Expr;

export interface UnarySpec<P extends Params> {
  readonly accepts: Accepts;
  /** The result's dtype, which may depend on the operand's; default: the operand's. */
  readonly result?: DType | ((operand: DType) => DType);
  /** Of real numbers, where there are any among the operands. */
  readonly reference?: (x: number, dtype: DType, params: P) => number | boolean;
  /** Default: the function of complexMath.ts of the primitive's name. */
  readonly complexReference?: (x: Complex, params: P) => Complex | number | boolean;
  /** The reference on integers of 64 bits, for operations that accept them. Results wrap. */
  readonly wide?: (x: bigint, params: P) => bigint | boolean;
  readonly cost: Cost;
  /** Default: the scalar operation of the primitive's name. */
  readonly emit?: Emit<P>;
  /** The tangent rule, or why there is none. */
  readonly jvp: TangentRule<P> | NoRule;
  /** For linear operations. */
  readonly transpose?: TransposeRule<P>;
  /** Further conditions on operand and parameters. */
  readonly check?: (aval: ShapedArray, params: P) => void;
  readonly printParams?: (params: P) => Record<string, unknown>;
}

/** Elementwise operations of one operand. */
/* @__NO_SIDE_EFFECTS__ */
export function unary<P extends Params = Record<string, never>>(
  name: string,
  spec: UnarySpec<P>,
): Primitive<P> {
  const emit: Emit<P> = spec.emit ?? ((b, [x]) => b.op(name, x));
  const primitive: Primitive<P> = definePrimitive<P>({
    name,
    abstractEval: ([x], params) => {
      checkUnaryDType(name, x, spec.accepts);
      spec.check?.(x, params);
      const dtype = typeof spec.result === "function" ? spec.result(x.dtype) : spec.result;
      return [dtype === undefined ? x : x.update({ dtype })];
    },
    reference: (inputs, params, [out]) => {
      const { dtype } = inputs[0];
      if (isWideInteger(dtype)) {
        const wide = requireWide(name, dtype, spec.wide);
        return [mapWide(inputs, out, (x) => wide(x, params))];
      }
      const { reference, complexReference } = spec;
      if (complexReference !== undefined && isComplex(dtype))
        return [mapComplex(inputs, out, (x) => complexReference(x, params))];
      if (reference === undefined || isComplex(dtype)) return [mapComplexNamed(name, inputs, out)];
      return [mapElements(inputs, out, (x) => reference(x, dtype, params))];
    },
    jvp:
      typeof spec.jvp === "function"
        ? spec.transpose === undefined
          ? standardJvp(() => primitive, [spec.jvp])
          : linearJvp(() => primitive)
        : spec.jvp,
    transpose: spec.transpose ?? notLinear,
    batching: vectorizedBatching(() => primitive),
    lowering: {
      kind: "pointwise",
      cost: spec.cost,
      emit: (b, operands, index, params, [out]) => emit(b, [operands[0].at(index)], params, out),
    },
    printParams: spec.printParams,
  });
  return primitive;
}

export interface BinarySpec {
  readonly accepts: Accepts;
  /** The result's dtype; default: the operands'. */
  readonly result?: DType;
  readonly reference: (x: number, y: number, dtype: DType) => number | boolean;
  /** As in {@link UnarySpec}. */
  readonly wide?: (x: bigint, y: bigint) => bigint | boolean;
  readonly cost: Cost;
  readonly emit?: Emit<Params>;
  /** A tangent rule per operand, a whole rule, or why there is none. */
  readonly jvp: readonly [TangentRule | null, TangentRule | null] | JvpRule | NoRule;
  readonly transpose?: TransposeRule;
}

/** The rule for integers of 64 bits. */
export function requireWide<F>(name: string, dtype: DType, wide: F | undefined): F {
  if (wide === undefined) throw new TypeError(`${name} has no evaluation on ${dtype.name}.`);
  return wide;
}

/** Elementwise operations of two operands of one dtype that broadcast. */
/* @__NO_SIDE_EFFECTS__ */
export function binary(name: string, spec: BinarySpec): Primitive {
  const emit: Emit<Params> = spec.emit ?? ((b, [x, y]) => b.op(name, x, y));
  const primitive: Primitive = definePrimitive({
    name,
    abstractEval: (avals) => {
      checkDTypeAt(name, avals[0], spec.accepts, 0);
      checkDTypeAt(name, avals[1], spec.accepts, 1);
      checkSameDTypes(name, avals);
      return [elementwiseResult(name, avals, spec.result)];
    },
    reference: (inputs, _params, [out]) => {
      const { dtype } = inputs[0];
      if (isWideInteger(dtype)) return [mapWide(inputs, out, requireWide(name, dtype, spec.wide))];
      if (isComplex(dtype)) return [mapComplexNamed(name, inputs, out)];
      return [mapElements(inputs, out, (x, y) => spec.reference(x, y, dtype))];
    },
    jvp: isRulePair(spec.jvp) ? standardJvp(() => primitive, spec.jvp) : spec.jvp,
    transpose: spec.transpose ?? notLinear,
    batching: broadcastingBatching(() => primitive),
    lowering: {
      kind: "pointwise",
      cost: spec.cost,
      emit: (b, operands, index, params, [out]) =>
        emit(b, readOperands(b, operands, index, out), params, out),
    },
  });
  return primitive;
}

function isRulePair(jvp: BinarySpec["jvp"]): jvp is readonly [TangentRule | null, TangentRule | null] {
  return Array.isArray(jvp);
}

/** The aval of an elementwise result: broadcast, weak only when all operands are. */
export function elementwiseResult(name: string, avals: readonly ShapedArray[], dtype?: DType): ShapedArray {
  const shape = broadcastedShape(name, avals);
  return avals[0].update({ shape, dtype: dtype ?? avals[0].dtype, weakType: avals.every((a) => a.weakType) });
}

/** Elementwise comparisons: bool results, no derivative. */
/* @__NO_SIDE_EFFECTS__ */
export function comparison(
  name: string,
  families: Accepts,
  reference: (x: number | bigint, y: number | bigint) => boolean,
  jvp: NoRule,
): Primitive {
  return binary(name, { accepts: families, result: bool, reference, wide: reference, cost: "cheap", jvp });
}

const noParams = /* @__PURE__ */ Object.freeze({});

/** The user function of a unary primitive without parameters. */
export function applyUnary(
  primitive: Primitive<Record<string, never>>,
  x: LaxOperand,
  families: Accepts,
): NDArray {
  return bind1(primitive, [unaryOperand(x, primitive.name, families)], noParams);
}
/** The user function of a binary primitive without parameters. */
export function applyBinary(primitive: Primitive, x: LaxOperand, y: LaxOperand): NDArray {
  return bind1(primitive, sameDTypeOperands([x, y], primitive.name), noParams);
}
