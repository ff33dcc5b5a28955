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

export type Kernels = Readonly<Record<Kernel, Implementation | Missing>>;

/** A library that is ready to work. */
export interface Started {
  readonly version: string;
  /** How many threads it really uses. */
  readonly threads: number;
  readonly kernels: Kernels;
}

/** What `peers/NAME/index.ts` exports. */
export interface Peer {
  /** Loads the library with its fastest back end, to use so many threads if it can. */
  start(threads: number): Promise<Started>;
}
