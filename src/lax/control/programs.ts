import type { NDArray } from "../../core/array.ts";
import type { ShapedArray } from "../../core/aval.ts";
import { pruneClosed } from "../../core/dce.ts";
import { ClosedJaxpr, Jaxpr, Var } from "../../core/jaxpr.ts";
import { maskKey, ProgramCache } from "../../transforms/programCache.ts";

const orders = /* @__PURE__ */ new ProgramCache<ClosedJaxpr>();

/**
 * The program with its inputs and outputs in another order: `inputs[k]` is the old place of the new input k. Outputs may be dropped and
 * repeated, and inputs dropped that nothing reads. Null keeps the order.
 */
export function rearranged(
  program: ClosedJaxpr,
  inputs: readonly number[] | null,
  outputs: readonly number[] | null = null,
): ClosedJaxpr {
  const key = `${inputs?.join() ?? ""};${outputs?.join() ?? ""};${inputs === null};${outputs === null}`;
  return orders.get(program.jaxpr, key, () => {
    const { constvars, invars, eqns, outvars } = program.jaxpr;
    const newInvars = inputs === null ? invars : inputs.map((i) => invars[i]);
    const newOutvars = outputs === null ? outvars : outputs.map((i) => outvars[i]);
    return new ClosedJaxpr(new Jaxpr(constvars, newInvars, eqns, newOutvars), program.consts);
  });
}

/** The program with its constants as leading inputs. */
export function constsAsInputs({ constvars, invars, eqns, outvars }: Jaxpr): ClosedJaxpr {
  return new ClosedJaxpr(new Jaxpr([], [...constvars, ...invars], eqns, outvars));
}

/** A program whose leading inputs stand for `own` values, as one whose leading inputs stand for `all` of several programs. */
export function withLeadingInputs(
  { jaxpr, consts }: ClosedJaxpr,
  own: readonly NDArray[],
  all: readonly NDArray[],
): ClosedJaxpr {
  const { constvars, invars, eqns, outvars } = jaxpr;
  const leading = all.map((x) => {
    const at = own.indexOf(x);
    return at < 0 ? new Var(x.aval) : invars[at];
  });
  const rest = invars.slice(own.length);
  return new ClosedJaxpr(new Jaxpr(constvars, [...leading, ...rest], eqns, outvars), consts);
}

/** For each output the place of the input that it is, or null. */
export function forwarding({ invars, outvars }: Jaxpr): (number | null)[] {
  const places = new Map(invars.map((v, i) => [v as unknown, i]));
  return outvars.map((v) => places.get(v) ?? null);
}

const pruned = /* @__PURE__ */ new ProgramCache<{ closed: ClosedJaxpr; used: readonly boolean[] }>();

/** The program for the outputs marked in `wanted`, and which inputs it uses; it still takes all. */
export function prunedOutputs(
  program: ClosedJaxpr,
  wanted: readonly boolean[],
): { closed: ClosedJaxpr; used: readonly boolean[] } {
  return pruned.get(program.jaxpr, maskKey(wanted), () => {
    const { closed, usedInputs } = pruneClosed(program, wanted);
    return { closed, used: usedInputs };
  });
}

/** Aval of a stack of `length` arrays, and of one of them. */
export const stacked = (aval: ShapedArray, length: number): ShapedArray =>
  aval.update({ shape: [length, ...aval.shape] });

/** The places `from .. to - 1`. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i);
