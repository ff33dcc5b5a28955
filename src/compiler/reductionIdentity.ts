import { type DType, iinfo, isWideInteger } from "../dtypes/index.ts";

/** The value with which a reduction starts, and the result of one over nothing. A bigint for integers of 64 bits. */
export function reductionIdentity(op: string, dtype: DType): number | bigint {
  if (isWideInteger(dtype)) return wideIdentity(op, dtype);
  const isFloat = dtype.kind === "float";
  const lowest = isFloat ? -Infinity : dtype.kind === "int" ? -(2 ** (dtype.bits - 1)) : 0;
  const highest = isFloat ? Infinity : dtype.kind === "int" ? 2 ** (dtype.bits - 1) - 1 : 2 ** dtype.bits - 1;
  switch (op) {
    case "sum":
    case "or":
    case "xor":
      return 0;
    case "prod":
      return 1;
    case "max":
      return lowest;
    case "min":
      return dtype.kind === "bool" ? 1 : highest;
    case "and":
      return dtype.kind === "bool" ? 1 : dtype.kind === "int" ? -1 : highest;
    case "logaddexp":
      return -Infinity;
    default:
      throw new TypeError(`a reduction by ${op} has no identity`);
  }
}

function wideIdentity(op: string, dtype: DType): bigint {
  const { min, max } = iinfo(dtype);
  switch (op) {
    case "sum":
    case "or":
    case "xor":
      return 0n;
    case "prod":
      return 1n;
    case "max":
      return BigInt(min);
    case "min":
      return BigInt(max);
    case "and":
      return dtype.kind === "int" ? -1n : BigInt(max);
    default:
      throw new TypeError(`a reduction by ${op} has no identity`);
  }
}
