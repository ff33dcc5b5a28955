import type { NDArray } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import { dependence } from "../../core/dce.ts";
import { ClosedJaxpr } from "../../core/jaxpr.ts";
import {
  type LinearOperand,
  type Tangent,
  type TransposeRule,
  UndefinedPrimal,
  Zero,
} from "../../core/primitive.ts";
import { addTangents, instantiate } from "../../core/tangents.ts";
import { partialEvalJaxpr } from "../../transforms/partialEval.ts";
import { maskKey, ProgramCache } from "../../transforms/programCache.ts";
import { traceToJaxpr } from "../../transforms/traceToJaxpr.ts";
import { backwardPass } from "../../transforms/transposeJaxpr.ts";
import { count, fixedPoint, marked, parts, unmarked } from "./lists.ts";
import type { BindScan, ScanParams } from "./scanParams.ts";
import { splitScan } from "./scanSplit.ts";

/**
 * A linear loop transposed runs the other way. Its carries are the cotangents of the constants, which add up over the steps, and of the
 * carries; it scans the cotangents of the stacked results and stacks those of the scanned arrays.
 */
export const scanTranspose =
  /* @__NO_SIDE_EFFECTS__ */
    (bindScan: BindScan): TransposeRule<ScanParams> =>
    (cotangents, operands, params) => {
      const { jaxpr, numConsts, numCarry } = params;
      const linear = operands.map((x) => x instanceof UndefinedPrimal);
      const [constLin, initLin, xsLin] = parts(linear, numConsts, numCarry);
      const carryLin = fixedPoint(initLin, (mask) =>
        dependence(jaxpr.jaxpr, [...constLin, ...mask, ...xsLin]).slice(0, numCarry),
      );
      if (carryLin.includes(false)) {
        const unknown = [...constLin, ...carryLin, ...xsLin];
        return transposeInParts(bindScan, cotangents, operands, params, unknown);
      }

      const [consts, init, xs] = parts(operands, numConsts, numCarry);
      const [ctCarry, ctYs] = parts(cotangents, numCarry);
      const ysNz = ctYs.map(isNonzero);
      const stepFor = (carryNz: readonly boolean[]): Step => ({ params, constLin, xsLin, carryNz, ysNz });
      const carryNz = fixedPoint(ctCarry.map(isNonzero), (mask) => patternOf(stepFor(mask)).carry);
      const pattern = patternOf(stepFor(carryNz));
      const closed = transposedBody(stepFor(carryNz), pattern);
      if (closed.jaxpr.outvars.length === 0) return operands.map(() => null);

      const linearConsts = marked(consts, constLin);
      const sums = marked(linearConsts, pattern.consts).map((x) => instantiate(new Zero(x.aval.toTangent())));
      const residuals = unmarked(consts, constLin) as NDArray[];
      const outs = bindScan(
        [
          ...residuals,
          ...sums,
          ...marked(ctCarry, carryNz).map(instantiate),
          ...(ctYs.filter(isNonzero) as NDArray[]),
          ...(unmarked(xs, xsLin) as NDArray[]),
        ],
        {
          ...params,
          jaxpr: closed,
          reverse: !params.reverse,
          numConsts: residuals.length,
          numCarry: sums.length + count(carryNz),
        },
      );
      const [ctConsts, ctInit, ctXs] = parts(outs, sums.length, count(carryNz));
      return [
        ...spread(constLin, spread(pattern.consts, ctConsts)),
        ...spread(carryNz, ctInit).map((ct, i) => (init[i] instanceof UndefinedPrimal ? ct : null)),
        ...spread(xsLin, spread(pattern.xs, ctXs)),
      ];
    };

/** The items of `list` at the marked places, null elsewhere. */
function spread<T>(mask: readonly boolean[], list: readonly T[]): (T | null)[] {
  let next = 0;
  return mask.map((m) => (m ? list[next++] : null));
}

/** A step to be transposed: which constants and scanned arrays are linear, which carries and stacked results have a cotangent. */
interface Step {
  readonly params: ScanParams;
  readonly constLin: readonly boolean[];
  readonly xsLin: readonly boolean[];
  readonly carryNz: readonly boolean[];
  readonly ysNz: readonly boolean[];
}

/** Which linear constants, which carries and which linear scanned arrays get a cotangent from a step. */
interface Pattern {
  readonly consts: readonly boolean[];
  readonly carry: readonly boolean[];
  readonly xs: readonly boolean[];
}

/** Types of what a step backwards is given: residuals, cotangents of carries, cotangents of stacked results, scanned residuals. */
function givenAvals({ params, constLin, xsLin, carryNz, ysNz }: Step): ShapedArray[][] {
  const { jaxpr, numConsts, numCarry } = params;
  const [constAvals, , xAvals] = parts(jaxpr.inAvals, numConsts, numCarry);
  const [ctCarry, ctYs] = parts(
    jaxpr.outAvals.map((a) => a.toTangent()),
    numCarry,
  );
  return [
    unmarked(constAvals, constLin),
    marked(ctCarry, carryNz),
    marked(ctYs, ysNz),
    unmarked(xAvals, xsLin),
  ];
}

