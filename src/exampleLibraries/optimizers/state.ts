import type { NDArray } from "../../core/array.ts";
import { registerPytreeNode } from "../../tree/registry.ts";
import type { PyTreeDef } from "../../tree/treedef.ts";

let registered = false;

/**
 * What an optimizer knows about its parameters: for each of them, in the order of the tree's leaves, the arrays of its own state. It is a
 * pytree whose leaves are these arrays, and can be taken apart as the list `[packedState, treeDef, subtreeDefs]`.
 */
export class OptimizerState<P = unknown> implements Iterable<unknown> {
  /** The tree that `getParams` returns; of types only. */
  declare readonly params?: P;
  readonly packedState: readonly (readonly NDArray[])[];
  /** The structure of the parameters. */
  readonly treeDef: PyTreeDef;
  /** The structures of the states, one for each parameter. */
  readonly subtreeDefs: readonly PyTreeDef[];

  constructor(
    packedState: readonly (readonly NDArray[])[],
    treeDef: PyTreeDef,
    subtreeDefs: readonly PyTreeDef[],
  ) {
    register();
    this.packedState = packedState;
    this.treeDef = treeDef;
    this.subtreeDefs = subtreeDefs;
  }

  *[Symbol.iterator](): Iterator<unknown> {
    yield this.packedState;
    yield this.treeDef;
    yield this.subtreeDefs;
  }
}

/** With the first state rather than on import: a bundle without optimizers keeps nothing of this. */
function register(): void {
  if (registered) return;
  registered = true;
  registerPytreeNode(
    OptimizerState,
    (state) => [[state.packedState], [state.treeDef, state.subtreeDefs] as const],
    ([treeDef, subtreeDefs], [packedState]) =>
      new OptimizerState(packedState as readonly NDArray[][], treeDef, subtreeDefs),
  );
}
