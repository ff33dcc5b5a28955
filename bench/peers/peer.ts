import type { Inputs, Kernel, Parameters } from "../rows/row.ts";

/** A kernel prepared by one library: inputs on its device, functions compiled. */
export interface Prepared {
  /** Does the work `n` times and waits until every result exists. */
  run(n: number): Promise<void>;
  /** The answers of one run on the given inputs, however often `run` was called. */
  answers(): Promise<readonly ArrayLike<number>[]>;
  /** Frees what is not garbage-collected. */
  release?(): void;
}

export type Implementation = (inputs: Inputs, parameters: Parameters) => Prepared | Promise<Prepared>;

/** A kernel that a library has no way to express, and why. */
export interface Missing {
  readonly missing: string;
}
export const missing = (reason: string): Missing => ({ missing: reason });

export interface Peer {
  /** Chooses the fastest back end with so many threads; returns how many it really uses. */
  start(threads: number): Promise<{ version: string; threads: number }>;
  readonly kernels: Readonly<Record<Kernel, Implementation | Missing>>;
}
