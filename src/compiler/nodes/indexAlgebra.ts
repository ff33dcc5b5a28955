import { int32 } from "../../dtypes/index.ts";
import type { ConstNode, Node, OpNode } from "../ir.ts";
import type { NodeBuilder } from "./builder.ts";

/**
 * The normal form of int32 index arithmetic: `constant + sum of coefficient * atom`, where an atom is a loop index or anything that
 * is not itself a sum. int32 arithmetic is a ring, so sums may be rearranged freely even where they wrap; only division needs
 * to know that nothing wraps, which bounds tell. Quotients and remainders by constants are taken apart term by term, so that
 * reshapes of reshapes read memory without divisions.
 */
export interface Linear {
  readonly atoms: readonly Node[];
  readonly coefficients: readonly number[];
  readonly constant: number;
}

/** Sums of more terms than this stay as they are. */
const maxTerms = 16;

/** A coefficient or constant modulo 2^32. */
const wrap = (x: number): number =>
  x >= -2147483648 && x <= 2147483647 ? x : Number(BigInt.asIntN(32, BigInt(x)));
const product = (a: number, b: number): number => Math.imul(a, b);

/** Whether the operation is a sum or a multiple of index arithmetic. */
export function isLinearArithmetic(b: NodeBuilder, op: string, args: readonly Node[]): boolean {
  switch (op) {
    case "add":
    case "sub":
      return b.isIndexLike(args[0]) || b.isIndexLike(args[1]);
    case "neg":
      return b.isIndexLike(args[0]);
    case "mul":
      return (
        (args[1].kind === "const" && b.isIndexLike(args[0])) ||
        (args[0].kind === "const" && b.isIndexLike(args[1]))
      );
    default:
      return false;
  }
}

/** The terms of a node. */
export function linearOf(b: NodeBuilder, node: Node): Linear {
  if (node.kind === "const") return { atoms: [], coefficients: [], constant: node.value as number };
  if (node.kind === "op" && b.isIndexLike(node)) {
    const [x, y] = node.args;
    switch (node.op) {
      case "add":
        return combine(linearOf(b, x), 1, linearOf(b, y), 1);
      case "mul":
        if (y.kind === "const") return scale(linearOf(b, x), y.value as number);
        break;
    }
  }
  return { atoms: [node], coefficients: [1], constant: 0 };
}

function scale(x: Linear, factor: number): Linear {
  return {
    atoms: x.atoms,
    coefficients: x.coefficients.map((c) => product(c, factor)),
    constant: product(x.constant, factor),
  };
}

function combine(x: Linear, p: number, y: Linear, q: number): Linear {
  const constant = wrap(product(x.constant, p) + product(y.constant, q));
  const coefficients = x.coefficients.map((c) => product(c, p));
  if (y.atoms.length === 0 && p === 1) return { atoms: x.atoms, coefficients, constant };
  // Sums are short, so a search is quicker than a map.
  const atoms = x.atoms.slice();
  for (let i = 0; i < y.atoms.length; i++) {
    const c = product(y.coefficients[i], q);
    const known = x.atoms.indexOf(y.atoms[i]);
    if (known >= 0) coefficients[known] = wrap(coefficients[known] + c);
    else {
      atoms.push(y.atoms[i]);
      coefficients.push(c);
    }
  }
  if (!coefficients.includes(0)) return { atoms, coefficients, constant };
  const kept = (_: unknown, i: number) => coefficients[i] !== 0;
  return { atoms: atoms.filter(kept), coefficients: coefficients.filter(kept), constant };
}

/** `x + y`, `x - y` or `-x`. */
export function addLinear(b: NodeBuilder, op: string, args: readonly Node[]): Node {
  if (op === "neg") return fromLinear(b, scale(linearOf(b, args[0]), -1));
  const sum = combine(linearOf(b, args[0]), 1, linearOf(b, args[1]), op === "add" ? 1 : -1);
  return sum.atoms.length > maxTerms ? b.raw(op, int32, args) : fromLinear(b, sum);
}

