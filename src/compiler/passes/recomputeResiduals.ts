import type { FlatEqn, FlatProgram, Value } from "../flat.ts";
import { deadCode } from "./deadCode.ts";
import { Fresh, replaceInputs } from "./loops.ts";

/** Operations that recompute one residual. */
const MOST_OPERATIONS = 4;

/** A loop of known length, with what its body sees of the arrays that it scans and makes. */
interface Loop {
  readonly position: number;
  readonly eqn: FlatEqn;
  readonly body: FlatProgram;
  readonly length: number;
  readonly numCarry: number;
  /** The operand that the first slice comes from. */
  readonly firstScanned: number;
}

function loopAt(eqn: FlatEqn, position: number): Loop | null {
  const { lowering } = eqn.primitive;
  if (lowering.kind !== "forLoop") return null;
  const { length, numConsts, numCarry } = lowering.loop(eqn.params);
  const [body] = eqn.programs as readonly FlatProgram[];
  return { position, eqn, body, length, numCarry, firstScanned: numConsts + numCarry };
}

/**
 * A loop that keeps values of every step for another, as reverse mode does, often keeps several of which one gives the others in an operation
 * or two: a sigmoid s, and s (1 - s). The second loop computes those again, and they are neither written nor read. Both loops do the same
 * operations on the same values, so results are the same bits.
 */
export function recomputeResiduals(program: FlatProgram): FlatProgram {
  const loops = program.eqns.map(loopAt).filter((loop) => loop !== null);
  if (loops.length < 2) return program;
  const eqns = [...program.eqns];
  for (const { position } of loops) {
    const maker = loopAt(eqns[position], position) as Loop;
    const readers = new Readers({ ...program, eqns });
    const recipes = new Recipes(maker);
    const dropped = new Set<Value>();
    maker.eqn.outputs.forEach((stacked, k) => {
      if (k < maker.numCarry) return;
      const recipe = recipes.find(k);
      const users = recipe === null ? null : readers.loopsOnly(stacked, maker.length);
      if (recipe === null || users === null) return;
      const sources = recipe.sources.map((source) => maker.eqn.outputs[source]);
      if (!users.every(({ eqn }) => sources.every((v) => scannedAt(loopAt(eqn, 0) as Loop, v) >= 0))) return;
      for (const user of users) {
        eqns[user.position] = recomputing(
          loopAt(eqns[user.position], user.position) as Loop,
          stacked,
          recipe,
          sources,
        );
      }
      dropped.add(stacked);
      recipes.drop(k);
    });
    if (dropped.size > 0) eqns[position] = without(maker, dropped);
  }
  return { ...program, eqns };
}

/** How a stacked result follows from others in each step. */
interface Recipe {
  /** Equations of the body, in order; the last one's result is the value. */
  readonly eqns: readonly FlatEqn[];
  /** Results of the loop, and the values in its body. */
  readonly sources: readonly number[];
  readonly values: readonly Value[];
  readonly result: Value;
}

/** Short computations of the stacked results of a loop. */
class Recipes {
  private readonly loop: Loop;
  private readonly makers = new Map<Value, FlatEqn>();
  /** Where values of the body are among its stacked results. */
  private readonly kept = new Map<Value, number>();

  constructor(loop: Loop) {
    this.loop = loop;
    const { body, numCarry } = loop;
    for (const eqn of body.eqns) for (const v of eqn.outputs) this.makers.set(v, eqn);
    body.results.forEach((v, i) => {
      if (i >= numCarry) this.kept.set(v, i);
    });
  }

  /** A computation of stacked result `k` from others that are kept and come before it in the body; null without one. */
  find(k: number): Recipe | null {
    const result = this.loop.body.results[k];
    const eqns: FlatEqn[] = [];
    const sources = new Map<Value, number>();
    const known = new Set<Value>();
    const visit = (v: Value): boolean => {
      if (known.has(v) || v.source.kind === "literal") return true;
      const at = v === result ? undefined : this.kept.get(v);
      if (at !== undefined) {
        sources.set(v, at);
        return true;
      }
      const maker = this.makers.get(v);
      if (maker === undefined || !isCheap(maker)) return false;
      if (maker.inputs.some((x) => x.source.kind !== "literal" && !sameShape(x, v))) return false;
      if (!maker.inputs.every(visit) || eqns.length === MOST_OPERATIONS) return false;
      eqns.push(maker);
      known.add(v);
      return true;
    };
    if (this.kept.get(result) !== k || !visit(result) || eqns.length === 0 || sources.size === 0) return null;
    return { eqns, sources: [...sources.values()], values: [...sources.keys()], result };
  }

