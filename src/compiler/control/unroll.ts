import type { FlatEqn, FlatProgram, Value } from "../flat.ts";
import { isPureOperation } from "../passes/hoistInvariants.ts";
import { Fresh } from "../passes/loops.ts";

/** Equations that the body of an unrolled loop may have. */
const MOST_EQUATIONS = 4096;

interface Loop {
  readonly length: number;
  readonly reverse: boolean;
  readonly numConsts: number;
  readonly numCarry: number;
  readonly unroll?: number | undefined;
}

/** Steps that one step of the unrolled loop does: those asked for (0: all), or as many as keep the body short. */
export function unrollFactor(body: FlatProgram, { length, unroll = 1 }: Loop): number {
  const wanted = unroll === 0 ? length : Math.min(unroll, length);
  return Math.max(1, Math.min(wanted, Math.floor(MOST_EQUATIONS / Math.max(1, body.eqns.length))));
}

/**
 * The body of `factor` steps in a row. In the place of each scanned argument and stacked result it has one for each step, in the order of the array.
 */
export function unrolledBody(body: FlatProgram, factor: number, loop: Loop): FlatProgram {
  const { numConsts, numCarry, reverse } = loop;
  const firstScanned = numConsts + numCarry;
  const fresh = new Fresh(body.valueCount);
  const args = body.args.slice(0, firstScanned);
  const scanned = body.args.slice(firstScanned).map((v, i) =>
    Array.from({ length: factor }, (_, at) => {
      return fresh.value(v.aval, { kind: "argument", index: firstScanned + i * factor + at });
    }),
  );
  const eqns: FlatEqn[] = [];
  const stacked = body.results.slice(numCarry).map(() => new Array<Value>(factor));
  let carries = body.args.slice(numConsts, firstScanned);
  /** The equations of the first step, as far as they are, to be recognised in others. */
  const first: FlatEqn[] = [];
  for (let step = 0; step < factor; step++) {
    const at = reverse ? factor - 1 - step : step;
    const values = new Map<Value, Value>();
    carries.forEach((v, i) => values.set(body.args[numConsts + i], v));
    scanned.forEach((slices, i) => values.set(body.args[firstScanned + i], slices[at]));
    const read = (v: Value) => values.get(v) ?? v;
    body.eqns.forEach((eqn, i) => {
      const inputs = eqn.inputs.map(read);
      const known = first[i] as FlatEqn | undefined;
      // What no step changes is computed once.
      if (known !== undefined && isPureOperation(eqn) && inputs.every((v, k) => v === known.inputs[k])) {
        eqn.outputs.forEach((v, k) => values.set(v, known.outputs[k]));
        return;
      }
      const outputs = eqn.outputs.map((v) => fresh.value(v.aval, v.source));
      eqn.outputs.forEach((v, k) => values.set(v, outputs[k]));
      const copy = { ...eqn, inputs, outputs };
      eqns.push(copy);
      if (step === 0) first.push(copy);
    });
    const results = body.results.map(read);
    carries = results.slice(0, numCarry);
    results.slice(numCarry).forEach((v, i) => {
      stacked[i][at] = v;
    });
  }
  return {
    ...body,
    args: [...args, ...scanned.flat()],
    eqns,
    results: [...carries, ...stacked.flat()],
    valueCount: fresh.count,
  };
}
