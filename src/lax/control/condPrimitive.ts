import { joinVarying, typeMatch } from "../../core/aval.ts";
import { evalReference, hostArrayOf } from "../../core/evalReference.ts";
import type { HostArray } from "../../core/hostArray.ts";
import { definePrimitive, type Primitive } from "../../core/primitive.ts";
import { bind } from "../../core/trace.ts";
import type { HostData } from "../../dtypes/index.ts";
import { controlTemplate } from "../../kernels/control.ts";
import { liftTracers } from "../../transforms/traceToJaxpr.ts";
import { condBatching } from "./condBatching.ts";
import { condJvp, condLinearize, condPartialEval } from "./condDerivatives.ts";
import type { BindCond, CondParams } from "./condParams.ts";
import { pruneCond } from "./condPrune.ts";
import { condTranspose } from "./condTranspose.ts";
import { condKeyUse } from "./keyUse.ts";
import { withLeadingInputs } from "./programs.ts";

const bindCond: BindCond = ([index, ...operands], { branches }) => {
  const own = branches.map(liftTracers);
  const lifted = [...new Set(own.flatMap((branch) => branch.lifted))];
  if (lifted.length === 0) return bind(condP, [index, ...operands], { branches });
  return bind(condP, [index, ...lifted, ...operands], {
    branches: own.map((branch) => withLeadingInputs(branch.closed, branch.lifted, lifted)),
  });
};

export const condP: Primitive<CondParams> = definePrimitive<CondParams>({
  name: "cond",
  keyUse: condKeyUse,
  abstractEval: ([index, ...avals], { branches }) => {
    const expected = branches[0].inAvals;
    if (avals.length !== expected.length || !avals.every((a, i) => typeMatch(a, expected[i])))
      throw new TypeError(`cond takes operands (${expected.join(", ")}), got (${avals.join(", ")}).`);
    return branches[0].outAvals.map((aval, i) => {
      const varying = joinVarying([index, ...branches.map((branch) => branch.outAvals[i])]);
      return varying.length === 0 ? aval : aval.update({ varying });
    });
  },
  reference: condReference,
  jvp: /* @__PURE__ */ condJvp(bindCond),
  linearize: /* @__PURE__ */ condLinearize(bindCond),
  partialEval: /* @__PURE__ */ condPartialEval(bindCond),
  transpose: /* @__PURE__ */ condTranspose(bindCond),
  batching: /* @__PURE__ */ condBatching(bindCond),
  prune: pruneCond,
  lowering: { kind: "branch", template: controlTemplate, branches: ({ branches }) => branches },
});

function condReference([index, ...operands]: readonly HostArray[], { branches }: CondParams): HostData[] {
  const { jaxpr, consts } = branches[Number(index.data[0])];
  return evalReference(jaxpr, consts.map(hostArrayOf), operands).map((x) => x.data);
}
