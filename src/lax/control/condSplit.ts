import type { NDArray } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import { evalJaxpr } from "../../core/evalJaxpr.ts";
import { type Atom, ClosedJaxpr } from "../../core/jaxpr.ts";
import { Zero } from "../../core/primitive.ts";
import { instantiate } from "../../core/tangents.ts";
import type { SplitProgram } from "../../transforms/partialEval.ts";
import { traceToJaxpr } from "../../transforms/traceToJaxpr.ts";
import type { BindCond } from "./condParams.ts";

const description = "joining the residuals of branches";

/** A residual of one branch: an operand of the conditional, or a slot of its results. */
type Residual = { readonly kind: "operand" | "slot"; readonly index: number };

/**
 * A conditional whose branches are taken apart: runs the known halves now, and returns how to stage the rest on the unknown operands.
 * Branches have residuals of their own, in slots that they share by type.
 */
export function splitCond(
  bindCond: BindCond,
  split: readonly SplitProgram[],
  [index, ...operands]: readonly NDArray[],
): { known: NDArray[]; rest: (unknownOperands: readonly NDArray[]) => NDArray[] } {
  const slots: ShapedArray[] = [];
  const residuals = split.map((branch) => locate(branch, slots));
  const { numKnownOut } = split[0];
  const numResults = numKnownOut + slots.length;
  const branches = split.map((branch, k) => withSlots(branch, residuals[k], slots));
  const isNeeded = numResults > 0 || split.some(({ known }) => known.effects.size > 0);
  const outs = isNeeded ? bindCond([index, ...operands], { branches }) : [];
  // Operands that are a residual of some branch go to the linear halves of all.
  const passed = [...new Set(residuals.flat().flatMap((r) => (r.kind === "operand" ? [r.index] : [])))];
  const values = [...passed.map((i) => operands[i]), ...outs.slice(numKnownOut)];
  const rest = (unknownOperands: readonly NDArray[]) =>
    bindCond([index, ...values, ...unknownOperands], {
      branches: split.map((branch, k) => {
        const places = residuals[k].map((r) =>
          r.kind === "operand" ? passed.indexOf(r.index) : passed.length + r.index,
        );
        return withMoreResiduals(
          branch.unknown,
          places,
          values.map((x) => x.aval),
        );
      }),
    });
  return { known: outs.slice(0, numKnownOut), rest };
}

/** Where the residuals of a branch are; adds the slots that are missing. */
function locate({ known, numKnownOut }: SplitProgram, slots: ShapedArray[]): Residual[] {
  const { invars, outvars } = known.jaxpr;
  const places = new Map<Atom, number>(invars.map((v, i) => [v, i]));
  const taken = new Set<number>();
  const slotFor = (aval: ShapedArray): number => {
    const free = slots.findIndex((slot, i) => slot === aval && !taken.has(i));
    const slot = free < 0 ? slots.push(aval) - 1 : free;
    taken.add(slot);
    return slot;
  };
  const found = new Map<Atom, Residual>();
  return outvars.slice(numKnownOut).map((atom): Residual => {
    let residual = found.get(atom);
    if (residual === undefined) {
      const place = places.get(atom);
      residual =
        place === undefined ? { kind: "slot", index: slotFor(atom.aval) } : { kind: "operand", index: place };
      found.set(atom, residual);
    }
    return residual;
  });
}

/** The known half of a branch that fills the slots of its residuals, and the others with zeros. */
function withSlots(
  { known, numKnownOut }: SplitProgram,
  residuals: readonly Residual[],
  slots: readonly ShapedArray[],
): ClosedJaxpr {
  const { jaxpr, consts } = traceToJaxpr(
    (args) => {
      const outs = evalJaxpr(known.jaxpr, known.consts, args);
      const filled: (NDArray | undefined)[] = slots.map(() => undefined);
      residuals.forEach((r, i) => {
        if (r.kind === "slot") filled[r.index] = outs[numKnownOut + i];
      });
      const values = filled.map((x, i) => x ?? instantiate(new Zero(slots[i])));
      return [...outs.slice(0, numKnownOut), ...values];
    },
    known.inAvals,
    description,
  );
  return new ClosedJaxpr(jaxpr, consts);
}

/** A program whose leading inputs are found at `places` among more of the given types. */
function withMoreResiduals(
  program: ClosedJaxpr,
  places: readonly number[],
  avals: readonly ShapedArray[],
): ClosedJaxpr {
  const { jaxpr, consts } = traceToJaxpr(
    (args) => {
      const residuals = places.map((at) => args[at]);
      return evalJaxpr(program.jaxpr, program.consts, [...residuals, ...args.slice(avals.length)]);
    },
    [...avals, ...program.inAvals.slice(places.length)],
    description,
  );
  return new ClosedJaxpr(jaxpr, consts);
}
