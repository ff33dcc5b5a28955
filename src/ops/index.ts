/** `ops`: reductions of segments. */
import "../backends/install.ts";
import "../numpy/methods.ts";

export { type SegmentOptions, segmentMax, segmentMin, segmentProd, segmentSum } from "./segments.ts";
