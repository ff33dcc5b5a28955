import { NDArray } from "../core/array.ts";
import type { DType } from "../dtypes/index.ts";
import { leaves as treeLeaves } from "../tree/flatten.ts";
import { flattenArrays } from "./flatFunction.ts";

/** What a derivative is asked for: by name in errors, and what it may be taken of. */
export interface DerivativeKind {
  readonly where: string;
  /** The function is a complex function of complex arguments, differentiable in the complex sense. */
  readonly holomorphic?: boolean | undefined;
  readonly allowInt?: boolean | undefined;
}

/** @throws TypeError for arguments whose dtype a forward-mode derivative cannot take */
export function checkForwardInputs(tree: unknown, { where, holomorphic }: DerivativeKind): void {
  for (const dtype of dtypesOf(tree, where)) {
    if (holomorphic === true) {
      requireComplex(dtype, where, "inputs");
    } else if (dtype.kind !== "float") {
      throw new TypeError(
        `${where} requires real-valued inputs (input dtype that is a sub-dtype of np.floating), but got ${dtype}. ` +
          "For holomorphic differentiation, pass holomorphic: true. For differentiation of non-holomorphic functions involving " +
          "complex inputs or integer inputs, use jvp directly; integers are converted by x.astype(jnp.float32).",
      );
    }
  }
}

/** @throws TypeError for arguments whose dtype a reverse-mode derivative cannot take */
export function checkReverseInputs(tree: unknown, { where, holomorphic, allowInt }: DerivativeKind): void {
  for (const dtype of dtypesOf(tree, where)) {
    if (holomorphic === true) {
      requireComplex(dtype, where, "inputs");
    } else if (dtype.kind !== "float" && dtype.kind !== "complex" && allowInt !== true) {
      throw new TypeError(
        `${where} requires real- or complex-valued inputs (input dtype that is a sub-dtype of np.inexact), but got ${dtype}. ` +
          "If you want to use Boolean- or integer-valued inputs, use vjp or set allowInt to true; to differentiate, convert with x.astype(jnp.float32).",
      );
    }
  }
}

/** @throws TypeError when a forward-mode derivative that is to be holomorphic is of a function with real values */
export function checkForwardOutput({ dtype }: NDArray, { where, holomorphic }: DerivativeKind): void {
  if (holomorphic === true) requireComplex(dtype, where, "outputs");
}

/** @throws TypeError for a result whose dtype a reverse-mode derivative cannot take */
export function checkReverseOutput({ dtype }: NDArray, { where, holomorphic }: DerivativeKind): void {
  if (holomorphic === true) {
    requireComplex(dtype, where, "outputs");
  } else if (dtype.kind === "complex") {
    throw new TypeError(
      `${where} requires real-valued outputs (output dtype that is a sub-dtype of np.floating), but got ${dtype}. For holomorphic differentiation, pass holomorphic=True. For differentiation of non-holomorphic functions involving complex outputs, use jax.vjp directly.`,
    );
  } else if (dtype.kind !== "float") {
    throw new TypeError(
      `${where} requires real-valued outputs (output dtype that is a sub-dtype of np.floating), but got ${dtype}. For differentiation of functions with integer outputs, use jax.vjp directly.`,
    );
  }
}

function requireComplex(dtype: DType, where: string, what: string): void {
  if (dtype.kind === "complex") return;
  throw new TypeError(
    `${where} with holomorphic=True requires ${what} with complex dtype, but got ${dtype}.`,
  );
}

/** The dtypes of the leaves; booleans, bigints and typed arrays count as the arrays that they become. */
function dtypesOf(tree: unknown, where: string): DType[] {
  return treeLeaves(tree).map((leaf: unknown) =>
    leaf instanceof NDArray ? leaf.dtype : flattenArrays(leaf, `${where} was called with`).leaves[0].dtype,
  );
}
