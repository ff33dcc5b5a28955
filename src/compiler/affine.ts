import type { Node } from "./ir.ts";

/** `constant + sum of coefficients[axis] * index(axis)`; axes that are not mentioned have no entry. */
export interface Affine {
  readonly constant: number;
  readonly coefficients: readonly number[];
}

/** An int32 expression as an affine form of the loop indices, or null if it is none. Modulo 2^32, as int32 arithmetic is. */
export function affineOf(node: Node): Affine | null {
  const coefficients: number[] = [];
  const constant = accumulate(node, 1, coefficients);
  return constant === null ? null : { constant, coefficients };
}

/** Adds `factor * node` to the coefficients; returns the constant part, or null. */
function accumulate(node: Node, factor: number, into: number[]): number | null {
  switch (node.kind) {
    case "const":
      return Math.imul(node.value as number, factor);
    case "index":
      while (into.length <= node.axis) into.push(0);
      into[node.axis] = (into[node.axis] + factor) | 0;
      return 0;
    case "op": {
      const [x, y] = node.args;
      switch (node.op) {
        case "add":
        case "sub": {
          const a = accumulate(x, factor, into);
          const c = a === null ? null : accumulate(y, node.op === "add" ? factor : -factor, into);
          return a === null || c === null ? null : (a + c) | 0;
        }
        case "neg":
          return accumulate(x, -factor, into);
        case "mul":
          if (y.kind === "const") return accumulate(x, Math.imul(factor, y.value as number), into);
          return x.kind === "const" ? accumulate(y, Math.imul(factor, x.value as number), into) : null;
      }
      return null;
    }
    default:
      return null;
  }
}
