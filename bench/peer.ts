import type { Inputs } from "./rows.ts";

/** A row prepared by one library: inputs on its device, functions compiled. */
export interface Prepared {
  /** Does the work `n` times and waits until the last result exists. */
  run(n: number): Promise<void>;
  /** The answer of one run. */
  result(): Promise<ArrayLike<number>>;
}

export interface Peer {
  readonly name: string;
  prepare(row: string, inputs: Inputs): Promise<Prepared>;
}
