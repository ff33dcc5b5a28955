import { isKey } from "../dtypes/index.ts";
import { KeyReuseError } from "../errors.ts";
import type { NDArray } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import type { Atom, Eqn, Jaxpr } from "./jaxpr.ts";
import type { KeyMask, KeyUse } from "./keyUse.ts";
import type { Params, Primitive } from "./primitive.ts";

/*
 * No key is to be used twice (`config.debugKeyReuse`). Each array of keys remembers which of its elements were consumed; programs are read for
 * what they do with their inputs, and for reuse among themselves.
 */

type Consumed = KeyMask | false;

const overlap = (a: Consumed, b: Consumed): boolean => {
  if (a === false || b === false) return false;
  if (a === true) return b === true || b.includes(true);
  if (b === true) return a.includes(true);
  // Keys that were gathered or broadcast have other places than those they come from: any may be any.
  return a.length === b.length ? a.some((marked, i) => marked && b[i]) : a.includes(true) && b.includes(true);
};

const union = (a: Consumed, b: Consumed): Consumed => {
  if (a === false || b === true) return b;
  if (a === true || b === false) return a;
  if (a.length !== b.length) return true;
  const both = a.map((marked, i) => marked || b[i]);
  return both.includes(false) ? both : true;
};

const hasKeys = ({ dtype }: ShapedArray): boolean => isKey(dtype);

/** A primitive without a rule consumes all keys that it takes and makes none. */
function useOf({ primitive, inputs, params }: Eqn): KeyUse {
  const avals = inputs.map((x) => x.aval);
  if (primitive.keyUse !== undefined) return primitive.keyUse(params, avals, keyUseOfProgram);
  const sinks = avals.flatMap((aval, index) => (hasKeys(aval) ? [{ index, mask: true as const }] : []));
  return { sinks, sources: [], forwards: [] };
}

const uses = new WeakMap<Jaxpr, KeyUse>();

/**
 * What a program does with the keys among its inputs, after which its constants are counted.
 *
 * @throws KeyReuseError where the program itself uses a key twice
 */
export function keyUseOfProgram(jaxpr: Jaxpr): KeyUse {
  let use = uses.get(jaxpr);
  if (use === undefined) {
    use = readProgram(jaxpr);
    uses.set(jaxpr, use);
  }
  return use;
}

function readProgram({ invars, constvars, eqns, outvars }: Jaxpr): KeyUse {
  const consumed = new Map<Atom, Consumed>();
  const origins = new Map<Atom, Atom>();
  const origin = (x: Atom): Atom => origins.get(x) ?? x;
  for (const eqn of eqns) {
    const { sinks, sources, forwards } = useOf(eqn);
    for (const [i, o] of forwards) origins.set(eqn.outputs[o], origin(eqn.inputs[i]));
    for (const { index, mask } of sinks) {
      const x = eqn.inputs[index];
      if (x === undefined || !hasKeys(x.aval)) continue;
      const before = consumed.get(origin(x)) ?? false;
      if (overlap(before, mask))
        throw new KeyReuseError(`In ${eqn.primitive.name}, argument ${index} is already consumed.`);
      consumed.set(origin(x), union(before, mask));
    }
    eqn.outputs.forEach((out, i) => {
      if (hasKeys(out.aval) && !origins.has(out)) consumed.set(out, !sources.includes(i));
    });
  }
  const inputs: readonly Atom[] = [...invars, ...constvars];
  const keysOut = outvars.flatMap((x, i) => (hasKeys(x.aval) ? [{ from: origin(x), i }] : []));
  return {
    sinks: inputs.flatMap((x, index) => {
      const mask = consumed.get(x) ?? false;
      return overlap(mask, true) ? [{ index, mask: mask as KeyMask }] : [];
    }),
    sources: keysOut
      .filter(({ from }) => !inputs.includes(from) && !overlap(consumed.get(from) ?? false, true))
      .map(({ i }) => i),
    forwards: keysOut
      .filter(({ from }) => inputs.includes(from))
      .map(({ from, i }) => [inputs.indexOf(from), i] as const),
  };
}

const consumption = new WeakMap<NDArray, Consumed>();
const nothing = (): void => {};

/**
 * Checks the keys that an operation on concrete arrays takes. Returns what is to be called with its results.
 *
 * @throws KeyReuseError where it consumes a key that was consumed before
 */
export function checkKeys(
  primitive: Primitive,
  inputs: readonly NDArray[],
  params: Params,
): (outputs: readonly NDArray[]) => void {
  if (primitive.keyUse === undefined) return nothing;
  const avals = inputs.map((x) => x.aval);
  const use = primitive.keyUse(params, avals, keyUseOfProgram);
  const all = [...inputs, ...(primitive.inlineAs?.(params)?.consts ?? [])];
  const taken = use.sinks.flatMap(({ index, mask }) =>
    all[index] !== undefined && hasKeys(all[index].aval) ? [{ x: all[index], index, mask }] : [],
  );
  const stateOf = (x: NDArray): Consumed => consumption.get(x) ?? false;
  for (const { x, index, mask } of taken)
    if (overlap(stateOf(x), mask)) {
      const name = primitive.name === "jit" ? "jit-compiled function" : primitive.name;
      throw new KeyReuseError(`Previously-consumed key passed to ${name} at index ${index}`);
    }
  return (outputs) => {
    for (const { x, mask } of taken) consumption.set(x, union(stateOf(x), mask));
    outputs.forEach((out, i) => {
      if (!hasKeys(out.aval) || all.includes(out)) return;
      const forward = use.forwards.find(([, o]) => o === i);
      consumption.set(out, forward === undefined ? !use.sources.includes(i) : stateOf(all[forward[0]]));
    });
  };
}
