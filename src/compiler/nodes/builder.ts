import type { Expr, ExprBuilder } from "../../core/lowering.ts";
import {
  bool,
  Complex,
  type DType,
  float32,
  float64,
  int32,
  int64,
  isWideInteger,
  keyFry,
  realDType,
  roundToOdd,
  uint16,
  uint32,
} from "../../dtypes/index.ts";
import type { AccNode, CastNode, ConstNode, IndexNode, LoadNode, Node, OpNode } from "../ir.ts";
import { castScalar, isExact, roundTo, scalarFunction } from "../scalarEval.ts";
import { scalarOps } from "../scalarOps.ts";
import { complexCast, complexConst, complexOp, isComplexOp, pairNode } from "./complex/pairs.ts";
import { halfConst, halfOp, halfToSingle, isHalf, roundToHalf, storageDType, wideToDouble } from "./half.ts";
import { addLinear, isLinearArithmetic, mulLinear } from "./indexAlgebra.ts";
import { isWidened, widenedOp } from "./narrow.ts";
import { castRange, maxInt, minInt, opRange, type Range } from "./ranges.ts";
import { simplifyCast, simplifyOp } from "./simplify.ts";

/**
 * Makes the nodes of one program. Equal nodes are one object; constants are folded where the bits cannot depend on the machine;
 * int32 index arithmetic is brought to a normal form (indexAlgebra.ts); everything else goes through the rows of simplify.ts.
 * For int32 nodes the builder keeps bounds, by which guards and clamps that always hold disappear.
 */
export class NodeBuilder implements ExprBuilder {
  private nextId = 0;
  private readonly lows: number[] = [];
  private readonly highs: number[] = [];
  /** The innermost axis a node depends on; -1 for none. */
  private readonly axes: number[] = [];
  /** Index arithmetic: built from loop indices and constants alone, or a sum kept in normal form. */
  private readonly indexLike: boolean[] = [];
  private readonly constants = new Map<DType, Map<number | bigint | string, ConstNode>>();
  private readonly indices = new Map<string, IndexNode>();
  private readonly loads = new Map<number, Map<number, LoadNode>>();
  private readonly ops = new Map<string, Map<number | string, OpNode>>();
  private readonly casts = new Map<number, CastNode>();
  private readonly accs = new Map<number, AccNode>();

  /** How many nodes there are: the id of the next one. */
  get size(): number {
    return this.nextId;
  }

  /** A constant of a 16-bit float is one of its bits, reinterpreted; a complex one a pair. */
  const(value: number | bigint | boolean | Complex, dtype: DType): Node {
    if (dtype.kind === "complex") return complexConst(this, value, dtype);
    if (value instanceof Complex) throw new TypeError(`${value} is no constant of dtype ${dtype.name}`);
    if (isHalf(dtype)) {
      return halfConst(this, typeof value === "bigint" ? roundToOdd(value) : Number(value), dtype);
    }
    const v = constantValue(value, dtype);
    let byValue = this.constants.get(dtype);
    if (byValue === undefined) {
      byValue = new Map();
      this.constants.set(dtype, byValue);
    }
    const key = Object.is(v, -0) ? "-0" : v;
    let node = byValue.get(key);
    if (node === undefined) {
      node = { kind: "const", dtype, id: this.nextId, value: v };
      byValue.set(key, node);
      const exact = dtype === int32 ? (v as number) : undefined;
      this.register(exact ?? minInt, exact ?? maxInt, -1, false);
    }
    return node;
  }

  /** The index of an axis of a known size. An axis of one point has index 0. */
  index(axis: number, size: number): Node {
    if (size <= 1) return this.const(0, int32);
    const key = `${axis}:${size}`;
    let node = this.indices.get(key);
    if (node === undefined) {
      node = { kind: "index", dtype: int32, id: this.nextId, axis };
      this.indices.set(key, node);
      this.register(0, size - 1, axis, true);
    }
    return node;
  }

