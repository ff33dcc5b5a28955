import { ArrayImpl } from "../core/array.ts";
import { config } from "../core/config.ts";
import { type ClosedJaxpr, Literal } from "../core/jaxpr.ts";
import { formatScalar } from "../dtypes/index.ts";
import { RuntimeError } from "../errors.ts";

/**
 * Compares a cached program with a fresh trace of the same function on the same arguments. A pure function gives the same program; a difference
 * is hidden state, and says which constant of the program it is.
 */
export function checkPurity(name: string, cached: ClosedJaxpr, retrace: () => ClosedJaxpr): void {
  const fresh = retrace();
  const changes = differences(cached, fresh);
  if (changes.length === 0) return;
  const message =
    `function ${name} is not pure: tracing it again with the same arguments gave another program, but the compiled one is used. ` +
    `What changed: ${changes.join("; ")}. Pass the state as an argument and return its new value.`;
  if (config.checkPurity === "error") throw new RuntimeError(message);
  console.warn(message);
}

function differences(a: ClosedJaxpr, b: ClosedJaxpr): string[] {
  const found: string[] = [];
  if (a.eqns.length === b.eqns.length) {
    a.eqns.forEach((eqn, k) => {
      const other = b.eqns[k];
      if (eqn.primitive !== other.primitive) return;
      eqn.inputs.forEach((x, i) => {
        const y = other.inputs[i];
        if (x instanceof Literal && y instanceof Literal && !Object.is(x.value, y.value)) {
          found.push(`a literal ${show(x)} of equation ${k + 1} (${eqn.primitive.name}) became ${show(y)}`);
        }
      });
    });
  }
  a.jaxpr.outvars.forEach((x, i) => {
    const y = b.jaxpr.outvars[i];
    if (x instanceof Literal && y instanceof Literal && !Object.is(x.value, y.value)) {
      found.push(`a literal ${show(x)} among the results became ${show(y)}`);
    }
  });
  a.consts.forEach((x, i) => {
    const y = b.consts[i];
    if (y === undefined || x === y || x.aval !== y.aval) return;
    if (!(x instanceof ArrayImpl && y instanceof ArrayImpl)) return;
    const before = x.toHost();
    const after = y.toHost();
    const at = before.findIndex((v: number | bigint, k: number) => !Object.is(v, after[k]));
    if (at >= 0)
      found.push(
        `a constant ${x.aval.strShort()} changed (element ${at}: ${before[at]} became ${after[at]})`,
      );
  });
  if (found.length === 0 && String(a) !== String(b)) {
    found.push(`${firstDifferentLine(String(a), String(b))}`);
  }
  return found;
}

function show(x: Literal): string {
  return formatScalar(x.value, x.aval.dtype);
}

function firstDifferentLine(a: string, b: string): string {
  const left = a.split("\n");
  const right = b.split("\n");
  const at = left.findIndex((line, i) => line !== right[i]);
  return `"${(left[at] ?? "").trim()}" became "${(right[at] ?? "").trim()}"`;
}
