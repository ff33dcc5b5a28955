import { describe, expect, test } from "vitest";
import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import { ShapeDtypeStruct } from "../../src/core/aval.ts";
import { asDType, type DTypeName } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { jvp } from "../../src/transforms/jvp.ts";
import { vjp } from "../../src/transforms/linearize.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { readGolden } from "../support/goldens.ts";

// The printed programs of every primitive, of its derivatives in both modes and of its batches, as JAX prints them.

interface Arg {
  readonly shape: readonly number[];
  readonly dtype: DTypeName;
}
interface RuleCase {
  readonly id: string;
  readonly fn: string;
  readonly args: readonly Arg[];
  readonly static: readonly unknown[];
  readonly listArg?: boolean;
  readonly plain: string;
  readonly jvp?: readonly { readonly wrt: readonly number[]; readonly jaxpr: string }[];
  readonly vjp?: { readonly wrt: readonly number[]; readonly jaxpr: string };
  readonly vmap: readonly { readonly inAxes: readonly (number | null)[]; readonly jaxpr: string }[];
}
const { cases } = await readGolden<{ cases: RuleCase[] }>("lax_rules");

type ArrayFunction = (...xs: NDArray[]) => NDArray;
const struct = (a: Arg) => new ShapeDtypeStruct(a.shape, asDType(a.dtype));

function functionOf(c: RuleCase): ArrayFunction {
  const f = (lax as unknown as Record<string, (...args: unknown[]) => unknown>)[c.fn];
  if (f === undefined) throw new Error(`lax.${c.fn} is missing`);
  const named = c.fn === "topK" ? [c.static[0]] : c.static;
  return (...xs) => (c.listArg ? f(xs, ...named) : f(...xs, ...named)) as NDArray;
}

/** The function of the operands `wrt` only, the others held. */
function partial(f: ArrayFunction, held: readonly NDArray[], wrt: readonly number[]): ArrayFunction {
  return (...ys) => {
    const all = held.slice();
    wrt.forEach((i, k) => {
      all[i] = ys[k];
    });
    return f(...all);
  };
}

describe.each(cases.map((c) => [c.id, c] as const))("%s", (_id, c) => {
  const f = functionOf(c);
  const structs = c.args.map(struct);
  test("as written", () => {
    expect(String(makeJaxpr(f)(...structs))).toBe(c.plain);
  });
  for (const { wrt, jaxpr } of c.jvp ?? []) {
    test(`jvp in ${wrt}`, () => {
      const forward = (...xs: NDArray[]) => {
        const primals = xs.slice(0, structs.length);
        return jvp(
          partial(f, primals, wrt),
          wrt.map((i) => primals[i]),
          xs.slice(structs.length),
        );
      };
      expect(String(makeJaxpr(forward)(...structs, ...wrt.map((i) => structs[i])))).toBe(jaxpr);
    });
  }
  const reverse = c.vjp;
  if (reverse !== undefined) {
    test(`vjp in ${reverse.wrt}`, () => {
      const { wrt } = reverse;
      const out = makeJaxpr(f)(...structs).outAvals.map((a) => new ShapeDtypeStruct(a.shape, a.dtype));
      const backward = (...xs: NDArray[]) => {
        const primals = xs.slice(0, structs.length);
        const cts = xs.slice(structs.length);
        const [value, pull] = vjp(partial(f, primals, wrt), ...wrt.map((i) => primals[i]));
        return (pull as (ct: unknown) => unknown)(Array.isArray(value) ? cts : cts[0]);
      };
      expect(String(makeJaxpr(backward)(...structs, ...out))).toBe(reverse.jaxpr);
    });
  }
  test.each(c.vmap.map((v) => [JSON.stringify(v.inAxes), v] as const))(
    "vmap over %s",
    (_axes, { inAxes, jaxpr }) => {
      const batched = c.args.map((a, i) => {
        const shape = a.shape.slice();
        const axis = inAxes[i];
        if (axis !== null) shape.splice(axis, 0, 4);
        return struct({ ...a, shape });
      });
      expect(String(makeJaxpr(vmap(f, inAxes.slice()))(...batched))).toBe(jaxpr);
    },
  );
});