  load(buffer: number, dtype: DType, offset: Node): Node {
    if (isHalf(dtype)) return this.bitcast(this.load(buffer, uint16, offset), dtype);
    if (dtype.kind === "complex") {
      const [re, im] = this.partOffsets(offset).map((at) => this.load(buffer, realDType(dtype), at));
      return pairNode(this, { re, im });
    }
    let byOffset = this.loads.get(buffer);
    if (byOffset === undefined) {
      byOffset = new Map();
      this.loads.set(buffer, byOffset);
    }
    let node = byOffset.get(offset.id);
    if (node === undefined) {
      node = { kind: "load", dtype, id: this.nextId, buffer, offset };
      byOffset.set(offset.id, node);
      this.register(minInt, maxInt, this.axes[offset.id], false);
    }
    return node;
  }

  acc(reduction: number, dtype: DType): AccNode {
    const key = reduction * 64 + dtype.id;
    let node = this.accs.get(key);
    if (node === undefined) {
      node = { kind: "acc", dtype, id: this.nextId, reduction };
      this.accs.set(key, node);
      this.register(minInt, maxInt, -1, false);
    }
    return node;
  }

  op(name: string, ...exprs: Expr[]): Node {
    const args = exprs as Node[];
    if (isComplexOp(name, args)) return complexOp(this, name, args);
    checkOperands(name, args);
    const dtype = resultDType(name, args);
    if (isHalf(args[args.length - 1].dtype)) return halfOp(this, name, args);
    const folded = this.fold(name, dtype, args);
    if (folded !== undefined) return folded;
    if (isWidened(name, args[args.length - 1].dtype)) return widenedOp(this, name, args);
    if (dtype === int32 && isLinearArithmetic(this, name, args)) {
      return name === "mul" ? mulLinear(this, args) : addLinear(this, name, args);
    }
    return simplifyOp(this, name, args) ?? this.raw(name, dtype, args);
  }

  select(cond: Expr, onTrue: Expr, onFalse: Expr): Node {
    return this.op("select", cond, onTrue, onFalse);
  }

  cast(x: Expr, dtype: DType): Node {
    const arg = x as Node;
    if (arg.dtype === dtype) return arg;
    if (arg.dtype.kind === "complex" || dtype.kind === "complex") return complexCast(this, arg, dtype);
    if (isHalf(arg.dtype)) return this.cast(halfToSingle(this, arg), dtype);
    if (isHalf(dtype)) return this.castToHalf(arg, dtype);
    if (arg.kind === "const") return this.const(castScalar(arg.value as number, arg.dtype, dtype), dtype);
    return simplifyCast(this, arg, dtype) ?? this.rawCast(arg, dtype, false);
  }

  private castToHalf(arg: Node, dtype: DType): Node {
    if (arg.kind === "const") return this.const(arg.value, dtype);
    if (isWideInteger(arg.dtype)) return roundToHalf(this, wideToDouble(this, arg), dtype);
    return roundToHalf(this, arg.dtype === float64 ? arg : this.cast(arg, float32), dtype);
  }

  /** A real value as it lies in memory. */
  stored(x: Node): Node {
    return this.bitcast(x, storageDType(x.dtype));
  }

  /** Where the parts of a complex number lie, whose place in a buffer is given in complex numbers. */
  partOffsets(offset: Node): readonly [Node, Node] {
    const re = this.op("mul", offset, this.const(2, int32));
    return [re, this.op("add", re, this.const(1, int32))];
  }

  bitcast(x: Expr, dtype: DType): Node {
    const arg = x as Node;
    if (arg.dtype === dtype) return arg;
    // Back to where the bits came from.
    if (arg.kind === "cast" && arg.bits) return this.bitcast(arg.arg, dtype);
    return this.rawCast(arg, dtype, true);
  }

  // Facts.

  range(node: Node): Range {
    return { low: this.lows[node.id], high: this.highs[node.id] };
  }
  low(node: Node): number {
    return this.lows[node.id];
  }
  high(node: Node): number {
    return this.highs[node.id];
  }
  /** The innermost axis that the node depends on, through loads too; -1 for none. */
  innermostAxis(node: Node): number {
    return this.axes[node.id];
  }
  isIndexLike(node: Node): boolean {
    return this.indexLike[node.id];
  }

  // Interning without simplification, for the algebra.

