import { pythonFloatRepr } from "../dtypes/index.ts";
import {
  type Atom,
  ClosedJaxpr,
  type Eqn,
  installPrinter,
  Jaxpr,
  jaxprsInParams,
  Literal,
  Var,
} from "./jaxpr.ts";
import { brk, concat, type Doc, group, join, nest, render } from "./prettyDoc.ts";
import type { Params } from "./primitive.ts";
import { pythonStr } from "./pythonText.ts";

/** Prints a program exactly as JAX does. */
export function printJaxpr(jaxpr: Jaxpr): string {
  const context = new Context(jaxpr);
  const shared = context.findShared(jaxpr);
  const docs = shared.map(([name, j]) => concat("let ", name, " = ", skeleton(j, context), " in", brk()));
  return render(concat(...docs, doc(jaxpr, context)));
}
installPrinter(printJaxpr);

/** Names of variables, unique over nested programs, and of programs that are printed first because they are used twice. */
class Context {
  private readonly names = new Map<Var, string>();
  private count = 0;
  readonly shared = new Map<Jaxpr, string>();
  private readonly sharedNames = new Set<string>();

  constructor(jaxpr: Jaxpr) {
    // Only the outermost program marks results that nothing reads; in nested programs they have names.
    const read = new Set<Atom>(jaxpr.outvars);
    for (const eqn of jaxpr.eqns.toReversed()) {
      for (const v of eqn.outputs) if (!read.has(v)) this.names.set(v, "_");
      for (const a of eqn.inputs) read.add(a);
    }
  }

  /** Programs that occur more than once, or hold more than ten equations, in order of first occurrence. */
  findShared(top: Jaxpr): [string, Jaxpr][] {
    const counts = new Map<Jaxpr, number>();
    const names = new Map<Jaxpr, string>();
    const queue = [top];
    for (let head = 0; head < queue.length; head++) {
      const j = queue[head];
      counts.set(j, (counts.get(j) ?? 0) + (j !== top && j.eqns.length > 10 ? 2 : 1));
      for (const eqn of j.eqns) {
        const params = printedParams(eqn);
        const name = typeof params.name === "string" ? params.name.replace(/^[<>]+|[<>]+$/g, "") : undefined;
        for (const sub of jaxprsInParams(params)) {
          queue.push(sub);
          if (name !== undefined && !names.has(sub)) names.set(sub, name);
        }
      }
    }
    const nameCounts = new Map<string, number>();
    const shared: [string, Jaxpr][] = [];
    const take = (name: string): number => {
      const n = nameCounts.get(name) ?? 0;
      nameCounts.set(name, n + 1);
      return n;
    };
    for (const [j, count] of counts) {
      if (count === 1) continue;
      let name = names.get(j) ?? "jaxpr";
      const n = take(name);
      if (n > 0) {
        name += String(n);
        take(name);
      }
      this.sharedNames.add(name);
      this.shared.set(j, name);
      shared.push([name, j]);
    }
    return shared;
  }

  name(v: Var): string {
    let name = this.names.get(v);
    if (name === undefined) {
      do name = alphabetic(this.count++);
      while (this.sharedNames.has(name));
      this.names.set(v, name);
    }
    return name;
  }

  /** A call's program borrows the names of the operands it is called with. */
  suggest(forVars: readonly Atom[], likeVars: readonly Atom[]): void {
    if (forVars.length !== likeVars.length) return;
    const taken = new Set<Var>();
    forVars.forEach((v, i) => {
      const like = likeVars[i];
      if (!(like instanceof Var) || taken.has(like) || !(v instanceof Var) || this.names.has(v)) return;
      taken.add(like);
      this.names.set(v, this.name(like));
    });
  }
}

/** a, b, ..., z, ba, bb, ... */
function alphabetic(n: number): string {
  let s = "";
  do {
    s = String.fromCharCode(97 + (n % 26)) + s;
    n = Math.floor(n / 26);
  } while (n > 0);
  return s;
}

