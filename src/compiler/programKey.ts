import { ClosedJaxpr } from "../core/jaxpr.ts";
import { paramsKey } from "../core/paramsKey.ts";
import type { Params } from "../core/primitive.ts";
import { scalarKey } from "../core/values.ts";
import type { FlatProgram, Value } from "./flat.ts";

/**
 * A text that is equal for programs that compute the same in the same way, whatever their constants hold: equal types of arguments and
 * constants, equal equations in equal order. Functions in parameters count by identity.
 */
export function programKey(program: FlatProgram, donated: readonly boolean[] = []): string {
  const numbers = new Int32Array(program.valueCount).fill(-1);
  let count = 0;
  const define = (v: Value): void => {
    numbers[v.id] = count++;
  };
  const ref = (v: Value): string => {
    if (v.source.kind !== "literal") return `${numbers[v.id]},`;
    const { value } = v.source;
    return `${v.aval.dtype.id}:${scalarKey(value)},`;
  };
  let key = "";
  for (const v of program.args) {
    define(v);
    key += `${v.aval.id}${donated[v.source.kind === "argument" ? v.source.index : -1] === true ? "!" : ","}`;
  }
  key += "|";
  for (const v of program.consts) {
    define(v);
    key += `${v.aval.id},`;
  }
  for (const { primitive, params, inputs, outputs, programs } of program.eqns) {
    key += `;${primitive.name}(`;
    for (const v of inputs) key += ref(v);
    key += ")";
    for (const v of outputs) {
      define(v);
      key += `${v.aval.id},`;
    }
    key += programs === undefined ? paramsKey(params) : controlKey(params, programs);
  }
  key += "|";
  for (const v of program.results) key += ref(v);
  return key;
}

/** Parameters of a loop or branch: its programs count by what they compute, as the whole does. */
function controlKey(params: Params, programs: readonly FlatProgram[]): string {
  const others = Object.entries(params).filter(([, value]) => !holdsProgram(value));
  return `${paramsKey(Object.fromEntries(others))}{${programs.map((p) => programKey(p)).join("}{")}}`;
}

function holdsProgram(value: unknown): boolean {
  return value instanceof ClosedJaxpr || (Array.isArray(value) && value.some(holdsProgram));
}
