/** `random`: JAX's counter-based random numbers, bit for bit. */
import "../backends/install.ts";
import "../numpy/methods.ts";
import "../numpy/moreMethods.ts";

export { gamma, loggamma } from "./gamma.ts";
export { clone, foldIn, key, keyData, keyImpl, PRNGKey, split, wrapKeyData } from "./keys.ts";
export { orthogonal } from "./orthogonal.ts";
export * from "./samplers.ts";
