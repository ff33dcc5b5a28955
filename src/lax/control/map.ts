import type { NDArray } from "../../core/array.ts";
import { ValueError } from "../../errors.ts";
import { flattenArrays } from "../../transforms/flatFunction.ts";
import { functionName, setName } from "../../transforms/functionName.ts";
import { checkOptions } from "../../transforms/options.ts";
import type { AnyFunction } from "../../transforms/types.ts";
import { vmap } from "../../transforms/vmap.ts";
import { map as mapTree } from "../../tree/map.ts";
import { concatenate } from "../concatenate.ts";
import { ops } from "../ops.ts";
import { scan } from "./scan.ts";

export interface MapOptions {
  /** How many elements to compute together, with `vmap`: all with 0. Default: one after the other. */
  batchSize?: number | null;
}

/**
 * Maps a function over the leading axis of arrays, one slice after the other, in a loop. Less memory than `vmap`, and with `batchSize` something in
 * between.
 *
 * @param xs a tree of arrays with equal first axes
 * @returns the tree of stacked results
 * @throws ValueError when an array has no axis, or the axes differ
 * @example
 * ```ts
 * String(lax.map((x: NDArray) => x.mul(x), jnp.array([1, 2, 3]))); // => "[1. 4. 9.]"
 * ```
 */
export function map<F extends (x: never) => unknown>(
  f: F,
  xs: Parameters<F>[0],
  options: MapOptions = {},
): ReturnType<F> {
  if (typeof f !== "function") throw new TypeError("lax.map: f argument should be a callable.");
  checkOptions("lax.map", options, ["batchSize"]);
  const { batchSize = null } = options;
  const slices = batchSize === null ? (f as AnyFunction) : (vmap(f) as AnyFunction);
  const inLoop = (trees: unknown): unknown =>
    scan(
      setName((_carry: null, x: unknown) => [null, slices(x)] as const, functionName(f)),
      null,
      trees,
    )[1];
  if (batchSize === null) return inLoop(xs) as ReturnType<F>;
  if (!Number.isInteger(batchSize) || batchSize < 0)
    throw new ValueError(`lax.map: batchSize must be a non-negative integer, got ${String(batchSize)}.`);

  const { leaves, treedef } = flattenArrays(xs, "lax.map: xs is");
  const length = leaves[0]?.shape[0] ?? 0;
  const batches = batchSize === 0 ? 0 : Math.floor(length / batchSize);
  if (batches === 0) return slices(xs) as ReturnType<F>;
  const whole = batches * batchSize;
  const batched = leaves.map((x) =>
    ops.reshape(rows(x, 0, whole), [batches, batchSize, ...x.shape.slice(1)]),
  );
  const remaining = whole === length ? null : leaves.map((x) => rows(x, whole, length));
  const ys = mapTree(
    (y: NDArray) => ops.reshape(y, [whole, ...y.shape.slice(2)]),
    inLoop(treedef.unflatten(batched)),
  );
  if (remaining === null) return ys as ReturnType<F>;
  const others = slices(treedef.unflatten(remaining));
  return mapTree((a: NDArray, b: NDArray) => concatenate([a, b], 0), ys, others) as ReturnType<F>;
}

/** Some of the slices of an array. */
function rows(x: NDArray, from: number, to: number): NDArray {
  if (from === 0 && to === x.shape[0]) return x;
  return ops.slice(x, [from, ...x.shape.slice(1).map(() => 0)], [to, ...x.shape.slice(1)]);
}
