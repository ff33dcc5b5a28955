import { blockUntilReady, jit, numpy as np, tree } from "@jax-js/jax";
import type { Inputs, Parameters } from "../../rows/row.ts";
import type { Implementation, Prepared } from "../peer.ts";

// biome-ignore lint/suspicious/noExplicitAny: the peer's arrays, whose types are installed in this folder only
export type Array = any;
export type Arrays = Record<string, Array>;

export const load = (inputs: Inputs): Arrays =>
  Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, np.array(v.data, { shape: [...v.shape] })]));

/** Work that is one call of a function that consumes references of its own. */
export function repeated(f: () => Array, release?: () => void): Prepared {
  return {
    async run(n) {
      // Results that are dropped early are never computed, so each is kept until it exists.
      let kept: Array[] = [];
      const settle = async (): Promise<void> => {
        await blockUntilReady(kept);
        tree.dispose(kept);
        kept = [];
      };
      for (let i = 0; i < n; i++) {
        kept.push(f());
        if (kept.length === 32) await settle();
      }
      await settle();
    },
    answers: () => read(f()),
    release,
  };
}

/** Values of the leaves, in the order of a tree, which is consumed. */
export const read = (results: Array): Promise<ArrayLike<number>[]> =>
  Promise.all(tree.leaves(results).map((x: Array) => x.data() as Promise<Float32Array>));

/** A jitted function of the inputs, which it consumes. */
export const jitted =
  (make: (parameters: Parameters) => (a: Arrays) => Array[]): Implementation =>
  (inputs, parameters) => {
    const a = load(inputs);
    const f = jit(make(parameters));
    return repeated(
      () => f(tree.ref(a)),
      () => {
        tree.dispose(a);
        f.dispose();
      },
    );
  };
