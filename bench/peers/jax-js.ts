import { blockUntilReady, defaultDevice, grad, init, jit, nn, numpy as np, tree } from "@jax-js/jax";
import type { Peer, Prepared } from "../peer.ts";
import { type Inputs, mlp } from "../rows.ts";

// biome-ignore lint/suspicious/noExplicitAny: the peer's arrays, whose types are installed in this folder only
type Array = any;
type Params = { w: Array; b: Array }[];

function loss(params: Params, x: Array, y: Array): Array {
  let h = x;
  params.forEach(({ w, b }, i) => {
    h = np.matmul(h, w).add(b);
    if (i < params.length - 1) h = nn.relu(h);
  });
  return nn
    .logSoftmax(h)
    .mul(y)
    .sum()
    .mul(-1 / mlp.batch);
}
const makeStep = () =>
  jit((params: Params, x: Array, y: Array): Params => {
    const gradients = grad(loss)(tree.ref(params), x, y);
    return tree.map((p: Array, g: Array) => p.sub(g.mul(mlp.rate)), params, gradients) as Params;
  });

function load(inputs: Inputs): Record<string, Array> {
  return Object.fromEntries(
    Object.entries(inputs).map(([k, v]) => [k, np.array(v.data, { shape: [...v.shape] })]),
  );
}
const paramsOf = (a: Record<string, Array>): Params =>
  [0, 1, 2].map((i) => ({ w: a[`w${i}`].ref, b: a[`b${i}`].ref }));

function repeated(f: () => Array): Prepared {
  return {
    async run(n) {
      // Results that are dropped early are never computed, so each is kept until it exists.
      const kept: Array[] = [];
      const settle = async (): Promise<void> => {
        await blockUntilReady(kept);
        for (const x of kept.splice(0)) x.dispose();
      };
      for (let i = 0; i < n; i++) {
        kept.push(f());
        if (kept.length === 32) await settle();
      }
      await settle();
    },
    result: async () => await f().data(),
  };
}

export const peer: Peer = {
  name: "jax-js",
  async prepare(row, inputs) {
    await init("wasm");
    defaultDevice("wasm");
    const a = load(inputs);
    if (row.startsWith("matmul")) {
      const f = jit((x: Array, y: Array) => np.matmul(x, y));
      return repeated(() => f(a.a.ref, a.b.ref));
    }
    if (row === "eager-add") return repeated(() => a.a.ref.add(a.b.ref));
    if (row === "jit-10") {
      const f = jit((x: Array, y: Array) => {
        let v = x;
        for (let k = 0; k < 5; k++) v = v.mul(1.01).add(k < 4 ? y.ref : y);
        return v;
      });
      return repeated(() => f(a.a.ref, a.b.ref));
    }
    if (row === "first") {
      return repeated(() => {
        const step = makeStep();
        const out: Params = step(paramsOf(a), a.x.ref, a.y.ref);
        const answer = out[0].b.ref;
        tree.dispose(out);
        step.dispose?.();
        return answer;
      });
    }
    const step = makeStep();
    let params = paramsOf(a);
    return {
      async run(n) {
        for (let i = 0; i < n; i++) params = step(params, a.x.ref, a.y.ref);
        await blockUntilReady(params[0].b);
      },
      result: async () => {
        const out: Params = step(paramsOf(a), a.x.ref, a.y.ref);
        const answer = await out[0].b.ref.data();
        tree.dispose(out);
        return answer;
      },
    };
  },
};
