import { evalShape, grad, jit, jnp, lax, type NDArray, nn, random, ShapeDtypeStruct, vmap } from "fluxion";
import { sizeOf } from "../../src/core/aval.ts";
import { array } from "../lax/host.ts";
import { randomNumbers } from "../lax/opTable.ts";
import { Chooser, type Draft, type DTypeText, NoOperand, Value } from "./chooser.ts";
import { type Operation, operations } from "./operations.ts";

/**
 * Random programs. A program is made from a list of numbers, the choices, so that shrinking the list shrinks the program: every choice is
 * taken modulo what is possible at that point, and an operation for which no operand fits is left out. What runs is the printed
 * source itself.
 */
export interface Input {
  readonly shape: readonly number[];
  readonly dtype: DTypeText;
  readonly seed: string;
  /** "plain": small numbers with ties; "special": infinities, NaN, extremes among them. */
  readonly flavour: "plain" | "special";
}

export interface Step {
  readonly args: readonly Value[];
  readonly outs: readonly Value[];
  /** An expression in the names of the operands. */
  readonly text: string;
  /** Whether rounding is up to the implementation. */
  readonly inexact: boolean;
}

export interface Program {
  readonly inputs: readonly Input[];
  readonly values: readonly Value[];
  readonly steps: readonly Step[];
  readonly outputs: readonly Value[];
  /** The source of the function. */
  readonly source: string;
}

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 33, 0];
const largest = 1200;
const largeSizes = [1, 2, 3, 17, 31, 64, 100, 129, 257, 1000];
const largestLarge = 40_000;

function makeInput(c: Chooser, index: number, options: GenerateOptions): Input {
  const dtype = c.one<DTypeText>(
    options.dtypes ??
      ("float32 float32 float32 float32 int32 bool uint8 int8 uint16 int16 uint32 int64 uint64 float64".split(
        " ",
      ) as DTypeText[]),
  );
  const rank = c.one([2, 1, 2, 3, 0, 2, 1, 4]);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const n = c.one(options.large === true ? largeSizes : sizes);
    shape.push(sizeOf(shape) * n > (options.large === true ? largestLarge : largest) / 3 ? 1 : n);
  }
  const flavour = options.special !== false && c.nat(6) === 5 ? "special" : "plain";
  return { shape, dtype, seed: `${index}/${c.nat(1000)}`, flavour };
}

const specialFloats = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  3e9,
  -3e9,
  1e-40,
  1e30,
  -1e38,
  255.5,
  1e-10,
];
const specialInts = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 255, 256, -7, 7, 31, 32, 33];

/** The array of an input. */
export function inputArray(input: Input): NDArray {
  const next = randomNumbers(input.seed);
  const { shape, dtype } = input;
  const draw = (): number => {
    const u = next();
    if (input.flavour === "special") {
      const list = dtype.includes("int") || dtype === "bool" ? specialInts : specialFloats;
      return list[Math.floor(u * list.length)];
    }
    switch (dtype) {
      case "bool":
        return u < 0.5 ? 1 : 0;
      case "uint8":
      case "uint16":
      case "uint32":
      case "uint64":
        return Math.floor(u * 12);
      case "int8":
      case "int16":
      case "int32":
      case "int64":
        return Math.floor(u * 16) - 8;
      default:
        // Quarters, so that there are ties, or any numbers.
        return next() < 0.4 ? Math.round((u - 0.5) * 24) / 4 : (u - 0.5) * 6;
    }
  };
  const data = Array.from({ length: sizeOf(shape) * (dtype.startsWith("complex") ? 2 : 1) }, draw);
  return array(dtype === "bool" ? data.map((v) => Number(v !== 0)) : data, shape, dtype as "int32");
}

const names = ["jnp", "lax", "nn", "random", "jit", "grad", "vmap"];
const library = [jnp, lax, nn, random, jit, grad, vmap];

