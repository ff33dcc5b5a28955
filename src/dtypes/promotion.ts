/**
 * Type promotion: the least upper bound of the inputs in a lattice of dtypes and three weak nodes.
 *
 * Weakly typed scalars (a bare number in user code) sit between the families, so that they adapt to
 * their partner: `int32 + 1` is int32, `float32 * 2` float32, `int32 * 0.5` a weak float32. Weak nodes stand for the
 * 32-bit defaults; 64-bit dtypes appear only when an input has one.
 */
import { TypePromotionError, ValueError } from "../errors.ts";
import {
  allDTypes,
  asDType,
  complex64,
  complex128,
  type DType,
  type DTypeLike,
  type DTypeName,
  float32,
  float64,
  int32,
  isInexact,
} from "./dtype.ts";

/** A dtype with its weak-type flag. */
export interface TypeEntry {
  readonly dtype: DType;
  readonly weakType: boolean;
}

type WeakNode = "weak int" | "weak float" | "weak complex";
type Node = DTypeName | WeakNode;

const smallFloats: readonly DTypeName[] = [
  "float4_e2m1fn",
  "float6_e2m3fn",
  "float6_e3m2fn",
  "float8_e3m4",
  "float8_e4m3",
  "float8_e8m0fnu",
  "float8_e4m3b11fnuz",
  "float8_e4m3fn",
  "float8_e4m3fnuz",
  "float8_e5m2",
  "float8_e5m2fnuz",
];
const smallInts: readonly DTypeName[] = ["uint1", "uint2", "uint4", "int1", "int2", "int4"];

/** Each node's immediate successors. Small floats and integers lead nowhere: promotion from them is explicit. */
const lattice: ReadonlyMap<Node, readonly Node[]> = new Map<Node, readonly Node[]>([
  ["bool", ["weak int"]],
  ["weak int", ["uint8", "int8", ...smallInts]],
  ["uint8", ["int16", "uint16"]],
  ["uint16", ["int32", "uint32"]],
  ["uint32", ["int32", "uint64"]], // int32 rather than int64: no 64-bit result from 32-bit inputs
  ["uint64", ["weak float"]],
  ["int8", ["int16"]],
  ["int16", ["int32"]],
  ["int32", ["int64"]],
  ["int64", ["weak float"]],
  ["weak float", ["bfloat16", "float16", "weak complex", ...smallFloats]],
  ["bfloat16", ["float32"]],
  ["float16", ["float32"]],
  ["float32", ["float64", "complex64"]],
  ["float64", ["complex128"]],
  ["weak complex", ["complex64"]],
  ["complex64", ["complex128"]],
  ["complex128", []],
  ...[...smallInts, ...smallFloats].map((n): [Node, readonly Node[]] => [n, []]),
]);

const weakDTypes: Readonly<Record<WeakNode, DType>> = {
  "weak int": int32,
  "weak float": float32,
  "weak complex": complex64,
};

const upperBounds = new Map<Node, Set<Node>>();
for (const node of lattice.keys()) {
  const reached = new Set<Node>([node]);
  for (const n of reached) for (const next of lattice.get(n) ?? []) reached.add(next); // visits what it adds
  upperBounds.set(node, reached);
}

function nodeOf({ dtype, weakType }: TypeEntry): Node {
  if (!weakType || dtype.kind === "bool") return dtype.name;
  if (dtype.kind === "float") return "weak float";
  return dtype.kind === "complex" ? "weak complex" : "weak int";
}

function leastUpperBound(nodes: readonly Node[]): Node {
  const [first, ...rest] = nodes.map((node) => {
    const bounds = upperBounds.get(node);
    if (bounds === undefined)
      throw new ValueError(`dtype=${node} is not a valid dtype for JAX type promotion.`);
    return bounds;
  });
  if (first === undefined) throw new ValueError("at least one array or dtype is required");
  const common = [...first].filter((n) => rest.every((bounds) => bounds.has(n)));
  const least = common.find((c) => common.every((d) => upperBounds.get(c)?.has(d)));
  if (least === undefined) throw new TypePromotionError(noPathMessage(nodes));
  return least;
}

const weakNames: Readonly<Record<WeakNode, string>> = {
  "weak int": "weakly typed int",
  "weak float": "weakly typed float",
  "weak complex": "weakly typed complex",
};

