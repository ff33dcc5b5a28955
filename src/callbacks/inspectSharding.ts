import type { ArrayImpl } from "../core/array.ts";
import { debugEffect } from "../core/effects.ts";
import type { HostFunction } from "../core/lowering.ts";
import { placeAsOperands } from "../core/placement.ts";
import { definePrimitive, notLinear, type Params, type Primitive } from "../core/primitive.ts";
import { bind } from "../core/trace.ts";
import { leafToArray } from "../core/values.ts";
import { shardingOf } from "../sharding/placement.ts";
import type { Sharding } from "../sharding/sharding.ts";
import { describeType } from "../transforms/flatFunction.ts";
import { functionName } from "../transforms/functionName.ts";
import { checkOptions } from "../transforms/options.ts";
import type { AnyFunction } from "../transforms/types.ts";
import { leaves } from "../tree/flatten.ts";
import { functionText } from "./flatCallback.ts";
import { callHost } from "./hostFunction.ts";
import { referenceOf } from "./reference.ts";

interface InspectParams extends Params {
  readonly callback: (sharding: Sharding) => void;
  /** What the callback was told already by the program that this is part of. */
  readonly told: Set<string>;
}

const effects = /* @__PURE__ */ new Set([debugEffect]);

function teller({ callback, told }: InspectParams): HostFunction {
  return ([x]) => {
    const sharding = shardingOf(placeAsOperands(x as ArrayImpl));
    if (told.has(String(sharding))) return [];
    told.add(String(sharding));
    callHost("debug.inspectArraySharding", () => callback(sharding));
    return [];
  };
}

/** Tells a function where a value is. */
const inspectP: Primitive<InspectParams> = definePrimitive<InspectParams>({
  name: "inspect_sharding",
  abstractEval: () => [],
  effects: () => effects,
  reference: /* @__PURE__ */ referenceOf(teller),
  lowering: { kind: "hostCall", call: teller },
  printParams: ({ callback }) => ({ callback: functionText(functionName(callback as AnyFunction)) }),
  jvp: (primals, _tangents, params) => [bind(inspectP, primals, params), []],
  transpose: notLinear,
  // The whole batch is one array.
  batching: (operands, _dims, params) => [bind(inspectP, operands, params), []],
});

/**
 * Calls a function with the sharding of each array of a pytree. In a compiled function it is called when the program runs, once for every sharding
 * that a value is found to have: that of the argument of the same shape, or whole on the devices of the arguments.
 *
 * @throws TypeError for a leaf that is no array, and for something that is no function
 * @example
 * ```ts
 * const seen: string[] = [];
 * debug.inspectArraySharding(jnp.ones(2), { callback: (s) => void seen.push(s.constructor.name) });
 * seen; // => ["SingleDeviceSharding"]
 * ```
 */
export function inspectArraySharding(
  value: unknown,
  options: { callback: (sharding: Sharding) => void },
): void {
  checkOptions("debug.inspectArraySharding", options, ["callback"]);
  const { callback } = options;
  if (typeof callback !== "function") {
    throw new TypeError(
      `debug.inspectArraySharding: the callback must be a function, got ${describeType(callback)}.`,
    );
  }
  for (const leaf of leaves(value)) {
    const x = leafToArray(leaf);
    if (x === null) throw new TypeError("debug.inspectArraySharding requires arrays.");
    bind(inspectP, [x], { callback, told: new Set<string>() });
  }
}
