import { configureWasm } from "numpy-ts";
import type { Peer } from "../peer.ts";
import { installedVersion } from "../version.ts";
import { kernels } from "./kernels.ts";

export const peer: Peer = {
  async start() {
    // The default of 256 MiB is too small for the larger rows, which would fall back to JavaScript.
    configureWasm({ maxMemory: 2 ** 31 });
    return { version: installedVersion("numpy-ts"), threads: 1, kernels };
  },
};
