/** `experimental`: what JAX keeps under this name. */
import "../backends/install.ts";
import "../numpy/methods.ts";

export * as ode from "./ode/index.ts";
