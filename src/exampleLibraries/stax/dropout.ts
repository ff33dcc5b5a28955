import { ValueError } from "../../errors.ts";
import { readOptions } from "../../numpy/arguments.ts";
import * as bi from "../../numpy/binary.ts";
import { where } from "../../numpy/where.ts";
import { bernoulli } from "../../random/samplers.ts";
import { type Layer, type NoParams, sameShape } from "./layer.ts";

/**
 * Dropout: keeps each element with probability `rate`, divided by it, and makes the others 0; in another mode than "train" it keeps all as they
 * are. Its `applyFun` needs a key either way.
 *
 * @param rate the probability of keeping an element (not of dropping it)
 * @throws ValueError, from `applyFun`, without a key
 * @example
 * ```ts
 * const [, applyFun] = exampleLibraries.stax.Dropout(0.5);
 * const out = applyFun([], jnp.ones(1000), { rng: random.key(0) });
 * jnp.unique(out); // => Array([0., 2.], dtype=float32)
 * applyFun([], jnp.ones(3)); // throws ValueError: Dropout requires a key
 * ```
 */
export function Dropout(rate: number, ...options: [(string | { mode?: string })?]): Layer<NoParams> {
  const { mode = "train" } = readOptions<{ mode: string }>("Dropout", ["mode"], options);
  return sameShape((inputs, { rng } = {}) => {
    if (rng === undefined || rng === null) {
      throw new ValueError(
        "Dropout requires a key: call applyFun(params, inputs, { rng }), where rng is for example random.key(0).",
      );
    }
    if (mode !== "train") return inputs;
    return where(bernoulli(rng, rate, inputs.shape), bi.divide(inputs, rate), 0);
  });
}
