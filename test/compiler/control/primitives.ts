import { interpretReference } from "../../../src/backends/reference/interpret.ts";
import type { NDArray } from "../../../src/core/array.ts";
import { type ShapedArray, shapedArray } from "../../../src/core/aval.ts";
import type { HostArray } from "../../../src/core/hostArray.ts";
import { ClosedJaxpr } from "../../../src/core/jaxpr.ts";
import { definePrimitive, notDifferentiable, notLinear, type Params } from "../../../src/core/primitive.ts";
import { bind } from "../../../src/core/trace.ts";
import { type HostData, hostArray } from "../../../src/dtypes/index.ts";
import { controlTemplate } from "../../../src/kernels/control.ts";
import { traceToJaxpr } from "../../../src/transforms/traceToJaxpr.ts";

/** Loops and branches without any rule but those that evaluate them, to test their compilation alone. */

const without = notDifferentiable("a primitive of the tests");
const rules = {
  jvp: without,
  transpose: notLinear,
  batching: () => {
    throw new Error("a primitive of the tests is not batched");
  },
};

export type Body = (...args: NDArray[]) => NDArray[];

export function close(f: Body, avals: readonly ShapedArray[]): ClosedJaxpr {
  const { jaxpr, consts } = traceToJaxpr((xs) => f(...xs), avals, "a body");
  return new ClosedJaxpr(jaxpr, consts);
}

function run(closed: ClosedJaxpr, args: readonly HostArray[]): HostArray[] {
  return interpretReference(closed, args).map((data, i) => ({ ...closed.outAvals[i], data }));
}

interface ForParams extends Params {
  readonly body: ClosedJaxpr;
  readonly length: number;
  readonly reverse: boolean;
  readonly numConsts: number;
  readonly numCarry: number;
}

const forP = definePrimitive<ForParams>({
  name: "test_for",
  abstractEval: (_, { body, numCarry, length }) =>
    body.outAvals.map((a, i) => (i < numCarry ? a : shapedArray([length, ...a.shape], a.dtype))),
  reference: (inputs, { body, length, reverse, numConsts, numCarry }, out): HostData[] => {
    const consts = inputs.slice(0, numConsts);
    let carries = inputs.slice(numConsts, numConsts + numCarry);
    const xs = inputs.slice(numConsts + numCarry);
    const words = (dtype: HostArray["dtype"], size: number) => hostArray(dtype, size).length;
    const stacked = out.slice(numCarry).map((a) => hostArray(a.dtype, a.size));
    for (let t = 0; t < length; t++) {
      const k = reverse ? length - 1 - t : t;
      const slices = xs.map(({ shape, dtype, data }): HostArray => {
        const inner = shape.slice(1);
        const n = words(
          dtype,
          inner.reduce((p, d) => p * d, 1),
        );
        return { shape: inner, dtype, data: data.slice(k * n, (k + 1) * n) as HostData };
      });
      const results = run(body, [...consts, ...carries, ...slices]);
      carries = results.slice(0, numCarry);
      results.slice(numCarry).forEach((y, i) => {
        stacked[i].set(y.data as never, k * y.data.length);
      });
    }
    return [...carries.map((c) => c.data), ...stacked];
  },
  lowering: { kind: "forLoop", template: controlTemplate, loop: (params) => params },
  ...rules,
});

export interface ForOptions {
  readonly consts?: readonly NDArray[];
  readonly carry: readonly NDArray[];
  readonly xs?: readonly NDArray[];
  readonly length: number;
  readonly reverse?: boolean;
}

/** @param body of constants, carries and slices; gives carries and slices. */
export function forLoop(
  body: Body,
  { consts = [], carry, xs = [], length, reverse = false }: ForOptions,
): NDArray[] {
  const slices = xs.map((x) => shapedArray(x.shape.slice(1), x.dtype));
  const closed = close(body, [...consts.map((c) => c.aval), ...carry.map((c) => c.aval), ...slices]);
  const params = { body: closed, length, reverse, numConsts: consts.length, numCarry: carry.length };
  return bind(forP, [...consts, ...carry, ...xs], params) as NDArray[];
}

interface WhileParams extends Params {
  readonly cond: ClosedJaxpr;
  readonly body: ClosedJaxpr;
  readonly condConsts: number;
  readonly bodyConsts: number;
}

const whileP = definePrimitive<WhileParams>({
  name: "test_while",
  abstractEval: (_, { body }) => body.outAvals,
  reference: (inputs, { cond, body, condConsts, bodyConsts }) => {
    const first = inputs.slice(0, condConsts);
    const second = inputs.slice(condConsts, condConsts + bodyConsts);
    let carries = inputs.slice(condConsts + bodyConsts);
    while (run(cond, [...first, ...carries])[0].data[0] !== 0) carries = run(body, [...second, ...carries]);
    return carries.map((c) => c.data);
  },
  lowering: { kind: "whileLoop", template: controlTemplate, loop: (params) => params },
  ...rules,
});

export function whileLoop(
  cond: (...args: NDArray[]) => NDArray,
  body: Body,
  carry: readonly NDArray[],
  consts: { readonly cond?: readonly NDArray[]; readonly body?: readonly NDArray[] } = {},
): NDArray[] {
  const [first, second] = [consts.cond ?? [], consts.body ?? []];
  const avals = (xs: readonly NDArray[]) => [...xs, ...carry].map((x) => x.aval);
  const params = {
    cond: close((...xs) => [cond(...xs)], avals(first)),
    body: close(body, avals(second)),
    condConsts: first.length,
    bodyConsts: second.length,
  };
  return bind(whileP, [...first, ...second, ...carry], params) as NDArray[];
}

interface BranchParams extends Params {
  readonly branches: readonly ClosedJaxpr[];
}

const branchP = definePrimitive<BranchParams>({
  name: "test_branch",
  abstractEval: (_, { branches }) => branches[0].outAvals,
  reference: ([index, ...operands], { branches }) =>
    run(branches[index.data[0] as number], operands).map((x) => x.data),
  lowering: { kind: "branch", template: controlTemplate, branches: ({ branches }) => branches },
  ...rules,
});

export function branch(index: NDArray, branches: readonly Body[], operands: readonly NDArray[]): NDArray[] {
  const avals = operands.map((x) => x.aval);
  return bind(branchP, [index, ...operands], { branches: branches.map((f) => close(f, avals)) }) as NDArray[];
}
