// Programs with loops and branches against the same written out in TypeScript, under every transformation.

import { config, grad, jit, jnp, jvp, linearize, type NDArray, tree, vjp, vmap } from "fluxion";
import { afterEach, expect, test } from "vitest";

export type A = NDArray;
/** A program of arrays whose result is a tree of arrays. */
// biome-ignore lint/suspicious/noExplicitAny: programs name their own arguments
export type Program = (...args: any[]) => unknown;

/** Numbers in [-1, 1) that look random, the same in every run. */
export function numbers(shape: readonly number[], seed: number): A {
  let s = (seed * 7919 + 17) % 65521;
  const size = shape.reduce((n, k) => n * k, 1);
  const data = Float32Array.from({ length: size }, () => {
    s = (s * 17364 + 8191) % 65521;
    return s / 32760.5 - 1;
  });
  return jnp.reshape(jnp.array(data), shape);
}

/** Arguments, and the program with loops and branches and without. */
export interface Case {
  readonly args: () => A[];
  readonly program: Program;
  readonly plain: Program;
  /** There is no reverse mode. */
  readonly forwardOnly?: boolean;
}

const isFloat = (x: A): boolean => x.dtype.kind === "float";

/** A scalar that depends on every element of every floating result. */
function loss(out: unknown): A {
  const terms = (tree.leaves(out) as A[]).filter(isFloat).map((x, i) => {
    return jnp.sum(jnp.sin(x.add(0.3)).mul(numbers(x.shape, 31 + i)));
  });
  return terms.reduce((a, b) => a.add(b), jnp.float32(0));
}

/** The program as a function of the floating arguments, for differentiation. */
function inFloats(f: Program, args: readonly A[]): { f: Program; xs: A[] } {
  const at = args.flatMap((x, i) => (isFloat(x) ? [i] : []));
  const inner = (...xs: A[]) => {
    const all = [...args];
    at.forEach((i, k) => {
      all[i] = xs[k];
    });
    return f(...all);
  };
  return { f: inner, xs: at.map((i) => args[i]) };
}

const lossOf =
  (f: Program) =>
  (...xs: A[]) =>
    loss(f(...xs));
const all = (xs: readonly A[]) => xs.map((_, i) => i);
const gradient = (f: Program, xs: readonly A[]) => grad(lossOf(f), { argnums: all(xs) });
const tangentsOf = (xs: readonly A[], seed = 5) => xs.map((x, i) => numbers(x.shape, seed + i));
/** Several versions of an argument, stacked. */
const batch = (x: A, axis: number): A =>
  jnp.stack(isFloat(x) ? [x, x.mul(0.5), x.sub(0.25)] : [x, x, x], axis);

type Check = (f: Program, args: readonly A[]) => unknown;

/** Each makes something of a program and arguments, by transformations alone and nested. */
const forward: Record<string, Check> = {
  value: (f, args) => f(...args),
  jit: (f, args) => jit(f)(...args),
  jvp: (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    return jvp(lossOf(f), xs, tangentsOf(xs));
  },
  "jit of jvp": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    return jit((...ys: A[]) => jvp(lossOf(f), ys, tangentsOf(xs)))(...xs);
  },
  linearize: (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    const [y, df] = linearize(lossOf(f), ...xs);
    return [y, df(...tangentsOf(xs)), df(...tangentsOf(xs, 11))];
  },
  "jvp of jvp": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    const df = (...ys: A[]) => jvp(lossOf(f), ys, tangentsOf(xs))[1];
    return jvp(df, xs, tangentsOf(xs, 11));
  },
  "vmap of all": (f, args) => vmap(f)(...args.map((x) => batch(x, 0))),
  "vmap of each": (f, args) =>
    args.map((_, k) =>
      vmap(f, { inAxes: args.map((_, i) => (i === k ? -1 : null)) })(
        ...args.map((x, i) => (i === k ? batch(x, -1) : x)),
      ),
    ),
  "vmap of vmap": (f, args) => {
    const twice = args.map((x, i) => (i === 0 ? batch(batch(x, 0), 0) : batch(x, 0)));
    const inner = vmap(f);
    return vmap(inner, { inAxes: args.map((_, i) => (i === 0 ? 0 : null)) })(...twice);
  },
  "jvp of vmap": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    const ys = xs.map((x) => batch(x, 0));
    return jvp(lossOf(vmap(f)), ys, tangentsOf(ys));
  },
};

const reverse: Record<string, Check> = {
  grad: (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    return gradient(f, xs)(...xs);
  },
  "jit of grad": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    return jit(gradient(f, xs))(...xs);
  },
  "grad of jit": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    return gradient(jit(f), xs)(...xs);
  },
  "vjp of each result": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    const floats = (...ys: A[]) => (tree.leaves(f(...ys)) as A[]).filter(isFloat);
    const [outs, back] = vjp(floats, ...xs);
    return outs.map((_, k) => back(outs.map((y, i) => (i === k ? jnp.onesLike(y) : jnp.zerosLike(y)))));
  },
  "grad of grad": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    return gradient((...ys: A[]) => gradient(f, xs)(...ys), xs)(...xs);
  },
  "jvp of grad": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    return jvp((...ys: A[]) => gradient(f, xs)(...ys), xs, tangentsOf(xs));
  },
  "grad of jvp": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    return gradient((...ys: A[]) => jvp(lossOf(f), ys, tangentsOf(xs)), xs)(...xs);
  },
  "vmap of grad": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    return vmap(gradient(f, xs))(...xs.map((x) => batch(x, 0)));
  },
  "grad of vmap": (f0, args) => {
    const { f, xs } = inFloats(f0, args);
    const ys = xs.map((x) => batch(x, 0));
    return gradient(vmap(f), ys)(...ys);
  },
};

function expectClose(actual: unknown, expected: unknown): void {
  const [got, want] = [tree.flatten(actual), tree.flatten(expected)];
  expect(String(got[1])).toBe(String(want[1]));
  (want[0] as A[]).forEach((e, i) => {
    const a = got[0][i] as A;
    expect(`${a.dtype}[${a.shape}]`).toBe(`${e.dtype}[${e.shape}]`);
    const [x, y] = [a, e].map((z) => Array.from(z.dataSync() as ArrayLike<number>, Number));
    const size = y.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
    x.forEach((v, k) => {
      const difference = Math.abs(v - y[k]);
      const same = Object.is(v, y[k]) || difference <= 2e-5 * size;
      if (!same) throw new Error(`leaf ${i}, element ${k}: ${v} for ${y[k]}\n${x}\n${y}`);
    });
  });
}

export const evaluators = ["reference", "wasm"] as const;

/** One test for each program, evaluator and transformation. */
export function agree(cases: Record<string, Case>): void {
  afterEach(() => config.update("evaluator", "wasm"));
  for (const [name, { args, program, plain, forwardOnly }] of Object.entries(cases)) {
    const checks = { ...forward, ...(forwardOnly ? {} : reverse) };
    test.each(Object.entries(checks))(`${name}: %s`, (_, check) => {
      const expected = check(plain, args());
      for (const evaluator of evaluators) {
        config.update("evaluator", evaluator);
        expectClose(check(program, args()), expected);
      }
    });
  }
}
