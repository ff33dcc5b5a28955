// Computes in a worker of a page, with threads where there are any.

import { config, jnp, type NDArray, threadCount } from "fluxion";
import { pool } from "../../src/backends/wasm/device.ts";

export interface Answer {
  isolated: boolean;
  threads: number;
  /** Whether a thread of the pool took part. */
  joined: boolean;
  sum: number;
}

config.update("numThreads", 3);
const x = jnp
  .arange(512 * 512)
  .mod(97)
  .reshape(512, 512)
  .astype("float32") as NDArray;
let result = x;
const before = pool?.joined ?? 0;
// The workers of a worker start while it waits.
for (let i = 0; i < 500; i++) {
  result = x.matmul(x.T);
  if (pool === null || pool.joined > before) break;
  await new Promise((resolve) => setTimeout(resolve, 20));
}
const answer: Answer = {
  isolated: crossOriginIsolated,
  threads: threadCount(),
  joined: (pool?.joined ?? 0) > before,
  sum: (result.dataSync() as Float32Array).reduce((a, b) => a + b),
};
postMessage(answer);
