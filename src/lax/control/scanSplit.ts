import type { NDArray } from "../../core/array.ts";
import { dependence, pruneClosed } from "../../core/dce.ts";
import { evalJaxpr } from "../../core/evalJaxpr.ts";
import type { Atom, ClosedJaxpr, Jaxpr } from "../../core/jaxpr.ts";
import type { SplitProgram } from "../../transforms/partialEval.ts";
import { marked, unmarked } from "./lists.ts";
import { range, rearranged } from "./programs.ts";
import type { BindScan, ScanParams } from "./scanParams.ts";

/** How many of a loop's operands are constants, and how many carries; the rest is scanned. */
export interface Portions {
  readonly consts: number;
  readonly carry: number;
}

/**
 * Where a residual of the body is found outside of the loop: a value that all steps share, an array that is scanned anyway, or a stack that
 * the loop must make, by its place among the outputs of the body.
 */
type Residual =
  | { readonly kind: "shared"; readonly operand: number }
  | { readonly kind: "hoisted" }
  | { readonly kind: "scanned"; readonly operand: number }
  | { readonly kind: "stacked"; readonly output: number };

/** A scan of the unknown half of a body, on operands of type `T` and residuals. */
export interface RestOfScan {
  readonly params: ScanParams;
  /** How many of its operands are residuals that come first. */
  readonly numShared: number;
  operands<T>(unknownOperands: readonly T[]): (T | NDArray)[];
}

/** A scan whose body is taken apart: runs the known half now, and returns the rest for the unknown operands. */
export function splitScan(
  bindScan: BindScan,
  params: ScanParams,
  { known, numKnownOut, unknown }: SplitProgram,
  operands: readonly NDArray[],
  portions: Portions,
  unknownPortions: Portions,
): { known: NDArray[]; rest: RestOfScan } {
  const { residuals, outputs } = locate(known.jaxpr, numKnownOut, portions);
  const hoisted = hoist(
    known,
    residuals.map(({ kind }) => kind === "hoisted"),
    numKnownOut,
    operands,
  );
  const outs =
    outputs.length === 0 && known.effects.size === 0
      ? []
      : bindScan(operands, {
          ...params,
          jaxpr: rearranged(known, null, outputs),
          numConsts: portions.consts,
          numCarry: portions.carry,
        });

  let nextHoisted = 0;
  const values = residuals.map((r): NDArray => {
    if (r.kind === "hoisted") return hoisted[nextHoisted++];
    return r.kind === "stacked" ? outs[outputs.indexOf(r.output)] : operands[r.operand];
  });
  // The unknown body takes all residuals first; those that vary with the step are scanned.
  const varying = residuals.map(({ kind }) => kind === "scanned" || kind === "stacked");
  const shared = unmarked(values, varying);
  const places = range(0, values.length);
  const unknownPlaces = range(values.length, unknown.jaxpr.invars.length);
  const inputs = [...unmarked(places, varying), ...unknownPlaces, ...marked(places, varying)];
  const rest: RestOfScan = {
    params: {
      ...params,
      jaxpr: rearranged(unknown, inputs),
      numConsts: shared.length + unknownPortions.consts,
      numCarry: unknownPortions.carry,
    },
    numShared: shared.length,
    operands: (unknownOperands) => [...shared, ...unknownOperands, ...marked(values, varying)],
  };
  return { known: outs.slice(0, numKnownOut), rest };
}

/** Where each residual of a body is found, and which outputs of the body the loop needs: the known ones and those that it must stack. */
function locate(
  jaxpr: Jaxpr,
  numKnownOut: number,
  { consts, carry }: Portions,
): { residuals: Residual[]; outputs: number[] } {
  const places = new Map<Atom, number>(jaxpr.invars.map((v, i) => [v, i]));
  const dependsOnStep = dependence(
    jaxpr,
    jaxpr.invars.map((_, i) => i >= consts),
  );
  const outputs = range(0, numKnownOut);
  // What is stacked already; the first outputs are carries, which are not.
  const stacks = new Map<Atom, number>(outputs.slice(carry).map((i) => [jaxpr.outvars[i], i]));
  const residuals = jaxpr.outvars.slice(numKnownOut).map((atom, k): Residual => {
    const place = places.get(atom);
    if (place !== undefined && place < consts) return { kind: "shared", operand: place };
    if (place !== undefined && place >= consts + carry) return { kind: "scanned", operand: place };
    if (!dependsOnStep[numKnownOut + k]) return { kind: "hoisted" };
    let output = stacks.get(atom);
    if (output === undefined) {
      output = numKnownOut + k;
      stacks.set(atom, output);
      outputs.push(output);
    }
    return { kind: "stacked", output };
  });
  return { residuals, outputs };
}

/** Computes the residuals that no step changes before the loop, once. */
function hoist(
  known: ClosedJaxpr,
  which: readonly boolean[],
  numKnownOut: number,
  operands: readonly NDArray[],
): NDArray[] {
  if (!which.includes(true)) return [];
  const wanted = [...range(0, numKnownOut).map(() => false), ...which];
  // Effects belong to the steps.
  const { closed } = pruneClosed(known, wanted, "drop");
  return evalJaxpr(closed.jaxpr, closed.consts, operands);
}
