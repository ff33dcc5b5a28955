/** Imported for its effect: in a bundle, dtypes of complex numbers can be given as texts. */
import { installComplex } from "../kernels/complex.ts";

installComplex();
