import { fileURLToPath } from "node:url";
import tf from "@tensorflow/tfjs";
import wasm from "@tensorflow/tfjs-backend-wasm";
import type { Peer } from "../peer.ts";
import { installedVersion } from "../version.ts";
import { functions } from "./functions.ts";
import { recurrent } from "./recurrent.ts";
import { trainings } from "./training.ts";
import { transformer } from "./transformer.ts";

export const peer: Peer = {
  async start(threads) {
    wasm.setWasmPaths(
      fileURLToPath(new URL("../../node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url)),
    );
    // The library's threads are for browsers: in Node it ignores the number and takes its SIMD build.
    wasm.setThreadsCount(threads);
    await tf.setBackend("wasm");
    await tf.ready();
    const kernels = { ...functions, ...trainings, ...transformer, ...recurrent };
    return { version: installedVersion("@tensorflow/tfjs"), threads: wasm.getThreadsCount(), kernels };
  },
};