  /** Result `k` is no longer kept. */
  drop(k: number): void {
    this.kept.delete(this.loop.body.results[k]);
  }
}

function isCheap({ primitive: { lowering }, outputs }: FlatEqn): boolean {
  return lowering.kind === "pointwise" && lowering.cost === "cheap" && outputs.length === 1;
}

function sameShape(a: Value, b: Value): boolean {
  return (
    a.aval.shape.length === b.aval.shape.length && a.aval.shape.every((size, d) => size === b.aval.shape[d])
  );
}

/** Who reads the values of a program. */
class Readers {
  private readonly eqns = new Map<Value, Set<number>>();
  private readonly program: FlatProgram;

  constructor(program: FlatProgram) {
    this.program = program;
    program.eqns.forEach(({ inputs }, i) => {
      for (const v of inputs) {
        const known = this.eqns.get(v);
        if (known === undefined) this.eqns.set(v, new Set([i]));
        else known.add(i);
      }
    });
  }

  /** The loops of a length that scan an array, where nothing else reads it; null otherwise. */
  loopsOnly(array: Value, length: number): readonly Loop[] | null {
    if (this.program.results.includes(array)) return null;
    const loops: Loop[] = [];
    for (const position of this.eqns.get(array) ?? []) {
      const eqn = this.program.eqns[position];
      const loop = loopAt(eqn, position);
      if (loop === null || loop.length !== length) return null;
      const scans = eqn.inputs.every(
        (v, i) => v !== array || (i >= loop.firstScanned && i < loop.body.args.length),
      );
      if (!scans) return null;
      loops.push(loop);
    }
    return loops;
  }
}

/** Which operand of a loop an array that it scans is; -1 if it is none. */
function scannedAt({ eqn, body, firstScanned }: Loop, array: Value): number {
  return eqn.inputs.findIndex((v, i) => v === array && i >= firstScanned && i < body.args.length);
}

/** The loop that computes the slices of `array` from those of `sources`, and does not scan it. */
function recomputing(loop: Loop, array: Value, recipe: Recipe, sources: readonly Value[]): FlatEqn {
  const { eqn, body, firstScanned } = loop;
  const fresh = new Fresh(body.valueCount);
  const values = new Map<Value, Value>(
    recipe.values.map((v, i) => [v, body.args[scannedAt(loop, sources[i])]]),
  );
  const made = recipe.eqns.map((each): FlatEqn => {
    const inputs = each.inputs.map((v) => values.get(v) ?? fresh.value(v.aval, v.source));
    const outputs = each.outputs.map((v) => {
      const copy = fresh.value(v.aval, { kind: "result" });
      values.set(v, copy);
      return copy;
    });
    return { ...each, inputs, outputs };
  });
  const scansIt = (i: number) => i >= firstScanned && i < body.args.length && eqn.inputs[i] === array;
  const by = new Map<Value, Value>();
  const args: Value[] = [];
  body.args.forEach((v, i) => {
    if (scansIt(i)) {
      by.set(v, values.get(recipe.result) as Value);
      return;
    }
    const moved: Value = { ...v, source: { kind: "argument", index: args.length } };
    if (args.length < i) by.set(v, moved);
    args.push(args.length < i ? moved : v);
  });
  const program: FlatProgram = {
    ...body,
    args,
    eqns: [...made, ...body.eqns].map((each) => replaceInputs(each, by)),
    results: body.results.map((v) => by.get(v) ?? v),
    valueCount: fresh.count,
  };
  return { ...eqn, inputs: eqn.inputs.filter((_, i) => !scansIt(i)), programs: [program] };
}

/** The loop without some of its stacked results. */
function without({ eqn, body }: Loop, dropped: ReadonlySet<Value>): FlatEqn {
  const kept = <T>(_: T, i: number) => !dropped.has(eqn.outputs[i]);
  const program = deadCode({ ...body, results: body.results.filter(kept) });
  return { ...eqn, outputs: eqn.outputs.filter(kept), programs: [program] };
}