  raw(name: string, dtype: DType, args: readonly Node[], normalForm = false): Node {
    let byArgs = this.ops.get(name);
    if (byArgs === undefined) {
      byArgs = new Map();
      this.ops.set(name, byArgs);
    }
    const commutes = args.length === 2 && scalarOps[name].commutative === true;
    const ordered = commutes && args[0].kind === "const" ? [args[1], args[0]] : args;
    const key = argsKey(ordered);
    let node = byArgs.get(key);
    if (node === undefined && commutes) node = byArgs.get(argsKey([ordered[1], ordered[0]]));
    if (node === undefined) {
      node = { kind: "op", dtype, id: this.nextId, op: name, args: ordered };
      byArgs.set(key, node);
      const range = dtype === int32 ? opRange(this, name, ordered) : undefined;
      let axis = -1;
      let pure = dtype === int32 || dtype === bool;
      for (const a of ordered) {
        axis = Math.max(axis, this.axes[a.id]);
        pure &&= a.kind === "const" || this.indexLike[a.id];
      }
      this.register(range?.low ?? minInt, range?.high ?? maxInt, axis, normalForm || (pure && axis >= 0));
    }
    return node;
  }

  private rawCast(arg: Node, dtype: DType, bits: boolean): CastNode {
    const key = (arg.id * 64 + dtype.id) * 2 + (bits ? 1 : 0);
    let node = this.casts.get(key);
    if (node === undefined) {
      node = { kind: "cast", dtype, id: this.nextId, bits, arg };
      this.casts.set(key, node);
      const range = dtype === int32 && !bits ? castRange(arg.dtype) : undefined;
      this.register(range?.low ?? minInt, range?.high ?? maxInt, this.axes[arg.id], false);
    }
    return node;
  }

  private register(low: number, high: number, axis: number, indexLike: boolean): void {
    this.lows.push(low);
    this.highs.push(high);
    this.axes.push(axis);
    this.indexLike.push(indexLike);
    this.nextId++;
  }

  private fold(name: string, dtype: DType, args: readonly Node[]): Node | undefined {
    for (const a of args) if (a.kind !== "const") return undefined;
    if (!isExact(name) || dtype === keyFry) return undefined;
    const [a, b, c] = args as readonly ConstNode[];
    const operand = args[args.length - 1].dtype;
    if (operand === keyFry) return undefined;
    const f = scalarFunction(name, operand);
    return this.const(f(a.value as number, b?.value as number, c?.value as number), dtype);
  }
}

function constantValue(value: number | bigint | boolean, dtype: DType): number | bigint {
  const isInt = dtype.kind === "int" || dtype.kind === "uint";
  if (isInt && typeof value === "number" && !Number.isInteger(value)) {
    throw new TypeError(`${value} is no constant of dtype ${dtype.name}`);
  }
  if (isWideInteger(dtype)) return castScalar(BigInt(value) as unknown as number, dtype, dtype);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "bigint") return castScalar(value as unknown as number, int64, dtype);
  return roundTo(dtype)(value);
}

function resultDType(name: string, args: readonly Node[]): DType {
  if (scalarOps[name].result === "bool") return bool;
  if (name === "select") return args[1].dtype;
  if (name === "key_pack") return keyFry;
  return name === "key_word0" || name === "key_word1" ? uint32 : args[0].dtype;
}

function checkOperands(name: string, args: readonly Node[]): void {
  const row = scalarOps[name];
  if (row === undefined) throw new TypeError(`there is no scalar operation ${name}`);
  const first = name === "select" ? 1 : 0;
  const { dtype } = args[first];
  let ok = args.length === row.arity && row.kinds.includes(dtype.kind[0]);
  for (let i = first + 1; i < args.length; i++) ok &&= args[i].dtype === dtype;
  if (ok && (first === 0 || args[0].dtype === bool)) return;
  throw new TypeError(`scalar operation ${name} does not take (${args.map((a) => a.dtype.name).join(", ")})`);
}

const base = 0x4000000;
function argsKey(args: readonly Node[]): number | string {
  if (args.length === 1) return args[0].id;
  if (args.length === 2) return args[0].id * base + args[1].id;
  return `${args[0].id},${args[1].id},${args[2].id}`;
}
