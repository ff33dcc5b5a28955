/** `experimental.ode`: ordinary differential equations. */
export { type OdeintOptions, odeint } from "./odeint.ts";
