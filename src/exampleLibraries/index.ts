/** `exampleLibraries`: JAX's small example libraries, neural networks as pairs of functions and optimizers as triples. */
import "../backends/install.ts";
import "../numpy/methods.ts";
import "../numpy/moreMethods.ts";

export * as optimizers from "./optimizers/index.ts";
export * as stax from "./stax/index.ts";
