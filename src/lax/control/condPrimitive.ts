import { typeMatch } from "../../core/aval.ts";
import { evalReference, hostArrayOf } from "../../core/evalReference.ts";
import type { HostArray } from "../../core/hostArray.ts";
import { definePrimitive, type Primitive } from "../../core/primitive.ts";
import { bind } from "../../core/trace.ts";
import type { HostData } from "../../dtypes/index.ts";
import { condBatching } from "./condBatching.ts";
import { condJvp, condLinearize, condPartialEval } from "./condDerivatives.ts";
import type { BindCond, CondParams } from "./condParams.ts";
import { pruneCond } from "./condPrune.ts";
import { condTranspose } from "./condTranspose.ts";

const bindCond: BindCond = (operands, params) => bind(condP, operands, params);

export const condP: Primitive<CondParams> = definePrimitive<CondParams>({
  name: "cond",
  abstractEval: ([, ...avals], { branches }) => {
    const expected = branches[0].inAvals;
    if (avals.length !== expected.length || !avals.every((a, i) => typeMatch(a, expected[i])))
      throw new TypeError(`cond takes operands (${expected.join(", ")}), got (${avals.join(", ")}).`);
    return branches[0].outAvals;
  },
  reference: condReference,
  jvp: condJvp(bindCond),
  linearize: condLinearize(bindCond),
  partialEval: condPartialEval(bindCond),
  transpose: condTranspose(bindCond),
  batching: condBatching(bindCond),
  prune: pruneCond,
  lowering: { kind: "branch", branches: ({ branches }) => branches },
});

function condReference([index, ...operands]: readonly HostArray[], { branches }: CondParams): HostData[] {
  const { jaxpr, consts } = branches[Number(index.data[0])];
  return evalReference(jaxpr, consts.map(hostArrayOf), operands).map((x) => x.data);
}
