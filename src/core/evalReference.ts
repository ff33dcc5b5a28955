import type { ArrayImpl, NDArray } from "./array.ts";
import type { HostArray } from "./hostArray.ts";
import { type Atom, type Jaxpr, Literal, type Var } from "./jaxpr.ts";

/** The elements of a concrete array, on the host. */
export function hostArrayOf(x: NDArray): HostArray {
  const array = x as ArrayImpl;
  return { shape: array.shape, dtype: array.dtype, data: array.toHost() };
}

/** Runs a program equation by equation with the reference rules of its primitives, on host arrays. */
export function evalReference(
  jaxpr: Jaxpr,
  consts: readonly HostArray[],
  args: readonly HostArray[],
): HostArray[] {
  const values = new Map<Var, HostArray>();
  jaxpr.constvars.forEach((v, i) => values.set(v, consts[i]));
  jaxpr.invars.forEach((v, i) => values.set(v, args[i]));
  const read = (atom: Atom): HostArray =>
    atom instanceof Literal ? hostArrayOf(atom.array) : (values.get(atom) as HostArray);
  for (const { primitive, inputs, outputs, params } of jaxpr.eqns) {
    const operands = inputs.map(read);
    const program = primitive.inlineAs?.(params);
    if (program !== undefined) {
      const results = evalReference(program.jaxpr, program.consts.map(hostArrayOf), operands);
      for (let i = 0; i < outputs.length; i++) values.set(outputs[i], results[i]);
    } else {
      const avals = outputs.map((v) => v.aval);
      const results = primitive.reference(operands, params, avals);
      for (let i = 0; i < outputs.length; i++) {
        values.set(outputs[i], { shape: avals[i].shape, dtype: avals[i].dtype, data: results[i] });
      }
    }
  }
  return jaxpr.outvars.map(read);
}
