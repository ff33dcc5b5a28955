import { add, addRow, map, matmul, sumRows, transpose } from "./linear.ts";

type Numbers = ArrayLike<number>;

export interface LstmSize {
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly units: number;
}
/** What gradients are taken in, in this order, as far as the network has it. */
const weightNames = ["w", "wx", "wh", "b"];
export const weightsOf = (names: object): string[] => weightNames.filter((name) => name in names);

/**
 * Inputs [steps, batch, inputs], weights [inputs + units, 4 units] of inputs and outputs below each other, biases. Gates are side by side: enter,
 * forget, show, candidate.
 */
export interface LstmValues {
  readonly x: Numbers;
  readonly w: Numbers;
  readonly b: Numbers;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Columns `from` up to `to` of a matrix. */
function columns(a: Numbers, width: number, from: number, to: number): Float64Array {
  const n = to - from;
  return Float64Array.from(
    { length: (a.length / width) * n },
    (_, i) => a[Math.floor(i / n) * width + from + (i % n)],
  );
}

/** Matrices of the same number of rows side by side. */
function beside(parts: readonly Numbers[], widths: readonly number[]): Float64Array {
  const width = widths.reduce((sum, n) => sum + n, 0);
  const rows = parts[0].length / widths[0];
  const out = new Float64Array(rows * width);
  let at = 0;
  parts.forEach((part, k) => {
    for (let i = 0; i < part.length; i++)
      out[Math.floor(i / widths[k]) * width + at + (i % widths[k])] = part[i];
    at += widths[k];
  });
  return out;
}

function forwardSteps({ x, w, b }: LstmValues, { steps, batch, inputs, units }: LstmSize) {
  let output: Float64Array = new Float64Array(batch * units);
  let memory: Float64Array = new Float64Array(batch * units);
  return Array.from({ length: steps }, (_, t) => {
    const xt = Float64Array.from({ length: batch * inputs }, (_, i) => x[t * batch * inputs + i]);
    const joined = beside([xt, output], [inputs, units]);
    const gates = addRow(matmul(joined, w, [batch, inputs + units, 4 * units]), b);
    const gate = (k: number) => columns(gates, 4 * units, k * units, (k + 1) * units);
    const [enter, forget, show] = [0, 1, 2].map((k) => map(gate(k), sigmoid));
    const candidate = map(gate(3), Math.tanh);
    const before = memory;
    memory = map(before, (c, i) => forget[i] * c + enter[i] * candidate[i]);
    const shown = map(memory, Math.tanh);
    output = map(shown, (s, i) => show[i] * s);
    return { joined, enter, forget, show, candidate, before, shown, output };
  });
}

/** The outputs of all steps, [steps, batch, units]; the first state is zero. */
export function lstm(values: LstmValues, size: LstmSize): Float64Array {
  return Float64Array.from(forwardSteps(values, size).flatMap(({ output }) => [...output]));
}

/** Gradients of `sum(lstm * c)` in weights and biases. */
export function lstmGrad(
  values: LstmValues,
  c: Numbers,
  size: LstmSize,
): { w: Float64Array; b: Float64Array } {
  const { batch, inputs, units } = size;
  const steps = forwardSteps(values, size);
  const state = batch * units;
  const weights = transpose(values.w, inputs + units, 4 * units);
  let dOutput: Float64Array = new Float64Array(state);
  let dMemory: Float64Array = new Float64Array(state);
  let w: Float64Array = new Float64Array(values.w.length);
  let b: Float64Array = new Float64Array(4 * units);
  for (let t = steps.length - 1; t >= 0; t--) {
    const { joined, enter, forget, show, candidate, before, shown } = steps[t];
    const dh = map(dOutput, (d, i) => d + c[t * state + i]);
    const dc = map(dMemory, (d, i) => d + dh[i] * show[i] * (1 - shown[i] * shown[i]));
    const slope = (s: Numbers, of: (i: number) => number) => map(s, (v, i) => of(i) * v * (1 - v));
    const gates = [
      slope(enter, (i) => dc[i] * candidate[i]),
      slope(forget, (i) => dc[i] * before[i]),
      slope(show, (i) => dh[i] * shown[i]),
      map(candidate, (g, i) => dc[i] * enter[i] * (1 - g * g)),
    ];
    const dGates = beside(gates, [units, units, units, units]);
    w = add(w, matmul(transpose(joined, batch, inputs + units), dGates, [inputs + units, batch, 4 * units]));
    b = add(b, sumRows(dGates, 4 * units));
    const dJoined = matmul(dGates, weights, [batch, 4 * units, inputs + units]);
    dOutput = columns(dJoined, inputs + units, inputs, inputs + units);
    dMemory = map(dc, (d, i) => d * forget[i]);
  }
  return { w, b };
}
