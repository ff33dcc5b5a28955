/** The parts of a list: as many items as each count says, then the rest. */
export function parts<T>(list: readonly T[], ...counts: readonly number[]): T[][] {
  let next = 0;
  const found = counts.map((n) => list.slice(next, (next += n)));
  return [...found, list.slice(next)];
}

/** The items at the marked places. */
export function marked<T>(list: readonly T[], mask: readonly boolean[]): T[] {
  return list.filter((_, i) => mask[i]);
}
export function unmarked<T>(list: readonly T[], mask: readonly boolean[]): T[] {
  return list.filter((_, i) => !mask[i]);
}

/** One list of two, in the places that `mask` gives to the second. */
export function merged<T>(mask: readonly boolean[], first: readonly T[], second: readonly T[]): T[] {
  let [i, j] = [0, 0];
  return mask.map((inSecond) => (inSecond ? second[j++] : first[i++]));
}

export const count = (mask: readonly boolean[]): number => mask.reduce((n, bit) => n + Number(bit), 0);
export const either = (a: readonly boolean[], b: readonly boolean[]): boolean[] => a.map((x, i) => x || b[i]);
export const equal = (a: readonly boolean[], b: readonly boolean[]): boolean => a.every((x, i) => x === b[i]);

/**
 * The least set of carries that includes `start` and what a step makes of it: `step` says which carries come out marked when those of
 * its argument go in marked.
 */
export function fixedPoint(
  start: readonly boolean[],
  step: (mask: readonly boolean[]) => readonly boolean[],
) {
  let mask = start;
  for (;;) {
    const next = either(mask, step(mask));
    if (equal(mask, next)) return mask;
    mask = next;
  }
}
