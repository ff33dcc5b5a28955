import { defaultDevice, init } from "@jax-js/jax";
import type { Kernels } from "../peer.ts";
import { convolutions } from "./convolution.ts";
import { functions } from "./functions.ts";
import { training } from "./training.ts";
import { transformer } from "./transformer.ts";

await init("wasm");
defaultDevice("wasm");

export const kernels: Kernels = { ...functions, ...convolutions, ...training, ...transformer };
