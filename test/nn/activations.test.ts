// Activations and their derivatives at the edges: zeros, corners, saturation, infinities. Values by JAX.

import { grad, jnp, nn, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { readGolden } from "../support/goldens.ts";
import type { A } from "../transforms/helpers.ts";

type Encoded = number | string;
interface Golden {
  readonly points: Encoded[];
  readonly functions: Record<string, { values: Encoded[]; derivatives: Encoded[] }>;
}
const golden = await readGolden<Golden>("activations");
const points = golden.points.map(Number);
const functions = nn as unknown as Record<string, (x: A) => A>;

function expectAll(actual: A, encoded: readonly Encoded[]): void {
  const got = Array.from(actual.dataSync() as Float32Array);
  got.forEach((v, i) => {
    const e = Number(encoded[i]);
    const at = `at ${points[i]}: ${v}, expected ${e}`;
    if (!Number.isFinite(e)) expect(Object.is(v, e), at).toBe(true);
    else expect(Math.abs(v - e), at).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(e)));
  });
}

describe.each(Object.entries(golden.functions))("%s", (name, { values, derivatives }) => {
  const f =
    name === "geluExact" ? (x: A) => nn.gelu(x, { approximate: false }) : (functions[name] as (x: A) => A);
  test("values", () => {
    expectAll(f(jnp.array(points)), values);
  });
  test("derivatives", () => {
    expectAll(vmap(grad(f))(jnp.array(points)) as A, derivatives);
  });
});
