import type { NDArray } from "../../core/array.ts";
import { evalJaxpr } from "../../core/evalJaxpr.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import {
  type BatchDim,
  definePrimitive,
  type Params,
  type Primitive,
  type Tangent,
  UndefinedPrimal,
  Zero,
} from "../../core/primitive.ts";
import { instantiate, zeroTangent } from "../../core/tangents.ts";
import { axesKey, bind } from "../../core/trace.ts";
import { batchedProgram, mappedAxes } from "../../transforms/batchTrace.ts";
import { runJvp } from "../../transforms/jvpTrace.ts";
import { linearizeFlat } from "../../transforms/linearizeTrace.ts";
import { neg, sub } from "../arithmetic.ts";
import { batchDimAtFront, placeBatchDim } from "../batching.ts";
import { range } from "./programs.ts";
import { amongOperands } from "./solvePrograms.ts";

/** The linear map, its transpose, and how equations with either are solved. Each takes its own constants, then the leaves of `b`. */
export interface LinearSolvePrograms {
  readonly matvec: ClosedJaxpr;
  readonly vecmat: ClosedJaxpr | null;
  readonly solve: ClosedJaxpr;
  readonly transposeSolve: ClosedJaxpr | null;
  /** How many constants each of the four has, in this order: the leading operands. */
  readonly counts: readonly [number, number, number, number];
}

export interface LinearSolveParams extends Params {
  readonly programs: LinearSolvePrograms;
}

/** The solution `x` of `matvec(x) = b`, with derivatives by solving again. */
export const linearSolveP: Primitive<LinearSolveParams> = definePrimitive<LinearSolveParams>({
  name: "custom_linear_solve",
  abstractEval: (_avals, { programs }) => programs.solve.outAvals,
  reference: () => {
    throw new Error("custom_linear_solve is evaluated through its program");
  },
  inlineAs: ({ programs }) => solveProgram(programs),
  lowering: { kind: "inline" },
  printParams: ({ programs: { matvec, vecmat, solve, transposeSolve, counts } }) => ({
    const_lengths: counts,
    jaxprs: [matvec, vecmat, solve, transposeSolve].filter((p) => p !== null),
  }),

  // From A x = b: dA x + A dx = db.
  jvp: (primals, tangents, params) => {
    const { programs } = params;
    const outs = bind(linearSolveP, primals, params);
    const x = outs.slice(0, numUnknowns(programs));
    const n = programs.counts[0];
    const [, dAx] = runJvp(
      (consts) => evalJaxpr(programs.matvec.jaxpr, programs.matvec.consts, [...consts, ...x]),
      primals.slice(0, n),
      tangents.slice(0, n),
      "differentiating the matvec of a linear solve",
    );
    return [outs, solveTangents(primals, tangents, dAx, outs, params)];
  },
  linearize: (primals, nonzeros, params) => {
    const { programs } = params;
    const outs = bind(linearSolveP, primals, params);
    const x = outs.slice(0, numUnknowns(programs));
    const n = programs.counts[0];
    const lin = linearizeFlat(
      (consts) => evalJaxpr(programs.matvec.jaxpr, programs.matvec.consts, [...consts, ...x]),
      primals.slice(0, n),
      nonzeros.slice(0, n),
      "differentiating the matvec of a linear solve",
    );
    return {
      primalsOut: outs,
      linear: (tangents) => {
        const given = tangents.slice(0, n).filter((t): t is NDArray => !(t instanceof Zero));
        const products = evalJaxpr(lin.jaxpr, lin.residuals, given);
        let next = 0;
        const dAx = lin.nonzerosOut.map((nz, i) => (nz ? products[next++] : zeroTangent(x[i])));
        return solveTangents(primals, tangents, dAx, outs, params);
      },
    };
  },

  transpose: (cotangents, operands, { programs }) => {
    const turned = transposed(programs);
    const numConsts = total(programs.counts);
    const consts = operands.slice(0, numConsts);
    if (consts.some((c) => c instanceof UndefinedPrimal)) {
      throw new TypeError("custom_linear_solve can be transposed in its right-hand side only");
    }
    const [a, b, c, d] = programs.counts;
    const known = consts as NDArray[];
    const swapped = [
      ...known.slice(a, a + b),
      ...known.slice(0, a),
      ...known.slice(a + b + c, a + b + c + d),
      ...known.slice(a + b, a + b + c),
    ];
    const n = numUnknowns(programs);
    const outs = bind(linearSolveP, [...swapped, ...cotangents.slice(0, n).map(instantiate)], {
      programs: turned,
    });
    return [...known.map(() => null), ...outs.slice(0, n)];
  },

  // Everything but constants is mapped along a leading axis.
  batching: (operands, dims, { programs }, axisSize) => {
    const numConsts = total(programs.counts);
    const mapped = batched(programs, dims.slice(0, numConsts), axisSize);
    const args = operands.map((x, i) => (i < numConsts ? x : batchDimAtFront(x, dims[i], axisSize)));
    const outs = bind(linearSolveP, args, { programs: mapped });
    return [outs, outs.map(() => 0)];
  },
});

