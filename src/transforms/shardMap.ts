import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import { ClosedJaxpr, Jaxpr } from "../core/jaxpr.ts";
import { bind, type NamedAxis, withAxes } from "../core/trace.ts";
import { ValueError } from "../errors.ts";
import { vary } from "../lax/collectives/varying.ts";
import { contextMesh } from "../sharding/context.ts";
import { Mesh } from "../sharding/mesh.ts";
import { PartitionSpec } from "../sharding/partitionSpec.ts";
import { leaves } from "../tree/flatten.ts";
import { broadcastPrefix } from "../tree/rearrange.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { checkOptions } from "./options.ts";
import {
  checkDivisible,
  checkInRanks,
  checkOutRanks,
  checkReplication,
  checkSpecNames,
} from "./shardMapChecks.ts";
import { axesOf, shardMapP } from "./shardMapPrimitive.ts";
import { shardShape } from "./shards.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";

/** A spec, or a pytree of specs that is a prefix of the arguments (or results). */
export type SpecTree = PartitionSpec | readonly SpecTree[] | { readonly [key: string]: SpecTree };

export interface ShardMapOptions {
  /** The devices; default those of the mesh that `setMesh` set. */
  mesh?: Mesh;
  /** How arguments are divided among them: a tree that is a prefix of the list of arguments. */
  inSpecs: SpecTree;
  /** How the results of the devices make up the results: a tree that is a prefix of what the function returns. */
  outSpecs: SpecTree;
  /** The axes of the mesh that are mapped over; default all. Over the others, the function sees whole arrays. */
  axisNames?: readonly string[] | ReadonlySet<string>;
  /** Follow in the types over which axes values vary, and check that results which are not divided are the same on all devices; default true. */
  checkVma?: boolean;
}

/**
 * Runs a function on every device of a mesh, each on its shards of the arguments: inside, arrays have the shapes of shards, and collectives
 * (`lax.psum(x, "axis")`) go between the devices along an axis of the mesh.
 *
 * With `checkVma`, a value that devices share and that meets one that varies is made varying (`pvary`), and its gradient is summed over the
 * devices.
 *
 * @throws ValueError for specs that do not fit the mesh or the arrays, and for results that are not divided but may differ between devices
 * @example
 * ```ts
 * const mesh = makeMesh([1], ["i"]);
 * const total = shardMap((x: NDArray) => lax.psum(x.sum(), "i"), { mesh, inSpecs: P("i"), outSpecs: P() });
 * String(total(jnp.arange(4))); // => "6"
 * ```
 */
export function shardMap<F extends AnyFunction>(
  f: F,
  options: ShardMapOptions,
): (...args: ArgsOf<F>) => ReturnType<F> {
  requireCallable(f);
  checkOptions("shardMap", options, ["mesh", "inSpecs", "outSpecs", "axisNames", "checkVma"]);
  const { inSpecs, outSpecs, checkVma = true } = options;
  const name = functionName(f);
  const prepare = (): { mesh: Mesh; manualAxes: readonly string[] } => {
    const mesh = meshFor(options.mesh);
    const manualAxes = options.axisNames === undefined ? mesh.axisNames : [...options.axisNames];
    for (const axis of manualAxes) {
      if (mesh.axisNames.includes(axis)) continue;
      throw new ValueError(`shardMap axisNames has ${axis}, which is no axis of the mesh ${mesh}.`);
    }
    checkSpecTree(inSpecs, "inSpecs", manualAxes);
    checkSpecTree(outSpecs, "outSpecs", manualAxes);
    return { mesh, manualAxes };
  };
  if (options.mesh !== undefined) prepare();
  const mapped = (...args: unknown[]): unknown => {
    const { mesh, manualAxes } = prepare();
    const { leaves: inputs, treedef } = flattenArrays(args, `shardMap of ${name} was called with`);
    const specs = broadcastPrefix(inSpecs, args, isSpec, "shardMap inSpecs") as PartitionSpec[];
    return runOnDevices({
      name,
      mesh,
      manualAxes,
      checkVma,
      inputs,
      inSpecs: specs,
      call: (shards) => f(...(treedef.unflatten(shards) as unknown[])),
      outSpecsOf: (_avals, outTree) => {
        const placeholder = outTree.unflatten(new Array(outTree.numLeaves).fill(0));
        return broadcastPrefix(outSpecs, placeholder, isSpec, "shardMap outSpecs") as PartitionSpec[];
      },
    });
  };
  return setName(mapped, name) as (...args: ArgsOf<F>) => ReturnType<F>;
}

