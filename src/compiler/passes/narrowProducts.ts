import { int32 } from "../../dtypes/index.ts";
import type { FlatEqn, FlatProgram, Value } from "../flat.ts";
import { internalPointwise, Rewriter } from "./internal.ts";

/** The part of a product that makes the change worth while: of this many elements or fewer of eight. */
const MOST_EIGHTHS = 7;

interface PartParams {
  readonly start: readonly number[];
  [key: string]: unknown;
}

/** The part of an operand that begins at an index. */
const part = internalPointwise<PartParams>("part", "view", (b, [x], index, { start }) =>
  x.at(index.map((e, d) => (start[d] === 0 ? e : b.op("add", e, b.const(start[d], int32))))),
);

/** A box of indices. */
interface Box {
  readonly start: readonly number[];
  readonly stop: readonly number[];
}

/**
 * Products of which only parts are read compute no more than these: what is left of the gradient of `concatenate([x, h]) @ w` where x needs
 * none, is the product with the rows of w that belong to h.
 */
export function narrowProducts(program: FlatProgram): FlatProgram {
  if (!program.eqns.some(isProduct)) return program;
  const readers = readersOf(program);
  const boxes = new Map<Value, Box>();
  for (const eqn of program.eqns) {
    if (!isProduct(eqn)) continue;
    const [product] = eqn.outputs;
    const box = boxRead(product, readers);
    if (box !== null) boxes.set(product, box);
  }
  if (boxes.size === 0) return program;
  const rewriter = new Rewriter(program);
  const narrowed = new Map<Value, Value>();
  for (const eqn of program.eqns) {
    const [first] = eqn.outputs;
    const box = boxes.get(first);
    const of = boxes.get(eqn.inputs[0]);
    if (box !== undefined) narrowed.set(first, narrow(rewriter, eqn, box));
    else if (of !== undefined) {
      eqn.outputs.forEach((v, i) => {
        if (!readers.has(v)) return;
        const start = (startOf(eqn, i) as readonly number[]).map((at, d) => at - of.start[d]);
        rewriter.define(part, { start }, [narrowed.get(eqn.inputs[0]) as Value], [v]);
      });
    } else rewriter.eqns.push(eqn);
  }
  return rewriter.finish(program);
}

function isProduct({ primitive }: FlatEqn): boolean {
  return primitive.lowering.kind === "dot";
}

/** The equations that read a value; null stands for the results of the program. Values that nobody reads have no entry. */
function readersOf({ eqns, results }: FlatProgram): ReadonlyMap<Value, readonly (FlatEqn | null)[]> {
  const readers = new Map<Value, (FlatEqn | null)[]>();
  const add = (v: Value, reader: FlatEqn | null) => {
    const known = readers.get(v);
    if (known === undefined) readers.set(v, [reader]);
    else known.push(reader);
  };
  for (const eqn of eqns) for (const v of eqn.inputs) add(v, eqn);
  for (const v of results) add(v, null);
  return readers;
}

/** Where in the operand a result of an equation begins, if it is nothing but a part of it. */
function startOf(
  { primitive: { lowering }, params, outputs }: FlatEqn,
  result: number,
): readonly number[] | null {
  if (lowering.kind !== "pointwise" || lowering.start === undefined) return null;
  return lowering.start(params, outputs[result].aval, result);
}

/** The smallest box with all parts of a value that are read; null where it is read otherwise, or nearly all of it. */
function boxRead(value: Value, readers: ReturnType<typeof readersOf>): Box | null {
  const { shape, size } = value.aval;
  const start = [...shape];
  const stop = shape.map(() => 0);
  for (const reader of readers.get(value) ?? []) {
    if (reader === null) return null;
    for (const [i, v] of reader.outputs.entries()) {
      const at = startOf(reader, i);
      if (at === null) return null;
      if (!readers.has(v)) continue;
      at.forEach((from, d) => {
        start[d] = Math.min(start[d], from);
        stop[d] = Math.max(stop[d], from + v.aval.shape[d]);
      });
    }
  }
  const elements = stop.reduce((n, to, d) => n * (to - start[d]), 1);
  return elements > 0 && 8 * elements <= MOST_EIGHTHS * size ? { start, stop } : null;
}

/** The box of a product: the product of parts of its operands. */
function narrow(rewriter: Rewriter, eqn: FlatEqn, box: Box): Value {
  const { primitive, params, inputs, outputs } = eqn;
  const { lowering } = primitive;
  if (lowering.kind !== "dot") throw new Error("only products are narrowed");
  const { contract, batch } = lowering.dims(params);
  // Dimensions of the result: the batch, what is free on the left, what is free on the right.
  let next = batch[0].length;
  const operands = inputs.map((x, side) => {
    const dims = x.aval.shape.map((size, d) => {
      const shared = batch[side].indexOf(d);
      if (contract[side].includes(d)) return { from: 0, size };
      const at = shared >= 0 ? shared : next++;
      return { from: box.start[at], size: box.stop[at] - box.start[at] };
    });
    if (dims.every(({ size }, d) => size === x.aval.shape[d])) return x;
    const aval = x.aval.update({ shape: dims.map(({ size }) => size) });
    return rewriter.add(part, { start: dims.map(({ from }) => from) }, [x], aval);
  });
  const shape = box.stop.map((to, d) => to - box.start[d]);
  return rewriter.add(primitive, params, operands, outputs[0].aval.update({ shape }));
}
