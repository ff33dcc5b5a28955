import {
  Complex,
  complex64,
  complex128,
  type DType,
  float32,
  float64,
  int32,
  realDType,
} from "../../../dtypes/index.ts";
import { affineOf } from "../../affine.ts";
import { complexNumbers } from "../../complexNumbers.ts";
import type { Node, OpNode } from "../../ir.ts";
import type { NodeBuilder } from "../builder.ts";

/**
 * Complex numbers. A node of a complex dtype is always a pair of nodes, its real and its imaginary part, and an operation on it makes the
 * pair of the result; in memory the parts are neighbours, so a load is two loads and a store two stores. Kernels know real numbers only.
 */
export interface Pair {
  readonly re: Node;
  readonly im: Node;
}

export function isComplexNode(node: Node): node is OpNode {
  return node.kind === "op" && node.op === "complex";
}

/** The parts of a complex node; a real one has the imaginary part 0. */
export function partsOf(b: NodeBuilder, x: Node): Pair {
  if (isComplexNode(x)) return { re: x.args[0], im: x.args[1] };
  return { re: x, im: b.const(0, x.dtype) };
}

/** The complex dtype whose parts have the dtype `real`. */
export function complexOf(real: DType): DType {
  if (real === float32) return complex64;
  if (real === float64) return complex128;
  throw new TypeError(`there are no complex numbers of ${real.name}`);
}

export function pairNode(b: NodeBuilder, { re, im }: Pair): Node {
  return b.raw("complex", complexOf(re.dtype), [re, im]);
}

/** Where a complex number is read whose parts are neighbours in a buffer: the place counted in complex numbers. Null for other pairs. */
export function loadOfPair(b: NodeBuilder, pair: OpNode): { buffer: number; offset: Node } | null {
  const [re, im] = pair.args;
  if (re.kind !== "load" || im.kind !== "load" || re.buffer !== im.buffer) return null;
  if (b.op("add", re.offset, b.const(1, int32)) !== im.offset) return null;
  const offset = halved(b, re.offset);
  return offset === null ? null : { buffer: re.buffer, offset };
}

function halved(b: NodeBuilder, offset: Node): Node | null {
  const affine = affineOf(offset);
  if (affine === null || [affine.constant, ...affine.coefficients].some((n) => n % 2 !== 0)) return null;
  return b.op("div", offset, b.const(2, int32));
}

export function complexConst(b: NodeBuilder, value: number | bigint | boolean | Complex, dtype: DType): Node {
  const { re, im } = value instanceof Complex ? value : { re: value, im: 0 };
  const real = realDType(dtype);
  return pairNode(b, { re: b.const(re, real), im: b.const(im, real) });
}

/** Whether an operation of that name on these operands is one of this file. */
export function isComplexOp(name: string, args: readonly Node[]): boolean {
  return name === "complex" || args[args.length - 1].dtype.kind === "complex";
}

export function complexOp(b: NodeBuilder, name: string, args: readonly Node[]): Node {
  switch (name) {
    case "complex":
      return pairNode(b, { re: args[0], im: args[1] });
    case "real":
      return partsOf(b, args[0]).re;
    case "imag":
      return partsOf(b, args[0]).im;
    case "select": {
      const [cond, x, y] = args;
      const [p, q] = [partsOf(b, x), partsOf(b, y)];
      return pairNode(b, { re: b.select(cond, p.re, q.re), im: b.select(cond, p.im, q.im) });
    }
  }
  const dtype = args[0].dtype;
  if (args.some((x) => x.dtype !== dtype)) {
    throw new TypeError(
      `scalar operation ${name} does not take (${args.map((a) => a.dtype.name).join(", ")})`,
    );
  }
  const result = complexNumbers().complexFunction(
    b,
    name,
    args.map((x) => partsOf(b, x)),
  );
  return "kind" in result ? result : pairNode(b, result);
}

/** Conversion from or to a complex dtype; to a real one the real part counts, and to bool whether the number is not 0. */
export function complexCast(b: NodeBuilder, x: Node, dtype: DType): Node {
  const { re, im } = partsOf(b, x);
  if (dtype.kind === "complex") {
    const real = realDType(dtype);
    const parts = { re: b.cast(re, real), im: isComplexNode(x) ? b.cast(im, real) : b.const(0, real) };
    return pairNode(b, parts);
  }
  if (dtype.kind !== "bool") return b.cast(re, dtype);
  return b.op("or", b.cast(re, dtype), b.cast(im, dtype));
}
