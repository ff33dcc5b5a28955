import type { RegistryEntry } from "./registry.ts";
import { staticKey, staticSnapshot, thawSnapshot } from "./statics.ts";
import { Trie } from "./trie.ts";

/** The class and the static metadata of a registered node. Equal ones are the same object. */
export class CustomData {
  readonly entry: RegistryEntry;
  /** A frozen copy where the metadata is an array or a plain object. */
  readonly metadata: unknown;
  readonly #isCopy: boolean;
  /** The interned structures of nodes with this class and metadata, by the structures of their children. */
  readonly byChildren: Trie<object> = new Trie();

  constructor(entry: RegistryEntry, metadata: unknown) {
    this.entry = entry;
    this.metadata = staticSnapshot(metadata);
    this.#isCopy = this.metadata !== metadata;
  }

  /** Puts an instance together. */
  unflatten(children: unknown[]): unknown {
    return this.entry.unflatten(this.#isCopy ? thawSnapshot(this.metadata) : this.metadata, children);
  }
}

/** The interned pair of a class and metadata. */
export function customData(entry: RegistryEntry, metadata: unknown): CustomData {
  const node = entry.byMetadata.next(staticKey(metadata));
  node.value ??= new CustomData(entry, metadata);
  return node.value as CustomData;
}
