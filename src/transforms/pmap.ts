import type { NDArray } from "../core/array.ts";
import type { BatchDim } from "../core/primitive.ts";
import { ValueError } from "../errors.ts";
import { ops } from "../lax/ops.ts";
import { devices as allDevices, type Device } from "../sharding/device.ts";
import { Mesh } from "../sharding/mesh.ts";
import { PartitionSpec } from "../sharding/partitionSpec.ts";
import { leaves } from "../tree/flatten.ts";
import { broadcastPrefix } from "../tree/rearrange.ts";
import { staticKey } from "../tree/statics.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { type JitFunction, jit, requireCallable } from "./jit.ts";
import { checkOptions, resolvePositions } from "./options.ts";
import { runOnDevices } from "./shardMap.ts";
import type { Lowered } from "./stages.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";
import type { AxisSpec } from "./vmap.ts";

export interface PmapOptions {
  /** The name by which collectives refer to the mapped axis. */
  axisName?: string;
  /** The axis of each argument to map over; default 0 for all. Null: the argument is given to every device. */
  inAxes?: AxisSpec;
  /** Where the mapped axis appears in each result; default 0. Null: the result of the first device is taken. */
  outAxes?: AxisSpec;
  /** Positions of arguments that are compile-time constants, the same for all devices. */
  staticBroadcastedArgnums?: number | readonly number[];
  /** The devices to map over; default the first ones. */
  devices?: readonly Device[];
  /** The size of the mapped axis, to check the arguments. */
  axisSize?: number;
  /** Positions of arguments whose memory the call may reuse. */
  donateArgnums?: number | readonly number[];
}

/** A function mapped over devices: call it, or look at its stages. */
export type PmapFunction<F extends AnyFunction> = ((...args: ArgsOf<F>) => ReturnType<F>) & {
  lower(...args: unknown[]): Lowered;
};

const optionNames = [
  ...["axisName", "inAxes", "outAxes", "staticBroadcastedArgnums", "devices", "axisSize", "donateArgnums"],
];

/**
 * Maps a function over an axis of its arguments, each index on a device of its own: compiled once, run by all devices at the same time. Inside,
 * collectives (`lax.pmean(x, "axis")`) go between the devices.
 *
 * It is `jit` of {@link shardMap} over a mesh of one axis, without types that tell which values devices share: gradients that are taken inside
 * are those of a device, to be summed by a collective.
 *
 * @throws ValueError when nothing is mapped, sizes differ, or there are fewer devices than the axis has elements
 * @example
 * ```ts
 * const share = pmap((x: NDArray) => x.div(lax.psum(x, "i")), { axisName: "i" });
 * String(share(jnp.array([4]))); // => "[1.]"
 * ```
 */
export function pmap<F extends AnyFunction>(f: F, options: PmapOptions | string = {}): PmapFunction<F> {
  requireCallable(f);
  const o: PmapOptions = typeof options === "string" ? { axisName: options } : options;
  checkOptions("pmap", o, optionNames);
  const { inAxes = 0, outAxes = 0, axisName = "_internal_pmap_axis_name" } = o;
  checkAxes(inAxes, "inAxes");
  checkAxes(outAxes, "outAxes");
  if (o.devices?.length === 0) {
    throw new ValueError("'devices' argument to pmap must be non-empty, or undefined.");
  }
  const name = functionName(f);
  const cache = new Map<unknown, JitFunction<AnyFunction>>();

  const prepare = (args: readonly unknown[]): { jitted: JitFunction<AnyFunction>; inputs: NDArray[] } => {
    const statics = resolvePositions([o.staticBroadcastedArgnums ?? []].flat(), args.length);
    const late = statics.find((i) => i < 0 || i >= args.length);
    if (late !== undefined) {
      throw new ValueError(
        `pmapped function has staticBroadcastedArgnums=(${statics.join(", ")}) but was called with only ${args.length} positional arguments. ` +
          "All static broadcasted arguments must be passed positionally.",
      );
    }
    const dynamic = args.filter((_, i) => !statics.includes(i));
    const { leaves: inputs, treedef } = flattenArrays(dynamic, `pmap of ${name} was called with`);
    const spec =
      Array.isArray(inAxes) && inAxes.length === args.length
        ? inAxes.filter((_, i) => !statics.includes(i))
        : inAxes;
    const axes = broadcastPrefix(spec, dynamic, isAxis, "pmap inAxes") as BatchDim[];
    const dims = axes.map((axis, i) => normalized(axis, inputs[i], name));
    const size = mappedSize(inputs, dims, o.axisSize, name);
    const mesh = new Mesh(devicesFor(size, o.devices), [axisName]);
    const donated = resolvePositions([o.donateArgnums ?? []].flat(), args.length);
    const donateArgnums = args
      .flatMap((x, i) => (statics.includes(i) ? [] : leaves(x).map(() => donated.includes(i))))
      .flatMap((donate, i) => (donate ? [i] : []));

    const ids = mesh.flatDevices.map(({ id }) => id).join();
    const key = staticKey([treedef.id, dims.join(), ids, args.length, ...statics.map((i) => args[i])]);
    let jitted = cache.get(key);
    if (jitted === undefined) {
      // What the function was given besides arrays is part of the key.
      const fixed = args.map((x, i) => (statics.includes(i) ? x : undefined));
      const call = (shards: NDArray[]): unknown => {
        const own = shards.map((x, i) => {
          const dim = dims[i];
          return dim === null ? x : ops.squeeze(x, [dim]);
        });
        const trees = treedef.unflatten(own) as unknown[];
        let next = 0;
        return placeResults(
          f(...fixed.map((x, i) => (statics.includes(i) ? x : trees[next++]))),
          outAxes,
          name,
        );
      };
      const onDevices = (...flat: NDArray[]): unknown =>
        runOnDevices({
          name,
          mesh,
          manualAxes: [axisName],
          checkVma: false,
          inputs: flat,
          inSpecs: dims.map((dim) => specAt(dim, axisName)),
          call,
          outSpecsOf: (avals, outTree) => {
            const placeholder = outTree.unflatten(new Array(outTree.numLeaves).fill(0));
            const wanted = broadcastPrefix(outAxes, placeholder, isAxis, "pmap outAxes") as BatchDim[];
            return wanted.map((axis, i) =>
              specAt(axis !== null && axis < 0 ? axis + avals[i].ndim : axis, axisName),
            );
          },
        });
      jitted = jit(onDevices as AnyFunction, { name: "_fun", donateArgnums });
      cache.set(key, jitted);
    }
    return { jitted, inputs };
  };

  const mapped = (...args: unknown[]): unknown => {
    const { jitted, inputs } = prepare(args);
    return jitted(...inputs);
  };
  const result = setName(mapped, name) as unknown as PmapFunction<F>;
  result.lower = (...args: unknown[]) => {
    const { jitted, inputs } = prepare(args);
    return jitted.lower(...inputs);
  };
  return result;
}

