import type { FlatEqn, FlatProgram, Value } from "../flat.ts";
import { deadCode } from "./deadCode.ts";
import { Fresh, loopView, replaceInputs } from "./loops.ts";

/** Elements of a result that a loop may better compute in every step than read, if it is larger than all it is computed of. */
const LARGE = 1 << 20;

/**
 * Moves work out of loops that every step would do alike: products, reductions, sorts and the like, and elementwise functions that are expensive,
 * of what does not change from step to step. What they read is computed outside too; cheap operations stay, to be fused with their readers.
 * Only operations without programs of their own move. All are pure and total, so a loop that takes no step is not changed by it.
 */
export function hoistInvariants(program: FlatProgram): FlatProgram {
  const eqns: FlatEqn[] = [];
  const fresh = new Fresh(program.valueCount);
  for (const eqn of program.eqns) eqns.push(...hoistedFrom(eqn, fresh));
  return eqns.length === program.eqns.length ? program : { ...program, eqns, valueCount: fresh.count };
}

/** What is computed before the loop, and the loop that is left; just the equation if there is nothing to move. */
function hoistedFrom(eqn: FlatEqn, fresh: Fresh): readonly FlatEqn[] {
  const view = loopView(eqn);
  if (view === null) return [eqn];
  const before: FlatEqn[] = [];
  const inputs: Value[][] = [];
  const programs = (eqn.programs as readonly FlatProgram[]).map((program, i) => {
    const start = view.constants[i];
    const consts = eqn.inputs.slice(start, start + program.consts.length);
    const outside = new Map<Value, Value>();
    program.args.forEach((v, k) => {
      const at = view.fixed[i][k];
      if (at !== null) outside.set(v, at);
    });
    program.consts.forEach((v, k) => {
      outside.set(v, consts[k]);
    });
    const taken = takeOut(program, outside, fresh);
    before.push(...taken.eqns);
    inputs.push([...consts, ...taken.constants]);
    return taken.program;
  });
  if (before.length === 0) return [eqn];
  const operands = eqn.inputs.slice(0, view.constants[0]);
  return [...before, { ...eqn, inputs: [...operands, ...inputs.flat()], programs }];
}

interface Taken {
  /** Equations of the outer program. */
  readonly eqns: readonly FlatEqn[];
  readonly program: FlatProgram;
  /** The further constants of the program, as values of the outer one. */
  readonly constants: readonly Value[];
}

/** @param outside the values of the outer program that arguments and constants stand for; further ones are entered. */
function takeOut(program: FlatProgram, outside: Map<Value, Value>, fresh: Fresh): Taken {
  /** The size of the largest value that an invariant one is computed of. */
  const origin = new Map<Value, number>();
  const invariant = program.eqns.filter((eqn) => {
    if (!isPureOperation(eqn) || !eqn.inputs.every((v) => isKnown(v, outside))) return false;
    const size = Math.max(0, ...eqn.inputs.map((v) => origin.get(v) ?? v.aval.size));
    for (const v of eqn.outputs) {
      origin.set(v, size);
      outside.set(v, fresh.value(v.aval, { kind: "result" }));
    }
    return true;
  });
  const returned = new Set(program.results);
  const stays = (v: Value) => returned.has(v) || v.aval.size > Math.max(LARGE, origin.get(v) as number);
  const roots = invariant.filter((eqn) => isWork(eqn) && !eqn.outputs.some(stays));
  if (roots.length === 0) return { eqns: [], program, constants: [] };
  const needed = new Set<Value>(roots.flatMap((eqn) => eqn.outputs));
  for (const eqn of invariant.toReversed()) {
    if (eqn.outputs.some((v) => needed.has(v))) for (const v of eqn.inputs) needed.add(v);
  }
  const eqns = invariant
    .filter((eqn) => eqn.outputs.some((v) => needed.has(v)))
    .map((eqn) => ({
      ...eqn,
      inputs: eqn.inputs.map((v) => outside.get(v) ?? fresh.value(v.aval, v.source)),
      outputs: eqn.outputs.map((v) => outside.get(v) as Value),
    }));
  // Inside, the results are constants, as far as they are still read.
  const inner = new Fresh(program.valueCount);
  const made = roots.flatMap((eqn) => eqn.outputs);
  const known = new Map(made.map((v) => [v, inner.value(v.aval, { kind: "result" })]));
  const moved = new Set(roots);
  const rest = program.eqns.filter((eqn) => !moved.has(eqn)).map((eqn) => replaceInputs(eqn, known));
  const left = deadCode({ ...program, eqns: rest });
  const read = new Set(left.eqns.flatMap((eqn) => eqn.inputs));
  const passed = made.filter((v) => read.has(known.get(v) as Value));
  const consts = passed.map((v, i): Value => {
    const { id, aval } = known.get(v) as Value;
    return { id, aval, source: { kind: "const", index: program.consts.length + i } };
  });
  const named = new Map(passed.map((v, i) => [known.get(v) as Value, consts[i]]));
  return {
    eqns,
    program: {
      ...left,
      eqns: left.eqns.map((eqn) => replaceInputs(eqn, named)),
      consts: [...program.consts, ...consts],
      valueCount: inner.count,
    },
    constants: passed.map((v) => outside.get(v) as Value),
  };
}

function isKnown(v: Value, outside: ReadonlyMap<Value, Value>): boolean {
  return v.source.kind === "literal" || outside.has(v);
}

/** Whether an equation is nothing but its results, and runs no program. */
export function isPureOperation({ primitive }: FlatEqn): boolean {
  switch (primitive.lowering.kind) {
    case "pointwise":
    case "reduction":
    case "scan":
    case "dot":
    case "conv":
    case "sort":
    case "scatter":
      return true;
    default:
      return false;
  }
}

/** Whether an operation is more than what its readers can do on the way. */
function isWork({ primitive: { lowering } }: FlatEqn): boolean {
  return lowering.kind !== "pointwise" || lowering.cost === "expensive";
}
