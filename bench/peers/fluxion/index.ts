import { readFileSync } from "node:fs";
import { config } from "fluxion";
import type { Peer } from "../peer.ts";
import { functions } from "./functions.ts";
import { recurrent } from "./recurrent.ts";
import { training } from "./training.ts";
import { transformer } from "./transformer.ts";

/** Asks for so many threads; 1 while the library knows no such setting. */
function setThreads(threads: number): number {
  const update = config.update as (name: string, value: unknown) => void;
  try {
    update("numThreads", threads);
    return threads;
  } catch {
    return 1;
  }
}

export const peer: Peer = {
  async start(threads) {
    const file = new URL("../../../package.json", import.meta.url);
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
    const kernels = { ...functions, ...training, ...transformer, ...recurrent };
    return { version, threads: setThreads(threads), kernels };
  },
};