function doc(jaxpr: Jaxpr, context: Context): Doc {
  return context.shared.get(jaxpr) ?? skeleton(jaxpr, context);
}

function skeleton(jaxpr: Jaxpr, context: Context): Doc {
  const constvars = binders(jaxpr.constvars, context);
  const invars = binders(jaxpr.invars, context);
  const eqns = join(
    brk("; "),
    jaxpr.eqns.map((e) => eqnDoc(e, context)),
  );
  const outs = atoms(jaxpr.outvars, context, ",");
  return group(
    concat(
      nest(
        2,
        concat(
          ...["{ lambda ", constvars, "; ", invars, ". let", nest(2, concat(brk(), eqns)), brk()],
          ...["in (", outs, jaxpr.outvars.length === 1 ? ",)" : ")"],
        ),
      ),
      " }",
    ),
  );
}

function binders(vars: readonly Var[], context: Context): Doc {
  return nest(
    2,
    group(
      join(
        group(brk()),
        vars.map((v) => `${context.name(v)}:${v.aval.strShort()}`),
      ),
    ),
  );
}
function atoms(list: readonly Atom[], context: Context, separator = ""): Doc {
  return nest(
    2,
    group(
      join(
        concat(separator, group(brk())),
        list.map((a) => atomText(a, context)),
      ),
    ),
  );
}
function atomText(a: Atom, context: Context): string {
  return a instanceof Literal ? `${literalText(a)}:${a.aval.strShort()}` : context.name(a);
}
function literalText(a: Literal): string {
  if (typeof a.value === "boolean") return a.value ? "True" : "False";
  if (a.aval.dtype.kind === "void") return "(b'',)";
  return a.aval.dtype.kind === "float" ? pythonFloatRepr(Number(a.value)) : String(a.value);
}

function eqnDoc(eqn: Eqn, context: Context): Doc {
  if (eqn.primitive.printsWithOuterNames) suggestCallNames(eqn, context);
  const params = printedParams(eqn);
  const lhs = binders(eqn.outputs, context);
  const first = eqn.primitive.printsNameInOrder === true ? undefined : "name";
  const keys = Object.keys(params).sort(
    (a, b) => Number(b === first) - Number(a === first) || (a < b ? -1 : 1),
  );
  const pairs = keys.map((key) => concat(`${key}=`, paramDoc(params[key], context)));
  const rhs = concat(eqn.primitive.name, paramsDoc(pairs), " ", atoms(eqn.inputs, context));
  return eqn.outputs.length > 0 ? concat(lhs, " = ", rhs) : rhs;
}

/** Programs of jit equations that are printed in place use the outer names of inputs and outputs. */
function suggestCallNames(eqn: Eqn, context: Context): void {
  const [jaxpr] = jaxprsInParams(eqn.params);
  if (context.shared.has(jaxpr)) return;
  context.suggest(jaxpr.invars, eqn.inputs);
  context.suggest(jaxpr.outvars, eqn.outputs);
}

function paramsDoc(pairs: readonly Doc[]): Doc {
  if (pairs.length === 0) return "";
  return group(concat(nest(2, concat("[", brk(""), join(brk(), pairs))), brk(""), "]"));
}

function paramDoc(value: unknown, context: Context): Doc {
  if (value instanceof ClosedJaxpr) return doc(value.jaxpr, context);
  if (value instanceof Jaxpr) return doc(value, context);
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((v) => v instanceof ClosedJaxpr || v instanceof Jaxpr)
  ) {
    const docs = value.map((v) => doc(v instanceof ClosedJaxpr ? v.jaxpr : v, context));
    return group(concat(nest(2, concat("(", brk(""), join(brk(), docs))), brk(""), ")"));
  }
  return pythonStr(value);
}

/** The parameters of an equation as they are printed, by Python name. */
export function printedParams(eqn: Eqn): Params {
  if (eqn.primitive.printParams !== undefined) return eqn.primitive.printParams(eqn.params);
  const params: Params = {};
  for (const key of Object.keys(eqn.params)) params[snakeCase(key)] = eqn.params[key];
  return params;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
}
