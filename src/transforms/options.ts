import { unknownArgument } from "../core/nearest.ts";

/**
 * Checks the names in an options object.
 * @throws TypeError for an unknown one; the message lists those that exist
 */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new TypeError(unknownArgument(where, key, known));
    }
  }
}

/** Positions of arguments, from the end when negative, as sorted non-negative ones. */
export function resolvePositions(positions: readonly number[], count: number): readonly number[] {
  if (positions.every((i) => i >= 0)) return positions;
  return positions.map((i) => (i < 0 ? i + count : i)).sort((a, b) => a - b);
}
