import { evalShape, type NDArray, ShapeDtypeStruct } from "fluxion";
import { sizeOf } from "../../src/core/aval.ts";
import { Chooser, type Draft, type DTypeText, NoOperand, Value } from "./chooser.ts";
import { functionOf } from "./generate.ts";
import { type Operation, operations } from "./operations.ts";

// Loops and branches for random programs. Their bodies are random programs too, on what they are given and on all values there are.

/** A parameter or an intermediate value of a body. */
class Local extends Value {
  private readonly name: string;
  constructor(name: string, shape: readonly number[], dtype: DTypeText, isExact: boolean, weakType = false) {
    super(-1, shape, dtype, isExact, weakType);
    this.name = name;
  }
  override toString(): string {
    return this.name;
  }
}

interface Body {
  readonly lines: string;
  /** What it computes, the last first; the parameters at the end. */
  readonly values: readonly Value[];
  /** The values from outside that it reads. */
  readonly args: readonly Value[];
  readonly inexact: boolean;
}

const largest = 400;

/** Many choices from one. */
function choicesFrom(seed: number): number[] {
  let s = (seed * 2654435761) % 4294967296;
  return Array.from({ length: 40 }, () => {
    s = (s * 1664525 + 1013904223) % 4294967296;
    return Math.floor(s / 65536) % 5040;
  });
}

let depth = 0;
let names = 0;

/** Draws a body that must not depend on the order of evaluation: one to three operations. */
function drawBody(c: Chooser, parameters: readonly Local[], pool: readonly Operation[]): Body {
  const made: Value[] = [];
  const lines: string[] = [];
  const outer = new Set<Value>();
  const own = new Set<Value>(parameters);
  let inexact = false;
  const count = c.int(1, 3);
  depth++;
  try {
    for (let k = 0; k < count; k++) {
      const numbers = choicesFrom(c.nat(5040));
      const inner = new Chooser(numbers.slice(1), [...c.values, ...parameters, ...made]);
      const draft = tryDraft(pool[numbers[0] % pool.length], inner);
      if (draft === null) continue;
      for (const v of draft.args) if (!own.has(v)) outer.add(v);
      inexact ||= draft.inexact === true;
      const outs = draft.shapes.map(
        (s) =>
          new Local(`t${names++}`, s.shape, s.dtype.name as DTypeText, draft.exact(s.dtype.name), s.weakType),
      );
      lines.push(`const [${outs.join(", ")}] = ${draft.several === true ? draft.text : `[${draft.text}]`};`);
      made.push(...outs);
      for (const v of outs) own.add(v);
    }
  } finally {
    depth--;
  }
  const values = [...made.reverse(), ...[...parameters].reverse()];
  return { lines: lines.join(" "), values, args: [...outer], inexact };
}

function tryDraft(operation: Operation, c: Chooser) {
  try {
    const draft = operation.draft(c);
    const distinct = [...new Set(draft.args)];
    const f = functionOf<(...xs: NDArray[]) => NDArray>(`(${distinct.join(", ")}) => ${draft.text}`);
    const structs = distinct.map((v) => new ShapeDtypeStruct(v.shape, v.dtype, { weakType: v.weakType }));
    const shapes = [evalShape(f as never, ...structs)].flat() as ShapeDtypeStruct[];
    if (shapes.some((s) => sizeOf(s.shape) > largest)) return null;
    const inputsExact = draft.args.every((v) => v.exact);
    const exact = (dtype: string) => !dtype.startsWith("float") || (inputsExact && draft.inexact !== true);
    return { ...draft, shapes, exact };
  } catch (error) {
    if (error instanceof NoOperand) return null;
    throw error;
  }
}

/** What a body gives for the next carry: a value of its type, made of what the body computed. */
function nextCarry(c: Chooser, carry: Value, body: Body): { text: string; exact: boolean } {
  const fits = (v: Value) => v.dtype === carry.dtype && v.shape.join() === carry.shape.join();
  const same = body.values.find(fits) as Value;
  const mixed = body.values.find((v) => v.size > 0 && (carry.isFloat ? v.isFloat : v.isInteger));
  const exact = body.values.every((v) => v.exact);
  if (mixed === undefined || c.flag()) return { text: `${same}.astype("${carry.dtype}")`, exact };
  return { text: `${same}.add(${mixed}.ravel().get(0)).astype("${carry.dtype}")`, exact };
}

const isCarry = (v: Value): boolean => v.isNumber && !v.weakType && v.size <= 60;
const simple = operations.filter((o) => !/random|key|update|histogram|nested/.test(o.name));
/** Bodies hold loops and branches themselves, one level deep. */
const poolOf = (all: boolean): readonly Operation[] => {
  const from = all ? simple : simple.filter((o) => o.differentiable && !o.clampsReads);
  return depth > 0 ? from : [...from, ...controlOperations.filter((o) => all || o.differentiable)];
};

const local = (name: string, v: Value, shape = v.shape) =>
  new Local(name, shape, v.dtype, v.exact, v.weakType);
