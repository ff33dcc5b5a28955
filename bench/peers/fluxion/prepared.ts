import { jit, jnp, type NDArray } from "fluxion";
import type { Inputs, Parameters } from "../../rows/row.ts";
import type { Implementation, Prepared } from "../peer.ts";

export type Arrays = Record<string, NDArray>;

export const load = (inputs: Inputs): Arrays =>
  Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, jnp.array(v.data).reshape(v.shape)]));

/** The event loop turns about as often as the peers', which have to await their results. */
const turnEvery = 32;

/**
 * Work that is one call of a function. The peers free each result by hand, or count references; so results are deleted here too.
 */
export function repeated(f: () => readonly NDArray[]): Prepared {
  return {
    async run(n) {
      for (let i = 1; i <= n; i++) {
        for (const result of f()) result.blockUntilReady().delete();
        if (i % turnEvery === 0) await new Promise(setImmediate);
      }
    },
    answers: () => read(f()),
  };
}

export const read = (results: readonly NDArray[]): Promise<ArrayLike<number>[]> =>
  Promise.all(results.map(async (x) => (await x.data()) as Float32Array));

/** A jitted function of the inputs. */
export const jitted =
  (make: (parameters: Parameters) => (a: Arrays) => readonly NDArray[]): Implementation =>
  (inputs, parameters) => {
    const a = load(inputs);
    const f = jit(make(parameters));
    return repeated(() => f(a));
  };
