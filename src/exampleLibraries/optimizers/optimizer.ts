import type { ArrayLike, NDArray } from "../../core/array.ts";
import { leafArray } from "../../optim/leaves.ts";
import { flatten, unflatten } from "../../tree/flatten.ts";
import type { PyTreeDef } from "../../tree/treedef.ts";
import { OptimizerState } from "./state.ts";

/** The functions of an optimizer by name. */
interface Functions {
  /** The state for parameters. */
  readonly initFun: <P>(params: P) => OptimizerState<P>;
  /** The state after a step along gradients, which are a tree of the parameters' structure; steps count from 0. */
  readonly updateFun: <P>(step: ArrayLike, grads: NoInfer<P>, state: OptimizerState<P>) => OptimizerState<P>;
  /** The parameters that a state holds. */
  readonly getParams: <P>(state: OptimizerState<P>) => P;
}

/** An optimizer: three pure functions on trees of parameters, as a list and by name. */
export type Optimizer = Functions &
  readonly [Functions["initFun"], Functions["updateFun"], Functions["getParams"]];

/**
 * An optimizer: three pure functions on trees of parameters, by name or as the list `[initFun, updateFun, getParams]`.
 *
 * @example
 * ```ts
 * const { optimizers } = exampleLibraries;
 * const [initFun, updateFun, getParams] = optimizers.momentum(0.1, 0.5);
 * const loss = (p: { w: NDArray }) => p.w.mul(p.w).sum();
 * let state = initFun({ w: jnp.array([1, -2]) });
 * for (let i = 0; i < 50; i++) state = updateFun(i, grad(loss)(getParams(state)), state);
 * Number(loss(getParams(state))) < 1e-3; // => true
 * ```
 */
export function Optimizer(
  initFun: Functions["initFun"],
  updateFun: Functions["updateFun"],
  getParams: Functions["getParams"],
): Optimizer {
  const list = [initFun, updateFun, getParams] as const;
  return Object.freeze(Object.assign(list, { initFun, updateFun, getParams }));
}

/** An optimizer of one parameter, an array; its state is a tree. */
export interface OptimizerParts<S> {
  readonly init: (x: NDArray) => S;
  readonly update: (step: ArrayLike, grad: NDArray, state: S) => S;
  readonly getParams: (state: S) => NDArray;
}

/**
 * Makes of a function that returns an optimizer of one array, as `{ init, update, getParams }` or a list of these, one that returns an
 * {@link Optimizer} of trees.
 *
 * @throws TypeError, from the functions of the optimizer, when gradients have another structure than the parameters, and when `update`
 *   returns another structure than it was given
 * @example
 * ```ts
 * const signSgd = exampleLibraries.optimizers.optimizer((size: number) => ({
 *   init: (x: NDArray) => x,
 *   update: (_step, grad, x: NDArray) => x.sub(jnp.sign(grad).mul(size)),
 *   getParams: (x: NDArray) => x,
 * }));
 * const { initFun, updateFun, getParams } = signSgd(0.5);
 * getParams(updateFun(0, [jnp.array(3)], initFun([jnp.ones(1)]))); // => [Array([0.5], dtype=float32)]
 * ```
 */
/* @__NO_SIDE_EFFECTS__ */
export function optimizer<A extends readonly unknown[], S>(
  maker: (
    ...args: A
  ) =>
    | OptimizerParts<S>
    | readonly [OptimizerParts<S>["init"], OptimizerParts<S>["update"], OptimizerParts<S>["getParams"]],
): (...args: A) => Optimizer {
  if (typeof maker !== "function") {
    throw new TypeError(
      `optimizer requires a function that makes an optimizer of one array, got ${typeof maker}.`,
    );
  }
  return (...args) => {
    const made = maker(...args);
    return overTrees("init" in made ? made : { init: made[0], update: made[1], getParams: made[2] });
  };
}

function overTrees<S>({ init, update, getParams }: OptimizerParts<S>): Optimizer {
  const statesOf = ({ packedState, subtreeDefs }: OptimizerState): S[] =>
    packedState.map((arrays, k) => unflatten(subtreeDefs[k], arrays) as S);
  return Optimizer(
    (params) => {
      const [leaves, treeDef] = flatten(params);
      const packed = leaves.map((x) => flatten(init(leafArray(x))));
      return new OptimizerState(
        packed.map(([arrays]) => arrays as NDArray[]),
        treeDef as PyTreeDef,
        packed.map(([, def]) => def as PyTreeDef),
      );
    },
    (step, grads, state) => {
      checkState("updateFun", state);
      const [leaves, structure] = flatten(grads);
      if (!structure.equals(state.treeDef)) {
        throw new TypeError(
          "The optimizer's update function was passed a gradient tree that does not match the structure of the parameters " +
            `with which it was initialized: parameters ${state.treeDef}, gradients ${structure}.`,
        );
      }
      const states = statesOf(state);
      const packed = leaves.map((g, k) => flatten(update(step, leafArray(g), states[k])));
      packed.forEach(([, def], k) => {
        if (def.equals(state.subtreeDefs[k])) return;
        throw new TypeError(
          "The optimizer's update function returned a state of another structure than it was given: " +
            `given ${state.subtreeDefs[k]}, returned ${def}.`,
        );
      });
      const arrays = packed.map(([list]) => list as NDArray[]);
      return new OptimizerState(arrays, state.treeDef, state.subtreeDefs);
    },
    <P>(state: OptimizerState<P>): P => {
      checkState("getParams", state);
      return unflatten(state.treeDef, statesOf(state).map(getParams)) as P;
    },
  );
}

/** @throws TypeError for something else than a state */
export function checkState(where: string, state: unknown): void {
  if (state instanceof OptimizerState) return;
  throw new TypeError(`${where} requires an OptimizerState, which initFun makes, got ${typeof state}.`);
}
