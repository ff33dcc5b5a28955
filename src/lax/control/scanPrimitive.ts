import { type ShapedArray, typeMatch } from "../../core/aval.ts";
import { evalReference, hostArrayOf } from "../../core/evalReference.ts";
import type { HostArray } from "../../core/hostArray.ts";
import { definePrimitive, type Primitive } from "../../core/primitive.ts";
import { bind } from "../../core/trace.ts";
import { type HostData, hostArray, wordsPerElement } from "../../dtypes/index.ts";
import { controlTemplate } from "../../kernels/control.ts";
import { liftTracers } from "../../transforms/traceToJaxpr.ts";
import { scanKeyUse } from "./keyUse.ts";
import { parts } from "./lists.ts";
import { stacked } from "./programs.ts";
import { scanBatching } from "./scanBatching.ts";
import { scanJvp, scanLinearize, scanPartialEval } from "./scanDerivatives.ts";
import type { BindScan, ScanParams } from "./scanParams.ts";
import { pruneScan } from "./scanPrune.ts";
import { scanTranspose } from "./scanTranspose.ts";

const bindScan: BindScan = (operands, params) => {
  const { closed, lifted } = liftTracers(params.jaxpr);
  const numConsts = lifted.length + params.numConsts;
  return bind(scanP, [...lifted, ...operands], { ...params, jaxpr: closed, numConsts });
};

export const scanP: Primitive<ScanParams> = definePrimitive<ScanParams>({
  name: "scan",
  keyUse: scanKeyUse,
  abstractEval: (avals, params) => {
    checkOperands(avals, params);
    const { jaxpr, length, numCarry } = params;
    return jaxpr.outAvals.map((aval, i) => (i < numCarry ? aval : stacked(aval, length)));
  },
  reference: scanReference,
  jvp: /* @__PURE__ */ scanJvp(bindScan),
  linearize: /* @__PURE__ */ scanLinearize(bindScan),
  partialEval: /* @__PURE__ */ scanPartialEval(bindScan),
  transpose: /* @__PURE__ */ scanTranspose(bindScan),
  batching: /* @__PURE__ */ scanBatching(bindScan),
  prune: pruneScan,
  lowering: {
    kind: "forLoop",
    template: controlTemplate,
    loop: ({ jaxpr, length, reverse, numConsts, numCarry, unroll, parallel }) => ({
      body: jaxpr,
      length,
      reverse,
      numConsts,
      numCarry,
      unroll,
      parallel,
    }),
  },
});

function checkOperands(
  avals: readonly ShapedArray[],
  { jaxpr, length, numConsts, numCarry }: ScanParams,
): void {
  const expected = jaxpr.inAvals.map((a, i) => (i < numConsts + numCarry ? a : stacked(a, length)));
  if (avals.length === expected.length && avals.every((a, i) => typeMatch(a, expected[i]))) return;
  throw new TypeError(`scan takes operands of types (${expected.join(", ")}), got (${avals.join(", ")}).`);
}

function scanReference(
  inputs: readonly HostArray[],
  { jaxpr, length, reverse, numConsts, numCarry }: ScanParams,
): HostData[] {
  const [consts, init, xs] = parts(inputs, numConsts, numCarry);
  const inner = jaxpr.consts.map(hostArrayOf);
  const elements = jaxpr.outAvals.slice(numCarry);
  const ys = elements.map(({ dtype, size }) => hostArray(dtype, size * length));
  let carry: HostArray[] = init;
  for (let step = 0; step < length; step++) {
    const at = reverse ? length - 1 - step : step;
    const slices = xs.map((x) => {
      const shape = x.shape.slice(1);
      const words = x.data.length / length;
      return { shape, dtype: x.dtype, data: x.data.subarray(at * words, (at + 1) * words) };
    });
    const outs = evalReference(jaxpr.jaxpr, inner, [...consts, ...carry, ...slices]);
    carry = outs.slice(0, numCarry);
    outs.slice(numCarry).forEach((y, i) => {
      const { dtype, size } = elements[i];
      (ys[i] as Float32Array).set(y.data as Float32Array, at * size * wordsPerElement(dtype));
    });
  }
  return [...carry.map((x) => x.data), ...ys];
}
