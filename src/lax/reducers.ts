import type { NDArray } from "../core/array.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { hostArrayOf } from "../core/evalReference.ts";
import { ClosedJaxpr } from "../core/jaxpr.ts";
import { Tracer } from "../core/trace.ts";
import { type DType, iinfo, isBool, isFloating, isInteger } from "../dtypes/index.ts";
import { NotImplementedError, ValueError } from "../errors.ts";
import { runBatched } from "../transforms/batchTrace.ts";
import { flattenArrays } from "../transforms/flatFunction.ts";
import { functionName } from "../transforms/functionName.ts";
import { concreteValue } from "../transforms/jvpTrace.ts";
import { traceToJaxpr } from "../transforms/traceToJaxpr.ts";
import type { AnyFunction } from "../transforms/types.ts";
import { flattenInto } from "../tree/flatten.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { add, max, min, mul } from "./arithmetic.ts";
import { placeBatchDim } from "./batching.ts";
import { numbersOf } from "./hostLoops.ts";
import { bitwiseAnd, bitwiseOr, bitwiseXor } from "./logic.ts";
import type { Combine } from "./monoids.ts";
import { numberOperand } from "./operands.ts";

/*
 * Reductions by a computation of the caller, a function of two trees of scalars. The computation is associative and the initial values are
 * its identity: the caller promises both.
 */

/** Operands and initial values, one scalar for each, in the order of their tree. */
export interface Reduced {
  readonly operands: readonly NDArray[];
  readonly inits: readonly NDArray[];
  readonly tree: PyTreeDef;
}

/**
 * Flattens the two trees; a lone number among the initial values takes the dtype of its operand where it can.
 * @throws ValueError when their structures differ.
 */
export function flattenReduced(where: string, operands: unknown, initValues: unknown): Reduced {
  const { leaves, treedef } = flattenArrays(operands, `${where}: operands is`);
  const raw: unknown[] = [];
  const initTree = flattenInto(initValues, raw);
  if (initTree !== treedef) {
    throw new ValueError(
      `Operands must have the same tree structure as init_values: ${treedef} vs. ${initTree}`,
    );
  }
  const numbers = raw.map((x, i) =>
    typeof x === "number" || typeof x === "bigint" ? numberOperand(x, leaves[i].dtype) : x,
  );
  const inits = flattenArrays(numbers, `${where}: initValues is`).leaves;
  return { operands: leaves, inits, tree: treedef };
}

/**
 * The computation as a program of scalars.
 * @throws NotImplementedError when it closes over tracers; ValueError or TypeError when it does not return what it combines.
 */
export function traceReducer(where: string, computation: AnyFunction, { inits, tree }: Reduced): ClosedJaxpr {
  const avals = inits.map((x) => x.aval);
  const name = functionName(computation);
  let outTree = tree;
  const { jaxpr, consts } = traceToJaxpr(
    (leaves) => {
      const [a, b] = [leaves.slice(0, avals.length), leaves.slice(avals.length)].map((l) =>
        tree.unflatten(l),
      );
      const out = flattenArrays(computation(a, b), `${where}: the computation ${name} returned`);
      outTree = out.treedef;
      return out.leaves;
    },
    [...avals, ...avals],
    `tracing the computation ${name} of ${where}`,
  );
  if (consts.some((c) => c instanceof Tracer)) {
    throw new NotImplementedError(
      "Reduction computations can't close over Tracers: pass what they need as operands, or use lax.scan.",
    );
  }
  if (outTree !== tree) {
    throw new ValueError(
      `${where} output must have the same tree structure as the operands ${tree} vs. ${outTree}`,
    );
  }
  const program = new ClosedJaxpr(jaxpr, consts);
  program.outAvals.forEach((aval, i) => {
    if (aval.ndim === 0 && aval.dtype === inits[i].dtype) return;
    throw new TypeError(
      `${where}: the computation must return scalars of the dtypes that it combines, got ${aval} for an initial ` +
        `value of dtype ${inits[i].dtype.name}.`,
    );
  });
  return program;
}

/** A program of scalars, of two lists in a row, on each pair of elements of arrays of one shape. */
export function onElements(program: ClosedJaxpr): Combine {
  const mapped = (args: readonly NDArray[], ndim: number): readonly NDArray[] => {
    if (ndim === 0) return evalJaxpr(program.jaxpr, program.consts, args);
    const [size] = args[0].shape;
    const dims = args.map(() => 0);
    const [outs, outDims] = runBatched((xs) => mapped(xs, ndim - 1), args, dims, size, "combining elements");
    return outs.map((x, i) => placeBatchDim(x, outDims[i], 0, size));
  };
  return (a, b) => mapped([...a, ...b], a[0].ndim);
}

/** The operations whose reductions are primitives. */
export type MonoidName = "sum" | "prod" | "max" | "min" | "and" | "or" | "xor";

const monoids = new Map<unknown, MonoidName>([
  [add, "sum"],
  [mul, "prod"],
  [max, "max"],
  [min, "min"],
  [bitwiseAnd, "and"],
  [bitwiseOr, "or"],
  [bitwiseXor, "xor"],
]);

/** Which of them a computation is, if the initial value is known to be its identity. */
export function monoidOf(computation: unknown, { inits }: Reduced): MonoidName | null {
  const name = monoids.get(computation);
  if (name === undefined || inits.length !== 1) return null;
  const known = inits[0].ndim === 0 ? concreteValue(inits[0]) : null;
  if (known === null) return null;
  const host = hostArrayOf(known);
  const { dtype, data } = host;
  const isComplex = dtype.kind === "complex";
  // A complex number is stored as its two parts.
  if (isComplex && data[1] !== 0) return null;
  const value = isComplex || typeof data[0] === "bigint" ? data[0] : numbersOf(host)[0];
  const identity = identityOf(name, dtype);
  if (identity === null) return null;
  const same = typeof value === "bigint" ? BigInt(identity) === value : identity === value;
  return same ? name : null;
}

function identityOf(name: MonoidName, dtype: DType): number | bigint | null {
  const integral = isInteger(dtype);
  switch (name) {
    case "sum":
      return 0;
    case "prod":
      return 1;
    case "max":
    case "min": {
      if (integral) return name === "max" ? iinfo(dtype).min : iinfo(dtype).max;
      if (isBool(dtype)) return name === "max" ? 0 : 1;
      return isFloating(dtype) ? (name === "max" ? -Infinity : Infinity) : null;
    }
    case "and":
      if (isBool(dtype)) return 1;
      return integral ? (dtype.kind === "uint" ? iinfo(dtype).max : -1) : null;
    default:
      return integral || isBool(dtype) ? 0 : null;
  }
}
