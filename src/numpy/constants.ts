/** Ratio of a circle's circumference to its diameter. */
export const pi = Math.PI;
/** Base of the natural logarithm. */
export const e = Math.E;
/** Euler's constant. */
export const eulerGamma = 0.5772156649015329;
export const inf = Number.POSITIVE_INFINITY;
export const nan = Number.NaN;
/** A new axis in an index; the same as null. */
export const newaxis = null;
