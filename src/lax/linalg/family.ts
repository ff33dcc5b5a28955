import type { NDArray } from "../../core/array.ts";
import { type ShapedArray, shapedArray, shapeStr, shapesEqual } from "../../core/aval.ts";
import { evalReference, hostArrayOf } from "../../core/evalReference.ts";
import type { HostArray } from "../../core/hostArray.ts";
import type { ProgramLowering } from "../../core/lowering.ts";
import {
  type BatchingRule,
  definePrimitive,
  type JvpRule,
  NoRule,
  notLinear,
  type Params,
  type Primitive,
  type TransposeRule,
  Zero,
} from "../../core/primitive.ts";
import { evaluateRoutine, type RoutineMemory } from "../../core/routine/evaluate.ts";
import { isShared, type Routine } from "../../core/routine/ir.ts";
import { zeroTangent } from "../../core/tangents.ts";
import { bind } from "../../core/trace.ts";
import { type DType, float64, type HostData, hostArray, isFloating } from "../../dtypes/index.ts";
import { routineTemplate } from "../../kernels/routine.ts";
import { batchDimAtFront } from "../batching.ts";
import { finish, numbersOf, resultBuffer } from "../hostLoops.ts";
import { type Accepts, checkDTypeAt, checkSameDTypes, checkUnaryDType, inexact } from "../operands.ts";
import { asProgram } from "../programLowering.ts";
import { fieldOf, type RoutineField } from "./routines/kind.ts";

/** A result of an operation on one matrix; the dtype of the operands unless given. */
export interface ResultSpec {
  readonly shape: readonly number[];
  readonly dtype?: DType;
}

type Dims = readonly (readonly number[])[];

export interface LinalgSpec<P extends Params> {
  /** How many trailing dimensions of each operand one problem has; the others count problems, and agree among the operands. */
  readonly ranks: readonly number[];
  /** The dtypes that operands may have; default: floating and complex. They agree unless `mixed` is set. */
  readonly accepts?: readonly Accepts[];
  readonly mixed?: boolean;
  /** The results for the trailing dimensions of the operands. @throws ValueError when these do not fit. */
  readonly results: (dims: Dims, params: P, dtype: DType) => readonly ResultSpec[];
  /** The algorithm for one problem, or what it is in terms of other operations, on stacks of matrices. The field is complex if an operand or a result is. */
  readonly routine?: (dims: Dims, params: P, field: RoutineField, operands: readonly DType[]) => Routine;
  readonly program?: (operands: readonly NDArray[], params: P) => readonly NDArray[];
  /** Called only when some operand has a tangent. */
  readonly jvp: JvpRule<P> | NoRule;
  readonly transpose?: TransposeRule<P>;
  /** Default: every operand gets the mapped axis in front. */
  readonly batching?: BatchingRule<P>;
  readonly printParams?: (params: P) => Record<string, unknown>;
}

/** An operation on matrices, or on stacks of them. */
/* @__NO_SIDE_EFFECTS__ */
export function linalgPrimitive<P extends Params = Record<string, never>>(
  name: string,
  spec: LinalgSpec<P>,
): Primitive<P> {
  const { ranks } = spec;
  const dimsOf = (avals: readonly { readonly shape: readonly number[] }[]): Dims =>
    avals.map(({ shape }, i) => shape.slice(shape.length - ranks[i]));
  const batchRank = (avals: readonly { readonly shape: readonly number[] }[]): number =>
    avals[0].shape.length - ranks[0];
  const written = spec.program === undefined ? null : asProgram(spec.program);
  const routine = spec.routine as NonNullable<typeof spec.routine>;
  const accepts = (i: number): Accepts => spec.accepts?.[i] ?? inexact;
  const primitive: Primitive<P> = definePrimitive<P>({
    name,
    abstractEval: (avals, params) => {
      checkOperands(name, ranks, avals);
      if (avals.length === 1) checkUnaryDType(name, avals[0], accepts(0));
      else avals.forEach((aval, i) => checkDTypeAt(name, aval, accepts(i), i));
      if (spec.mixed !== true) checkSameDTypes(name, avals);
      const batch = avals[0].shape.slice(0, batchRank(avals));
      const weakType = avals.every((a) => a.weakType);
      return spec
        .results(dimsOf(avals), params, avals[0].dtype)
        .map(({ shape, dtype }) => shapedArray([...batch, ...shape], dtype ?? avals[0].dtype, weakType));
    },
    reference: (inputs, params, out) => {
      if (written !== null) return evaluateProgram(written.program, inputs, params);
      const { isComplex } = fieldOf(numberType([...inputs, ...out]));
      const field: RoutineField = { real: "float64", isComplex };
      return evaluateAll(routine(dimsOf(inputs), params, field, inputs.map(dtypeOf)), inputs, out);
    },
    jvp:
      spec.jvp instanceof NoRule
        ? spec.jvp
        : (primals, tangents, params) => {
            if (tangents.some((t) => !(t instanceof Zero)))
              return (spec.jvp as JvpRule<P>)(primals, tangents, params);
            const outs = bind(primitive, primals, params);
            return [outs, outs.map(zeroTangent)];
          },
    transpose: spec.transpose ?? notLinear,
    batching:
      spec.batching ??
      ((operands, dims, params, axisSize) => {
        const front = operands.map((x, i) => batchDimAtFront(x, dims[i], axisSize));
        const outs = bind(primitive, front, params);
        return [outs, outs.map(() => 0)];
      }),
    lowering: written ?? {
      kind: "routine",
      template: routineTemplate,
      build: (params, operands, out) => {
        const field = fieldOf(numberType([...operands, ...out]));
        return routine(dimsOf(operands), params, field, operands.map(dtypeOf));
      },
      batchRank,
    },
    printParams: spec.printParams,
  });
  return primitive;
}

