import { defaultDevice, init } from "@jax-js/jax";
import type { Peer } from "../peer.ts";
import { installedVersion } from "../version.ts";
import { convolutions } from "./convolution.ts";
import { functions } from "./functions.ts";
import { training } from "./training.ts";
import { transformer } from "./transformer.ts";

export const peer: Peer = {
  async start() {
    await init("wasm");
    defaultDevice("wasm");
    return { version: installedVersion("@jax-js/jax"), threads: 1 };
  },
  kernels: { ...functions, ...convolutions, ...training, ...transformer },
};
