/**
 * The arithmetic of complex numbers. What makes complex numbers mentions it, and so brings it into bundles; package.json says that importing
 * it has no effect.
 */
import { installComplexNumbers } from "../compiler/complexNumbers.ts";
import { complexFunction } from "../compiler/nodes/complex/functions.ts";
import { complexTemplates } from "../compiler/passes/complex/index.ts";

/** Makes the arithmetic available. */
export function installComplex(): void {
  installComplexNumbers({ complexFunction, complexTemplates });
}
installComplex();

/** Declares that `x` makes complex numbers, or names a dtype of them. */
/* @__NO_SIDE_EFFECTS__ */
export function withComplex<T>(x: T): T {
  return x;
}
