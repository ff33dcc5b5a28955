import { blockUntilReady, grad, jit, nn, numpy as np, tree, valueAndGrad, vmap } from "@jax-js/jax";
import { newRates } from "../../rows/networks.ts";
import type { Inputs, Kernel, Parameters } from "../../rows/row.ts";
import type { Implementation, Prepared } from "../peer.ts";
import { type Array, type Arrays, load, read, repeated } from "./prepared.ts";

type Params = { w: Array; b: Array }[];

function loss(params: Params, x: Array, y: Array): Array {
  params.forEach(({ w, b }, l) => {
    x = np.matmul(x, w).add(b);
    if (l < params.length - 1) x = nn.relu(x);
  });
  return nn.logSoftmax(x).mul(y).sum(-1).mean().mul(-1);
}

function paramsOf(a: Arrays): Params {
  const params: Params = [];
  for (let l = 0; a[`w${l}`] !== undefined; l++) params.push({ w: a[`w${l}`].ref, b: a[`b${l}`].ref });
  return params;
}
/** In the order of the layers; the library sorts the keys of objects. */
const flat = (params: Params): Array[] => params.flatMap(({ w, b }) => [w, b]);

const sgd = (rate: number) =>
  jit((params: Params, x: Array, y: Array): [Array, Params] => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(params), x, y);
    return [value, tree.map((p: Array, g: Array) => p.sub(g.mul(rate)), params, gradients) as Params];
  });

/** A step from state to state. */
function stepping<State>(
  a: Arrays,
  initial: () => State,
  step: (state: State, x: Array, y: Array) => [Array, State],
  params: (state: State) => Params,
): Prepared {
  let state = initial();
  return {
    async run(n) {
      let last: Array;
      for (let i = 0; i < n; i++) {
        const [value, next] = step(state, a.x.ref, a.y.ref);
        last?.dispose();
        [last, state] = [value, next];
      }
      await blockUntilReady([last, state]);
      last?.dispose();
    },
    async answers() {
      const [value, next] = step(initial(), a.x.ref, a.y.ref);
      return read([value, ...flat(params(next))]);
    },
  };
}

function sgdStep(inputs: Inputs, { rate }: Parameters): Prepared {
  const a = load(inputs);
  const step = sgd(rate);
  return stepping<Params>(
    a,
    () => paramsOf(a),
    (params, x, y) => step(params, x, y),
    (params) => params,
  );
}

interface AdamState {
  params: Params;
  m: Params;
  v: Params;
  count: Array;
}

/** Adam by hand: the library's optimizers are a separate package, which is not published to npm. */
function adamStep(inputs: Inputs, { rate, beta1, beta2, epsilon }: Parameters): Prepared {
  const a = load(inputs);
  const step = jit((state: AdamState, x: Array, y: Array): [Array, AdamState] => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(state.params), x, y);
    const count = state.count.add(1);
    const average = (beta: number, old: Params, g: Params): Params =>
      tree.map((o: Array, n: Array) => o.mul(beta).add(n.mul(1 - beta)), old, g);
    const squares = tree.map((g: Array) => g.ref.mul(g), tree.ref(gradients));
    const m = average(beta1, state.m, gradients);
    const v = average(beta2, state.v, squares);
    const correction = (beta: number): Array =>
      np
        .exp(count.ref.mul(Math.log(beta)))
        .mul(-1)
        .add(1);
    const [c1, c2] = [correction(beta1), correction(beta2)];
    const update = (p: Array, m: Array, v: Array): Array =>
      p.sub(
        m
          .div(c1.ref)
          .mul(rate)
          .div(np.sqrt(v.div(c2.ref)).add(epsilon)),
      );
    const params = tree.map(update, state.params, tree.ref(m), tree.ref(v));
    c1.dispose();
    c2.dispose();
    return [value, { params, m, v, count }];
  });
  const initial = (): AdamState => {
    const params = paramsOf(a);
    const zeros = (): Params => tree.map((p: Array) => np.zeros(p.shape), params);
    return { params, m: zeros(), v: zeros(), count: np.array(0) };
  };
  return stepping<AdamState>(
    a,
    initial,
    (state, x, y) => step(state, x, y),
    ({ params, ...rest }) => {
      tree.dispose(rest);
      return params;
    },
  );
}

/** A step that was never seen; the library keeps kernels that it has met before. */
function firstCall(inputs: Inputs, { rate }: Parameters): Prepared {
  const a = load(inputs);
  const rates = newRates(rate);
  return repeated(() => {
    const step = sgd(rates());
    const [value, params] = step(paramsOf(a), a.x.ref, a.y.ref);
    step.dispose();
    return [value, ...flat(params)];
  });
}

function perExampleGrads(inputs: Inputs): Prepared {
  const a = load(inputs);
  const each = jit(vmap(grad(loss), [null, 0, 0]));
  return repeated(() => flat(each(paramsOf(a), a.x.ref, a.y.ref)));
}

export const training = { sgdStep, adamStep, firstCall, perExampleGrads } satisfies Partial<
  Record<Kernel, Implementation>
>;
