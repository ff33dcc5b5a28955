/** What custom rules are written with: `customDerivatives.SymbolicZero`, ... */
export { closureConvert } from "./closureConvert.ts";
export { customGradient } from "./customGradient.ts";
export { customJvp } from "./customJvp.ts";
export { customVjp } from "./customVjp.ts";
export { CustomVjpPrimal, customVjpPrimalTreeValues } from "./customVjpRule.ts";
export { linearCall } from "./linearCall.ts";
export { SymbolicZero, zeroFromPrimal } from "./symbolicZero.ts";
