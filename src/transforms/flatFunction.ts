import type { NDArray } from "../core/array.ts";
import { ShapeDtypeStruct, type ShapedArray, shapedArray } from "../core/aval.ts";
import { leafToArray } from "../core/values.ts";
import { flattenInto } from "../tree/flatten.ts";
import { keystr } from "../tree/keys.ts";
import { flattenWithPath } from "../tree/paths.ts";
import type { PyTreeDef } from "../tree/treedef.ts";

/** Leaves of a pytree as arrays, and its structure. */
export function flattenArrays(tree: unknown, where: string): { leaves: NDArray[]; treedef: PyTreeDef } {
  const raw: unknown[] = [];
  const treedef = flattenInto(tree, raw);
  const leaves = raw as NDArray[];
  for (let i = 0; i < raw.length; i++) {
    const array = leafToArray(raw[i]);
    if (array === null) throw invalidLeaf(tree, raw[i], where);
    leaves[i] = array;
  }
  return { leaves, treedef };
}

function invalidLeaf(tree: unknown, leaf: unknown, where: string): TypeError {
  const at = flattenWithPath(tree)[0].find(([, value]) => Object.is(value, leaf));
  const path = at === undefined || at[0].length === 0 ? "" : ` at path ${keystr(at[0])}`;
  if (leaf instanceof Promise) {
    return new TypeError(
      `${where} a Promise${path}: asynchronous functions cannot be transformed. Await the result of the transformed function instead.`,
    );
  }
  return new TypeError(
    `${where} a value of type ${describeType(leaf)}${path}, which is not a valid JAX type. ` +
      "Arrays, numbers, booleans, bigints and typed arrays are; pass other values through staticArgnums or a closure.",
  );
}

export function describeType(x: unknown): string {
  if (x === undefined) return "undefined";
  if (typeof x === "object" && x !== null) return x.constructor?.name ?? "object";
  return typeof x;
}

/** The avals of arguments given as arrays, scalars or ShapeDtypeStructs. */
export function abstractLeaves(tree: unknown, where: string): { avals: ShapedArray[]; treedef: PyTreeDef } {
  const raw: unknown[] = [];
  const treedef = flattenInto(tree, raw);
  const avals = raw.map((x) => {
    const abstract = abstractAval(x);
    if (abstract !== null) return abstract;
    throw invalidLeaf(tree, x, where);
  });
  return { avals, treedef };
}

export function abstractAval(x: unknown): ShapedArray | null {
  if (x instanceof ShapeDtypeStruct) return shapedArray(x.shape, x.dtype, x.weakType);
  return leafToArray(x)?.aval ?? null;
}
