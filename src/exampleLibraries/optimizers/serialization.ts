import type { NDArray } from "../../core/array.ts";
import { AssertionError } from "../../errors.ts";
import { flatten, unflatten } from "../../tree/flatten.ts";
import type { PyTreeDef } from "../../tree/treedef.ts";
import type { MapLeaves } from "../../tree/types.ts";
import { checkState } from "./optimizer.ts";
import { OptimizerState } from "./state.ts";

/** Stands at a leaf of one tree and holds another: where the tree of parameters ends and the state of one of them begins. */
export class JoinPoint {
  readonly subtree: unknown;
  constructor(subtree: unknown) {
    this.subtree = subtree;
  }

  *[Symbol.iterator](): Iterator<unknown> {
    yield this.subtree;
  }
}

/**
 * A state as a tree that can be looked at and saved: the tree of the parameters, with a {@link JoinPoint} for each that holds the
 * optimizer's state of it.
 *
 * @throws TypeError for something else than a state
 * @example
 * ```ts
 * const { momentum, unpackOptimizerState } = exampleLibraries.optimizers;
 * const marked = unpackOptimizerState(momentum(0.1, 0.9).initFun({ w: jnp.ones(2) }));
 * marked.w.subtree; // => [Array([1., 1.], dtype=float32), Array([0., 0.], dtype=float32)]
 * ```
 */
export function unpackOptimizerState<P>(optState: OptimizerState<P>): MapLeaves<P, JoinPoint> {
  checkState("unpackOptimizerState", optState);
  const { packedState, treeDef, subtreeDefs } = optState;
  const points = packedState.map((arrays, k) => new JoinPoint(unflatten(subtreeDefs[k], arrays)));
  return unflatten(treeDef, points) as MapLeaves<P, JoinPoint>;
}

/**
 * The state that {@link unpackOptimizerState} made a tree of.
 *
 * @throws AssertionError when the tree has other leaves than a {@link JoinPoint}
 * @example
 * ```ts
 * const { JoinPoint, packOptimizerState, sgd } = exampleLibraries.optimizers;
 * const state = packOptimizerState({ w: new JoinPoint(jnp.ones(2)) });
 * sgd(0.1).getParams(state); // => { w: Array([1., 1.], dtype=float32) }
 * ```
 */
export function packOptimizerState<T>(markedPytree: T): OptimizerState<MapLeaves<T, NDArray, JoinPoint>> {
  const [points, treeDef] = flatten(markedPytree);
  const packed = (points as unknown[]).map((point) => {
    if (point instanceof JoinPoint) return flatten(point.subtree);
    throw new AssertionError(
      `packOptimizerState requires a tree whose leaves are JoinPoints, as unpackOptimizerState makes them, got a leaf of type ${typeof point}.`,
    );
  });
  return new OptimizerState(
    packed.map(([arrays]) => arrays as NDArray[]),
    treeDef as PyTreeDef,
    packed.map(([, def]) => def as PyTreeDef),
  );
}
