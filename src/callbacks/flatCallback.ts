import type { NDArray } from "../core/array.ts";
import { NDArray as ArrayClass } from "../core/array.ts";
import { ShapeDtypeStruct, type ShapedArray, shapedArray } from "../core/aval.ts";
import { describeType, flattenArrays } from "../transforms/flatFunction.ts";
import { functionName } from "../transforms/functionName.ts";
import type { AnyFunction } from "../transforms/types.ts";
import { isPlainObject } from "../tree/descend.ts";
import { flattenInto } from "../tree/flatten.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { callTreeText } from "./callTree.ts";

/**
 * A function of the user's, called with the leaves of its arguments. Made once for a function and a structure of arguments, so that equal calls
 * have equal parameters.
 */
export class FlatCallback {
  readonly callback: AnyFunction;
  readonly inTree: PyTreeDef;
  constructor(callback: AnyFunction, inTree: PyTreeDef) {
    this.callback = callback;
    this.inTree = inTree;
  }
  call(leaves: readonly NDArray[]): unknown {
    return this.callback(...(this.inTree.unflatten(leaves) as unknown[]));
  }
  /** @inheritDoc */
  toString(): string {
    return `_FlatCallback(callback_func=${functionText(functionName(this.callback))}, in_tree=${callTreeText(this.inTree)})`;
  }
}

/** A function as Python shows it, with the address that JAX's printer leaves out. */
export function functionText(name: string): string {
  return `<function ${name} at 0xXXXXXXXXXXXX>`;
}

const known = new WeakMap<AnyFunction, Map<PyTreeDef, FlatCallback>>();

/** The callback for a function and arguments of a structure. @throws TypeError when it is no function */
export function flatCallback(where: string, callback: unknown, inTree: PyTreeDef): FlatCallback {
  if (typeof callback !== "function") {
    throw new TypeError(`${where}: the callback must be a function, got ${describeType(callback)}.`);
  }
  let byTree = known.get(callback as AnyFunction);
  if (byTree === undefined) {
    byTree = new Map();
    known.set(callback as AnyFunction, byTree);
  }
  let flat = byTree.get(inTree);
  if (flat === undefined) {
    flat = new FlatCallback(callback as AnyFunction, inTree);
    byTree.set(inTree, flat);
  }
  return flat;
}

/** The arguments of a call of `pureCallback` or `ioCallback`, ready to be bound. */
export interface ResultSpec {
  readonly avals: readonly ShapedArray[];
  readonly treedef: PyTreeDef;
}

/** Types and structure of the results that a callback announces. @throws TypeError for a leaf without shape and dtype */
export function resultSpec(where: string, spec: unknown): ResultSpec {
  const leaves: unknown[] = [];
  const treedef = flattenInto(spec, leaves);
  const avals = leaves.map((leaf) => {
    if (leaf instanceof ShapeDtypeStruct || leaf instanceof ArrayClass)
      return shapedArray(leaf.shape, leaf.dtype);
    throw new TypeError(
      `${where}: resultShapeDtypes must be a tree of ShapeDtypeStructs, got a leaf of type ${describeType(leaf)}.`,
    );
  });
  return { avals, treedef };
}

/** Separates a trailing object of options from the arguments of a callback; any other object is an argument. */
export function splitOptions<T extends object>(
  args: readonly unknown[],
  names: readonly string[],
): { args: readonly unknown[]; options: Partial<T> } {
  const last = args[args.length - 1];
  if (!isPlainObject(last)) return { args, options: {} };
  const keys = Object.keys(last);
  const isOptions = keys.length > 0 && keys.every((key) => names.includes(key));
  return isOptions ? { args: args.slice(0, -1), options: last as Partial<T> } : { args, options: {} };
}

/** The leaves of a callback's arguments as arrays. */
export function flatArguments(where: string, args: readonly unknown[]) {
  return flattenArrays(args, `An argument of ${where} is`);
}
