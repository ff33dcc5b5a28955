import { RuntimeError, ValueError } from "../errors.ts";
import type { ArrayImpl } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import { config, setTraceSetting } from "./config.ts";
import type { Atom, Jaxpr } from "./jaxpr.ts";

/** On which devices an array is, and which part on which: a `Sharding` of the folder above, which the core only passes on. */
export interface Placement {
  toString(): string;
}

/** A mesh that is set for a while: where arrays are that nobody places, and what specs mean that come without a mesh. */
export interface MeshContext {
  /** Whole on every device of the mesh. */
  readonly whole: Placement;
  /** A `PartitionSpec` as a sharding over the mesh. */
  bind(spec: unknown): Placement;
}
let mesh: MeshContext | null = null;
export function setMeshContext(context: MeshContext | null): void {
  mesh = context;
  setTraceSetting("mesh", context === null ? "" : String(context.whole));
}
export function meshContext(): MeshContext | null {
  return mesh;
}

/** Where new arrays are that nobody places: null for the first device, or another that is the default now, or the mesh that is set. */
export function ambientPlacement(): Placement | null {
  if (mesh !== null) return mesh.whole;
  const { defaultDevice } = config;
  return defaultDevice === "cpu" ? null : defaultDevice;
}

/** What was given as a sharding, or null for something else; a spec is one over the mesh that is set. `missing` makes the error where none is. */
export function placementFrom(x: unknown, missing: () => Error): Placement | null {
  if (isSpec(x)) {
    if (mesh === null) throw missing();
    return mesh.bind(x);
  }
  return typeof x === "object" && x !== null && "devicesIndicesMap" in x ? x : null;
}

/** The error of functions that need a mesh for a spec. */
export function specAlone(where: string, argument: string): RuntimeError {
  return new RuntimeError(
    `${where} requires a non-empty mesh in context if you are passing \`PartitionSpec\`s to ${argument}. You can define a context mesh via ` +
      `\`setMesh(mesh)\`. Alternatively, provide \`Sharding\`s to ${argument} and then the mesh context is not required.`,
  );
}

/** Whether something is a `PartitionSpec`, a class of the folder above. */
export function isSpec(x: unknown): x is { readonly names: readonly string[] } {
  return typeof x === "object" && x !== null && "namesAt" in x;
}

/**
 * Checks an argument `outSharding`, which asks for a type of the result that holds a sharding. Types hold those over axes of a mesh that are
 * Explicit; there are none here, so that only shardings which divide nothing can be asked for, and change nothing.
 * @throws ValueError for a spec where no mesh is set, and for axes that are not Explicit: all; TypeError for something else
 */
export function checkOutSharding(where: string, given: unknown): void {
  if (given === undefined || given === null) return;
  const sharding = isSpec(given) ? mesh?.bind(given) : given;
  if (sharding === undefined) {
    throw new ValueError(
      "Using PartitionSpec when you are not under a mesh context is not allowed. Please pass a NamedSharding instance or enter into a mesh " +
        `context via \`setMesh\`. Got ${given}`,
    );
  }
  const spec = typeof sharding === "object" && "spec" in sharding ? sharding.spec : null;
  if (!isSpec(spec)) {
    throw new TypeError(
      `\`outSharding\` argument of ${where} only supports instances of \`NamedSharding\` or \`PartitionSpec\`. Got ${given}.`,
    );
  }
  if (spec.names.length === 0) return;
  throw new ValueError(
    `PartitionSpec passed to ${where} cannot contain axis names that are of type Auto or Manual. Got PartitionSpec: ${spec} with axis name: ` +
      `${spec.names[0]} of type: AxisType.Auto. To divide an array, use devicePut, or lax.withShardingConstraint inside of jit.`,
  );
}

/** Places the results of an operation where its operands are. */
export type Follow = (inputs: readonly ArrayImpl[], outputs: readonly ArrayImpl[]) => void;
/** The same for a result of a type, and operands of types of which some are placed. */
export type FollowTypes = (inputs: readonly Placed[], output: ShapedArray) => Placement;
export interface Placed {
  readonly aval: ShapedArray;
  readonly placement: Placement;
}
let follow: Follow | null = null;
let followTypes: FollowTypes | null = null;
/** Called once the first array is placed: before, there is nothing to follow. */
export function installFollow(arrays: Follow, types: FollowTypes): void {
  follow = arrays;
  followTypes = types;
}
export function followPlacement(inputs: readonly ArrayImpl[], outputs: readonly ArrayImpl[]): void {
  if (follow !== null) follow(inputs, outputs);
}

let running: readonly ArrayImpl[] = [];
/** Runs a program that calls JavaScript, which may ask where the operands are. */
export function runWith<T>(operands: readonly ArrayImpl[], run: () => T): T {
  const before = running;
  running = operands;
  try {
    return run();
  } finally {
    running = before;
  }
}
/** A value that a program hands to JavaScript, where a result of the program would be. */
export function placeAsOperands(x: ArrayImpl): ArrayImpl {
  if (running.length > 0) followPlacement(running, [x]);
  return x;
}

/** Places results where a program says. */
export function placeResults(
  outputs: readonly ArrayImpl[],
  placementOf: (output: number) => Placement | null,
): void {
  outputs.forEach((x, i) => {
    const placement = placementOf(i);
    if (placement !== null) x.placement = placement;
  });
}

const known = new WeakMap<Jaxpr, readonly (Placement | null)[]>();

/** Where the operations that compute the results of a program place them, or what they are computed from. */
export function placementsOf(jaxpr: Jaxpr): readonly (Placement | null)[] {
  let placements = known.get(jaxpr);
  if (placements === undefined) {
    const places = new Map<Atom, Placement>();
    for (const { primitive, inputs, outputs, params } of jaxpr.eqns) {
      const placed = inputs.flatMap((atom): Placed[] => {
        const placement = places.get(atom);
        return placement === undefined ? [] : [{ aval: atom.aval, placement }];
      });
      outputs.forEach((v, i) => {
        const own = primitive.placement?.(params, i) ?? null;
        if (own !== null) places.set(v, own);
        else if (placed.length > 0 && followTypes !== null) places.set(v, followTypes(placed, v.aval));
      });
    }
    placements = jaxpr.outvars.map((atom) => places.get(atom) ?? null);
    known.set(jaxpr, placements);
  }
  return placements;
}
