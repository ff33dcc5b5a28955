import type { ConstNode, Node } from "../../../compiler/ir.ts";
import { bool, int32 } from "../../../dtypes/index.ts";

/** `constant + sum(coefficient * atom)` modulo 2^32; atoms are index nodes and int32 nodes of any other kind. */
export interface Linear {
  readonly constant: number;
  readonly terms: ReadonlyMap<Node, number>;
}

/** Bit of the axis mask that stands for "depends on what a pass leaves": a reduction's result, or an element that it stored. */
export const ACC_BIT = 1 << 30;
const MAX_AXES = 29;

const noTerms: ReadonlyMap<Node, number> = new Map();

/** What is known of the axes of a kernel and of some of its nodes, in the part of the space that is being written. */
export interface Assumptions {
  /** Points of each axis in the part. */
  readonly sizes: readonly number[];
  /** The first index of each axis in the part; 0 where absent. Loop counters run from 0. */
  readonly starts?: ReadonlyMap<number, number>;
  /** Axes without a loop: of one point, or merged into another. */
  readonly frozen?: ReadonlySet<number>;
  /** Axes replaced by finer ones, of which their index is a combination. */
  readonly expanded?: ReadonlyMap<number, Linear>;
  /** Comparisons that are decided and clamps that do nothing: the node to take instead. */
  readonly decided?: ReadonlyMap<Node, Node>;
  /** Buffers that passes of the kernel store. */
  readonly stored?: ReadonlySet<number>;
}

const constBool = (value: number, id: number): ConstNode => ({ kind: "const", dtype: bool, id, value });
export const TRUE: ConstNode = constBool(1, -1);
export const FALSE: ConstNode = constBool(0, -2);

/** Facts about the nodes of one kernel, under assumptions. */
export class Analysis {
  readonly assumptions: Assumptions;
  private readonly linears = new Map<Node, Linear>();
  private readonly masks = new Map<Node, number>();
  private readonly resolved = new Map<Node, Node>();

  constructor(assumptions: Assumptions) {
    this.assumptions = assumptions;
  }

  isFrozen(axis: number): boolean {
    return this.assumptions.frozen?.has(axis) === true;
  }
  start(axis: number): number {
    return this.assumptions.starts?.get(axis) ?? 0;
  }
  isExpanded(axis: number): boolean {
    return this.assumptions.expanded?.has(axis) === true;
  }

  /** The node that stands for `node`: decided selections are their branch. */
  resolve(node: Node): Node {
    const { decided } = this.assumptions;
    if (decided === undefined || decided.size === 0 || (node.kind !== "op" && node.kind !== "const"))
      return node;
    let found = this.resolved.get(node);
    if (found === undefined) {
      const instead = decided.get(node);
      found = instead === undefined ? this.simplify(node) : this.resolve(instead);
      this.resolved.set(node, found);
    }
    return found;
  }