function noPathMessage(nodes: readonly Node[]): string {
  const names = nodes.map((n) => `'${n in weakNames ? weakNames[n as WeakNode] : n}'`).join(", ");
  const refused = `Input dtypes (${names}) have no available implicit dtype promotion path.`;
  for (const bits of [8, 6, 4]) {
    if (nodes.some((n) => n.startsWith(`float${bits}_`))) {
      return (
        `${refused} To avoid unintended promotion, ${bits}-bit floats do not support implicit promotion. ` +
        "If you'd like your inputs to be promoted to another type, you can do so explicitly using e.g. x.astype('float32')"
      );
    }
  }
  if (nodes.some((n) => (smallInts as readonly Node[]).includes(n))) {
    return (
      `${refused} To avoid unintended promotion, 1-bit, 2-bit and 4-bit integers do not support implicit promotion. ` +
      "If you'd like your inputs to be promoted to another type, you can do so explicitly using e.g. x.astype('int32')"
    );
  }
  return `${refused} Try explicitly casting inputs to the desired output type.`;
}

function entry(dtype: DType, weakType: boolean): TypeEntry {
  return internedEntries[2 * dtype.id + (weakType ? 1 : 0)] as TypeEntry;
}

/** One entry object per (dtype, weak) pair, so that results can be compared and cached by identity. */
const internedEntries: readonly TypeEntry[] = allDTypes.flatMap((dtype) => [
  Object.freeze({ dtype, weakType: false }),
  Object.freeze({ dtype, weakType: dtype.kind !== "bool" }), // bool is never weak
]);

function computePromotion(entries: readonly TypeEntry[]): TypeEntry {
  const first = entries[0] as TypeEntry;
  const allWeak = entries.every((e) => e.weakType);
  if (entries.every((e) => e.dtype === first.dtype)) return entry(first.dtype, allWeak);
  // Weak types that are not the defaults (say weak int16) keep their width among themselves.
  const nodes = entries.map((e) => (allWeak ? e.dtype.name : nodeOf(e)));
  const bound = leastUpperBound([...new Set(nodes)]);
  if (bound in weakDTypes) return entry(weakDTypes[bound as WeakNode], true);
  return entry(asDType(bound as DTypeName), allWeak);
}

const width = 2 * allDTypes.length;
const pairTable: (TypeEntry | undefined)[] = /* @__PURE__ */ new Array<TypeEntry | undefined>(
  width * width,
).fill(undefined);

function promotePair(a: TypeEntry, b: TypeEntry): TypeEntry {
  const index = (2 * a.dtype.id + (a.weakType ? 1 : 0)) * width + 2 * b.dtype.id + (b.weakType ? 1 : 0);
  const known = pairTable[index];
  if (known !== undefined) return known;
  const result = computePromotion([a, b]);
  pairTable[index] = result;
  return result;
}

/**
 * The dtype and weak type that values of the given types are promoted to together.
 *
 * All inputs weak: the bound of the strong counterparts, weak. Otherwise the result is weak only where the
 * bound is one of the weak nodes.
 *
 * @throws TypePromotionError where there is no implicit path (8-bit floats, 4-bit integers ...).
 * @throws ValueError without entries, or for dtypes outside the lattice (keys, float0) of mixed types.
 * @example
 * promoteEntries([{ dtype: int32, weakType: false }, { dtype: float32, weakType: true }])
 * // => { dtype: float32, weakType: true }
 */
export function promoteEntries(entries: readonly TypeEntry[]): TypeEntry {
  if (entries.length === 2) return promotePair(entries[0] as TypeEntry, entries[1] as TypeEntry);
  if (entries.length === 0) throw new ValueError("at least one array or dtype is required");
  return computePromotion(entries);
}

/**
 * The dtype that a binary operation casts two strongly typed arguments to.
 *
 * @example
 * promoteTypes("uint32", "int32").name // => "int32"
 * promoteTypes("bfloat16", "float16").name // => "float32"
 */
export function promoteTypes(a: DTypeLike, b: DTypeLike): DType {
  return promotePair(entry(asDType(a), false), entry(asDType(b), false)).dtype;
}

/** `dtype` if it is floating or complex, else the float that integers and booleans compute in. */
export function toInexactDType(dtype: DType): DType {
  if (isInexact(dtype)) return dtype;
  return (dtype.kind === "int" || dtype.kind === "uint") && dtype.bits === 64 ? float64 : float32;
}

/** As {@link toInexactDType}, with a complex dtype replaced by that of its parts. */
export function toFloatingDType(dtype: DType): DType {
  return realDType(toInexactDType(dtype));
}

/** The complex dtype whose parts can hold `dtype`. */
export function toComplexDType(dtype: DType): DType {
  const inexact = toInexactDType(dtype);
  return inexact === float64 || inexact === complex128 ? complex128 : complex64;
}

/** `dtype`, with bool replaced by int32: what arithmetic on booleans counts in. */
export function toNumericDType(dtype: DType): DType {
  return dtype.kind === "bool" ? int32 : dtype;
}

/** The dtype of the real and imaginary parts of a complex dtype; other dtypes unchanged. */
export function realDType(dtype: DType): DType {
  if (dtype === complex64) return float32;
  return dtype === complex128 ? float64 : dtype;
}
