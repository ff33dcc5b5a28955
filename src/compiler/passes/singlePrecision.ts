import type { ShapedArray } from "../../core/aval.ts";
import { float32 } from "../../dtypes/index.ts";
import type { FlatEqn, FlatProgram, Value } from "../flat.ts";
import { isHalf } from "../nodes/half.ts";
import { internalPointwise } from "./internal.ts";

/** The value in the dtype of the result. */
export const conversion = internalPointwise("convert", "cheap", (b, [x], index, _params, [out]) =>
  b.cast(x.at(index), out.dtype),
);

/**
 * Reductions, products, sorts and updates of floats of 16 bits are done in float32, between conversions that fusion takes into them.
 * Elementwise operations, which the node builder does in float32, and what only moves elements stay as they are.
 */
export function singlePrecision(program: FlatProgram): FlatProgram {
  if (!program.eqns.some(needsSingles)) return program;
  let { valueCount } = program;
  const singles = new Map<Value, Value>();
  const eqns: FlatEqn[] = [];
  const single = (aval: ShapedArray): Value => ({
    id: valueCount++,
    aval: aval.update({ dtype: float32 }),
    source: { kind: "result" },
  });
  const convert = (from: Value, to: Value) =>
    void eqns.push({ primitive: conversion, params: {}, inputs: [from], outputs: [to] });
  const widened = (v: Value): Value => {
    if (!isHalf(v.aval.dtype)) return v;
    let found = singles.get(v);
    if (found === undefined) {
      found = single(v.aval);
      singles.set(v, found);
      convert(v, found);
    }
    return found;
  };
  for (const eqn of program.eqns) {
    if (!needsSingles(eqn)) {
      eqns.push(eqn);
      continue;
    }
    const inputs = eqn.inputs.map(widened);
    const outputs = eqn.outputs.map((v) => (isHalf(v.aval.dtype) ? single(v.aval) : v));
    eqns.push({ ...eqn, inputs, outputs });
    eqn.outputs.forEach((v, i) => {
      if (v !== outputs[i]) convert(outputs[i], v);
    });
  }
  return { ...program, eqns, valueCount };
}

function needsSingles({ primitive, inputs, outputs }: FlatEqn): boolean {
  const { lowering } = primitive;
  switch (lowering.kind) {
    case "pointwise":
    case "barrier":
    case "forLoop":
    case "whileLoop":
    case "branch":
    case "hostCall":
      return false;
    case "scatter":
      if (lowering.combine === "set") return false;
  }
  return [...inputs, ...outputs].some((v) => isHalf(v.aval.dtype));
}
