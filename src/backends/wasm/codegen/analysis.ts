import { int32 } from "../../../dtypes/index.ts";
import type { ConstNode, IndexNode, Node } from "../../../compiler/ir.ts";

/** `constant + sum(coefficient * atom)` modulo 2^32; atoms are index nodes and int32 nodes of any other kind. */
export interface Linear {
  readonly constant: number;
  readonly terms: ReadonlyMap<Node, number>;
}

/** Bit of the axis mask that stands for "depends on a reduction's result". */
export const ACC_BIT = 1 << 30;
const MAX_AXES = 29;

const noTerms: ReadonlyMap<Node, number> = new Map();

/**
 * Facts about the nodes of one kernel, under assumptions: nodes with a known replacement (`assume`) and axes that have
 * been merged or have one point, whose index is zero (`frozen`).
 */
export class Analysis {
  private readonly assume: ReadonlyMap<Node, Node>;
  private readonly frozen: ReadonlySet<number>;
  private readonly linears = new Map<Node, Linear>();
  private readonly masks = new Map<Node, number>();

  constructor(assume: ReadonlyMap<Node, Node> = new Map(), frozen: ReadonlySet<number> = new Set()) {
    this.assume = assume;
    this.frozen = frozen;
  }

  isFrozen(axis: number): boolean {
    return this.frozen.has(axis);
  }

  /** The node that stands for `node` under the assumptions. */
  resolve(node: Node): Node {
    if (this.assume.size === 0) return node;
    for (let n = node; ; ) {
      const next = this.assume.get(n);
      if (next === undefined) return n;
      n = next;
    }
  }

  /** The set of axes that a node depends on, one bit each, and {@link ACC_BIT}. */
  mask(unresolved: Node): number {
    const node = this.resolve(unresolved);
    const known = this.masks.get(node);
    if (known !== undefined) return known;
    let mask = 0;
    switch (node.kind) {
      case "const":
        break;
      case "index":
        if (node.axis > MAX_AXES) throw new Error(`kernels have at most ${MAX_AXES} axes`);
        mask = this.frozen.has(node.axis) ? 0 : 1 << node.axis;
        break;
      case "acc":
        mask = ACC_BIT;
        break;
      default:
        for (const arg of argsOf(node)) mask |= this.mask(arg);
    }
    this.masks.set(node, mask);
    return mask;
  }

  /** An int32 node as a linear combination. */
  linear(unresolved: Node): Linear {
    const node = this.resolve(unresolved);
    let linear = this.linears.get(node);
    if (linear === undefined) {
      linear = this.computeLinear(node);
      this.linears.set(node, linear);
    }
    return linear;
  }

  private computeLinear(node: Node): Linear {
    if (node.kind === "const") return { constant: Number(node.value) | 0, terms: noTerms };
    if (node.kind === "index" && this.frozen.has(node.axis)) return { constant: 0, terms: noTerms };
    if (node.kind === "op" && node.dtype === int32) {
      const [a, b] = node.args;
      switch (node.op) {
        case "add":
          return combine(this.linear(a), this.linear(b), 1);
        case "sub":
          return combine(this.linear(a), this.linear(b), -1);
        case "neg":
          return scale(this.linear(a), -1);
        case "mul": {
          const x = this.linear(a);
          const y = this.linear(b);
          if (y.terms.size === 0) return scale(x, y.constant);
          if (x.terms.size === 0) return scale(y, x.constant);
          break;
        }
        case "shift_left": {
          const y = this.linear(b);
          if (y.terms.size === 0 && y.constant >= 0 && y.constant < 32) return scale(this.linear(a), 1 << y.constant);
          break;
        }
      }
    }
    return { constant: 0, terms: new Map([[node, 1]]) };
  }

  /** The coefficient of an axis in a linear form; null when an atom other than the index depends on the axis. */
  stride(linear: Linear, axis: number): number | null {
    let stride = 0;
    for (const [atom, coefficient] of linear.terms) {
      if (atom.kind === "index") {
        if (atom.axis === axis) stride = (stride + coefficient) | 0;
      } else if (this.mask(atom) & (1 << axis)) {
        return null;
      }
    }
    return stride;
  }
}

export function isLinearOp(node: Node, analysis: Analysis): boolean {
  if (node.dtype !== int32 || (node.kind !== "op" && node.kind !== "index" && node.kind !== "const")) return false;
  const { terms } = analysis.linear(node);
  return !(terms.size === 1 && terms.get(node) === 1 && node.kind !== "index");
}

/** The nodes a node is computed from. */
export function argsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "op":
      return node.args;
    case "cast":
      return [node.arg];
    case "load":
      return [node.offset];
    default:
      return [];
  }
}

export function isConst(node: Node): node is ConstNode {
  return node.kind === "const";
}
export function isIndex(node: Node): node is IndexNode {
  return node.kind === "index";
}

function combine(x: Linear, y: Linear, sign: number): Linear {
  if (y.terms.size === 0) return { constant: (x.constant + sign * y.constant) | 0, terms: x.terms };
  const terms = new Map(x.terms);
  for (const [atom, c] of y.terms) {
    const sum = ((terms.get(atom) ?? 0) + sign * c) | 0;
    if (sum === 0) terms.delete(atom);
    else terms.set(atom, sum);
  }
  return { constant: (x.constant + sign * y.constant) | 0, terms };
}

function scale(x: Linear, factor: number): Linear {
  if (factor === 1) return x;
  const terms = new Map<Node, number>();
  for (const [atom, c] of x.terms) {
    const product = Math.imul(c, factor);
    if (product !== 0) terms.set(atom, product);
  }
  return { constant: Math.imul(x.constant, factor), terms };
}
