/** `scipy.interpolate`: interpolation on grids. */
import "../../backends/install.ts";
import "../../numpy/methods.ts";

export {
  type GridInterpolator,
  type GridInterpolatorOptions,
  type GridMethod,
  RegularGridInterpolator,
} from "./regularGrid.ts";