  private simplify(node: Node): Node {
    if (node.kind !== "op") return node;
    if (node.op === "select") {
      const condition = this.resolve(node.args[0]);
      return condition.kind === "const" ? this.resolve(node.args[condition.value ? 1 : 2]) : node;
    }
    if (node.dtype !== bool || node.args[0].dtype !== bool) return node;
    if (node.op === "not") {
      const arg = this.resolve(node.args[0]);
      return arg.kind === "const" ? (arg.value ? FALSE : TRUE) : node;
    }
    if (node.op !== "and" && node.op !== "or") return node;
    const [a, b] = node.args.map((arg) => this.resolve(arg));
    const absorbing = node.op === "and" ? 0 : 1;
    for (const [x, y] of [
      [a, b],
      [b, a],
    ]) {
      if (x.kind === "const") return Number(x.value) === absorbing ? x : y;
    }
    return node;
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
        if (this.isExpanded(node.axis)) {
          for (const atom of this.linear(node).terms.keys()) mask |= this.mask(atom);
          break;
        }
        if (node.axis > MAX_AXES) throw new Error(`kernels have at most ${MAX_AXES} axes`);
        mask = this.isFrozen(node.axis) ? 0 : 1 << node.axis;
        break;
      case "acc":
        mask = ACC_BIT;
        break;
      case "load":
        mask = this.mask(node.offset) | (this.assumptions.stored?.has(node.buffer) === true ? ACC_BIT : 0);
        break;
      default:
        for (const arg of argsOf(node)) mask |= this.mask(arg);
    }
    this.masks.set(node, mask);
    return mask;
  }

  /** An int32 node as a linear combination of loop counters and other nodes. */
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
    if (node.kind === "index") {
      const finer = this.assumptions.expanded?.get(node.axis);
      if (finer !== undefined) return this.refined(finer);
      const constant = this.start(node.axis);
      return { constant, terms: this.isFrozen(node.axis) ? noTerms : new Map([[node, 1]]) };
    }
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
          if (y.terms.size === 0 && y.constant >= 0 && y.constant < 32)
            return scale(this.linear(a), 1 << y.constant);
          break;
        }
        case "div":
        case "rem": {
          const y = this.linear(b);
          const parts = y.terms.size === 0 ? this.divided(this.linear(a), y.constant) : null;
          if (parts !== null) return node.op === "div" ? parts.quotient : parts.remainder;
          break;
        }
      }
    }
    return { constant: 0, terms: new Map([[node, 1]]) };
  }

  /** A combination of finer axes, of which some may be frozen. */
  private refined(finer: Linear): Linear {
    let sum: Linear = { constant: finer.constant, terms: noTerms };
    for (const [atom, c] of finer.terms) sum = combine(sum, scale(this.linear(atom), c), 1);
    return sum;
  }

  /** Quotient and remainder where the terms fall apart into multiples of the divisor and a rest below it. */
  private divided(x: Linear, divisor: number): { quotient: Linear; remainder: Linear } | null {
    if (divisor <= 0 || x.constant < 0) return null;
    const high = new Map<Node, number>();
    const low = new Map<Node, number>();
    let rest = x.constant % divisor;
    let most = x.constant;
    for (const [atom, c] of x.terms) {
      if (atom.kind !== "index" || c < 0) return null;
      const range = c * (this.assumptions.sizes[atom.axis] - 1);
      most += range;
      if (c % divisor === 0) high.set(atom, c / divisor);
      else {
        low.set(atom, c);
        rest += range;
      }
    }
    if (rest >= divisor || most > 0x7fffffff) return null;
    return {
      quotient: { constant: Math.floor(x.constant / divisor), terms: high },
      remainder: { constant: x.constant % divisor, terms: low },
    };
  }

  /** The least and greatest values of a linear form of loop counters alone; null when other nodes are in it. */
  range({ constant, terms }: Linear): readonly [low: number, high: number] | null {
    let low = constant;
    let high = constant;
    for (const [atom, c] of terms) {
      if (atom.kind !== "index") return null;
      const end = c * (this.assumptions.sizes[atom.axis] - 1);
      if (end < 0) low += end;
      else high += end;
    }
    return [low, high];
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

/** `x + sign * y`. */
export function combine(x: Linear, y: Linear, sign: number): Linear {
  if (y.terms.size === 0) return { constant: (x.constant + sign * y.constant) | 0, terms: x.terms };
  const terms = new Map(x.terms);
  for (const [atom, c] of y.terms) {
    const sum = ((terms.get(atom) ?? 0) + sign * c) | 0;
    if (sum === 0) terms.delete(atom);
    else terms.set(atom, sum);
  }
  return { constant: (x.constant + sign * y.constant) | 0, terms };
}

export function scale(x: Linear, factor: number): Linear {
  if (factor === 1) return x;
  const terms = new Map<Node, number>();
  for (const [atom, c] of x.terms) {
    const product = Math.imul(c, factor);
    if (product !== 0) terms.set(atom, product);
  }
  return { constant: Math.imul(x.constant, factor), terms };
}