function checkOperands(name: string, ranks: readonly number[], avals: readonly ShapedArray[]): void {
  avals.forEach((aval, i) => {
    if (aval.ndim < ranks[i]) {
      throw new TypeError(
        `Input ${i} to ${name} must have rank at least ${ranks[i]}, but got shape=${shapeStr(aval.shape)}`,
      );
    }
  });
  const batches = avals.map((a, i) => a.shape.slice(0, a.ndim - ranks[i]));
  if (batches.some((b) => b.length !== batches[0].length)) {
    throw new TypeError(
      `All inputs to ${name} must have the same number of batch dimensions, but got ` +
        `[${batches.map((b) => b.length).join(", ")}] batch dimensions for the inputs.`,
    );
  }
  if (batches.some((b) => !shapesEqual(b, batches[0]))) {
    throw new TypeError(
      `All inputs to ${name} must have the same batch dimensions, but got ${batches.map(shapeStr).join(", ")}.`,
    );
  }
}

function evaluateProgram<P extends Params>(
  program: ProgramLowering<P>["program"],
  inputs: readonly HostArray[],
  params: P,
): HostData[] {
  const { jaxpr, consts } = program(
    params,
    inputs.map(({ shape, dtype }) => shapedArray(shape, dtype)),
  );
  return evalReference(jaxpr, consts.map(hostArrayOf), inputs).map((x) => x.data);
}

const dtypeOf = ({ dtype }: { readonly dtype: DType }): DType => dtype;

/** The dtype of the numbers among operands and results, complex if one is. */
function numberType(avals: readonly { readonly dtype: DType }[]): DType {
  const dtypes = avals.map((a) => a.dtype);
  return dtypes.find((d) => d.kind === "complex") ?? dtypes.find(isFloating) ?? float64;
}

/** Every second number of a list, from the first or the second on. */
const everySecond = (data: Float64Array, from: number): Float64Array =>
  Float64Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + from]);

/** Evaluates a routine for each problem, in float64; complex numbers by their parts. */
function evaluateAll(
  routine: Routine,
  inputs: readonly HostArray[],
  out: readonly ShapedArray[],
): HostData[] {
  const isComplex = (dtype: DType) => dtype.kind === "complex";
  const operands = inputs.flatMap((x): RoutineMemory[] => {
    if (!isComplex(x.dtype)) return [numbersOf(x) as RoutineMemory];
    const pairs = Float64Array.from(x.data as Float64Array);
    return [everySecond(pairs, 0), everySecond(pairs, 1)];
  });
  const results = out.map(({ dtype, size }): RoutineMemory[] => {
    if (isComplex(dtype)) return [new Float64Array(size), new Float64Array(size)];
    return [isFloating(dtype) ? new Float64Array(size) : (resultBuffer(dtype, size) as RoutineMemory)];
  });
  const memory = [...operands, ...results.flat()].filter((m) => m.length > 0);
  const arrays = routine.arrays.filter(isShared);
  const problems = memory.length === 0 ? 0 : memory[0].length / arrays[0].size;
  for (let i = 0; i < problems; i++) {
    evaluateRoutine(
      routine,
      memory.map((data, k) => data.subarray(i * arrays[k].size, (i + 1) * arrays[k].size)),
    );
  }
  return out.map(({ dtype }, i) => {
    const [re, im] = results[i];
    if (isComplex(dtype)) {
      const pairs = hostArray(dtype, re.length) as Float64Array;
      re.forEach((value, k) => pairs.set([value, im[k]], 2 * k));
      return pairs;
    }
    if (!isFloating(dtype)) return re;
    const rounded = resultBuffer(dtype, re.length);
    rounded.set(re);
    return finish(rounded, dtype);
  });
}
