import type { Jaxpr } from "../../core/jaxpr.ts";
import type { KeyUse } from "../../core/keyUse.ts";
import { KeyReuseError } from "../../errors.ts";
import type { CondParams } from "./condParams.ts";
import type { ScanParams } from "./scanParams.ts";
import type { WhileParams } from "./whileParams.ts";

// Keys in loops and branches: what a step consumes, it must make again for the next.

type OfProgram = (jaxpr: Jaxpr) => KeyUse;

/** What any branch consumes is consumed. */
export function condKeyUse({ branches }: CondParams, _avals: unknown, ofProgram: OfProgram): KeyUse {
  const [first, ...rest] = branches.map((branch) => ofProgram(branch.jaxpr));
  const all = [first, ...rest];
  const inAll = ([i, o]: readonly [number, number]): boolean =>
    rest.every((use) => use.forwards.some(([input, output]) => input === i && output === o));
  const masks = new Map<number, KeyUse["sinks"][number]["mask"][]>();
  for (const { index, mask } of all.flatMap((use) => use.sinks))
    masks.set(index, [...(masks.get(index) ?? []), mask]);
  return {
    sinks: [...masks].map(([index, of]) => {
      const parts = of.filter((mask) => mask !== true);
      const mask = parts.length < of.length ? true : parts[0].map((_, i) => parts.some((part) => part[i]));
      return { index: index + 1, mask };
    }),
    sources: [...new Set(all.flatMap((use) => use.sources))],
    forwards: first.forwards.filter(inAll).map(([i, o]) => [i + 1, o] as const),
  };
}

export function scanKeyUse(
  { jaxpr, numConsts, numCarry }: ScanParams,
  _avals: unknown,
  ofProgram: OfProgram,
): KeyUse {
  const use = ofProgram(jaxpr.jaxpr);
  const why = "scan body function leads to key reuse when repeatedly executed, because";
  const end = numConsts + numCarry;
  const inputs = jaxpr.jaxpr.invars.length;
  if (use.sinks.some(({ index }) => index < numConsts || index >= inputs))
    throw new KeyReuseError(`${why} key constants are repeatedly consumed.`);
  const carried = use.sinks.filter(({ index }) => index >= numConsts && index < end);
  if (!carried.every(({ index }) => use.sources.includes(index - numConsts)))
    throw new KeyReuseError(`${why} consumed inputs don't match sourced outputs.`);
  return {
    ...use,
    // A step consumes a part of each slice of the sequences: all of them, then.
    sinks: use.sinks.map(({ index, mask }) => ({ index, mask: index < end ? mask : true })),
  };
}

export function whileKeyUse(params: WhileParams, _avals: unknown, ofProgram: OfProgram): KeyUse {
  const { condJaxpr, condNconsts, bodyJaxpr, bodyNconsts } = params;
  const cond = ofProgram(condJaxpr.jaxpr);
  const body = ofProgram(bodyJaxpr.jaxpr);
  const carriedSinks = (use: KeyUse, consts: number, inputs: number, name: string): number[] => {
    const carried = use.sinks.map(({ index }) => index - consts);
    if (!carried.every((i) => i >= 0 && i < inputs - consts && body.sources.includes(i)))
      throw new KeyReuseError(`while_loop ${name} function leads to key reuse when repeatedly executed.`);
    return carried;
  };
  const inCond = carriedSinks(cond, condNconsts, condJaxpr.jaxpr.invars.length, "cond");
  const inBody = carriedSinks(body, bodyNconsts, bodyJaxpr.jaxpr.invars.length, "body");
  if (inBody.some((i) => inCond.includes(i)))
    throw new KeyReuseError("while_loop cond and body functions both use the same key.");
  // Operands are the constants of the condition, those of the body, and the carry.
  return {
    sinks: [
      ...cond.sinks.map(({ index, mask }) => ({ index: index + bodyNconsts, mask })),
      ...body.sinks.map(({ index, mask }) => ({ index: index + condNconsts, mask })),
    ],
    sources: body.sources,
    forwards: body.forwards.map(([i, o]) => [i + condNconsts, o] as const),
  };
}
