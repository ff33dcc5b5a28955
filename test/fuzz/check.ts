import fc from "fast-check";
import { checkpoint, checkpointPolicies, config, grad, jit, jvp, type NDArray, vjp, vmap } from "fluxion";
import { deviceMemory } from "../../src/backends/wasm/device.ts";
import type { ArrayImpl } from "../../src/core/array.ts";
import { sizeOf } from "../../src/core/aval.ts";
import { array, elements } from "../lax/host.ts";
import { randomNumbers } from "../lax/opTable.ts";
import type { DTypeText } from "./chooser.ts";
import {
  type Choices,
  describeProgram,
  functionOf,
  type GenerateOptions,
  generate,
  inputArray,
  type Program,
  sourceOf,
} from "./generate.ts";
import { type Operation, operations } from "./operations.ts";

// What must hold for every program.

type Many = (...xs: NDArray[]) => NDArray[];

/** Runs with the plain rules of the primitives instead of compiled kernels. */
export function onReference<T>(run: () => T): T {
  config.update("evaluator", "reference");
  try {
    return run();
  } finally {
    config.update("evaluator", "wasm");
  }
}

export const programFunction = (program: Program): Many => functionOf<Many>(program.source);

/** The program with every inexact operation disturbed as rounding might: it shows how far results may differ. */
function disturbed(program: Program, seed: string, rounding: RegExp | null): Many {
  const around = (step: Program["steps"][number]): string => {
    if (!step.inexact && rounding?.test(step.text) !== true) return step.text;
    const expression = step.text.replace(/\bv\d+\b/g, (name) => `noise(${name})`);
    return `${expression}.map(noise)`;
  };
  const next = randomNumbers(seed);
  const noise = (x: NDArray): NDArray => {
    const isComplex = x.dtype.kind === "complex";
    if ((x.dtype.kind !== "float" && !isComplex) || x.size === 0) return x;
    const eps = isDouble(x.dtype.name) ? 2 ** -44 : 2 ** -21;
    const error = (): number => (next() < 0.5 ? -eps : eps);
    const factors = Array.from({ length: x.size }, () => [
      1 + error(),
      ...(isComplex ? [error()] : []),
    ]).flat();
    return x.mul(array(factors, x.shape, x.dtype.name as "float32"));
  };
  return functionOf<Many>(sourceOf(program.inputs.length, program.steps, program.outputs, around), { noise });
}

export interface Expected {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly weakType: boolean;
  readonly data: readonly number[];
  /** Absolute tolerance per element; null: the same bits. NaN: the element is not determined. */
  readonly tolerance: readonly number[] | null;
}

const isDouble = (dtype: string): boolean => dtype === "float64" || dtype === "complex128";

const host = (x: NDArray): number[] =>
  x.dtype.name === "key<fry>" ? Array.from((x as ArrayImpl).toHost() as Uint32Array) : elements(x);

/** Operations whose results are exact, but whose derivatives are rounded. */
const rounded = /divide|reciprocal|sqrt|multiply|square|mul|var|div/;

/** Results by the reference rules with their tolerances. */
function expectedOf(
  run: (f: Many) => NDArray[],
  program: Program,
  exact: (i: number) => boolean,
  absolute = 0,
): Expected[] {
  const special = program.inputs.some((x) => x.flavour === "special");
  return onReference(() => {
    const out = run(programFunction(program));
    const others = ["p", "q", "r"].map((seed) =>
      run(disturbed(program, seed, absolute > 0 ? rounded : null)),
    );
    return out.map((x, i) => {
      const data = host(x);
      const shared = { shape: x.shape, dtype: x.dtype.name, weakType: x.weakType, data };
      if (exact(i)) return { ...shared, tolerance: null };
      const spreads = others.map((o) => host(o[i]));
      const difference = data.map((v, k) =>
        Math.max(...spreads.map((s) => (Object.is(s[k], v) ? 0 : Math.abs(s[k] - v)))),
      );
      const most = Math.max(0, ...difference.filter(Number.isFinite));
      const size = Math.max(1, ...data.filter(Number.isFinite).map(Math.abs));
      const relative = isDouble(x.dtype.name) ? 1e-11 : 4e-6;
      // Of complex numbers the larger part counts.
      const magnitude = (k: number): number =>
        x.dtype.kind === "complex" ? Math.max(Math.abs(data[k]), Math.abs(data[k ^ 1])) : Math.abs(data[k]);
      const tolerance = difference.map((d, k) =>
        // Near the ends of the range an intermediate may overflow one way and not the other.
        special || !Number.isFinite(d) || Math.abs(data[k]) > 1e36
          ? Number.NaN
          : 12 * most + relative * (magnitude(k) || 0) + absolute * size + 1e-36,
      );
      return { ...shared, tolerance };
    });
  });
}

