import ort from "onnxruntime-web";
import type { Peer } from "../peer.ts";
import { installedVersion } from "../version.ts";
import { kernels } from "./kernels.ts";

export const peer: Peer = {
  async start(threads) {
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = "error";
    return { version: installedVersion("onnxruntime-web"), threads, kernels };
  },
};
