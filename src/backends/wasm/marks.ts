import { pool } from "./device.ts";

/** The clock of a program that was compiled to be timed: it calls `mark(0)` first, and `mark(i + 1)` after kernel `i`. */
export class Marks {
  private readonly times: Float64Array;
  private readonly joined: Float64Array;

  constructor(kernels: number) {
    this.times = new Float64Array(kernels + 1);
    this.joined = new Float64Array(kernels + 1);
  }

  readonly mark = (position: number): void => {
    this.times[position] = performance.now();
    this.joined[position] = pool?.joined ?? 0;
  };

  /** When kernel `i` began in the last call. */
  start(i: number): number {
    return this.times[i];
  }
  /** What kernel `i` took in the last call. */
  milliseconds(i: number): number {
    return this.times[i + 1] - this.times[i];
  }
  /** The threads that took part in kernel `i` in the last call: a worker that joined several of its phases is one. */
  threads(i: number): number {
    return Math.min(pool?.threads ?? 1, 1 + this.joined[i + 1] - this.joined[i]);
  }
}
