import type { NDArray } from "../core/array.ts";
import { type ShapedArray, typeMatch } from "../core/aval.ts";
import { type Tangent, Zero } from "../core/primitive.ts";
import { addTangents, zerosLikeAval } from "../core/tangents.ts";
import { bind } from "../core/trace.ts";
import { AttributeError } from "../errors.ts";
import { stopGradient } from "../lax/identity.ts";
import { map } from "../tree/map.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { callWithRule, nondiffPositions, type ResultTree, SplitArguments } from "./customCall.ts";
import { customJvpCallP, type FlatJvpRule } from "./customJvpCall.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { checkOptions } from "./options.ts";
import { revealZero, SymbolicZero } from "./symbolicZero.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";

export interface CustomJvpOptions {
  /** Arguments that are not differentiated (functions, settings): the rule gets them first, before the primals. */
  nondiffArgnums?: number | readonly number[];
  /** The name that jaxprs print; default: the function's. */
  name?: string;
}

/** A function with a forward derivative of its own; see {@link customJvp}. */
export type CustomJvpFunction<F extends AnyFunction> = ((...args: ArgsOf<F>) => ReturnType<F>) & {
  /**
   * Defines the rule: `(primals, tangents) => [value, tangent]`, both lists of the arguments; with nondiffArgnums
   * `(...nondiff, primals, tangents)`. With `symbolicZeros` tangents that are zero are `customDerivatives.SymbolicZero`s.
   */
  defjvp(
    rule: (primals: Parameters<F>, tangents: Parameters<F>) => [ReturnType<F>, ReturnType<F>],
    options?: { symbolicZeros?: boolean },
  ): void;
  defjvp(rule: AnyFunction, options?: { symbolicZeros?: boolean }): void;
  /** Defines the rule argument by argument: `(tangent, value, ...primals) => tangent`; null for a zero derivative. */
  defjvps(...rules: (((tangent: NDArray, value: NDArray, ...primals: NDArray[]) => NDArray) | null)[]): void;
};

/**
 * Gives a function a forward derivative of the caller's making, for every transformation: for numerical stability, or where the derivative
 * of what is computed is not what is meant.
 *
 * @throws AttributeError when the function is called before `defjvp`
 * @example
 * ```ts
 * const f = customJvp((x: NDArray) => x.mul(x));
 * f.defjvp(([x], [t]) => [f(x), t.mul(10)]);
 * String(grad(f)(3)); // => "10.0"
 * ```
 */
/* @__NO_SIDE_EFFECTS__ */
export function customJvp<F extends AnyFunction>(f: F, options: CustomJvpOptions = {}): CustomJvpFunction<F> {
  requireCallable(f);
  checkOptions("customJvp", options, ["nondiffArgnums", "name"]);
  const name = options.name ?? functionName(f);
  const positions = nondiffPositions(options.nondiffArgnums, "customJvp");
  let rule: AnyFunction | undefined;
  let symbolicZeros = false;

  const call = (...args: unknown[]): unknown => {
    if (rule === undefined)
      throw new AttributeError(`No JVP defined for custom_jvp function ${name} using defjvp.`);
    const split = new SplitArguments(
      args.map((x, i) => (positions.includes(i) ? stopArrays(x) : x)),
      positions,
      name,
    );
    const { leaves, treedef } = flattenArrays(split.dynamic, `Argument of ${name} is`);
    const result: ResultTree = {};
    const run = (xs: NDArray[]): NDArray[] => {
      const out = f(...split.restore(treedef.unflatten(xs) as unknown[]));
      const flat = flattenArrays(out, `custom_jvp function ${name} returned`);
      result.treedef = flat.treedef;
      return flat.leaves;
    };
    const jvp = flatRule(rule, { name, treedef, fixed: split.fixed, symbolicZeros, result });
    const outs = callWithRule(
      leaves,
      run,
      (callJaxpr, operands, numLifted) =>
        bind(customJvpCallP, operands, { name, callJaxpr, jvp, numLifted, symbolicZeros }),
      `tracing the custom_jvp function ${name}`,
    );
    return (result.treedef as PyTreeDef).unflatten(outs);
  };

  const custom = setName(call, name) as unknown as CustomJvpFunction<F>;
  custom.defjvp = (r: AnyFunction, o: { symbolicZeros?: boolean } = {}) => {
    requireCallable(r);
    checkOptions("defjvp", o, ["symbolicZeros"]);
    rule = r;
    symbolicZeros = o.symbolicZeros === true;
  };
  custom.defjvps = (...rules) => {
    if (positions.length > 0) {
      throw new TypeError("Can't use defjvps with nondiffArgnums: define the whole rule with defjvp.");
    }
    symbolicZeros = false;
    rule = function jvp(primals: NDArray[], tangents: NDArray[]): [unknown, unknown] {
      const value = call(...primals) as NDArray;
      const terms = rules.flatMap((r, i) => (r === null ? [] : [r(tangents[i], value, ...primals)]));
      const zero = new Zero(value.aval.toTangent());
      const sum = terms.reduce<NDArray | Zero>((a, b) => addTangents(a, b), zero);
      return [value, sum instanceof Zero ? zerosLikeAval(zero.aval) : sum];
    };
  };
  return custom;
}

