import { joinVarying, typeMatch } from "../../core/aval.ts";
import { evalReference, hostArrayOf } from "../../core/evalReference.ts";
import type { HostArray } from "../../core/hostArray.ts";
import { definePrimitive, type Primitive } from "../../core/primitive.ts";
import { bind } from "../../core/trace.ts";
import type { HostData } from "../../dtypes/index.ts";
import { ValueError } from "../../errors.ts";
import { controlTemplate } from "../../kernels/control.ts";
import { liftTracers } from "../../transforms/traceToJaxpr.ts";
import { whileKeyUse } from "./keyUse.ts";
import { parts } from "./lists.ts";
import { whileBatching } from "./whileBatching.ts";
import { whileJvp, whileLinearize, whilePartialEval } from "./whileDerivatives.ts";
import { maskedLoop } from "./whileMasked.ts";
import { type BindWhile, conditionRank, type WhileParams } from "./whileParams.ts";
import { pruneWhile } from "./whilePrune.ts";

const bindWhile: BindWhile = (operands, params) => {
  const { condNconsts, bodyNconsts } = params;
  const [condConsts, bodyConsts, carry] = parts(operands, condNconsts, bodyNconsts);
  const cond = liftTracers(params.condJaxpr);
  const body = liftTracers(params.bodyJaxpr);
  return bind(whileP, [...cond.lifted, ...condConsts, ...body.lifted, ...bodyConsts, ...carry], {
    condJaxpr: cond.closed,
    condNconsts: cond.lifted.length + condNconsts,
    bodyJaxpr: body.closed,
    bodyNconsts: body.lifted.length + bodyNconsts,
  });
};

export const whileP: Primitive<WhileParams> = definePrimitive<WhileParams>({
  name: "while",
  keyUse: whileKeyUse,
  abstractEval: (avals, { condJaxpr, condNconsts, bodyNconsts, bodyJaxpr }) => {
    const carries = avals.slice(condNconsts + bodyNconsts);
    const expected = bodyJaxpr.inAvals.slice(bodyNconsts);
    if (carries.length !== expected.length || !carries.every((a, i) => typeMatch(a, expected[i])))
      throw new TypeError(`while takes carries (${expected.join(", ")}), got (${carries.join(", ")}).`);
    // A loop that runs longer on some devices leaves other values there.
    const [condition] = condJaxpr.outAvals;
    return bodyJaxpr.outAvals.map((aval) =>
      condition.varying.length === 0 ? aval : aval.update({ varying: joinVarying([condition, aval]) }),
    );
  },
  reference: whileReference,
  jvp: /* @__PURE__ */ whileJvp(bindWhile),
  linearize: /* @__PURE__ */ whileLinearize(bindWhile),
  partialEval: /* @__PURE__ */ whilePartialEval(bindWhile),
  transpose: () => {
    throw new ValueError(
      "Reverse-mode differentiation does not work for lax.whileLoop or lax.foriLoop with dynamic start/stop values. " +
        "Try using lax.scan, or using foriLoop with static start/stop.",
    );
  },
  batching: /* @__PURE__ */ whileBatching(bindWhile),
  prune: pruneWhile,
  inlineAs: (params) => (conditionRank(params) === 0 ? undefined : maskedLoop(bindWhile, params)),
  lowering: {
    kind: "whileLoop",
    template: controlTemplate,
    loop: ({ condJaxpr, condNconsts, bodyJaxpr, bodyNconsts }) => ({
      cond: condJaxpr,
      body: bodyJaxpr,
      condConsts: condNconsts,
      bodyConsts: bodyNconsts,
    }),
  },
});

function whileReference(
  inputs: readonly HostArray[],
  { condJaxpr, condNconsts, bodyJaxpr, bodyNconsts }: WhileParams,
): HostData[] {
  const [condConsts, bodyConsts, init] = parts(inputs, condNconsts, bodyNconsts);
  const innerOfCond = condJaxpr.consts.map(hostArrayOf);
  const innerOfBody = bodyJaxpr.consts.map(hostArrayOf);
  let carry: HostArray[] = init;
  for (;;) {
    const [condition] = evalReference(condJaxpr.jaxpr, innerOfCond, [...condConsts, ...carry]);
    if (Number(condition.data[0]) === 0) return carry.map((x) => x.data);
    carry = evalReference(bodyJaxpr.jaxpr, innerOfBody, [...bodyConsts, ...carry]);
  }
}
