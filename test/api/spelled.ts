import type { core, lax, nn, treeUtil, typing } from "fluxion";

/** Names that are spelled otherwise here: operators by their short names (docs: conventions), some for what JavaScript has. */
export const spelled: Readonly<Record<string, string>> = {
  Array: "NDArray",
  "Array.floorDivide": "Array.floorDiv",
  "Array.bitwiseAnd": "Array.and",
  "Array.bitwiseNot": "Array.invert",
  "Array.bitwiseOr": "Array.or",
  "Array.bitwiseXor": "Array.xor",
  "Array.equal": "Array.eq",
  "Array.greater": "Array.gt",
  "Array.greaterEqual": "Array.ge",
  "Array.leftShift": "Array.lshift",
  "Array.less": "Array.lt",
  "Array.lessEqual": "Array.le",
  "Array.notEqual": "Array.ne",
  "Array.rightShift": "Array.rshift",
  "Array.get(...index)": "Array.get",
  "Array.toTypedArray": "Array.data",
  // There is no conversion to bool to take part in: `x.item()` gives the boolean.
  // Wrapped functions are functions, compiled ones have a method.
  "stages.Wrapped.__call__": "stages.Wrapped.call",
  "stages.Compiled.__call__": "stages.Compiled.call",
  "Array.item / explicit bool conversion": "Array.item",
};

/** Names that are types here, which do not exist when the program runs; the compiler checks that they are exported. */
export interface Types {
  "core.Atom": core.Atom;
  "lax.ConvGeneralDilatedDimensionNumbers": lax.ConvGeneralDilatedDimensionNumbers;
  "lax.DotDimensionNumbers": lax.DotDimensionNumbers;
  "lax.PrecisionLike": lax.PrecisionLike;
  "nn.initializers.Initializer": nn.initializers.Initializer;
  "treeUtil.KeyEntry": treeUtil.KeyEntry;
  "treeUtil.KeyPath": treeUtil.KeyPath;
  "typing.ArrayLike": typing.ArrayLike;
  "typing.DTypeLike": typing.DTypeLike;
}
export const types: Readonly<Record<keyof Types, true>> = {
  "core.Atom": true,
  "lax.ConvGeneralDilatedDimensionNumbers": true,
  "lax.DotDimensionNumbers": true,
  "lax.PrecisionLike": true,
  "nn.initializers.Initializer": true,
  "treeUtil.KeyEntry": true,
  "treeUtil.KeyPath": true,
  "typing.ArrayLike": true,
  "typing.DTypeLike": true,
};
