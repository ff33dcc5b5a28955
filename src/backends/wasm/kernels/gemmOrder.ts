/**
 * The order in which the products of a sum over k are added: a function of k and of one choice for the whole product, so that pieces
 * of it have the bits of the whole.
 *
 * In "steps", k is cut into blocks. The sum of a block starts at zero and takes its products one after the other, each by one
 * multiply-add; the sums of the blocks are added one after the other. Lanes of vectors are different elements. In "lanes", which suits a
 * vector times a matrix that is contiguous along k, lanes hold parts of one sum ({@link ./gemmDots.ts}).
 *
 * Beyond {@link GROUP} products, groups are summed in either way, and then the sums of the groups: rounding errors grow like the
 * square roots of these lengths, not like that of k.
 */

/** Up to this k there is one block. */
const LONGEST = 384;
/** About the length of a block otherwise: the panels of a register tile stay in the first cache. */
const USUAL = 256;
/** Products in a group. */
export const GROUP = 1 << 17;

/** The length of the blocks of a sum of k products, k at most {@link GROUP}; the last one is shorter where it does not divide. */
export function blockLength(k: number): number {
  if (k <= LONGEST) return Math.max(k, 1);
  // Equal blocks, and whole steps of an unrolled loop.
  return Math.ceil(k / Math.round(k / USUAL) / 4) * 4;
}

/** The lengths of the groups of a sum. */
export function groupLengths(k: number): number[] {
  const lengths: number[] = [];
  for (let left = k; left > 0; left -= GROUP) lengths.push(Math.min(left, GROUP));
  return lengths;
}
