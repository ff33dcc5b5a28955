import * as fluxion from "fluxion";
import {
  customBatching,
  customJvp,
  customVjp,
  jit,
  jnp,
  makeMesh,
  NamedSharding,
  type NDArray,
  P,
  ShapeDtypeStruct,
  tree,
} from "fluxion";
import { beforeAll, expect, test } from "vitest";
import { allPrimitives, NoRule, zeroDerivative } from "../../src/core/primitive.ts";
import { readGolden } from "../support/goldens.ts";
import { missingNames, missingPrimitives, otherRules } from "./missing.ts";
import { spelled, types } from "./spelled.ts";

// The public names of JAX and its primitives, as far as they are to be here, against what is.

interface JaxApi {
  readonly names: readonly string[];
  readonly primitives: Readonly<
    Record<string, { jvp: "rule" | "linear" | "zero" | null; transpose: boolean; batching: boolean }>
  >;
}
let jax: JaxApi;
beforeAll(async () => {
  jax = await readGolden<JaxApi>("jax_api");
});

/** Instances whose members are looked for: of classes, whose fields the prototype does not have, and of what functions return. */
const double = (x: NDArray) => x.mul(2);
const instances: Readonly<Record<string, () => unknown>> = {
  NDArray: () => jnp.zeros(2),
  Array: () => jnp.zeros(2),
  "Array.at(index)": () => jnp.zeros(2).at(0),
  "sharding.Mesh": () => makeMesh([1], ["x"]),
  "sharding.NamedSharding": () => new NamedSharding(makeMesh([1], ["x"]), P()),
  ShapeDtypeStruct: () => new ShapeDtypeStruct([2], "float32"),
  customJvp: () => customJvp(double),
  customVjp: () => customVjp(double),
  "customBatching.customVmap": () => customBatching.customVmap(double),
  "treeUtil.PyTreeDef": () => tree.structure([1]),
  "stages.Wrapped": () => jit(double),
  "stages.Traced": () => jit(double).trace(1),
  "stages.Lowered": () => jit(double).lower(1),
  "stages.Compiled": () => jit(double).lower(1).compile(),
};

function isIn(name: string, object: unknown): boolean {
  if ((typeof object !== "object" && typeof object !== "function") || object === null) return false;
  return (name === "[Symbol.iterator]" ? Symbol.iterator : name) in object;
}

/** Whether a dotted name can be reached from the root: along namespaces, static members and members of instances. */
function exists(path: string): boolean {
  const dot = path.lastIndexOf(".", path.indexOf("[") < 0 ? undefined : path.indexOf("["));
  if (dot < 0) return isIn(path, fluxion);
  const [owner, name] = [path.slice(0, dot), path.slice(dot + 1)];
  if (instances[owner] !== undefined && (owner.startsWith("Array") || exists(owner))) {
    if (isIn(name, instances[owner]())) return true;
  }
  let object: unknown = fluxion;
  for (const part of owner.split(".")) {
    if (!isIn(part, object)) return false;
    object = (object as Record<string, unknown>)[part];
  }
  return isIn(name, object) || (typeof object === "function" && isIn(name, object.prototype));
}

function reasonsByName(lists: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  const byName: Record<string, string> = {};
  for (const [reason, names] of Object.entries(lists)) {
    for (const name of names) {
      if (name in byName) throw new Error(`${name} is listed twice`);
      byName[name] = reason;
    }
  }
  return byName;
}

/** A readable difference: what is missing without a reason, and what is listed as missing but is there, or is no name of JAX. */
function differences(missing: readonly string[], listed: Readonly<Record<string, string>>): string[] {
  return [
    ...missing.filter((name) => !(name in listed)).map((name) => `${name}: missing, and no reason is given`),
    ...Object.keys(listed)
      .filter((name) => !missing.includes(name))
      .map((name) => `${name}: strike it from the list "${listed[name]}"; it is there, or no name of JAX`),
  ].sort();
}

/** Names that stand for behaviour. */
const behaviour: Readonly<Record<string, () => void>> = {
  "Array[index]= (must raise TypeError)": () => {
    const x = jnp.zeros(2) as unknown as number[];
    expect(() => {
      x[0] = 1;
    }).toThrow("Instead of x[0] = y, use x = x.at(0).set(y)");
    expect(() => x[1]).toThrow("x.get(1)");
  },
};

test("prints what is missing and why", () => {
  const show = (lists: Readonly<Record<string, readonly string[]>>): string =>
    Object.entries(lists)
      .map(([reason, names]) => `  ${reason} (${names.length}): ${names.join(" ")}`)
      .join("\n");
  console.log(`Names of JAX:\n${show(missingNames)}\nPrimitives of JAX:\n${show(missingPrimitives)}`);
});

test("the names of JAX are exported, or there is a reason", () => {
  for (const check of Object.values(behaviour)) check();
  const missing = jax.names.filter(
    (name) => !(name in types || name in behaviour || exists(spelled[name] ?? name)),
  );
  expect(differences(missing, reasonsByName(missingNames))).toEqual([]);
});

test("other spellings are needed, and are of names of JAX", () => {
  const known = new Set(jax.names);
  for (const name of [spelled, types, behaviour].flatMap((table) => Object.keys(table)))
    expect(known).toContain(name);
});

test("the primitives of JAX are defined, or there is a reason", () => {
  const ours = new Set(allPrimitives().map((p) => p.name));
  const missing = Object.keys(jax.primitives).filter((name) => !ours.has(name));
  expect(differences(missing, reasonsByName(missingPrimitives))).toEqual([]);
});

test("primitives have the derivatives and transposes that they have in JAX, or there is a reason", () => {
  const others: string[] = [];
  for (const { name, jvp, transpose } of allPrimitives()) {
    const theirs = jax.primitives[name];
    if (theirs === undefined) continue;
    const ours = jvp === zeroDerivative ? "zero" : jvp instanceof NoRule ? null : "rule";
    if (ours !== (theirs.jvp === "linear" ? "rule" : theirs.jvp)) others.push(`${name} jvp`);
    if (theirs.transpose === transpose instanceof NoRule) others.push(`${name} transpose`);
  }
  expect(differences(others, otherRules)).toEqual([]);
});
