/** How a dimension is divided: not at all, along an axis of a mesh, or along several, the first the most significant. */
export type SpecEntry = null | string | readonly string[];

/**
 * Over which axes of a mesh each dimension of an array is divided, the first dimension first; dimensions that are not mentioned are whole.
 *
 * @example
 * ```ts
 * String(new PartitionSpec("x", null, ["y", "z"])); // => "P('x', None, ('y', 'z'))"
 * ```
 */
export class PartitionSpec {
  readonly entries: readonly SpecEntry[];
  /** @throws TypeError for an entry that is no name, list of names or null */
  constructor(...entries: readonly SpecEntry[]) {
    this.entries = entries.map((entry) => {
      if (entry === null || typeof entry === "string") return entry;
      if (Array.isArray(entry) && entry.every((name) => typeof name === "string")) {
        // One name alone, or in a list, is the same.
        return entry.length === 1 ? entry[0] : entry.length === 0 ? null : entry;
      }
      throw new TypeError(
        `PartitionSpec entries must be an axis name, a list of axis names, or null; got ${String(entry)}.`,
      );
    });
  }
  get length(): number {
    return this.entries.length;
  }
  /** The names that divide a dimension. */
  namesAt(dimension: number): readonly string[] {
    const entry = this.entries[dimension];
    return entry === null || entry === undefined ? [] : typeof entry === "string" ? [entry] : entry;
  }
  /** All names, in order. */
  get names(): readonly string[] {
    return this.entries.flatMap((_, i) => this.namesAt(i));
  }
  /** The spec of an array with one dimension more, which is divided as `entry` says. */
  withDimension(dimension: number, entry: SpecEntry = null): PartitionSpec {
    const entries: SpecEntry[] = this.entries.slice();
    while (entries.length < dimension) entries.push(null);
    entries.splice(dimension, 0, entry);
    return new PartitionSpec(...entries);
  }
  equals(other: unknown): boolean {
    return other instanceof PartitionSpec && other.toString() === this.toString();
  }
  toString(): string {
    const shown = this.entries.map((entry) => {
      if (entry === null) return "None";
      if (typeof entry === "string") return `'${entry}'`;
      return `(${entry.map((name) => `'${name}'`).join(", ")})`;
    });
    return shown.length === 1 ? `P(${shown[0]},)` : `P(${shown.join(", ")})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * A {@link PartitionSpec}.
 * @example
 * ```ts
 * String(P("x")); // => "P('x',)"
 * ```
 */
export function P(...entries: readonly SpecEntry[]): PartitionSpec {
  return new PartitionSpec(...entries);
}