const total = (counts: readonly number[]): number => counts.reduce((sum, n) => sum + n, 0);

/** The leaves of the solution; what else `solve` returns is auxiliary. */
const numUnknowns = ({ matvec }: LinearSolvePrograms): number => matvec.outAvals.length;

/** Tangents of the results: the solution for `db - dA x`; auxiliary results have none. */
function solveTangents(
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  dAx: readonly Tangent[],
  outs: readonly NDArray[],
  params: LinearSolveParams,
): Tangent[] {
  const numConsts = total(params.programs.counts);
  const rhs = tangents.slice(numConsts).map((db, i) => subtract(db, dAx[i]));
  if (rhs.every((t): boolean => t instanceof Zero)) return outs.map((x) => zeroTangent(x));
  const args = [...primals.slice(0, numConsts), ...rhs.map(instantiate)];
  const dx = bind(linearSolveP, args, params);
  return outs.map((x, i) => (i < rhs.length ? dx[i] : zeroTangent(x)));
}

function subtract(a: Tangent, b: Tangent): Tangent {
  if (b instanceof Zero) return a;
  return a instanceof Zero ? neg(b) : sub(a, b);
}

const solvePrograms = new WeakMap<LinearSolvePrograms, ClosedJaxpr>();

/** `solve` as a program of all operands. */
function solveProgram(programs: LinearSolvePrograms): ClosedJaxpr {
  let program = solvePrograms.get(programs);
  if (program === undefined) {
    const { matvec, vecmat, solve, transposeSolve, counts } = programs;
    const before = [
      ...matvec.jaxpr.invars.slice(0, counts[0]),
      ...(vecmat?.jaxpr.invars.slice(0, counts[1]) ?? []),
    ];
    const after = transposeSolve?.jaxpr.invars.slice(0, counts[3]) ?? [];
    program = amongOperands(solve, counts[2], before, after);
    solvePrograms.set(programs, program);
  }
  return program;
}

const transposes = new WeakMap<LinearSolvePrograms, LinearSolvePrograms>();

/** @throws TypeError when it is not known how to solve the transposed equations */
function transposed(programs: LinearSolvePrograms): LinearSolvePrograms {
  const { matvec, vecmat, solve, transposeSolve, counts } = programs;
  if (vecmat === null || transposeSolve === null) {
    throw new TypeError(
      "transpose_solve (transposeSolve) required for backwards mode automatic differentiation of custom_linear_solve",
    );
  }
  let result = transposes.get(programs);
  if (result === undefined) {
    const [a, b, c, d] = counts;
    result = {
      matvec: vecmat,
      vecmat: matvec,
      solve: transposeSolve,
      transposeSolve: solve,
      counts: [b, a, d, c],
    };
    transposes.set(programs, result);
  }
  return result;
}

const batches = new WeakMap<LinearSolvePrograms, Map<string, LinearSolvePrograms>>();

function batched(
  programs: LinearSolvePrograms,
  constDims: readonly BatchDim[],
  axisSize: number,
): LinearSolvePrograms {
  let byKey = batches.get(programs);
  if (byKey === undefined) {
    byKey = new Map();
    batches.set(programs, byKey);
  }
  const key = `${axisSize}:${axesKey(mappedAxes())}${constDims.join()}`;
  let result = byKey.get(key);
  if (result === undefined) {
    let at = 0;
    const batch = <P extends ClosedJaxpr | null>(program: P, count: number): P => {
      const own = constDims.slice(at, (at += count));
      if (program === null) return program;
      const dims = [...own, ...range(own.length, program.inAvals.length).map(() => 0)];
      const front = (outs: NDArray[], outDims: BatchDim[]): [NDArray[], BatchDim[]] => [
        outs.map((x, i) => placeBatchDim(x, outDims[i], 0, axisSize)),
        outs.map(() => 0),
      ];
      return batchedProgram(program, dims, axisSize, front).closed as P;
    };
    const { matvec, vecmat, solve, transposeSolve, counts } = programs;
    result = {
      matvec: batch(matvec, counts[0]),
      vecmat: batch(vecmat, counts[1]),
      solve: batch(solve, counts[2]),
      transposeSolve: batch(transposeSolve, counts[3]),
      counts,
    };
    byKey.set(key, result);
  }
  return result;
}
