/** `scipy.optimize`: minimization of functions of vectors. */
import "../../backends/install.ts";
import "../../numpy/methods.ts";

export {
  type MinimizeMethod,
  type MinimizeOptions,
  type MinimizeSettings,
  minimize,
  OptimizeResults,
} from "./minimize.ts";
