import type { Peer } from "../peer.ts";
import { installedVersion } from "../version.ts";
import { installWorkers } from "./workers.ts";

export const peer: Peer = {
  async start(threads) {
    // The library decides on its threads when it is loaded.
    if (threads > 1) installWorkers(threads);
    const { kernels } = await import("./kernels.ts");
    return { version: installedVersion("@jax-js/jax"), threads, kernels };
  },
};
