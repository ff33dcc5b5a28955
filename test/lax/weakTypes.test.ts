import { expect, test } from "vitest";
import "../../src/backends/install.ts";
import type { NDArray } from "../../src/core/array.ts";
import { ShapeDtypeStruct } from "../../src/core/aval.ts";
import { asDType, type DTypeName } from "../../src/dtypes/index.ts";
import * as lax from "../../src/lax/index.ts";
import { grad } from "../../src/transforms/grad.ts";
import { vjp } from "../../src/transforms/linearize.ts";
import { makeJaxpr } from "../../src/transforms/makeJaxpr.ts";
import { readGolden } from "../support/goldens.ts";
import { array } from "./host.ts";

// Which results are weakly typed, given operands that are, in values and derivatives.

const expected = await readGolden<Record<string, boolean[]>>("lax_weak_types");

type F = (...xs: NDArray[]) => NDArray | NDArray[];
type Scalar = (...xs: NDArray[]) => NDArray;
const struct = (shape: number[], dtype: DTypeName, weakType: boolean) =>
  new ShapeDtypeStruct(shape, asDType(dtype), { weakType });
const weak = (shape: number[] = [], dtype: DTypeName = "float32") => struct(shape, dtype, true);
const strong = (shape: number[] = [], dtype: DTypeName = "float32") => struct(shape, dtype, false);

const actual: Record<string, boolean[]> = {};
function record(name: string, f: F, ...args: ShapeDtypeStruct[]): void {
  actual[name] = makeJaxpr(f)(...args).outAvals.map((a) => a.weakType);
}
const gradOf = (f: Scalar): F => grad(f) as unknown as F;
const cotangents =
  (f: Scalar): F =>
  (...xs) =>
    (vjp(f, ...xs)[1] as unknown as (ct: NDArray) => NDArray[])(f(...xs));
const camel = (name: string) => name.replace(/_(.)/g, (_, c: string) => c.toUpperCase());
const named = (name: string) => (lax as unknown as Record<string, Scalar>)[camel(name)];

for (const name of Object.keys(expected)) {
  const [op, kind, which] = name.split(" ");
  const f = named(op);
  if (f === undefined || op === "select") continue; // below
  const pairs: Record<string, [ShapeDtypeStruct, ShapeDtypeStruct]> = {
    ww: [weak(), weak()],
    ws: [weak(), strong()],
    sw: [strong(), weak()],
    WW: [weak([3]), weak([3])],
  };
  if (kind in pairs) record(name, f, ...pairs[kind]);
  else if (which in pairs) record(name, cotangents(f), ...pairs[which]);
  else if (kind === "arr") record(name, f, weak([3]));
  else if (kind === "grad") record(name, gradOf(f), weak());
  else if (kind === "gradarr") record(name, cotangents(f), weak([3]));
  else if (expected[`${name} arr`] !== undefined) record(name, f, weak());
}

const yes = array([1], [], "bool");
record("sum", (x) => lax.reduceSum(x, [0]), weak([3]));
record("max", (x) => lax.reduceMax(x, [0]), weak([3]));
record("prod", (x) => lax.reduceProd(x, [0]), weak([3]));
record(
  "sumgrad",
  gradOf((x) => lax.reduceSum(x, [0])),
  weak([3]),
);
record(
  "maxgrad",
  gradOf((x) => lax.reduceMax(x, [0])),
  weak([3]),
);
record(
  "prodgrad",
  gradOf((x) => lax.reduceProd(x, [0])),
  weak([3]),
);
record("or", (x) => lax.reduceOr(x, [0]), weak([3], "int32"));
record("argmax", (x) => lax.argmax(x, 0, "int32"), weak([3]));
record("cumsum", (x) => lax.cumsum(x), weak([3]));
record("cumprod", (x) => lax.cumprod(x), weak([3]));
record("dot", (x) => lax.dot(x, x), weak([3]));
record("dotgrad", (x) => grad((y: NDArray) => lax.dot(y, x))(x), weak([3]));
record("select", (x) => lax.select(yes, x, x), weak([3]));
record("select ws", (x, y) => lax.select(yes, x, y), weak([3]), strong([3]));
record("clamp", (x) => lax.clamp(0, x, 1), weak());
record("clamps", (x) => lax.clamp(0, x, 1), strong());
record("sort", (x) => lax.sort(x), weak([3]));
record("convert", (x) => lax.convertElementType(x, "float32"), weak());
record("bitcast", (x) => lax.bitcastConvertType(x, "int32"), weak());
record("stop", (x) => lax.stopGradient(x), weak());
record(
  "ipow0grad",
  gradOf((x) => lax.integerPow(x, 0)),
  weak(),
);
record(
  "ipow3grad",
  gradOf((x) => lax.integerPow(x, 3)),
  weak(),
);
record("round", (x) => lax.round(x), weak());
record("redprec", (x) => lax.reducePrecision(x, 5, 10), weak());
record("topk", (x) => lax.topK(x, 1), weak([3]));

test.each(Object.keys(expected))("%s", (name) => {
  expect(actual[name]).toEqual(expected[name]);
});
