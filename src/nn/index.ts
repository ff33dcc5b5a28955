/** `nn`: activations, softmax and its relatives, initializers. */
import "../backends/install.ts";
import "../numpy/methods.ts";
import "../numpy/moreMethods.ts";

export * from "./activations.ts";
export { type DotProductAttentionOptions, dotProductAttention } from "./attention.ts";
export * as initializers from "./initializersPublic.ts";
export * from "./softmax.ts";
