import tf from "@tensorflow/tfjs";
import type { Inputs, Parameters } from "../../rows/row.ts";
import type { Implementation, Prepared } from "../peer.ts";

// biome-ignore lint/suspicious/noExplicitAny: the peer's tensors, whose types are installed in this folder only
export type Tensor = any;
export type Tensors = Record<string, Tensor>;

export const load = (inputs: Inputs): Tensors =>
  Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, tf.tensor(v.data, v.shape)]));

/** Work that is one call of a function; its intermediate tensors are freed by `tidy`, its results by hand. */
export function repeated(f: () => Tensor[], release?: () => void): Prepared {
  return {
    async run(n) {
      // The WebAssembly back end computes synchronously.
      for (let i = 0; i < n; i++) tf.dispose(tf.tidy(f));
    },
    answers: () => read(tf.tidy(f)),
    release,
  };
}

export async function read(results: Tensor[]): Promise<ArrayLike<number>[]> {
  const values = await Promise.all(results.map((x) => x.data() as Promise<Float32Array>));
  tf.dispose(results);
  return values;
}

/** A function of the inputs, operation by operation: the library does not compile. */
export const eager =
  (make: (parameters: Parameters) => (a: Tensors) => Tensor[]): Implementation =>
  (inputs, parameters) => {
    const a = load(inputs);
    const f = make(parameters);
    return repeated(
      () => f(a),
      () => tf.dispose(a),
    );
  };