/** Gives every result an axis of size 1 where the devices' results are put side by side. */
function placeResults(tree: unknown, outAxes: AxisSpec, name: string): unknown {
  const { leaves: outs, treedef } = flattenArrays(tree, `function ${name} mapped by pmap returned`);
  const placeholder = treedef.unflatten(outs);
  const wanted = broadcastPrefix(outAxes, placeholder, isAxis, "pmap outAxes") as BatchDim[];
  return treedef.unflatten(
    outs.map((x, i) => {
      const axis = wanted[i];
      if (axis === null) return x;
      const at = axis < 0 ? axis + x.ndim + 1 : axis;
      if (at < 0 || at > x.ndim) {
        throw new ValueError(
          `pmap outAxes entry ${axis} is out of bounds for a result of ${name} with ${x.ndim + 1} axes.`,
        );
      }
      return ops.expandDims(x, [at]);
    }),
  );
}

function specAt(dim: BatchDim, axisName: string): PartitionSpec {
  if (dim === null) return new PartitionSpec();
  return new PartitionSpec(...Array.from({ length: dim }, () => null), axisName);
}

function isAxis(x: unknown): boolean {
  return x === null || typeof x === "number";
}
function checkAxes(spec: unknown, where: string): void {
  for (const x of leaves(spec, isAxis) as unknown[]) {
    if (x === null || Number.isInteger(x)) continue;
    throw new TypeError(
      `pmap ${where} must be an int, null, or (nested) container with those types as leaves, but got ${String(x)}.`,
    );
  }
}

function normalized(axis: BatchDim, x: NDArray, name: string): BatchDim {
  if (axis === null) return null;
  const k = axis < 0 ? axis + x.ndim : axis;
  if (k >= 0 && k < x.ndim) return k;
  throw new ValueError(
    `pmap of ${name} was requested to map its argument along axis ${axis}, which implies that its rank should be at least ` +
      `${axis < 0 ? -axis : axis + 1}, but is only ${x.ndim} (its shape is (${x.shape.join(", ")}))`,
  );
}

function mappedSize(
  inputs: readonly NDArray[],
  dims: readonly BatchDim[],
  axisSize: number | undefined,
  name: string,
): number {
  const sizes = inputs.flatMap((x, i) => (dims[i] === null ? [] : [x.shape[dims[i]]]));
  const [size] = sizes;
  if (size === undefined) throw new ValueError("pmap requires at least one argument with a mapped axis.");
  if (sizes.some((s) => s !== size)) {
    const list = inputs.flatMap((x, i) =>
      dims[i] === null
        ? []
        : [`  * argument leaf ${i} of type ${x.aval} has axis ${dims[i]} of size ${x.shape[dims[i]]}`],
    );
    throw new ValueError(
      `pmap of ${name} got inconsistent sizes for array axes to be mapped:\n${list.join("\n")}`,
    );
  }
  if (axisSize !== undefined && axisSize !== size) {
    throw new ValueError(`Specified axis_size ${axisSize} doesn't match received axis_size ${size}.`);
  }
  return size;
}

function devicesFor(size: number, given: readonly Device[] | undefined): readonly Device[] {
  if (given !== undefined) {
    if (given.length === size) return given;
    throw new ValueError(`pmap was given ${given.length} devices, but the mapped axis has size ${size}.`);
  }
  const available = allDevices();
  if (size > available.length) {
    throw new ValueError(
      `compiling computation that requires ${size} replicas, but only ${available.length} XLA devices are available. ` +
        `config.update("numCpuDevices", ${size}) makes more.`,
    );
  }
  if (size === 0) throw new ValueError("pmap cannot map over an axis of size 0.");
  return available.slice(0, size);
}
