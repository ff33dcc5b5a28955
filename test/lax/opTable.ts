import { describe, expect, test } from "vitest";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import type { ArrayImpl, NDArray } from "../../src/core/array.ts";
import { shapedArray, sizeOf } from "../../src/core/aval.ts";
import { arrayFromHost } from "../../src/core/values.ts";
import {
  asDType,
  type DType,
  type DTypeName,
  type HostData,
  hostArray,
  isInexact,
  wordsPerElement,
} from "../../src/dtypes/index.ts";
import { jit } from "../../src/transforms/jit.ts";
import { jvp } from "../../src/transforms/jvp.ts";
import { vjp } from "../../src/transforms/linearize.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { evaluateByEmit } from "./emitEval.ts";
import { array, elements, firstDifference } from "./host.ts";

/**
 * Op tables: one row per function, and every row is held to the same laws.
 * - the default back end, jitted or not, agrees with the reference rules of the primitives;
 * - the scalar expressions that primitives lower to agree with the reference rules;
 * - forward and reverse mode agree with finite differences, to second order (in float64);
 * - vmap over every combination of axes agrees with a loop.
 */
export interface OpRow {
  readonly name: string;
  readonly fn: (...xs: NDArray[]) => NDArray | readonly NDArray[];
  readonly args: readonly OpArg[];
  /** Relative and absolute tolerance of values; default 2e-6 and 1e-6. */
  readonly rtol?: number;
  readonly atol?: number;
  /** Operands to differentiate in; default: all floating ones. Empty: none. */
  readonly wrt?: readonly number[];
  /** 1: only first derivatives. */
  readonly order?: 1 | 2;
  /** Tolerance of derivatives relative to their size; default 2e-5. */
  readonly gradTolerance?: number;
  /** False where the function cannot be mapped. */
  readonly vmap?: boolean;
}
export interface OpArg {
  readonly shape: readonly number[];
  readonly dtype?: DTypeName;
  /** Elements are drawn from here; default [-2, 2] for floats, [-5, 5] for integers. */
  readonly domain?: readonly [number, number];
  /** The elements themselves, repeated as needed. */
  readonly values?: readonly number[];
}

type ArrayFunction = (...xs: NDArray[]) => readonly NDArray[];
const list = (out: NDArray | readonly NDArray[]): readonly NDArray[] =>
  Array.isArray(out) ? out : [out as NDArray];

