// Kinds of dtypes as values: what `issubdtype` takes beside dtypes, under the names of NumPy's abstract classes.

/** All numbers. @example `jnp.issubdtype("int32", jnp.number); // => true` */
export const number = "number";
/** Integers, signed and unsigned. */
export const integer = "integer";
/** Signed integers. */
export const signedinteger = "signedinteger";
/** Unsigned integers. */
export const unsignedinteger = "unsignedinteger";
/** Floats and complex numbers. */
export const inexact = "inexact";
/** Floats. @example `jnp.issubdtype("bfloat16", jnp.floating); // => true` */
export const floating = "floating";
/** Complex numbers. */
export const complexfloating = "complexfloating";
