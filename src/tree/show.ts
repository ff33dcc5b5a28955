import type { CustomData } from "./custom.ts";
import type { KeySet } from "./keyset.ts";
import { repr, str } from "./repr.ts";
import type { PyTreeDef } from "./treedef.ts";

/** A structure as JAX prints it, without `PyTreeDef(...)` around it. */
export function show(def: PyTreeDef): string {
  switch (def.kind) {
    case "leaf":
      return "*";
    case "none":
      return "None";
    case "list":
      return showChildren(def);
    case "dict":
      return showEntries(def);
    case "map": {
      // Only where a plain object could have the same keys must the two be told apart.
      const entries = showEntries(def);
      return (def.data as KeySet).keys.every((key) => typeof key === "string") ? `Map(${entries})` : entries;
    }
    case "custom": {
      const data = def.data as CustomData;
      return `CustomNode(${data.entry.cls.name}[${metadataText(data)}], ${showChildren(def)})`;
    }
  }
}

function showChildren(def: PyTreeDef): string {
  return `[${def.childDefs.map(show).join(", ")}]`;
}

function showEntries(def: PyTreeDef): string {
  const { keys } = def.data as KeySet;
  return `{${keys.map((key, i) => `${repr(key)}: ${show(def.childDefs[i])}`).join(", ")}}`;
}

/** Metadata as messages print it: the static values of a dataclass as a tuple. */
export function metadataText(data: CustomData): string {
  if (data.entry.kind === "custom dataclass node") return tupleText(data.metadata as readonly unknown[]);
  return str(data.metadata);
}

/** Values as a Python tuple prints: `('a', 1)`, `('a',)`, `()`. */
export function tupleText(values: readonly unknown[]): string {
  const items = values.map((value) => repr(value)).join(", ");
  return values.length === 1 ? `(${items},)` : `(${items})`;
}