/** The function that a source text denotes; `extra` are further names it may use. */
export function functionOf<F>(source: string, extra: Record<string, unknown> = {}): F {
  const make = new Function(...names, ...Object.keys(extra), `"use strict"; return ${source};`);
  return make(...library, ...Object.values(extra)) as F;
}

export interface GenerateOptions {
  readonly dtypes?: readonly DTypeText[];
  /** Operations to choose from; default all. */
  readonly operations?: readonly Operation[];
  /** Whether inputs may have infinities and the like. */
  readonly special?: boolean;
  /** Larger arrays, where blocked and vectorised loops have something to do. */
  readonly large?: boolean;
}

export interface Choices {
  readonly inputs: readonly (readonly number[])[];
  readonly steps: readonly (readonly number[])[];
  readonly outputs: readonly number[];
}

/** The program of some choices. */
export function generate(choices: Choices, options: GenerateOptions = {}): Program {
  const inputs = choices.inputs.map((numbers, i) => makeInput(new Chooser(numbers, []), i, options));
  const values = inputs.map((x, i) => new Value(i, x.shape, x.dtype, true));
  const steps: Step[] = [];
  const pool = options.operations ?? operations;
  for (const [first, ...rest] of choices.steps) {
    const operation = pool[first % pool.length];
    let draft: Draft;
    try {
      draft = operation.draft(new Chooser(rest, values));
    } catch (error) {
      if (error instanceof NoOperand) continue;
      throw error;
    }
    const step = makeStep(draft, values.length, options.large === true ? largestLarge : largest);
    if (step === null) continue;
    steps.push(step);
    values.push(...step.outs);
  }
  const picked = [...choices.outputs.map((n) => values[n % values.length]), values[values.length - 1]];
  return { inputs, values, steps, outputs: picked, source: sourceOf(inputs.length, steps, picked) };
}

function makeStep(draft: Draft, nextId: number, limit: number): Step | null {
  const distinct = [...new Set(draft.args)];
  const f = functionOf<(...xs: NDArray[]) => NDArray | NDArray[]>(
    `(${distinct.join(", ")}) => ${draft.text}`,
  );
  const structs = distinct.map((v) => new ShapeDtypeStruct(v.shape, v.dtype, { weakType: v.weakType }));
  let shapes: ShapeDtypeStruct[];
  try {
    shapes = [evalShape(f as never, ...structs)].flat() as never;
  } catch (error) {
    throw new Error(`drafting ${draft.text} with ${structs.join(", ")}`, { cause: error });
  }
  if (shapes.some((s) => sizeOf(s.shape) > limit || s.shape.length > 6)) return null;
  const exactInputs = draft.args.every((v) => v.exact);
  const outs = shapes.map((s, i) => {
    const float = s.dtype.kind === "float" || s.dtype.kind === "complex";
    const exact = !float || (exactInputs && draft.inexact !== true);
    return new Value(nextId + i, s.shape, s.dtype.name as DTypeText, exact, s.weakType);
  });
  const text = draft.several === true ? draft.text : `[${draft.text}]`;
  return { args: distinct, outs, text, inexact: draft.inexact === true };
}

/** The program as a function of its inputs; `around` may rewrite the expression of a step. */
export function sourceOf(
  inputs: number,
  steps: readonly Step[],
  outputs: readonly Value[],
  around: (step: Step) => string = (step) => step.text,
): string {
  const parameters = Array.from({ length: inputs }, (_, i) => `v${i}`);
  const lines = steps.map((s) => `  const [${s.outs.join(", ")}] = ${around(s)};`);
  return `(${parameters.join(", ")}) => {\n${lines.join("\n")}\n  return [${outputs.join(", ")}];\n}`;
}

/** For messages: the inputs and the source. */
export function describeProgram(program: Program): string {
  const inputs = program.inputs.map(
    (x, i) => `v${i} = ${x.dtype}[${x.shape.join(",")}] ${x.flavour} ${JSON.stringify(x.seed)}`,
  );
  return `${inputs.join("\n")}\n${program.source}`;
}
