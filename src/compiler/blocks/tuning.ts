/** When kernels run block by block, and how large blocks are; changed by tests. */
export const blocking = {
  enabled: true,
  /** Fewest bytes of intermediates that must no longer be written to memory. */
  leastBytes: 1 << 22,
  /** Bytes of intermediates of a block: they stay in the second cache, and leave room for what else the stages read. */
  blockBytes: 1 << 19,
  /** Blocks have at least this many rows, unless their intermediates would take more than `mostBytes`. */
  leastRows: 32,
  mostBytes: 1 << 22,
  /** Threads can share this many blocks. */
  enoughBlocks: 32,
  /** Blocks have no more rows than that, if there are few: products of fewer rows are slower. */
  goodRows: 128,
  /** Estimated time to write a byte of an intermediate to memory and read it again. */
  nanosecondsPerByte: 0.1,
};
