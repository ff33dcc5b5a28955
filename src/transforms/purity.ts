import { ArrayImpl } from "../core/array.ts";
import { config } from "../core/config.ts";
import { type ClosedJaxpr, type Jaxpr, jaxprsInParams, Literal } from "../core/jaxpr.ts";
import { RuntimeError } from "../errors.ts";

/**
 * Compares a cached program with a fresh trace of the same function on the same arguments. A pure function gives the same program; a difference
 * is hidden state, and the message says which number of the program it is: "a literal 1 that became 2", "a constant 0 that became 10".
 */
export function checkPurity(name: string, cached: ClosedJaxpr, retrace: () => ClosedJaxpr): void {
  const fresh = retrace();
  const changes = differences(cached, fresh);
  if (changes.length === 0) return;
  const message =
    `${name} is not pure: traced again with the same arguments, it gave another program. ` +
    `What changed: ${changes.join("; ")}. ` +
    `The function reads state that is not among its arguments, and the compiled program keeps the old value. ` +
    `Pass the state as an argument and return its new value.`;
  if (config.checkPurity === "error") throw new RuntimeError(message);
  console.warn(message);
}

function differences(a: ClosedJaxpr, b: ClosedJaxpr): string[] {
  const found: string[] = [];
  compareConstants(a, b, found);
  if (compareJaxprs(a.jaxpr, b.jaxpr, "", found) && found.length === 0 && String(a) !== String(b)) {
    found.push(firstDifferentLine(String(a), String(b)));
  }
  return found;
}

/** Compares equation by equation; returns false when a difference in form was reported. */
function compareJaxprs(a: Jaxpr, b: Jaxpr, where: string, found: string[]): boolean {
  const sameForm =
    a.eqns.length === b.eqns.length &&
    a.outvars.length === b.outvars.length &&
    a.eqns.every((eqn, k) => eqn.primitive === b.eqns[k].primitive);
  if (!sameForm) {
    found.push(firstDifferentLine(String(a), String(b)));
    return false;
  }
  a.eqns.forEach((eqn, k) => {
    const other = b.eqns[k];
    const place = `${where}equation ${k + 1}, ${eqn.primitive.name}`;
    eqn.inputs.forEach((x, i) => {
      if (changed(x, other.inputs[i])) found.push(`a constant ${change(x, other.inputs[i])} (${place})`);
    });
    const inner = jaxprsInParams(eqn.params);
    const otherInner = jaxprsInParams(other.params);
    inner.forEach((jaxpr, i) => {
      if (jaxpr !== otherInner[i]) compareJaxprs(jaxpr, otherInner[i], `${place}, `, found);
    });
  });
  a.outvars.forEach((x, i) => {
    const y = b.outvars[i];
    if (changed(x, y)) found.push(`a literal ${change(x, y)} (${where}result ${i + 1})`);
  });
  return true;
}

function compareConstants(a: ClosedJaxpr, b: ClosedJaxpr, found: string[]): void {
  a.consts.forEach((x, i) => {
    const y = b.consts[i];
    if (y === undefined || x === y || x.aval !== y.aval) return;
    if (!(x instanceof ArrayImpl && y instanceof ArrayImpl)) return;
    const before = x.toHost();
    const after = y.toHost();
    const at = before.findIndex((v: number | bigint, k: number) => !Object.is(v, after[k]));
    if (at < 0) return;
    const text = `${before[at]} that became ${after[at]}`;
    found.push(
      x.ndim === 0
        ? `a constant ${text}`
        : `a constant ${x.aval.strShort()}: element ${at} was ${text.replace("that", "and")}`,
    );
  });
}

type Operand = Jaxpr["outvars"][number];

function changed(x: Operand, y: Operand): boolean {
  return x instanceof Literal && y instanceof Literal && !Object.is(x.value, y.value);
}
function change(x: Operand, y: Operand): string {
  return `${(x as Literal).value} that became ${(y as Literal).value}`;
}

function firstDifferentLine(a: string, b: string): string {
  const left = a.split("\n");
  const right = b.split("\n");
  const at = left.findIndex((line, i) => line !== right[i]);
  return `"${(left[at] ?? "").trim()}" became "${(right[at] ?? "").trim()}"`;
}