/** A multiple of a sum, the constant factor first or second. */
export function mulLinear(b: NodeBuilder, args: readonly Node[]): Node {
  const [x, factor] = args[1].kind === "const" ? args : [args[1], args[0]];
  return fromLinear(b, scale(linearOf(b, x), (factor as ConstNode).value as number));
}

/** `constant + sum of strides[d] * index[d]`: the offset of an element. */
export function linearCombination(
  b: NodeBuilder,
  index: readonly Node[],
  strides: readonly number[],
  constant: number,
): Node {
  let sum: Linear = { atoms: [], coefficients: [], constant };
  for (let d = 0; d < index.length; d++) {
    if (strides[d] !== 0) sum = combine(sum, 1, linearOf(b, index[d]), strides[d]);
  }
  return fromLinear(b, sum);
}

/** The node of a sum: terms from the outermost axis to the innermost, so that what outer loops can compute comes first. */
export function fromLinear(b: NodeBuilder, sum: Linear): Node {
  const { atoms, coefficients, constant } = recombine(b, sum);
  if (atoms.length === 0) return b.const(constant, int32);
  const at = atoms.map((_, i) => i);
  const order = (i: number, j: number) =>
    b.innermostAxis(atoms[i]) - b.innermostAxis(atoms[j]) || atoms[i].id - atoms[j].id;
  // Mostly they are in order.
  for (let i = 1; i < at.length; i++) {
    if (order(i - 1, i) <= 0) continue;
    at.sort(order);
    break;
  }
  let node: Node | undefined;
  for (const i of at) {
    const c = coefficients[i];
    const term = c === 1 ? atoms[i] : b.raw("mul", int32, [atoms[i], b.const(c, int32)], true);
    node = node === undefined ? term : b.raw("add", int32, [node, term], true);
  }
  return constant === 0
    ? (node as Node)
    : b.raw("add", int32, [node as Node, b.const(constant, int32)], true);
}

const isOp = (node: Node, op: string): node is OpNode => node.kind === "op" && node.op === op;

/** `k*c*(x / c) + k*(x % c)` is `k*x`. */
function recombine(b: NodeBuilder, sum: Linear): Linear {
  if (!sum.atoms.some((a) => isOp(a, "rem"))) return sum;
  for (let i = 0; i < sum.atoms.length; i++) {
    const atom = sum.atoms[i];
    if (!isOp(atom, "rem")) continue;
    const [x, divisor] = atom.args;
    if (divisor.kind !== "const") continue;
    const c = divisor.value as number;
    const k = sum.coefficients[i];
    const quotient = linearOf(b, b.op("div", x, divisor));
    // The quotient must be there as it is, or as the sum that it simplified to.
    const missing = combine(sum, 1, quotient, product(-k, c));
    const unchanged = new Set(sum.atoms);
    if (
      missing.atoms.length > sum.atoms.length - quotient.atoms.length ||
      missing.atoms.some((a) => !unchanged.has(a))
    ) {
      continue;
    }
    const rest = combine(missing, 1, { atoms: [atom], coefficients: [1], constant: 0 }, -k);
    return recombine(b, combine(rest, 1, linearOf(b, x), k));
  }
  return sum;
}

function rangeOf(b: NodeBuilder, sum: Linear): { low: number; high: number } {
  let low = sum.constant;
  let high = sum.constant;
  sum.atoms.forEach((a, i) => {
    const c = sum.coefficients[i];
    low += c > 0 ? c * b.low(a) : c * b.high(a);
    high += c > 0 ? c * b.high(a) : c * b.low(a);
  });
  return { low, high };
}

/** Splits a sum: the terms with coefficients divisible by `c`, divided by it, and the rest with a constant in [0, c). */
function splitBy(sum: Linear, c: number): { quotient: Linear; rest: Linear } {
  const q = { atoms: [] as Node[], coefficients: [] as number[] };
  const r = { atoms: [] as Node[], coefficients: [] as number[] };
  sum.atoms.forEach((a, i) => {
    const k = sum.coefficients[i];
    const into = k % c === 0 ? q : r;
    into.atoms.push(a);
    into.coefficients.push(k % c === 0 ? k / c : k);
  });
  const whole = Math.floor(sum.constant / c);
  return { quotient: { ...q, constant: whole }, rest: { ...r, constant: sum.constant - whole * c } };
}

