import type { Complex } from "../dtypes/index.ts";
import type { NDArray } from "./array.ts";
import type { ShapedArray } from "./aval.ts";
import { type Effect, type Effects, noEffects } from "./effects.ts";
import type { Params, Primitive } from "./primitive.ts";

/** A variable of a jaxpr; identity is the name. */
export class Var {
  readonly aval: ShapedArray;
  constructor(aval: ShapedArray) {
    this.aval = aval;
  }
}

/** A scalar constant written in place. */
export class Literal {
  readonly value: number | bigint | boolean | Complex;
  readonly aval: ShapedArray;
  /** The array that stands for the literal when the jaxpr is evaluated. */
  readonly array: NDArray;
  constructor(value: number | bigint | boolean | Complex, array: NDArray) {
    this.value = value;
    this.array = array;
    this.aval = array.aval;
  }
}

export type Atom = Var | Literal;

/** One equation: `outputs = primitive[params] inputs`. */
export interface Eqn {
  readonly primitive: Primitive;
  readonly inputs: readonly Atom[];
  readonly outputs: readonly Var[];
  readonly params: Params;
}

let nextId = 1;

/** A program: `{ lambda constvars; invars. let eqns in outvars }`. Immutable. */
export class Jaxpr {
  readonly constvars: readonly Var[];
  readonly invars: readonly Var[];
  readonly eqns: readonly Eqn[];
  readonly outvars: readonly Atom[];
  /** Unique; stands for the program in cache keys. */
  readonly id: number = nextId++;
  /** What its equations do besides computing. */
  readonly effects: Effects;
  constructor(
    constvars: readonly Var[],
    invars: readonly Var[],
    eqns: readonly Eqn[],
    outvars: readonly Atom[],
  ) {
    this.constvars = constvars;
    this.invars = invars;
    this.eqns = eqns;
    this.outvars = outvars;
    this.effects = unionOfEffects(eqns);
  }
  /** @inheritDoc */
  toString(): string {
    return printer(this);
  }
}

/** A jaxpr with the values of its constants. */
export class ClosedJaxpr {
  readonly jaxpr: Jaxpr;
  readonly consts: readonly NDArray[];
  constructor(jaxpr: Jaxpr, consts: readonly NDArray[] = []) {
    this.jaxpr = jaxpr;
    this.consts = consts;
  }
  get eqns(): readonly Eqn[] {
    return this.jaxpr.eqns;
  }
  get effects(): Effects {
    return this.jaxpr.effects;
  }
  get inAvals(): ShapedArray[] {
    return this.jaxpr.invars.map((v) => v.aval);
  }
  get outAvals(): ShapedArray[] {
    return this.jaxpr.outvars.map((v) => v.aval);
  }
  toString(): string {
    return printer(this.jaxpr);
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** What an equation does besides computing: its primitive's own effects, or those of the programs that it runs. */
export function effectsOf({ primitive, params }: Pick<Eqn, "primitive" | "params">): Effects {
  if (primitive.effects !== undefined) return primitive.effects(params);
  // Only what runs a program can have an effect of another operation, and it knows how to drop parts of it or how to be written out.
  if (primitive.inlineAs === undefined && primitive.prune === undefined) return noEffects;
  const inner = jaxprsInParams(params).filter(({ effects }) => effects.size > 0);
  return inner.length === 0 ? noEffects : new Set(inner.flatMap(({ effects }) => [...effects]));
}

function unionOfEffects(eqns: readonly Eqn[]): Effects {
  let all: Set<Effect> | undefined;
  for (const eqn of eqns) {
    const effects = effectsOf(eqn);
    if (effects.size === 0) continue;
    all ??= new Set();
    for (const effect of effects) all.add(effect);
  }
  return all ?? noEffects;
}

/** Bundles have the printer where `makeJaxpr` or the tools are. */
let printer: (jaxpr: Jaxpr) => string = () => '<jaxpr, printed with `import "fluxion/tools"`>';
/** Installed by printing.ts, which needs this file. */
export function installPrinter(print: (jaxpr: Jaxpr) => string): void {
  printer = print;
}

/** The programs held by an equation's parameters, in parameter order. */
export function jaxprsInParams(params: Params): Jaxpr[] {
  const found: Jaxpr[] = [];
  for (const key of Object.keys(params).sort()) {
    for (const value of Array.isArray(params[key]) ? params[key] : [params[key]]) {
      if (value instanceof Jaxpr) found.push(value);
      else if (value instanceof ClosedJaxpr) found.push(value.jaxpr);
    }
  }
  return found;
}
