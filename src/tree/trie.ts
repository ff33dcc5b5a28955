/**
 * A prefix tree over sequences of values, the means by which equal things become the same object: key sets, static
 * metadata and tree structures are interned here.
 *
 * Keys are compared as `Map` compares them. Objects are held weakly, so that a structure that mentions a function or an
 * instance does not keep it alive. Each node remembers the step that was taken last: flattening trees of one structure
 * again and again costs one comparison per step.
 */
export class Trie<V extends object> {
  /** What the sequence that ends here stands for, once it is known. */
  value: V | null = null;
  readonly #parent: Trie<V> | null;
  readonly #key: unknown;
  #last: Trie<V> | null = null;
  #byPrimitive: Map<unknown, Trie<V>> | null = null;
  #byObject: WeakMap<object, Trie<V>> | null = null;

  constructor(parent: Trie<V> | null = null, key: unknown = undefined) {
    this.#parent = parent;
    this.#key = key;
  }

  /** The node that is reached by one more element. */
  next(key: unknown): Trie<V> {
    const last = this.#last;
    if (last !== null && last.#key === key) return last;
    return (this.#last = this.#find(key));
  }

  /** The elements from the root to this node. */
  path(): unknown[] {
    const keys: unknown[] = [];
    for (let node: Trie<V> = this; node.#parent !== null; node = node.#parent) keys.push(node.#key);
    return keys.reverse();
  }

  #find(key: unknown): Trie<V> {
    if ((typeof key === "object" && key !== null) || typeof key === "function") {
      this.#byObject ??= new WeakMap();
      const found = this.#byObject.get(key);
      if (found !== undefined) return found;
      const made = new Trie(this, key);
      this.#byObject.set(key, made);
      return made;
    }
    this.#byPrimitive ??= new Map();
    const found = this.#byPrimitive.get(key);
    if (found !== undefined) return found;
    const made = new Trie(this, key);
    this.#byPrimitive.set(key, made);
    return made;
  }
}
