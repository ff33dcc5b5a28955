import type { NDArray } from "../core/array.ts";
import type { BatchDim } from "../core/primitive.ts";
import { noAxes } from "../core/trace.ts";
import { ValueError } from "../errors.ts";
import { broadcastBatchDim, moveBatchDim } from "../lax/batching.ts";
import { isPlainObject } from "../tree/descend.ts";
import { leaves } from "../tree/flatten.ts";
import { broadcastPrefix } from "../tree/rearrange.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { runBatched } from "./batchTrace.ts";
import { flattenArrays } from "./flatFunction.ts";
import { functionName, setName } from "./functionName.ts";
import { requireCallable } from "./jit.ts";
import { checkOptions } from "./options.ts";
import type { AnyFunction, ArgsOf } from "./types.ts";

/** An axis, null (not mapped), or a pytree of those that is a prefix of the arguments (or results). */
export type AxisSpec = number | null | readonly AxisSpec[] | { readonly [key: string]: AxisSpec };

/** Axes of the arguments: one for all, or one {@link AxisSpec} for each. */
export type InAxes = number | null | readonly AxisSpec[];

export interface VmapOptions {
  /** The axis of each argument to map over; default 0 for all. */
  inAxes?: InAxes;
  /** Where the mapped axis appears in each result; default 0. */
  outAxes?: AxisSpec;
  /** The name by which collectives (`lax.psum(x, "i")`) refer to the mapped axis. */
  axisName?: string;
  /** The size of the mapped axis, when no argument is mapped or to check the arguments. */
  axisSize?: number;
  /** The axis of a mesh over which functions under shardMap divide the mapped axis. */
  spmdAxisName?: string;
}

/**
 * Vectorises a function: the result maps `f` over an axis of its arguments, as if by a loop, but with whole-array operations.
 *
 * @throws ValueError when mapped axes have different sizes, are out of range, or nothing is mapped and `axisSize` is not given
 * @example
 * ```ts
 * const dots = vmap((x, y) => jnp.dot(x, y), { inAxes: [0, null] });
 * String(dots(jnp.array([[1, 2], [3, 4]]), jnp.array([1, 1]))); // => "[3. 7.]"
 * ```
 */
export function vmap<F extends AnyFunction>(
  f: F,
  options: VmapOptions | InAxes = {},
  outAxes?: AxisSpec,
): (...args: ArgsOf<F>) => ReturnType<F> {
  requireCallable(f);
  const o: VmapOptions = isPlainObject(options) ? options : { inAxes: options as InAxes, outAxes };
  checkOptions("vmap", o, ["inAxes", "outAxes", "axisName", "axisSize", "spmdAxisName"]);
  const { inAxes = 0, axisName, axisSize } = o;
  const wantedAxes = o.outAxes === undefined ? 0 : o.outAxes;
  if (isPlainObject(inAxes)) throw axesError("inAxes", "an object");
  checkAxes(inAxes, "inAxes");
  checkAxes(wantedAxes, "outAxes");
  if (axisSize !== undefined && !(Number.isInteger(axisSize) && axisSize >= 0)) {
    throw new ValueError(`vmap axisSize must be a non-negative integer, got ${String(axisSize)}.`);
  }
  if (axisName !== undefined && typeof axisName !== "string") {
    throw new TypeError(`vmap axisName must be a string, got ${String(axisName)}.`);
  }
  const name = functionName(f);
  const mapped = (...args: unknown[]): unknown => {
    if (Array.isArray(inAxes) && inAxes.length !== args.length) {
      throw new ValueError(
        `vmap inAxes must be an int, null, or a list of entries corresponding to the positional arguments passed to the function, but got len(inAxes)=${inAxes.length}, len(args)=${args.length}`,
      );
    }
    const { leaves, treedef } = flattenArrays(args, `vmap of ${name} was called with`);
    const axes = broadcastPrefix(inAxes, args, isAxis, "vmap inAxes") as BatchDim[];
    const dims = axes.map((axis, i) => normalizeAxis(axis, leaves[i], `vmap of ${name}`));
    const size = mappedSize(leaves, dims, axisSize, name);
    let outTree!: PyTreeDef;
    const [outs, outDims] = runBatched(
      (xs) => {
        const flat = flattenArrays(
          f(...(treedef.unflatten(xs) as unknown[])),
          `function ${name} mapped by vmap returned`,
        );
        outTree = flat.treedef;
        return flat.leaves;
      },
      leaves,
      dims,
      size,
      `mapping the function ${name} with vmap`,
      axisName === undefined ? noAxes : [{ name: axisName, size }],
      o.spmdAxisName ?? null,
    );
    const placeholder = outTree.unflatten(outs);
    const wanted = broadcastPrefix(wantedAxes, placeholder, isAxis, "vmap outAxes") as BatchDim[];
    return outTree.unflatten(outs.map((x, i) => placeAxis(x, outDims[i], wanted[i], size, name)));
  };
  return setName(mapped, name) as (...args: ArgsOf<F>) => ReturnType<F>;
}

