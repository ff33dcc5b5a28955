// Which golden cases are not run yet, and why. A case that no rule names is run.

import type { CallCase, GoldenValue } from "./cases.ts";

/** The dtypes that computations support; other names are still known to the promotion lattice. */
const computedDtypes = new Set(
  "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128 key<fry>".split(
    " ",
  ),
);

const otherDtypes = new Set("int4 uint4 float8_e4m3fn float8_e5m2".split(" "));

/** Functions that take and give dtype names without computing in them. */
const dtypeFunctions = new Set([
  "jnp.promoteTypes",
  "jnp.canCast",
  "jnp.isdtype",
  "jnp.finfo",
  "jnp.iinfo",
  "printing.dtype",
  "printing.ShapeDtypeStruct",
]);

const names = (text: string) => text.trim().split(/\s+/);

/** Functions that the library does not have yet, by reason. */
export const laterFunctions: Record<string, string[]> = {
  "scipy.integrate: later": names(`scipy.integrate.trapezoid`),
  "the raw threefry function and its older layout: later": names(`
    random.unpartitionableSplit extend.random.threefry2x32`),
  "differs by design: 64-bit dtypes need no switch": names(`dtypes.canonicalizeDtype`),
  "prints the name of a class of JAX (ArrayImpl, ShapedArray)": names(`jnp.arrayRepr printing.ShapedArray`),
};

/** Single cases that are not run, by file and id. */
export const laterCases: Record<string, Record<string, string>> = {
  "differs by design: a number in a list, or to fill with, is a float32 (Python's 7 versus 7.0 decides)": {
    "creation jnp.full#0": "jnp.full([2], 7)",
    "creation jnp.full#3": "jnp.full([0], 1)",
    "promotion jnp.array#2": "jnp.array([true, 2])",
  },
  "differs by design: the upper incomplete gamma function of an infinite order is its limit, 1; JAX has NaN":
    {
      "scipy_special scipy.special.gammaincc#1": "gammaincc(Infinity, x)",
    },
  "differs by design: the distribution function of NaN is NaN; JAX has the logarithm 0": {
    "scipy_stats scipy.stats.truncnorm.logsf#1": "truncnorm.logsf(NaN, a, b)",
  },
  "samples that depend on the signs of singular vectors or eigenvectors, which are free": {
    "random random.multivariateNormal#2": "method svd",
    "random random.multivariateNormal#4": "method eigh",
  },
  "JAX on CPU takes subnormal float32 numbers for zero; here they keep their value": {
    "ufuncs_unary jnp.sqrt#6": "the square root of 1e-38",
  },
};

/** Functions whose files ask for the same bits of sums of products, whose order is free, with the relative tolerance that they get. */
export const looserFunctions: Record<string, number> = { "image.resize": 2e-5 };

/** Cases whose files ask for more agreement than rounding allows, with the relative tolerance that they get. */
export const looserCases: Record<string, number> = {
  // A mean of three numbers, whose sum may be rounded once or twice.
  "manipulation jnp.pad#12": 1e-6,
};

const reasonOfFunction = new Map(
  Object.entries(laterFunctions).flatMap(([reason, functions]) =>
    functions.map((name) => [name, reason] as const),
  ),
);

const reasonOfCase = new Map(
  Object.entries(laterCases).flatMap(([reason, cases]) =>
    Object.keys(cases).map((key) => [key, reason] as const),
  ),
);

/** The first dtype in a value that computations do not support yet. */
export function unsupportedDtype(value: GoldenValue | undefined): string | undefined {
  if (typeof value === "string") return otherDtypes.has(value) ? value : undefined;
  if (Array.isArray(value)) return firstOf(value);
  if (value === null || typeof value !== "object") return undefined;
  if ("dtype" in value && typeof value.dtype === "string" && "shape" in value) {
    return computedDtypes.has(value.dtype) ? undefined : value.dtype;
  }
  return firstOf(Object.values(value));
}

function firstOf(values: (GoldenValue | undefined)[]): string | undefined {
  for (const value of values) {
    const dtype = unsupportedDtype(value);
    if (dtype !== undefined) return dtype;
  }
  return undefined;
}

/** Why a call case is not run, or undefined when it is. */
export function whyExcluded(file: string, golden: CallCase): string | undefined {
  const reason = reasonOfFunction.get(golden.fn) ?? reasonOfCase.get(`${file} ${golden.id}`);
  if (reason !== undefined || dtypeFunctions.has(golden.fn)) return reason;
  const { args, kwargs, factory, factoryKwargs, expected } = golden;
  const dtype = firstOf([args, kwargs, factory, factoryKwargs, expected]);
  return dtype === undefined ? undefined : `dtype ${dtype}: later`;
}
