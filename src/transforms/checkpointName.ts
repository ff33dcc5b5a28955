import { NDArray } from "../core/array.ts";
import { definePrimitive, type Primitive } from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { leafToArray } from "../core/values.ts";
import { vectorizedBatching } from "../lax/batching.ts";
import { linearTranspose } from "../lax/families.ts";
import { map } from "../tree/map.ts";

interface NameParams {
  readonly [key: string]: unknown;
  readonly name: string;
}

/** The identity, with a name that policies of checkpoints go by. */
export const namePrimitive: Primitive<NameParams> = definePrimitive<NameParams>({
  name: "name",
  abstractEval: ([x]) => [x],
  reference: ([x]) => [x.data.slice()],
  jvp: ([x], [t], params) => [[bind1(namePrimitive, [x], params)], [t]],
  transpose: /* @__PURE__ */ linearTranspose((ct) => ct),
  batching: /* @__PURE__ */ vectorizedBatching(() => namePrimitive),
  lowering: { kind: "pointwise", cost: "view", emit: (_b, [x], index) => x.at(index) },
});

/**
 * The identity; gives the leaves of a tree a name by which the policy of a {@link checkpoint} chooses what to keep
 * (`checkpointPolicies.saveOnlyTheseNames`, ...).
 *
 * @throws TypeError when the name is no string, or a leaf no array or number
 * @example
 * ```ts
 * const f = (x: NDArray) => jnp.sin(adCheckpoint.checkpointName(jnp.exp(x), "e"));
 * const g = checkpoint(f, { policy: checkpointPolicies.saveOnlyTheseNames("e") });
 * String(grad(g)(0)); // => "0.5403023"
 * ```
 */
export function checkpointName<T>(x: T, name: string): T {
  if (typeof name !== "string") {
    throw new TypeError(`checkpointName: name must be a string, got ${String(name)}.`);
  }
  return map((leaf: unknown) => {
    const array = leaf instanceof NDArray ? leaf : leafToArray(leaf);
    if (array === null) {
      throw new TypeError(`checkpointName: every leaf must be an array or a number, got ${typeof leaf}.`);
    }
    return bind1(namePrimitive, [array], { name });
  }, x) as T;
}
