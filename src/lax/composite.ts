import { ArrayImpl } from "../core/array.ts";
import type { ClosedJaxpr } from "../core/jaxpr.ts";
import { definePrimitive, type Params, type Primitive } from "../core/primitive.ts";
import { bind, Tracer } from "../core/trace.ts";
import { NotImplementedError, UnexpectedTracerError, ValueError } from "../errors.ts";
import { flattenArrays } from "../transforms/flatFunction.ts";
import { functionName, setName } from "../transforms/functionName.ts";
import { checkOptions } from "../transforms/options.ts";
import type { AnyFunction, ArgsOf } from "../transforms/types.ts";
import { flatten } from "../tree/flatten.ts";
import { repr } from "../tree/repr.ts";
import { traceFunction } from "./control/traceFunction.ts";

interface CompositeParams extends Params {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly jaxpr: ClosedJaxpr;
  readonly name: string;
  readonly version: number;
}

const derivatives = "https://docs.jax.dev/en/latest/_autosummary/jax.custom_jvp.html";

/** An operation with a name, which stands for its decomposition. */
const compositeP: Primitive<CompositeParams> = definePrimitive<CompositeParams>({
  name: "composite",
  abstractEval: (_avals, { jaxpr }) => jaxpr.outAvals,
  reference: () => {
    throw new Error("composite is evaluated through its program");
  },
  inlineAs: ({ jaxpr }) => ({ jaxpr: jaxpr.jaxpr, consts: jaxpr.consts }),
  lowering: { kind: "inline" },
  printsNameInOrder: true,
  printParams: ({ attributes, jaxpr, name, version }) => ({
    attributes: Object.entries(attributes).map(([key, value]) => {
      const [leaves, treedef] = flatten(value);
      const list = leaves.map((x) => repr(x)).join(", ");
      const text = `('${key}', (${list}${leaves.length === 1 ? "," : ""}), ${treedef})`;
      return { toString: () => text };
    }),
    jaxpr,
    name,
    version,
  }),
  jvp: () => {
    throw new ValueError(
      `JVP rule for composite not implemented. You can use \`customJvp\` to add support. See ${derivatives}`,
    );
  },
  transpose: () => {
    throw new ValueError(
      `Transpose rule for composite not implemented. You can use \`customJvp\` or \`customVjp\` to add support. See ${derivatives}`,
    );
  },
  batching: () => {
    throw new NotImplementedError("Batching rule for 'composite' not implemented");
  },
});

export interface CompositeOptions {
  /** Counts changes of what the operation means; default 0. */
  readonly version?: number;
  /** What the operation is given besides arrays, by name: handed to the decomposition as a last argument, and written in programs. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/**
 * A function that is an operation of its own in programs, `composite[name=...]`, so that a compiler which knows the name can do it in a way of
 * its own. Ours knows none and compiles the decomposition.
 *
 * As in JAX it can be neither differentiated nor batched by itself: wrap it in `customJvp`, `customVjp` or `customBatching.customVmap`.
 *
 * @param decomposition a function of trees of arrays; what it closes over must be concrete
 * @param name of the operation, such as "my.softmax"
 * @param version counts changes of what the operation means; or {@link CompositeOptions}
 * @throws UnexpectedTracerError when the decomposition closes over a traced value, or an attribute is one; ValueError when it is differentiated;
 * NotImplementedError when it is batched
 * @example
 * ```ts
 * const tangent = lax.composite((x: NDArray) => jnp.sin(x).div(jnp.cos(x)), "my.tangent");
 * String(makeJaxpr(tangent)(1).eqns[0].primitive.name); // => "composite"
 * const scale = (x: NDArray, { by }: { by: number }) => x.mul(by);
 * String(lax.composite(scale, "my.scale", { attributes: { by: 3 } })(jnp.arange(3))); // => "[0 3 6]"
 * ```
 */
export function composite<F extends AnyFunction>(
  decomposition: F,
  name: string,
  version: number | CompositeOptions = 0,
): (...args: ArgsOf<F>) => ReturnType<F> {
  if (typeof decomposition !== "function") {
    throw new TypeError(`composite: the decomposition must be a function, got ${String(decomposition)}.`);
  }
  if (typeof name !== "string")
    throw new TypeError(`composite: the name must be a string, got ${String(name)}.`);
  const options = typeof version === "number" ? { version } : version;
  checkOptions("composite", options, ["version", "attributes"]);
  const attributes = options.attributes ?? {};
  const advice =
    "This means that the decomposition function closes over a value that is involved in a JAX transformation. Any values that aren't " +
    "explicitly known at compile time must be explicitly passed as arguments to the composite.";
  if (flatten(attributes)[0].some((x) => x instanceof Tracer)) {
    throw new UnexpectedTracerError(
      `Found a JAX Tracer as an attribute in the decomposition for the composite op '${name}'. ${advice}`,
    );
  }
  const last = options.attributes === undefined ? [] : [attributes];
  const called = (...args: unknown[]): unknown => {
    const { leaves, treedef } = flattenArrays(args, `composite '${name}' was called with`);
    const call = (list: unknown) => decomposition(...(list as unknown[]), ...last);
    const { program, consts, outTree } = traceFunction(
      setName(call, functionName(decomposition)) as AnyFunction,
      [{ tree: treedef, avals: leaves.map((x) => x.aval) }],
      "decomposition",
    );
    if (!consts.every((c) => c instanceof ArrayImpl)) {
      throw new UnexpectedTracerError(
        `Found a JAX Tracer as a constant in the decomposition for the composite op '${name}'. ${advice}`,
      );
    }
    const outs = bind(compositeP, [...consts, ...leaves], {
      attributes,
      jaxpr: program,
      name,
      version: options.version ?? 0,
    });
    return outTree.unflatten(outs);
  };
  return setName(called, functionName(decomposition)) as (...args: ArgsOf<F>) => ReturnType<F>;
}