/** Cotangents of the linear constants, of all carries, and of the linear scanned arrays. */
function stepBack(step: Step, given: readonly NDArray[]): Tangent[][] {
  const { params, constLin, xsLin, carryNz, ysNz } = step;
  const { jaxpr, numConsts, numCarry } = params;
  const counts = givenAvals(step).map((avals) => avals.length);
  const [residuals, ctCarry, ctYs, scanned] = parts(given, ...counts);
  const known = [
    ...spread(not(constLin), residuals),
    ...carryNz.map(() => null),
    ...spread(not(xsLin), scanned),
  ];
  const operands = jaxpr.inAvals.map((aval, i): LinearOperand => known[i] ?? new UndefinedPrimal(aval));
  const cts = [...spread(carryNz, ctCarry), ...spread(ysNz, ctYs)];
  const all = backwardPass(
    jaxpr.jaxpr,
    jaxpr.consts,
    operands,
    jaxpr.outAvals.map((aval, i) => cts[i] ?? new Zero(aval.toTangent())),
  );
  const [ctConsts, ctInit, ctXs] = parts(all, numConsts, numCarry);
  return [marked(ctConsts, constLin), ctInit, marked(ctXs, xsLin)];
}

const patterns = /* @__PURE__ */ new ProgramCache<Pattern>();
const bodies = /* @__PURE__ */ new ProgramCache<ClosedJaxpr>();
const description = "transposing a program";

const keyOf = ({ constLin, xsLin, carryNz, ysNz }: Step): string =>
  [constLin, xsLin, carryNz, ysNz].map(maskKey).join();

function patternOf(step: Step): Pattern {
  return patterns.get(step.params.jaxpr.jaxpr, keyOf(step), () => {
    let found: boolean[][] = [];
    const look = (args: NDArray[]) => {
      found = stepBack(step, args).map((cts) => cts.map(isNonzero));
      return [];
    };
    traceToJaxpr(look, givenAvals(step).flat(), description);
    const [consts, carry, xs] = found;
    return { consts, carry, xs };
  });
}

/**
 * The body of the transposed loop. Inputs: residuals, sums of the cotangents of constants, cotangents of carries, cotangents of stacked
 * results, scanned residuals. Outputs: new sums, cotangents of carries before the step, cotangents of scanned arrays.
 */
function transposedBody(step: Step, pattern: Pattern): ClosedJaxpr {
  const { jaxpr, numConsts } = step.params;
  return bodies.get(jaxpr.jaxpr, keyOf(step), () => {
    const linearConsts = marked(jaxpr.inAvals.slice(0, numConsts), step.constLin);
    const sumAvals = marked(linearConsts, pattern.consts).map((a) => a.toTangent());
    const [residualAvals, ...otherAvals] = givenAvals(step);
    const { jaxpr: program, consts } = traceToJaxpr(
      (args) => {
        const [residuals, sums, others] = parts(args, residualAvals.length, sumAvals.length);
        const [ctConsts, ctInit, ctXs] = stepBack(step, [...residuals, ...others]);
        const newSums = marked(ctConsts, pattern.consts).map((ct, i) => addTangents(sums[i], ct));
        return [...newSums, ...marked(ctInit, step.carryNz), ...marked(ctXs, pattern.xs)].map(instantiate);
      },
      [...residualAvals, ...sumAvals, ...otherAvals.flat()],
      description,
    );
    return new ClosedJaxpr(program, consts);
  });
}

/** A loop with carries that are not linear: they are computed first, and the linear loop over what it needs of them is transposed. */
function transposeInParts(
  bindScan: BindScan,
  cotangents: readonly Tangent[],
  operands: readonly LinearOperand[],
  params: ScanParams,
  unknown: readonly boolean[],
): readonly (Tangent | null)[] {
  const { jaxpr, numConsts, numCarry } = params;
  const force = jaxpr.outAvals.map((_, i) => i < numCarry && unknown[numConsts + i]);
  const split = partialEvalJaxpr(jaxpr, unknown, force);
  const linearCounts = { consts: count(unknown.slice(0, numConsts)), carry: count(force) };
  const { rest } = splitScan(
    bindScan,
    params,
    split,
    unmarked(operands, unknown) as NDArray[],
    { consts: numConsts - linearCounts.consts, carry: numCarry - linearCounts.carry },
    linearCounts,
  );
  const linearOperands = rest.operands(marked(operands, unknown));
  const cts = scanTranspose(bindScan)(marked(cotangents, split.unknownOut), linearOperands, rest.params);
  return spread(unknown, cts.slice(rest.numShared));
}

const isNonzero = (t: Tangent): boolean => !(t instanceof Zero);
const not = (mask: readonly boolean[]): boolean[] => mask.map((bit) => !bit);
