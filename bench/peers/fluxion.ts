import { grad, jit, jnp, type NDArray, nn, tree } from "fluxion";
import type { Peer, Prepared } from "../peer.ts";
import { type Inputs, mlp } from "../rows.ts";

type Params = { w: NDArray; b: NDArray }[];

function loss(params: Params, x: NDArray, y: NDArray): NDArray {
  let h = x;
  params.forEach(({ w, b }, i) => {
    h = h.matmul(w).add(b);
    if (i < params.length - 1) h = nn.relu(h);
  });
  return nn
    .logSoftmax(h)
    .mul(y)
    .sum()
    .mul(-1 / mlp.batch);
}
const makeStep = () =>
  jit((params: Params, x: NDArray, y: NDArray): Params => {
    const gradients = grad(loss)(params, x, y);
    return tree.map((p: NDArray, g: NDArray) => p.sub(g.mul(mlp.rate)), params, gradients) as Params;
  });

function load(inputs: Inputs): Record<string, NDArray> {
  return Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, jnp.array(v.data).reshape(v.shape)]));
}
const paramsOf = (a: Record<string, NDArray>): Params =>
  [0, 1, 2].map((i) => ({ w: a[`w${i}`], b: a[`b${i}`] }));

/**
 * Work that is one call of a function of the inputs. The peer frees each result by hand, so here too it is deleted; with `drop` it is
 * left to the engine, as programs usually do.
 */
function repeated(f: () => NDArray, drop = false): Prepared {
  return {
    async run(n) {
      // The event loop turns as often as the peer's, which has to await its results.
      for (let i = 1; i <= n; i++) {
        const result = f().blockUntilReady();
        if (!drop) result.delete();
        if (i % 32 === 0) await new Promise(setImmediate);
      }
    },
    result: async () => (await f().data()) as Float32Array,
  };
}

export const peer: Peer = {
  name: "fluxion",
  async prepare(row, inputs) {
    const a = load(inputs);
    if (row.startsWith("matmul")) {
      const f = jit((x: NDArray, y: NDArray) => x.matmul(y));
      return repeated(() => f(a.a, a.b), row.endsWith("dropped"));
    }
    if (row === "eager-add") return repeated(() => a.a.add(a.b));
    if (row === "jit-10") {
      const f = jit((x: NDArray, y: NDArray) => {
        let v = x;
        for (let k = 0; k < 5; k++) v = v.mul(1.01).add(y);
        return v;
      });
      return repeated(() => f(a.a, a.b));
    }
    if (row === "first") {
      const params = paramsOf(a);
      return repeated(() => makeStep()(params, a.x, a.y)[0].b);
    }
    const step = makeStep();
    let params = paramsOf(a);
    return {
      async run(n) {
        for (let i = 0; i < n; i++) params = step(params, a.x, a.y);
        params[0].b.blockUntilReady();
      },
      result: async () => (await step(paramsOf(a), a.x, a.y)[0].b.data()) as Float32Array,
    };
  },
};
