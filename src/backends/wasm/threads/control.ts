/**
 * The words at the bottom of shared memory through which the main thread and the workers of a pool talk. Each that is written often has a
 * line of memory to itself. Byte addresses; all are int32.
 */
export const CONTROL = {
  /** Grows when there is something to do or to hear; workers wait for a change of it. */
  generation: 64,
  /** An int64: how many pieces were asked for from the beginning, in the low half, and from the end. */
  next: 128,
  /**
   * Workers inside the present region, in the low half; in the high half the number of the crew that may enter. A worker that was told to end
   * may live on for seconds: its crew's number is no longer here, so it neither enters nor counts.
   */
  active: 192,
  /** The module whose region is open; 0 when none is. */
  gate: 256,
  /** What the open region does: a task of the module, the addresses of its operands, the number of pieces. */
  task: 260,
  block: 264,
  pieces: 268,
  /** How many workers may take part. */
  limit: 320,
  /** Workers asleep. */
  sleepers: 384,
  /** Set when a piece ended in an error. */
  failed: 448,
  /** How often workers have taken part in a region. */
  joined: 516,
  /** Workers of the present crew that have started. */
  present: 520,
  /** Messages sent so far to each worker; a worker that has received fewer goes back to its event loop. */
  mail: 512,
} as const;

/** The low half of `active`. */
export const ACTIVE_COUNT = 0xffff;

/** The end of the control words: below the first address that the allocator hands out. */
export const CONTROL_BYTES = 576;