/** Arrays in an argument that is not differentiated are constants; the rest stays as it is. */
function stopArrays(x: unknown): unknown {
  return map(
    (leaf: unknown) =>
      typeof leaf === "object" && leaf !== null && "aval" in leaf ? stopGradient(leaf) : leaf,
    x,
  );
}

interface RuleContext {
  readonly name: string;
  readonly treedef: PyTreeDef;
  readonly fixed: readonly unknown[];
  readonly symbolicZeros: boolean;
  readonly result: ResultTree;
}

/** The user's rule as one on flat arrays, checked. */
function flatRule(rule: AnyFunction, context: RuleContext): FlatJvpRule {
  const { name, treedef, fixed, symbolicZeros, result } = context;
  const flat = (primals: readonly NDArray[], tangents: readonly Tangent[]): [NDArray[], Tangent[]] => {
    const seen = symbolicZeros ? tangents.map(revealZero) : tangents;
    const pair: unknown = rule(...fixed, treedef.unflatten(primals), treedef.unflatten(seen));
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError(
        `Custom JVP rule ${functionName(rule)} for function ${name} must produce a pair (a list of length two) [value, tangent], ` +
          "where the first element represents the primal output and the second the tangent output.",
      );
    }
    const out = flattenArrays(pair[0], `the JVP rule of ${name} returned`);
    const zeros: boolean[] = [];
    const arrays = map((leaf: unknown) => {
      zeros.push(leaf instanceof SymbolicZero);
      return leaf instanceof SymbolicZero ? zerosLikeAval(leaf.aval) : leaf;
    }, pair[1]);
    const tangent = flattenArrays(arrays, `the JVP rule of ${name} returned`);
    if (out.treedef !== tangent.treedef) {
      throw new TypeError(
        `Custom JVP rule of ${name} must produce primal and tangent outputs with equal container (pytree) structures, but got ${out.treedef} and ${tangent.treedef} respectively.`,
      );
    }
    if (result.treedef !== undefined && out.treedef !== result.treedef) {
      throw new TypeError(
        `Custom JVP rule of ${name} must return as its first item a value of the structure that the function returns, ${result.treedef}, but got ${out.treedef}.`,
      );
    }
    result.treedef = out.treedef;
    checkTangents(out.leaves, tangent.leaves, name);
    return [
      out.leaves,
      tangent.leaves.map((t, i) => (zeros[i] ? new Zero(out.leaves[i].aval.toTangent()) : t)),
    ];
  };
  return setName(flat as FlatJvpRule, functionName(rule));
}

/** @throws TypeError when a tangent does not have the shape and dtype of the value it belongs to */
function checkTangents(values: readonly NDArray[], tangents: readonly NDArray[], name: string): void {
  values.forEach((x, i) => {
    const expected: ShapedArray = x.aval.toTangent();
    if (typeMatch(tangents[i].aval, expected)) return;
    throw new TypeError(
      `Custom JVP rule of ${name} must produce primal and tangent outputs with corresponding shapes and dtypes, but got a tangent of type ` +
        `${tangents[i].aval} for a value of type ${x.aval}, which needs ${expected}.`,
    );
  });
}