function same(a: number, b: number): boolean {
  return Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b));
}

export function compare(actual: readonly NDArray[], expected: readonly Expected[], what: string): void {
  expected.forEach((e, i) => {
    const x = actual[i];
    const where = `${what}, result ${i}`;
    if (x.shape.join() !== e.shape.join() || x.dtype.name !== e.dtype)
      throw new Error(`${where}: ${x.dtype.name}[${x.shape}] instead of ${e.dtype}[${e.shape}]`);
    // vmap may turn an update of a slice into a scatter, whose result is typed as weakly as the array: so it is in JAX.
    if (x.weakType !== e.weakType && !what.includes("vmap"))
      throw new Error(`${where}: ${x.weakType ? "weakly" : "strongly"} typed, unlike expected`);
    host(x).forEach((v, k) => {
      const tolerance = e.tolerance === null ? 0 : e.tolerance[k];
      if (Number.isNaN(tolerance) || same(v, e.data[k])) return;
      // Bigints differ or do not.
      if (typeof v === "number" && Math.abs(v - e.data[k]) <= (tolerance || -1)) return;
      throw new Error(
        `${where}, element ${k} of [${e.shape}]: ${v} instead of ${e.data[k]} (tolerance ${tolerance})`,
      );
    });
  });
}

const choice = fc.noBias(fc.nat({ max: 5039 }));
const numbers = (length: number) => fc.array(choice, { maxLength: length });

/** Choices for programs of `min` to `max` operations. */
export function choicesOf(min: number, max: number): fc.Arbitrary<Choices> {
  return fc.record({
    inputs: fc.array(numbers(7), { minLength: 1, maxLength: 4, size: "max" }),
    steps: fc.array(fc.array(choice, { minLength: 1, maxLength: 9, size: "max" }), {
      minLength: min,
      maxLength: max,
      size: "max",
    }),
    outputs: fc.array(choice, { maxLength: 4, size: "max" }),
  });
}

