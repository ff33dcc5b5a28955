import "../../src/backends/install.ts";
import { expect } from "vitest";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import { type CompiledProgram, compileToProgram } from "../../src/compiler/compile.ts";
import { interpretProgram } from "../../src/compiler/interpret.ts";
import { printProgram } from "../../src/compiler/print.ts";
import { validateProgram } from "../../src/compiler/validate.ts";
import type { ArrayImpl, NDArray } from "../../src/core/array.ts";
import { shapedArray } from "../../src/core/aval.ts";
import { ClosedJaxpr } from "../../src/core/jaxpr.ts";
import { arrayFromHost } from "../../src/core/values.ts";
import {
  bool,
  type DType,
  float32,
  type HostData,
  hostArray,
  int32,
  keyFry,
  uint8,
  uint32,
} from "../../src/dtypes/index.ts";
import { traceToJaxpr } from "../../src/transforms/traceToJaxpr.ts";

export type F = (...args: NDArray[]) => NDArray | readonly NDArray[];

/** A deterministic generator of numbers in [0, 1). */
export function generator(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return (s >>> 8) / 2 ** 24;
  };
}

/** Elements in a moderate range, with halves so that many float results are exact. */
export function randomData(shape: readonly number[], dtype: DType, next: () => number): HostData {
  const size = shape.reduce((n, x) => n * x, 1);
  const data = hostArray(dtype, size);
  for (let i = 0; i < data.length; i++) {
    const r = next();
    if (dtype === bool) data[i] = r < 0.5 ? 0 : 1;
    else if (dtype === keyFry || dtype === uint32) data[i] = Math.floor(r * 2 ** 32);
    else if (dtype === int32) data[i] = Math.floor(r * 21) - 10;
    else if (dtype === uint8) data[i] = Math.floor(r * 256);
    else data[i] = Math.round((r * 8 - 4) * 16) / 16;
  }
  return data;
}

export function array(shape: readonly number[], dtype: DType = float32, seed = 1): ArrayImpl {
  return arrayFromHost(randomData(shape, dtype, generator(seed)), shapedArray(shape, dtype));
}

/** The jaxpr of a function of arrays. */
export function trace(f: F, args: readonly NDArray[]): ClosedJaxpr {
  const flat = (xs: NDArray[]): readonly NDArray[] => {
    const out = f(...xs);
    return Array.isArray(out) ? (out as readonly NDArray[]) : [out as NDArray];
  };
  const { jaxpr, consts } = traceToJaxpr(
    flat,
    args.map((a) => a.aval),
    "testing the compiler",
  );
  return new ClosedJaxpr(jaxpr, consts);
}

export function compile(f: F, args: readonly NDArray[], donated?: readonly boolean[]): CompiledProgram {
  const program = compileToProgram(trace(f, args), { name: "test", donated });
  validateProgram(program, donated);
  return program;
}

export function text(f: F, ...args: readonly NDArray[]): string {
  return printProgram(compile(f, args));
}

/** The kernels of a program, one line each. */
export function kernels(f: F, ...args: readonly NDArray[]): string[] {
  return text(f, ...args)
    .split("\n")
    .filter((line) => line.startsWith("kernel"));
}

function same(actual: HostData, expected: HostData, tolerance: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const [a, e] = [Number(actual[i]), Number(expected[i])];
    const ok =
      Object.is(a, e) ||
      a === e ||
      (Number.isNaN(a) && Number.isNaN(e)) ||
      Math.abs(a - e) <= tolerance * Math.max(1, Math.abs(e));
    if (!ok) expect.fail(`${what}: element ${i} is ${a}, expected ${e}`);
  }
}

/** Compiles, validates and interprets a program, and compares every result with the reference evaluation. */
export function check(
  f: F,
  args: readonly ArrayImpl[],
  options: { tolerance?: number; donated?: readonly boolean[] } = {},
): CompiledProgram {
  const closed = trace(f, args);
  const program = compileToProgram(closed, { name: "test", donated: options.donated });
  validateProgram(program, options.donated);
  const hosts = args.map((a) => ({ shape: a.shape, dtype: a.dtype, data: a.toHost() }));
  const expected = interpretReference(closed, hosts);
  const actual = interpretProgram(
    program,
    hosts.map((h) => h.data),
    program.constants.map((c) => (c as ArrayImpl).toHost()),
  );
  expected.forEach((e, i) => {
    same(actual[i], e, options.tolerance ?? 1e-5, `result ${i} of\n${closed}\n${printProgram(program)}\n`);
  });
  return program;
}
