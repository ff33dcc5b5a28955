import { ArrayImpl, type ArrayLike } from "../core/array.ts";
import {
  formatArrayRepr,
  formatArrayStr,
  getPrintOptions,
  printOptions,
  setPrintOptions,
} from "../dtypes/index.ts";
import { toArray } from "./promote.ts";

interface PrintArguments {
  maxLineWidth?: number;
  precision?: number;
  suppressSmall?: boolean;
}

function concreteOf(a: ArrayLike, where: string): ArrayImpl {
  const x = toArray(a, where);
  if (!(x instanceof ArrayImpl))
    throw new TypeError(`jnp.${where}: a traced array has no elements to print.`);
  return x;
}

/** The elements as NumPy's `array_str` prints them. */
export function arrayStr(a: ArrayLike, options: PrintArguments = {}): string {
  const x = concreteOf(a, "arrayStr");
  return formatArrayStr(x.toHost(), x.shape, x.dtype, options);
}
/** `array(...)` as NumPy's `array_repr` prints it. */
export function arrayRepr(a: ArrayLike, options: PrintArguments = {}): string {
  const x = concreteOf(a, "arrayRepr");
  return formatArrayRepr(x.toHost(), x.shape, x.dtype, options);
}
export {
  getPrintOptions as getPrintoptions,
  printOptions as printoptions,
  setPrintOptions as setPrintoptions,
};