function explained<T>(program: Program, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${describeProgram(program)}`, { cause: error });
  }
}

/** Jitted and eager runs, plain and donating, against the reference rules. */
export function checkValues(choices: Choices, options: GenerateOptions = {}): void {
  const program = generate(choices, options);
  explained(program, () => {
    const inputs = () => program.inputs.map(inputArray);
    const expected = expectedOf(
      (f) => f(...inputs()),
      program,
      (i) => program.outputs[i].exact,
    );
    const f = programFunction(program);
    compare(f(...inputs()), expected, "eager");
    const g = jit(f);
    const kept = inputs();
    compare(g(...kept), expected, "jit");
    const first = g(...kept);
    // What is not in use may have moved to the host in the meantime.
    deviceMemory.evictAll();
    compare(g(...kept), expected, "jit again");
    compare(first, expected, "jit, read late");
    // Donated: some of the arguments, chosen by the program itself.
    const donateArgnums = program.inputs.flatMap((_, i) => ((choices.outputs[0] ?? 1) & (1 << i) ? [i] : []));
    const d = jit(f, { donateArgnums });
    const given = inputs();
    if (program.steps.length % 2 === 0) deviceMemory.evictAll();
    compare(d(...given), expected, `jit donating ${donateArgnums}`);
    given.forEach((x, i) => {
      if (x.isDeleted() !== donateArgnums.includes(i))
        throw new Error(`argument ${i} donated: ${x.isDeleted()}`);
      if (!x.isDeleted()) {
        const [before, after] = [host(kept[i]), host(x)];
        before.forEach((v, k) => {
          if (!same(v, after[k])) throw new Error(`argument ${i} was overwritten`);
        });
      }
    });
    compare(d(...inputs()), expected, "jit donating again");
    checkLoop(program, f);
  });
}

/** A loop that feeds results back as arguments, all of them donated, computes the same bits as one that keeps them. */
function checkLoop(program: Program, f: Many): void {
  const next = program.inputs.map((x) =>
    program.outputs.findIndex((v) => v.dtype === x.dtype && v.shape.join() === x.shape.join() && !v.weakType),
  );
  if (next.every((i) => i < 0)) return;
  const kept = jit(f);
  const donating = jit(f, { donateArgnums: program.inputs.map((_, i) => i) });
  const feed = (xs: readonly NDArray[], outs: readonly NDArray[], fresh: boolean): NDArray[] =>
    next.map((o, i) => (o >= 0 ? outs[o] : fresh ? inputArray(program.inputs[i]) : xs[i]));
  let xs = program.inputs.map(inputArray);
  let ys = program.inputs.map(inputArray);
  for (let round = 0; round < 3; round++) {
    const outs = kept(...xs) as NDArray[];
    xs = feed(xs, outs, false);
    // One result may be wanted for several arguments; donated, each needs an array of its own.
    const given = ys.map((y, i) => (ys.indexOf(y) < i ? y.copy() : y));
    const donated = donating(...given) as NDArray[];
    ys = feed(ys, donated, true);
    outs.forEach((x, i) => {
      const [want, got] = [host(x), host(donated[i])];
      const at = want.findIndex((v, k) => !same(v, got[k]));
      if (at >= 0)
        throw new Error(
          `round ${round} of a donating loop, result ${i}, element ${at}: ${got[at]} instead of ${want[at]}`,
        );
    });
  }
}

/** vmap against a loop. */
export function checkVmap(
  choices: Choices,
  axesChoice: readonly number[],
  options: GenerateOptions = {},
): void {
  const program = generate(choices, options);
  explained(program, () => {
    const inAxes: (number | null)[] = program.inputs.map((x, i) => {
      const n = (axesChoice[i] ?? 0) % (x.shape.length + 2);
      return n === x.shape.length + 1 ? null : n;
    });
    if (!inAxes.some((a) => a !== null)) inAxes[0] = 0;
    const size = [3, 1, 2, 5][(axesChoice[7] ?? 0) % 4];
    const examples = Array.from({ length: size }, (_, b) =>
      program.inputs.map((x, i) => inputArray(inAxes[i] === null ? x : { ...x, seed: `${x.seed} ${b}` })),
    );
    const batched = program.inputs.map((x, i) =>
      inAxes[i] === null
        ? inputArray(x)
        : stacked(
            examples.map((e) => e[i]),
            inAxes[i] as number,
          ),
    );
    const f = programFunction(program);
    const mapped = vmap(f as never, { inAxes: inAxes as never }) as unknown as Many;
    const out = jit(mapped)(...batched);
    const eager = mapped(...batched);
    for (let b = 0; b < size; b++) {
      const expected = expectedOf(
        (g) => g(...examples[b]),
        program,
        (i) => program.outputs[i].exact,
      );
      const one = (xs: NDArray[]) => xs.map((x) => x.get(b));
      compare(one(out), expected, `jit of vmap over ${JSON.stringify(inAxes)}, example ${b}`);
      compare(one(eager), expected, `vmap over ${JSON.stringify(inAxes)}, example ${b}`);
    }
  });
}

/** Stacks on the host, without the library. */
function stacked(xs: readonly NDArray[], axis: number): NDArray {
  const [x] = xs;
  const inner = sizeOf(x.shape.slice(axis)) * (x.dtype.kind === "complex" ? 2 : 1);
  const outer = sizeOf(x.shape.slice(0, axis));
  const all = xs.map(host);
  const data: number[] = [];
  for (let o = 0; o < outer; o++) {
    for (const one of all) for (let i = 0; i < inner; i++) data.push(one[o * inner + i]);
  }
  const shape = x.shape.slice();
  shape.splice(axis, 0, xs.length);
  return array(data, shape, x.dtype.name as "int32");
}

/** A program that can be differentiated, with its arguments; null where there is nothing to differentiate. */
function differentiableProgram(
  choices: Choices,
  floats: readonly DTypeText[],
  pool: readonly Operation[],
  clampsReads = true,
) {
  const program = generate(choices, {
    operations: pool.filter((o) => o.differentiable && (clampsReads || !o.clampsReads)),
    dtypes: [...floats, "int32", "bool"],
    special: false,
  });
  const wrt = program.inputs.flatMap((x, i) => (x.dtype.startsWith("float") ? [i] : []));
  if (wrt.length === 0 || !program.outputs.some((v) => v.isFloat)) return null;
  return { program, wrt, xs: program.inputs.map(inputArray) };
}

const floatsOf = (ys: readonly NDArray[]): NDArray[] => ys.filter((y) => y.dtype.kind === "float");
/** A weighted sum of the floating results. */
const lossOf =
  (f: Many) =>
  (...ys: NDArray[]): NDArray =>
    floatsOf(f(...ys))
      .map((y, i) => y.mul(weights(y, `weights ${i}`)).sum())
      .reduce((a, b) => a.add(b))
      .astype("float32");

/** Gradients of a weighted sum of the results: jitted and eager against the reference rules. */
export function checkGrad(choices: Choices, pool: readonly Operation[] = operations): void {
  const made = differentiableProgram(choices, ["float32", "float32", "float32", "float64"], pool);
  if (made === null) return;
  const { program, wrt, xs } = made;
  explained(program, () => {
    const gradient = (f: Many): Many =>
      grad(lossOf(f) as never, { argnums: wrt as never }) as unknown as Many;
    const expected = expectedOf((f) => gradient(f)(...xs), program, () => false, 3e-6); // biome-ignore format: short
    const f = programFunction(program);
    compare(gradient(f)(...xs), expected, "grad");
    compare(jit(gradient(f))(...xs), expected, "jit of grad");
    compare(gradient(jit(f))(...xs), expected, "grad of jit");
  });
}

/** Checkpoints change no derivative, whatever they keep: nothing, everything, or some operations. */
export function checkCheckpoint(choices: Choices, pool: readonly Operation[] = operations): void {
  const made = differentiableProgram(choices, ["float32", "float32", "float32", "float64"], pool);
  if (made === null) return;
  const { program, wrt, xs } = made;
  explained(program, () => {
    const gradient = (f: Many): Many =>
      grad(lossOf(f) as never, { argnums: wrt as never }) as unknown as Many;
    const expected = expectedOf((f) => gradient(f)(...xs), program, () => false, 3e-6); // biome-ignore format: short
    const f = programFunction(program);
    const some: checkpointPolicies.CheckpointPolicy = ({ name }, avals) =>
      (name.length + avals.length + (avals[0]?.ndim ?? 0)) % 2 === 0;
    compare(gradient(checkpoint(f))(...xs), expected, "grad of a checkpoint");
    compare(
      jit(gradient(checkpoint(f, { policy: some })))(...xs),
      expected,
      "jit of grad, some results kept",
    );
    const { everythingSaveable } = checkpointPolicies;
    const nested = checkpoint(checkpoint(jit(f), { policy: some }), { policy: everythingSaveable });
    compare(jit(gradient(nested))(...xs), expected, "checkpoint of checkpoint");
    compare(gradient(jit(checkpoint(f)))(...xs), expected, "grad of jit of a checkpoint");
  });
}

/** Hessian-vector products, reverse over reverse and forward over reverse, against the reference rules. */
export function checkSecondOrder(choices: Choices, pool: readonly Operation[] = operations): void {
  const made = differentiableProgram(choices, ["float32", "float32"], pool);
  if (made === null) return;
  const { program, wrt, xs } = made;
  const vs = wrt.map((i) => weights(xs[i], `direction ${i}`));
  explained(program, () => {
    const gradient = (f: Many): Many =>
      grad(lossOf(f) as never, { argnums: wrt as never }) as unknown as Many;
    const product =
      (f: Many): Many =>
      (...ys) => {
        const along = (...zs: NDArray[]): NDArray =>
          gradient(f)(...zs)
            .map((g, k) => g.mul(vs[k]).sum().astype("float32"))
            .reduce((a, b) => a.add(b));
        const g = grad(along as never, { argnums: wrt as never }) as unknown as Many;
        return g(...ys);
      };
    const expected = expectedOf((f) => product(f)(...xs), program, () => false, 1e-5); // biome-ignore format: short
    const f = programFunction(program);
    compare(jit(product(f))(...xs), expected, "jit of a Hessian-vector product");
    const forward: Many = (...ys) => {
      const all = (...zs: NDArray[]): NDArray[] => {
        const full = ys.slice();
        wrt.forEach((i, k) => {
          full[i] = zs[k];
        });
        return gradient(f)(...full);
      };
      return jvp(all as never, wrt.map((i) => ys[i]) as never, vs as never)[1] as unknown as NDArray[]; // biome-ignore format: short
    };
    compare(jit(forward)(...xs), expected, "forward over reverse");
  });
}

/** Forward and reverse mode are each other's transposes: <ct, J t> = <J' ct, t>, in float64. */
export function checkTranspose(choices: Choices, pool: readonly Operation[] = operations): void {
  const made = differentiableProgram(choices, ["float64", "float64", "float64"], pool, false);
  if (made === null) return;
  const { program, wrt, xs } = made;
  explained(program, () => {
    const f = programFunction(program);
    const g: Many = (...zs) => {
      const full = xs.slice();
      wrt.forEach((i, k) => {
        full[i] = zs[k];
      });
      return floatsOf(f(...full));
    };
    const at = wrt.map((i) => xs[i]);
    const ts = at.map((x, i) => weights(x, `tangent ${i}`));
    const both = (...zs: NDArray[]): NDArray[][] => {
      const [out, tangents] = jvp(g as never, zs as never, ts as never) as unknown as NDArray[][];
      const cts = out.map((y, i) => weights(y, `cotangent ${i}`));
      const [, pull] = vjp(g as never, ...(zs as never[])) as unknown as [
        unknown,
        (c: NDArray[]) => NDArray[],
      ];
      return [tangents, pull(cts), cts];
    };
    for (const [name, run] of [
      ["eager", both],
      ["jit", jit(both)],
    ] as const) {
      const [tangents, pulled, cts] = run(...at) as NDArray[][];
      // A float32 on the way rounds.
      const single = program.values.some((v) => v.dtype === "float32") || program.source.includes("float32");
      let [forward, backward, size] = [0, 0, 0];
      const dot = (p: NDArray, q: NDArray): number => {
        const b = host(q);
        return host(p).reduce((s, v, k) => {
          size += Math.abs(v * b[k]);
          return s + v * b[k];
        }, 0);
      };
      tangents.forEach((t, i) => {
        forward += dot(t, cts[i]);
      });
      pulled.forEach((c, i) => {
        backward += dot(c, ts[i]);
      });
      if (!Number.isFinite(size) || size > 1e30) return;
      if (Math.abs(forward - backward) > (single ? 1e-4 : 1e-8) * Math.max(1, size))
        throw new Error(`${name}: <ct, J t> = ${forward}, but <J' ct, t> = ${backward}`);
    }
  });
}

function weights(y: NDArray, seed: string): NDArray {
  const next = randomNumbers(seed);
  const data = Array.from({ length: y.size }, () => next() - 0.5);
  return array(data, y.shape, y.dtype.name as "float32");
}
