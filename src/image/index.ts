/** `image`: resizing. */
import "../backends/install.ts";
import "../numpy/methods.ts";

export {
  type ResampleOptions,
  ResizeMethod,
  type ResizeMethodName,
  resize,
  scaleAndTranslate,
} from "./resize.ts";
