import { clearCaches, grad, jit, type NDArray, nn, optim, tree, valueAndGrad, vmap } from "fluxion";
import { newRates } from "../../rows/networks.ts";
import type { Inputs, Kernel, Parameters } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { type Arrays, load, read, repeated } from "./prepared.ts";

type Params = { w: NDArray; b: NDArray }[];

function predict(params: Params, x: NDArray): NDArray {
  params.forEach(({ w, b }, l) => {
    x = x.matmul(w).add(b);
    if (l < params.length - 1) x = nn.relu(x);
  });
  return x;
}
const loss = (params: Params, x: NDArray, y: NDArray): NDArray =>
  nn.logSoftmax(predict(params, x)).mul(y).sum(-1).mean().neg();

function paramsOf(a: Arrays): Params {
  const params: Params = [];
  for (let l = 0; a[`w${l}`] !== undefined; l++) params.push({ w: a[`w${l}`], b: a[`b${l}`] });
  return params;
}
const flat = (params: Params): NDArray[] => params.flatMap(({ w, b }) => [w, b]);

const sgd = (rate: number) =>
  jit((params: Params, x: NDArray, y: NDArray): [NDArray, Params] => {
    const [value, gradients] = valueAndGrad(loss)(params, x, y);
    return [value, tree.map((p: NDArray, g: NDArray) => p.sub(g.mul(rate)), params, gradients) as Params];
  });

function sgdStep(inputs: Inputs, { rate }: Parameters) {
  const a = load(inputs);
  const step = sgd(rate);
  let params = paramsOf(a);
  return {
    async run(n: number) {
      let value: NDArray | undefined;
      for (let i = 0; i < n; i++) [value, params] = step(params, a.x, a.y);
      value?.blockUntilReady();
    },
    answers() {
      const [value, updated] = step(paramsOf(a), a.x, a.y);
      return read([value, ...flat(updated)]);
    },
  };
}

function adamStep(inputs: Inputs, { rate, beta1, beta2, epsilon }: Parameters) {
  const a = load(inputs);
  const optimizer = optim.adam(rate, { b1: beta1, b2: beta2, eps: epsilon });
  const step = jit((params: Params, state: optim.OptState, x: NDArray, y: NDArray) => {
    const [value, gradients] = valueAndGrad(loss)(params, x, y);
    const [updates, next] = optimizer.update(gradients, state, params);
    return [value, optim.applyUpdates(params, updates), next] as [NDArray, Params, optim.OptState];
  });
  let params = paramsOf(a);
  let state = optimizer.init(params);
  return {
    async run(n: number) {
      let value: NDArray | undefined;
      for (let i = 0; i < n; i++) [value, params, state] = step(params, state, a.x, a.y);
      value?.blockUntilReady();
    },
    answers() {
      const initial = paramsOf(a);
      const [value, updated] = step(initial, optimizer.init(initial), a.x, a.y);
      return read([value, ...flat(updated)]);
    },
  };
}

/** Traces, differentiates, compiles and runs a step that was never seen: of what was compiled before, only the library's own tiles of products are left. */
function firstCall(inputs: Inputs, { rate }: Parameters) {
  const a = load(inputs);
  const rates = newRates(rate);
  return repeated(() => {
    clearCaches();
    const [value, params] = sgd(rates())(paramsOf(a), a.x, a.y);
    return [value, ...flat(params)];
  });
}

function perExampleGrads(inputs: Inputs) {
  const a = load(inputs);
  const each = jit(vmap(grad(loss), { inAxes: [null, 0, 0] }));
  const params = paramsOf(a);
  return repeated(() => flat(each(params, a.x, a.y) as Params));
}

export const training = { sgdStep, adamStep, firstCall, perExampleGrads } satisfies Partial<
  Record<Kernel, Implementation>
>;
