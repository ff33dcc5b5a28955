import { defaultDevice, init } from "@jax-js/jax";
import { type Kernels, missing } from "../peer.ts";
import { convolutions } from "./convolution.ts";
import { functions } from "./functions.ts";
import { recurrent } from "./recurrent.ts";
import { training } from "./training.ts";
import { transformer } from "./transformer.ts";

await init("wasm");
defaultDevice("wasm");

const notCompared = missing("decompositions are compared with JAX and NumPy only");

export const kernels: Kernels = {
  ...functions,
  ...convolutions,
  ...training,
  ...transformer,
  ...recurrent,
  cholesky: notCompared,
  qr: notCompared,
  eigh: notCompared,
  svd: notCompared,
};