const isZero = (x: Linear) => x.atoms.length === 0 && x.constant === 0;

/**
 * `g*a + r` with `0 <= r < g`, for a common factor `g` of `c` and of some terms: then the quotient by `c` is that of `a` by
 * `c / g`.
 */
function splitByFactor(
  b: NodeBuilder,
  sum: Linear,
  c: number,
): { g: number; a: Linear; r: Linear } | undefined {
  for (const k of sum.coefficients) {
    const g = gcd(Math.abs(k), c);
    if (g <= 1 || g === c) continue;
    const { quotient, rest } = splitBy(sum, g);
    const { low, high } = rangeOf(b, rest);
    const whole = rangeOf(b, quotient);
    if (low >= 0 && high < g && whole.low >= 0) return { g, a: quotient, r: rest };
  }
  return undefined;
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** `x / c` for a constant `c > 0` and `x >= 0`, in the simplest form found; undefined when there is nothing to simplify. */
export function divideByConstant(b: NodeBuilder, x: Node, c: number): Node | undefined {
  if (c === 1) return x;
  if (b.low(x) < 0) return undefined;
  if (b.high(x) < c) return b.const(0, int32);
  // (y / d) / c = y / (d*c)
  if (isOp(x, "div") && x.args[1].kind === "const" && b.low(x.args[0]) >= 0) {
    const d = x.args[1].value as number;
    if (d > 0 && d * c <= 2147483647) return b.op("div", x.args[0], b.const(d * c, int32));
  }
  // (y % (c*d)) / c = (y / c) % d
  if (isOp(x, "rem") && x.args[1].kind === "const" && b.low(x.args[0]) >= 0) {
    const d = x.args[1].value as number;
    if (d > 0 && d % c === 0)
      return b.op("rem", b.op("div", x.args[0], b.const(c, int32)), b.const(d / c, int32));
  }
  const sum = linearOf(b, x);
  if (!isExactSum(b, sum)) return undefined;
  // (c*q + r) / c = q + r / c where r >= 0
  const { quotient, rest } = splitBy(sum, c);
  if (!isZero(quotient) && rangeOf(b, rest).low >= 0) {
    const inner = b.op("div", fromLinear(b, rest), b.const(c, int32));
    return b.op("add", fromLinear(b, quotient), inner);
  }
  const factor = splitByFactor(b, sum, c);
  if (factor !== undefined) return b.op("div", fromLinear(b, factor.a), b.const(c / factor.g, int32));
  return undefined;
}

/** `x % c` for a constant `c > 0` and `x >= 0`. */
export function remainderByConstant(b: NodeBuilder, x: Node, c: number): Node | undefined {
  if (c === 1) return b.const(0, int32);
  if (b.low(x) < 0) return undefined;
  if (b.high(x) < c) return x;
  // (y % (c*d)) % c = y % c
  if (
    isOp(x, "rem") &&
    x.args[1].kind === "const" &&
    b.low(x.args[0]) >= 0 &&
    (x.args[1].value as number) % c === 0
  ) {
    return b.op("rem", x.args[0], b.const(c, int32));
  }
  const sum = linearOf(b, x);
  if (!isExactSum(b, sum)) return undefined;
  // (c*q + r) % c = r % c where r >= 0
  const { quotient, rest } = splitBy(sum, c);
  if (!isZero(quotient) && rangeOf(b, rest).low >= 0)
    return b.op("rem", fromLinear(b, rest), b.const(c, int32));
  // (g*a + r) % (g*d) = g * (a % d) + r where 0 <= r < g
  const factor = splitByFactor(b, sum, c);
  if (factor === undefined) return undefined;
  const { g, a, r } = factor;
  const high = b.op("rem", fromLinear(b, a), b.const(c / g, int32));
  return b.op("add", b.op("mul", high, b.const(g, int32)), fromLinear(b, r));
}

/** Whether the sum cannot wrap, so that it is the value itself and not only equal to it modulo 2^32. */
function isExactSum(b: NodeBuilder, sum: Linear): boolean {
  const { low, high } = rangeOf(b, sum);
  return low >= -2147483648 && high <= 2147483647;
}
