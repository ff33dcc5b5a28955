/** The numbers behind the decisions what to compute where. Costs are those of scalarOps.ts: about one per simple instruction. */

/** Expressions larger than this are cut: an operand gets a buffer. Keeps compile time linear. */
export const maxExpression = 160;
/** Inlined values nest no deeper than this: reading a long chain of views would recur as deep. */
export const maxDepth = 48;
/** A value used in several places is recomputed in each if it costs no more than this. */
export const cheapToRepeat = 8;
/** The same for a value that one consumer reads several times per element, through a broadcast or a window. */
export const cheapToBroadcast = 4;
/** The same for a single element, which loops compute once. */
export const cheapScalar = 16;
/** Of more operands than this that tile a result, each is written to its place; of fewer, each element selects its own. */
export const maxSelected = 16;
/** Bounds on what one kernel does, so that it has registers enough: nodes, reductions and stores in its innermost loops, buffers. */
export const maxKernelNodes = 500;
export const maxKernelStores = 16;
export const maxKernelBuffers = 24;
/** Bytes of a row, of all buffers together, that stay in the second-level cache while passes walk the row. */
export const maxRowBytes = 1 << 18;
/** The same for elements that are not neighbours: whole lines of memory stay, and they must not crowd out each other. */
export const maxStridedBytes = 1 << 16;
/** So few elements are no crowd, however far apart. */
export const maxScattered = 8;
/** With fewer rows than these, and more points in all, threads would have too little to share. */
export const fewRows = 32;
export const maxUnsharedPoints = 1 << 16;
/** A value that a later pass over the same row needs is computed again if it costs no more, loads left out; else it is kept. */
export const cheapInNextPass = 2;
/** How many of the latest kernels that read a buffer are tried for fusion with a new reader. */
export const fusionCandidates = 6;
