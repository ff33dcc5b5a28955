import type { ShapedArray } from "./aval.ts";
import type { Jaxpr } from "./jaxpr.ts";
import type { Params } from "./primitive.ts";

/** Elements of an array of keys in row-major order: those marked, or all of them. */
export type KeyMask = true | readonly boolean[];

/** What an operation does with keys: it consumes operands, makes new keys, or passes operands on. Other keys among its results count as consumed. */
export interface KeyUse {
  readonly sinks: readonly { readonly index: number; readonly mask: KeyMask }[];
  readonly sources: readonly number[];
  readonly forwards: readonly (readonly [input: number, output: number])[];
}

/** The use of keys by an operation; `ofProgram` is that of a program in its parameters, whose constants come after its inputs. */
export type KeyUseRule<P extends Params = Params> = (
  params: P,
  avals: readonly ShapedArray[],
  ofProgram: (jaxpr: Jaxpr) => KeyUse,
) => KeyUse;

/* @__NO_SIDE_EFFECTS__ */
function fixed(sinks: readonly number[], sources: readonly number[], forwards: KeyUse["forwards"]) {
  const use: KeyUse = { sinks: sinks.map((index) => ({ index, mask: true })), sources, forwards };
  return () => use;
}

/** Looks at keys, and no more. */
export const keysUnused: () => KeyUse = /* @__PURE__ */ fixed([], [], []);
/** Makes keys from what is not a key, or without consuming one. */
export const keysMade: () => KeyUse = /* @__PURE__ */ fixed([], [0], []);
/** Consumes the keys of operand 0. */
export const keysConsumed: () => KeyUse = /* @__PURE__ */ fixed([0], [], []);
/** Consumes the keys of operand 0 and makes new ones. */
export const keysSplit: () => KeyUse = /* @__PURE__ */ fixed([0], [0], []);
/** Passes operand 0 on as result 0. */
export const keysForwarded: () => KeyUse = /* @__PURE__ */ fixed([], [], [[0, 0]]);
/** Passes operand 0 on with another operand written into it. */
export const keysUpdated = (operand: number): (() => KeyUse) => fixed([operand], [], [[0, 0]]);
/** Joins the keys of all operands; one alone is passed on. */
export const keysJoined: KeyUseRule = (_params, avals) => ({
  sinks: avals.length === 1 ? [] : avals.map((_, index) => ({ index, mask: true })),
  sources: avals.length === 1 ? [] : [0],
  forwards: avals.length === 1 ? [[0, 0]] : [],
});
