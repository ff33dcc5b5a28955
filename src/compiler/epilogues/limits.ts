/** The numbers behind the decisions which loops become epilogues. Costs are those of scalarOps.ts. */
export const epilogues = {
  enabled: true,
  /**
   * With fewer rows or columns the loop is short beside the product, and back ends sum such products in ways of their
   * own.
   */
  leastRows: 4,
  leastCols: 4,
  /** So they do with up to so many rows of a matrix of so many columns. */
  fewRows: 8,
  wideCols: 1024,
  /** Longer sums take so much longer than what follows that nothing is gained. */
  longestSum: 1 << 14,
  /**
   * What is computed for each sum. A loop of its own computes costly functions faster: it needs no registers for sums.
   */
  mostCost: 12,
  /** Arrays that are read and stored beside the result: each has an address to move with the tiles. */
  mostArrays: 8,
  /**
   * Those of them that are as large as the result. Tiles walk them in short runs, which a loop does not: so only where
   * they stay in a cache and where the sums are not so long that a loop would hardly be noticed.
   */
  mostWhole: 2,
  wholeBytes: 1 << 21,
  longestWholeSum: 384,
};
