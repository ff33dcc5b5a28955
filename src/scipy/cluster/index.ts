/** `scipy.cluster`: vector quantization. */
export * as vq from "./vq.ts";
