/** `scipy.integrate`: integrals of samples. */
import "../../backends/install.ts";
import "../../numpy/methods.ts";

export { type TrapezoidOptions, trapezoid } from "../../numpy/differences.ts";
