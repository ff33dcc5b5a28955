import { type DTypeLike, jit, jnp, lax, type NDArray, vjp, vmap } from "fluxion";
import { beforeAll, describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";

// Gathers and scatters with random dimension numbers, and mistakes in them, as JAX answers them.

type Ints = readonly number[];
interface Case {
  readonly fn: "gather" | keyof typeof scatters;
  readonly mode: "clip" | "fill" | "promise_in_bounds";
  readonly dtype: DTypeLike;
  readonly shape: Ints;
  readonly x: Ints;
  readonly indicesShape: Ints;
  readonly indices: Ints;
  /** Window dimensions, collapsed ones, the index map, batching dimensions of operand and of indices. */
  readonly dims: readonly [Ints, Ints, Ints, Ints, Ints];
  readonly sizes: Ints;
  readonly updatesShape?: Ints;
  readonly updates?: Ints;
  readonly outShape: Ints;
  readonly out: Ints;
  readonly ct?: Ints;
  readonly grads?: readonly Ints[];
}
interface Mistake extends Pick<Case, "fn" | "shape" | "indicesShape" | "updatesShape" | "dims" | "sizes"> {
  readonly error: string;
  readonly message: string;
}

const scatters = {
  scatter: lax.scatter,
  scatterAdd: lax.scatterAdd,
  scatterSub: lax.scatterSub,
  scatterMul: lax.scatterMul,
  scatterMin: lax.scatterMin,
  scatterMax: lax.scatterMax,
};

let golden: { cases: readonly Case[]; errors: readonly Mistake[] };
beforeAll(async () => {
  golden = await readGolden("gather_scatter");
});

const array = (data: Ints, shape: Ints, dtype: DTypeLike): NDArray =>
  jnp.array(data, { dtype }).reshape(shape);

/** The operation of a case, as a function of its operands. */
function operation({ fn, mode, dims, sizes }: Pick<Case, "fn" | "dims" | "sizes"> & { mode?: Case["mode"] }) {
  const [window, collapsed, map, operandBatchingDims, indicesBatching] = dims;
  if (fn === "gather") {
    const numbers = {
      offsetDims: window,
      collapsedSliceDims: collapsed,
      startIndexMap: map,
      operandBatchingDims,
      startIndicesBatchingDims: indicesBatching,
    };
    return (x: NDArray, i: NDArray) => lax.gather(x, i, numbers, sizes, { mode, fillValue: 5 });
  }
  const numbers = {
    updateWindowDims: window,
    insertedWindowDims: collapsed,
    scatterDimsToOperandDims: map,
    operandBatchingDims,
    scatterIndicesBatchingDims: indicesBatching,
  };
  return (x: NDArray, i: NDArray, u: NDArray) => scatters[fn](x, i, u, numbers, { mode });
}

function operands(c: Case): NDArray[] {
  const data = [array(c.x, c.shape, c.dtype), array(c.indices, c.indicesShape, "int32")];
  if (c.updates !== undefined) data.push(array(c.updates, c.updatesShape as Ints, c.dtype));
  return data;
}
/** The sign of a zero product is not in the goldens. */
const flat = (x: NDArray): number[] => Array.from(x.dataSync() as ArrayLike<number>, (v) => Number(v) + 0);
const describeCase = (c: Case): string =>
  `${c.fn} ${c.mode} ${c.dtype} of [${c.shape}] at [${c.indicesShape}] by ${JSON.stringify(c.dims)}`;

type Operation = (...operands: NDArray[]) => NDArray;

describe("random dimension numbers", () => {
  test("values, eager and compiled", () => {
    golden.cases.forEach((c, i) => {
      const f = operation(c) as Operation;
      const out = (i % 2 === 0 ? f : jit(f))(...operands(c));
      expect(out.shape, describeCase(c)).toEqual(c.outShape);
      expect(flat(out), describeCase(c)).toEqual(c.out);
      expect(out.dtype.name).toBe(c.dtype);
    });
  });

  test("cotangents of operand and updates", () => {
    const differentiable = golden.cases.filter((c) => c.grads !== undefined);
    expect(differentiable.length).toBeGreaterThan(50);
    for (const c of differentiable) {
      const [x, i, u] = operands(c);
      const f = operation(c) as Operation;
      const primals = u === undefined ? [x] : [x, u];
      const [, back] = vjp((a: NDArray, b?: NDArray) => f(a, i, b as NDArray), ...primals);
      const cts = back(array(c.ct as Ints, c.outShape, "float32")) as NDArray[];
      c.grads?.forEach((expected, k) => {
        flat(cts[k]).forEach((v, at) => {
          expect(v, `cotangent ${k} of ${describeCase(c)}`).toBeCloseTo(expected[at], 5);
        });
      });
    }
  });

  test("mapped over each choice of operands, against a loop", () => {
    golden.cases.forEach((c, n) => {
      if (n % 3 !== 0) return; // The op tables map over every axis.
      const given = operands(c);
      const f = operation(c) as Operation;
      for (let mask = 1; mask < 1 << given.length; mask++) {
        const inAxes = given.map((x, k) => ((mask >> k) & 1 ? (n + k) % (x.ndim + 1) : null));
        // The second example has the operands in reverse order; its indices are as good as those of the first.
        const second = given.map((x, k) => (inAxes[k] === null ? x : jnp.flip(x)));
        const usable = c.mode !== "promise_in_bounds" || inAxes[1] === null || new Set(c.shape).size === 1;
        if (!usable) continue;
        const both = given.map((x, k) =>
          inAxes[k] === null ? x : jnp.stack([x, second[k]], inAxes[k] as number),
        );
        const mapped = vmap(f, inAxes)(...both) as NDArray;
        const expected = jnp.stack([f(...given), f(...second)]);
        expect(flat(mapped), `vmap ${inAxes} of ${describeCase(c)}`).toEqual(flat(expected));
      }
    });
  });
});

test("mistakes in dimension numbers have JAX's errors", () => {
  for (const c of golden.errors) {
    const f = operation(c) as Operation;
    const given = [jnp.zeros(c.shape), jnp.zeros(c.indicesShape, { dtype: "int32" })];
    if (c.fn !== "gather") given.push(jnp.zeros(c.updatesShape as Ints));
    let thrown: unknown;
    try {
      f(...given);
    } catch (error) {
      thrown = error;
    }
    const words = (text: string): string => text.replaceAll(" ", ""); // Some of JAX's lack a space.
    const { name, message } = (thrown ?? new Error("nothing was raised")) as Error;
    expect(words(`${name}: ${message}`), JSON.stringify(c)).toBe(words(`${c.error}: ${c.message}`));
  }
});
