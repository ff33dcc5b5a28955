/** `scipy.ndimage`: interpolation on grids. */
import "../../backends/install.ts";
import "../../numpy/methods.ts";

export { type MapCoordinatesOptions, type MapMode, mapCoordinates } from "./mapCoordinates.ts";