/** A scalar that chooses a branch, the same for every correct implementation. */
const selector = (c: Chooser): Value => c.value((v) => v.exact && v.isNumber && v.size > 0);

function scanDraft(c: Chooser): Draft {
  const init = c.value(isCarry);
  const xs = c.flag() ? c.value((v) => v.ndim > 0 && v.shape[0] <= 5 && v.size <= 100) : null;
  const carry = local(`c${depth}`, init);
  const slice = xs === null ? null : local(`s${depth}`, xs, xs.shape.slice(1));
  const body = drawBody(c, slice === null ? [carry] : [carry, slice], poolOf(false));
  const next = nextCarry(c, carry, body);
  const ys = body.values.slice(0, c.int(0, 2));
  const options = xs === null ? `length: ${c.int(0, 4)}, ` : "";
  const text =
    `(([c, ys]) => [c, ...ys])(lax.scan((${carry}, ${slice ?? "_"}) => { ${body.lines} return [${next.text}, [${ys}]]; }, ` +
    `${init}, ${xs ?? "null"}, { ${options}reverse: ${c.flag()}, unroll: ${c.int(1, 3)} }))`;
  const args = [init, ...(xs === null ? [] : [xs]), ...body.args];
  return { args, text, several: true, inexact: body.inexact || !next.exact };
}

function foriDraft(c: Chooser): Draft {
  const init = c.value(isCarry);
  const carry = local(`c${depth}`, init);
  const index = new Local(`i${depth}`, [], "int32", true, true);
  const body = drawBody(c, [index, carry], poolOf(false));
  const next = nextCarry(c, carry, body);
  const text = `lax.foriLoop(${c.int(-1, 1)}, ${c.int(0, 3)}, (${index}, ${carry}) => { ${body.lines} return ${next.text}; }, ${init})`;
  return { args: [init, ...body.args], text, inexact: body.inexact || !next.exact };
}

function whileDraft(c: Chooser): Draft {
  const init = c.value(isCarry);
  const steps = c.value((v) => v.exact && v.isInteger && v.size > 0);
  const carry = local(`c${depth}`, init);
  const index = new Local(`i${depth}`, [], "int32", true, true);
  const body = drawBody(c, [index, carry], poolOf(true));
  const next = nextCarry(c, carry, body);
  const limit = `${steps}.ravel().get(0).astype("int32").mod(4)`;
  const text =
    `lax.whileLoop(([i]) => i.lt(${limit}), ([${index}, ${carry}]) => { ${body.lines} return [${index}.add(1), ${next.text}]; }, ` +
    `[0, ${init}])[1]`;
  return { args: [init, steps, ...body.args], text, inexact: body.inexact || !next.exact };
}

function condDraft(c: Chooser): Draft {
  const [by, operand] = [selector(c), c.value(isCarry)];
  const x = local(`c${depth}`, operand);
  const bodies = Array.from({ length: c.int(2, 3) }, () => drawBody(c, [x], poolOf(false)));
  const results = bodies.map((body) => nextCarry(c, x, body));
  const functions = bodies.map((body, k) => `(${x}) => { ${body.lines} return ${results[k].text}; }`);
  const first = `${by}.ravel().get(0)`;
  const text =
    functions.length === 2
      ? `lax.cond(${first}.gt(0), ${functions.join(", ")}, ${operand})`
      : `lax.switch(${first}.astype("int32"), [${functions.join(", ")}], ${operand})`;
  const inexact = bodies.some((body) => body.inexact) || results.some((r) => !r.exact);
  return { args: [by, operand, ...bodies.flatMap((body) => body.args)], text, inexact };
}

function mapDraft(c: Chooser): Draft {
  const xs = c.value((v) => v.ndim > 0 && v.shape[0] > 0 && v.shape[0] <= 9 && v.size <= 200);
  const slice = local(`s${depth}`, xs, xs.shape.slice(1));
  const body = drawBody(c, [slice], poolOf(false));
  const text = `lax.map((${slice}) => { ${body.lines} return ${body.values[0]}; }, ${xs}, { batchSize: ${c.one(["null", "2", "0", "5"])} })`;
  return { args: [xs, ...body.args], text, inexact: body.inexact || body.values.some((v) => !v.exact) };
}

const control = (name: string, draft: (c: Chooser) => Draft, differentiable = true): Operation => ({
  name,
  // Bodies need more choices than an operation is given.
  draft: (c) => draft(new Chooser(choicesFrom(c.nat(5040)), c.values)),
  differentiable,
  clampsReads: false,
});

export const controlOperations: readonly Operation[] = [
  control("scan", scanDraft),
  control("scan again", scanDraft),
  control("foriLoop", foriDraft),
  control("whileLoop", whileDraft, false),
  control("cond and switch", condDraft),
  control("map", mapDraft),
];

/** All operations, with loops and branches about as often as everything else together. */
export const withControl: readonly Operation[] = [
  ...operations,
  ...Array.from({ length: 10 }, () => controlOperations).flat(),
];
