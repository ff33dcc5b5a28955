import type { CustomData } from "./custom.ts";
import type { KeySet } from "./keyset.ts";
import type { PyTreeDef } from "./treedef.ts";

/** Leaves, and how many of them are used. */
interface Cursor {
  readonly leaves: readonly unknown[];
  at: number;
}

/** Builds the tree of a structure from the leaves at the cursor. */
export function build(def: PyTreeDef, cursor: Cursor): unknown {
  switch (def.kind) {
    case "leaf":
      return cursor.leaves[cursor.at++];
    case "none":
      return null;
    case "list":
      return buildChildren(def, cursor);
    case "dict":
      return buildObject(def.data as KeySet<string>, def, cursor);
    case "map": {
      const map = new Map<unknown, unknown>();
      const { keys } = def.data as KeySet;
      for (let i = 0; i < keys.length; i++) map.set(keys[i], build(def.childDefs[i], cursor));
      return map;
    }
    case "custom":
      return (def.data as CustomData).unflatten(buildChildren(def, cursor));
  }
}

function buildChildren(def: PyTreeDef, cursor: Cursor): unknown[] {
  const { childDefs } = def;
  const children: unknown[] = [];
  for (let i = 0; i < childDefs.length; i++) children.push(build(childDefs[i], cursor));
  return children;
}

function buildObject(keySet: KeySet<string>, def: PyTreeDef, cursor: Cursor): Record<string, unknown> {
  const { keys } = keySet;
  const object: Record<string, unknown> = {};
  for (let i = 0; i < keys.length; i++) {
    const value = build(def.childDefs[i], cursor);
    if (keySet.hasProto) {
      Object.defineProperty(object, keys[i], { value, writable: true, enumerable: true, configurable: true });
    } else {
      object[keys[i]] = value;
    }
  }
  return object;
}