function isAxis(x: unknown): boolean {
  return x === null || typeof x === "number";
}
function checkAxes(spec: unknown, where: string): void {
  if (spec === null || Number.isInteger(spec)) return;
  if (typeof spec !== "object") throw axesError(where, String(spec));
  for (const x of leaves(spec, isAxis)) {
    if (x !== null && !Number.isInteger(x)) throw axesError(where, String(x));
  }
}
function axesError(where: string, got: string): TypeError {
  return new TypeError(
    `vmap ${where} must be an int, null, or a list with one entry for each positional argument (an int, null or a tree of those), but got ${got}.`,
  );
}

function normalizeAxis(axis: BatchDim, x: NDArray, where: string): BatchDim {
  if (axis === null) return null;
  const k = axis < 0 ? axis + x.ndim : axis;
  if (k < 0 || k >= x.ndim) {
    throw new ValueError(
      `${where} was requested to map its argument along axis ${axis}, which implies that its rank should be at least ${axis < 0 ? -axis : axis + 1}, but is only ${x.ndim} (its shape is (${x.shape.join(", ")}))`,
    );
  }
  return k;
}

function mappedSize(
  leaves: readonly NDArray[],
  dims: readonly BatchDim[],
  axisSize: number | undefined,
  name: string,
): number {
  const sizes = leaves.flatMap((x, i) => (dims[i] === null ? [] : [x.shape[dims[i]]]));
  const size = axisSize ?? sizes[0];
  if (size === undefined)
    throw new ValueError(
      "vmap must have at least one non-None value in in_axes (inAxes), or be given axisSize.",
    );
  if (sizes.some((s) => s !== size)) {
    const list = leaves.flatMap((x, i) =>
      dims[i] === null
        ? []
        : [`  * argument leaf ${i} of type ${x.aval} has axis ${dims[i]} of size ${x.shape[dims[i]]}`],
    );
    if (axisSize !== undefined) list.unshift(`  * axisSize is ${axisSize}`);
    throw new ValueError(
      `vmap of ${name} got inconsistent sizes for array axes to be mapped:\n${list.join("\n")}`,
    );
  }
  return size;
}

/** Moves a result's mapped axis to where it is wanted; a result that does not depend on the map is repeated. */
function placeAxis(x: NDArray, dim: BatchDim, wanted: BatchDim, size: number, name: string): NDArray {
  if (wanted === null) {
    if (dim === null) return x;
    throw new ValueError(
      `vmap has mapped output but outAxes is null: a result of ${name} depends on the mapped arguments.`,
    );
  }
  const ndim = dim === null ? x.ndim + 1 : x.ndim;
  const to = wanted < 0 ? wanted + ndim : wanted;
  if (to < 0 || to >= ndim)
    throw new ValueError(
      `vmap outAxes entry ${wanted} is out of bounds for a result of ${name} with ${ndim} axes.`,
    );
  if (dim === null) return broadcastBatchDim(x, size, to);
  return moveBatchDim(x, dim, to);
}