/** @throws TypeError for something else than a mesh; ValueError where none is given nor set, and where another is set than is given */
function meshFor(given: Mesh | undefined): Mesh {
  const around = contextMesh();
  if (given === undefined) {
    if (!around.empty) return around;
    throw new ValueError(
      "shardMap requires a mesh. The context mesh cannot be empty. Use `setMesh(mesh)` to enter into a mesh context",
    );
  }
  if (!(given instanceof Mesh)) throw new TypeError(`shardMap requires a mesh, got ${String(given)}.`);
  if (around.empty || around.equals(given)) return given;
  throw new ValueError(`The context mesh ${around} should match the mesh passed to shardMap ${given}`);
}

interface DeviceCall {
  readonly name: string;
  readonly mesh: Mesh;
  readonly manualAxes: readonly string[];
  readonly checkVma: boolean;
  readonly inputs: readonly NDArray[];
  readonly inSpecs: readonly PartitionSpec[];
  /** The function of one device, on its shards. */
  readonly call: (shards: NDArray[]) => unknown;
  readonly outSpecsOf: (avals: readonly ShapedArray[], outTree: PyTreeDef) => readonly PartitionSpec[];
}

/** Traces the function for one device and applies it on all: {@link shardMap} of flat arguments. */
export function runOnDevices(run: DeviceCall): unknown {
  const { name, mesh, manualAxes, checkVma, inputs, inSpecs } = run;
  const axes = axesOf({ mesh, manualAxes, checkVma });
  checkInRanks(name, inputs, inSpecs);
  checkDivisible(name, mesh, inputs, inSpecs, axes);
  let outTree!: PyTreeDef;
  let outSpecs!: readonly PartitionSpec[];
  const { jaxpr, consts } = withAxes(axes, () =>
    traceToJaxpr(
      (shards) => {
        const flat = flattenArrays(run.call(shards), `function ${name} under shardMap returned`);
        outTree = flat.treedef;
        const avals = flat.leaves.map((x) => x.aval);
        outSpecs = run.outSpecsOf(avals, outTree);
        checkOutRanks(name, avals, outSpecs);
        if (!checkVma) return flat.leaves;
        checkReplication(name, mesh, avals, outSpecs, axes);
        return flat.leaves.map((x, i) => vary(x, namesOf(outSpecs[i], axes).sort()));
      },
      inputs.map((x, i) => shardAval(x.aval, inSpecs[i], axes, checkVma)),
      `tracing the function ${name} for shardMap`,
    ),
  );
  // What the function closes over is the same for all devices.
  const program = new ClosedJaxpr(
    new Jaxpr([], [...jaxpr.constvars, ...jaxpr.invars], jaxpr.eqns, jaxpr.outvars),
  );
  const outs = bind(shardMapP, [...consts, ...inputs], {
    checkVma,
    inSpecs: [...consts.map(() => new PartitionSpec()), ...inSpecs],
    jaxpr: program,
    mesh,
    manualAxes,
    outSpecs,
  });
  return outTree.unflatten(outs);
}

function namesOf(spec: PartitionSpec, axes: readonly NamedAxis[]): string[] {
  return spec.names.filter((name) => axes.some((axis) => axis.name === name));
}

function shardAval(
  aval: ShapedArray,
  spec: PartitionSpec,
  axes: readonly NamedAxis[],
  checkVma: boolean,
): ShapedArray {
  const shape = shardShape(aval.shape, spec, axes);
  const varying = checkVma ? [...new Set([...aval.varying, ...namesOf(spec, axes)])].sort() : aval.varying;
  return aval.update({ shape, varying });
}

function isSpec(x: unknown): boolean {
  return x instanceof PartitionSpec;
}

function checkSpecTree(tree: unknown, option: string, manualAxes: readonly string[]): void {
  for (const spec of leaves(tree, isSpec) as unknown[]) {
    if (!(spec instanceof PartitionSpec)) {
      throw new TypeError(
        `shardMap ${option} argument must be a pytree of PartitionSpec instances, but got ${String(spec)}.`,
      );
    }
    checkSpecNames(spec, option, manualAxes);
  }
}
