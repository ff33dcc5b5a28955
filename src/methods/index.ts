/** Imported for its effect: in a bundle, arrays have all of their methods (`x.sort()`, `x.at(0).set(1)`), and indices may be arrays. */
import "../backends/install.ts";
import "../numpy/methods.ts";
import { installMoreMethods } from "../numpy/moreMethods.ts";
import { installUfuncMethods } from "../numpy/ufuncMethods.ts";

installMoreMethods();
installUfuncMethods();
