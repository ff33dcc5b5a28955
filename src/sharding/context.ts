import { setMeshContext } from "../core/placement.ts";
import { scoped } from "../core/scope.ts";
import { isEager } from "../core/trace.ts";
import { ValueError } from "../errors.ts";
import { Mesh } from "./mesh.ts";
import { PartitionSpec } from "./partitionSpec.ts";
import { followOperands } from "./placement.ts";
import { NamedSharding } from "./sharding.ts";

// The mesh that is set: arrays that nobody places are whole on its devices, and specs alone are shardings over it.

let current: Mesh | null = null;

/** Sets a mesh, for a while or for good. */
export interface SetMesh {
  (mesh: Mesh): Disposable;
  <R>(mesh: Mesh, body: () => R): R;
}

/**
 * Sets the mesh: new arrays are whole on each of its devices, and wherever a sharding is asked for, a {@link PartitionSpec} alone is one over this
 * mesh; `shardMap` needs no mesh of its own. With a function, the mesh is set while it runs (until its promise is settled, where it
 * returns one), and its result returned. Without, the mesh stays set, and what is returned restores the one before, for `using`.
 *
 * @throws ValueError for something that is no mesh, and inside of `jit`
 * @example
 * ```ts
 * const double = (x: NDArray) => shardMap((y: NDArray) => y.mul(2), { inSpecs: P("x"), outSpecs: P("x") })(x);
 * String(setMesh(makeMesh([1], ["x"]), () => double(jnp.arange(3)))); // => "[0 2 4]"
 * ```
 */
export const setMesh: SetMesh = ((mesh: Mesh, body?: () => unknown): unknown => {
  if (!(mesh instanceof Mesh)) {
    throw new ValueError(`Expected mesh of type \`sharding.Mesh\`. Got ${String(mesh)}`);
  }
  if (!isEager()) throw new ValueError("`setMesh` can only be used outside of `jit`.");
  const before = current;
  enter(mesh);
  return scoped(() => enter(before), body);
}) as SetMesh;

function enter(mesh: Mesh | null): void {
  current = mesh;
  if (mesh === null || mesh.empty) {
    setMeshContext(null);
    return;
  }
  const sharding = (spec: PartitionSpec) => new NamedSharding(mesh, spec);
  setMeshContext({
    whole: sharding(new PartitionSpec()),
    bind: (spec) => sharding(spec as PartitionSpec),
  });
  followOperands();
}

/**
 * The mesh that {@link setMesh} set, or an empty one.
 * @throws ValueError inside of `jit`
 * @example
 * ```ts
 * getMesh().empty; // => true
 * ```
 */
export function getMesh(): Mesh {
  if (!isEager()) throw new ValueError("`getMesh` can only be used outside of `jit`.");
  return contextMesh();
}

/** The mesh that is set, while tracing too. */
export function contextMesh(): Mesh {
  return current ?? new Mesh([], []);
}