/** A small deterministic generator of numbers in [0, 1). */
export function randomNumbers(seed: string): () => number {
  let state = 2166136261;
  for (const c of seed) state = Math.imul(state ^ c.charCodeAt(0), 16777619);
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How many numbers `array` takes for an element: complex ones are given by their parts. */
const partsOf = ({ kind }: DType) => (kind === "complex" ? 2 : 1);

/** Random elements for an argument. */
export function draw(arg: OpArg, random: () => number, dtype = arg.dtype ?? "float32"): NDArray {
  const { kind } = asDType(dtype);
  const smooth = kind === "float" || kind === "complex";
  const [low, high] = arg.domain ?? (smooth ? [-2, 2] : kind === "int" ? [-5, 5] : [0, 10]);
  const element = (i: number): number => {
    if (arg.values !== undefined && kind !== "bool") return arg.values[i % arg.values.length];
    if (kind === "bool") return random() < 0.5 ? 1 : 0;
    const x = low + (high - low) * random();
    return smooth ? x : Math.floor(x);
  };
  return array(
    Array.from({ length: sizeOf(arg.shape) * partsOf(asDType(dtype)) }, (_, i) => element(i)),
    arg.shape,
    dtype,
  );
}

/** Runs all checks on all rows. */
export function testOps(rows: readonly OpRow[]): void {
  describe.each(rows.map((row) => [row.name, row] as const))("%s", (name, row) => {
    const f: ArrayFunction = (...xs) => list(row.fn(...xs));
    const rtol = row.rtol ?? 2e-6;
    const atol = row.atol ?? 1e-6;
    const args = () => {
      const random = randomNumbers(name);
      return row.args.map((a) => draw(a, random));
    };

    test("values", () => {
      const xs = args() as ArrayImpl[];
      const closed = makeJaxpr(f)(...xs);
      const host = xs.map((x) => ({ shape: x.shape, dtype: x.dtype, data: x.toHost() }));
      const expected = interpretReference(closed, host).map((d) => Array.from(d as Float32Array));
      const same = (actual: readonly (readonly number[])[]) => {
        expected.forEach((e, i) => {
          expect(firstDifference(actual[i], e, rtol, atol)).toBeNull();
        });
      };
      same(f(...xs).map(elements));
      same(list(jit(f)(...xs)).map(elements));
      same(evaluateByEmit(closed, host));
    });

    const wrt = row.wrt ?? row.args.flatMap((a, i) => (isInexact(asDType(a.dtype ?? "float32")) ? [i] : []));
    if (wrt.length > 0) {
      test("derivatives", () => {
        const random = randomNumbers(name);
        const xs = row.args.map((a) => draw(a, random, a.dtype === undefined ? "float64" : widened(a.dtype)));
        checkDerivatives(f, xs, wrt, row.order ?? 2, row.gradTolerance ?? 2e-5, random);
      });
    }
    if (row.vmap !== false && row.args.length > 0) {
      test("vmap", () => {
        checkBatching(row, f, rtol, atol);
      });
    }
  });
}
const widened = (dtype: DTypeName): DTypeName =>
  dtype === "float32" ? "float64" : dtype === "complex64" ? "complex128" : dtype;

// Derivatives.

/** The sum of products; of complex numbers its real part, as derivatives of JAX conjugate nothing. */
const dot = (xs: readonly NDArray[], ys: readonly NDArray[]): number =>
  xs.reduce((sum, x, i) => {
    const y = elements(ys[i]);
    const isComplex = x.dtype.kind === "complex";
    return sum + elements(x).reduce((s, v, k) => (isComplex && k % 2 === 1 ? s - v * y[k] : s + v * y[k]), 0);
  }, 0);
const moved = (x: NDArray, t: NDArray, h: number): NDArray => {
  const d = elements(t);
  return array(
    elements(x).map((v, i) => v + h * d[i]),
    x.shape,
    x.dtype.name,
  );
};
const normalLike = (x: NDArray, random: () => number): NDArray =>
  array(
    Array.from({ length: x.size * partsOf(x.dtype) }, () => 2 * random() - 1),
    x.shape,
    x.dtype.name,
  );
const isFloat = (x: NDArray) => isInexact(x.dtype);

/** Forward and reverse derivatives against central differences and each other, to the given order. */
export function checkDerivatives(
  f: ArrayFunction,
  args: readonly NDArray[],
  wrt: readonly number[],
  order: number,
  tolerance: number,
  random: () => number,
): void {
  // The smooth results as a function of the operands in question.
  const g: ArrayFunction = (...ys) => {
    const all = args.slice();
    wrt.forEach((i, k) => {
      all[i] = ys[k];
    });
    return f(...all).filter(isFloat);
  };
  const xs = wrt.map((i) => args[i]);
  const ts = xs.map((x) => normalLike(x, random));
  const h = 1e-5;
  const [value, tangent] = jvp(g as (...ys: NDArray[]) => NDArray[], xs, ts);
  const ahead = g(...xs.map((x, i) => moved(x, ts[i], h)));
  const behind = g(...xs.map((x, i) => moved(x, ts[i], -h)));
  tangent.forEach((t, i) => {
    const [p, q] = [elements(ahead[i]), elements(behind[i])];
    const slope = p.map((v, k) => (v - q[k]) / (2 * h));
    const size = Math.max(1, ...slope.map(Math.abs));
    expect(
      firstDifference(elements(t), slope, 0, tolerance * size),
      `tangent ${i}, order ${order}`,
    ).toBeNull();
  });
  const cts = value.map((v) => normalLike(v, random));
  const [, pull] = vjp(g as (...ys: NDArray[]) => NDArray[], ...xs);
  const pulled = pull(cts) as NDArray[];
  const [forward, backward] = [dot(cts, tangent), dot(pulled, ts)];
  expect(Math.abs(forward - backward), `vjp against jvp, order ${order}`).toBeLessThanOrEqual(
    1e-9 * Math.max(1, Math.abs(forward), ...pulled.map((p) => Math.max(0, ...elements(p).map(Math.abs)))),
  );
  if (order > 1) {
    const gradient: ArrayFunction = (...ys) => {
      const [, back] = vjp(g as (...zs: NDArray[]) => NDArray[], ...ys);
      return back(cts) as NDArray[];
    };
    const all = wrt.map((_, i) => i);
    checkDerivatives(gradient, xs, all, order - 1, tolerance * 10, random);
  }
}

// Batching.

const words = (x: NDArray): HostData => (x as ArrayImpl).toHost();

/** One example of a batch. */
function exampleOf(x: NDArray, axis: number, i: number): NDArray {
  const shape = x.shape.slice();
  const [n] = shape.splice(axis, 1);
  const inner = sizeOf(shape.slice(axis)) * wordsPerElement(x.dtype);
  const data = words(x);
  const out = hostArray(x.dtype, sizeOf(shape));
  for (let k = 0; k < out.length; k++) {
    out[k] = data[Math.floor(k / inner) * inner * n + i * inner + (k % inner)];
  }
  return arrayFromHost(out, shapedArray(shape, x.dtype));
}

function checkBatching(row: OpRow, f: ArrayFunction, rtol: number, atol: number): void {
  const batch = 3;
  const choices = row.args.map((a) => [null, ...Array.from({ length: a.shape.length + 1 }, (_, i) => i)]);
  const combinations = choices.reduce<(number | null)[][]>(
    (all, options) => all.flatMap((c) => options.map((o) => [...c, o])),
    [[]],
  );
  const mapped = combinations.filter((c) => c.some((d) => d !== null));
  const stride = Math.ceil(mapped.length / 40);
  mapped.forEach((inAxes, number) => {
    if (number % stride !== 0) return;
    const random = randomNumbers(`${row.name} ${inAxes}`);
    const xs = row.args.map((a, i) => {
      const shape = a.shape.slice();
      const axis = inAxes[i];
      if (axis !== null) shape.splice(axis, 0, batch);
      return draw({ ...a, shape }, random);
    });
    const batched = list(vmap(f as (...ys: NDArray[]) => NDArray[], inAxes)(...xs));
    for (let b = 0; b < batch; b++) {
      const one = f(...xs.map((x, i) => (inAxes[i] === null ? x : exampleOf(x, inAxes[i] as number, b))));
      one.forEach((expected, k) => {
        const actual = exampleOf(batched[k], 0, b);
        expect([actual.shape, actual.dtype], `vmap over ${inAxes}`).toEqual([expected.shape, expected.dtype]);
        expect(
          firstDifference(elements(actual), elements(expected), rtol, atol),
          `vmap over ${inAxes}, example ${b}`,
        ).toBeNull();
      });
    }
  });
}
