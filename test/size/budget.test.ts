// What a page costs that uses a little of the library: it runs, and stays within its budget (`npm run size` shows more).

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bundlePage, pageText, sizeOf } from "./bundle.ts";
import * as minimal from "./pages/minimal.ts";
import * as tenFunctions from "./pages/tenFunctions.ts";

const folder = mkdtempSync(join(tmpdir(), "fluxion-size-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the bundled page's `run` returns, in a process of its own. */
function runBundle(name: string, code: string): unknown[] {
  writeFileSync(join(folder, `${name}.mjs`), code);
  const main = join(folder, `${name}.main.mjs`);
  writeFileSync(main, `import { run } from "./${name}.mjs"; console.log(JSON.stringify(run()));`);
  return JSON.parse(execFileSync(process.execPath, [main], { encoding: "utf8" }));
}

describe.each([
  { name: "minimal", page: minimal, budget: 168_000 },
  { name: "tenFunctions", page: tenFunctions, budget: 169_000 },
])("page $name", ({ name, page, budget }) => {
  test(`computes what it does unbundled, in at most ${budget} bytes of gzip`, async () => {
    const chunk = await bundlePage(pageText(name));
    expect(runBundle(name, chunk.code)).toEqual(page.run());
    expect(sizeOf(chunk).gzip).toBeLessThanOrEqual(budget);
  });
});

test("a bundle without sorting says which import has the method", async () => {
  const page = `
    import { jnp } from "fluxion";
    const x = jnp.array([[3, 1], [2, 5]]);
    const message = (f) => { try { f(); return "no error"; } catch (error) { return error.message; } };
    export const run = () => [
      x.get(1, 0).item(), x.get(-1, "::-1").tolist(), x.get(7, null, "1:").tolist(), [...x].map((row) => row.tolist()), x.item(0, 1),
      message(() => x.sort()), message(() => x.get(jnp.array([0n]))), message(() => x.at(0).set(1)),
    ];`;
  const bundle = await bundlePage(page);
  const rows = [
    [3, 1],
    [2, 5],
  ];
  const values = [2, [5, 2], [[5]], rows, 1];
  const results = runBundle("methods", bundle.code);
  const errors = results.splice(values.length);
  expect(results).toEqual(values);
  for (const [i, what] of [
    "the method sort of arrays",
    "indices that are arrays",
    "the method at of arrays",
  ].entries()) {
    expect(errors[i]).toMatch(
      new RegExp(`^This bundle does not have ${what}: .* Add .import "fluxion/methods";.`),
    );
  }
  const all = await bundlePage(`import "fluxion/methods"; ${page}`);
  expect(runBundle("allMethods", all.code)).toEqual([...values, "no error", "no error", "no error"]);
});

test("a bundle without tools says which import has them", async () => {
  const page = `
    import { config, jit, jnp } from "fluxion";
    const outcome = (f) => { try { return f(); } catch (error) { return error.message; } };
    const f = jit((x) => x.mul(2));
    export const run = () => [
      outcome(() => f.lower(jnp.ones(2)).asText("kernels")),
      outcome(() => { config.update("enableChecks", true); return jit((x) => x.add(1))(1).item(); }),
    ];`;
  const bundle = await bundlePage(page);
  for (const text of runBundle("tools", bundle.code)) {
    expect(text).toMatch(/^This bundle does not have the tools .* Add `import "fluxion\/tools";`\.$/);
  }
  const all = await bundlePage(`import "fluxion/tools"; ${page}`);
  expect(runBundle("allTools", all.code)).toEqual([expect.stringContaining("kernel 0: mul"), 2]);
});

test("complex numbers are in the bundle where a page names them, and by import", async () => {
  const page = (dtype: string) => `
    import { jit, jnp } from "fluxion";
    const outcome = (f) => { try { return String(f()); } catch (error) { return error.message; } };
    export const run = () => [outcome(() => jit((x) => jnp.exp(x))(jnp.array([0, 1], { dtype: ${dtype} })))];`;
  const named = '"complex64"';
  const expected = ["[1.       +0.j 2.7182817+0.j]"];
  expect(runBundle("complex", (await bundlePage(page("jnp.complex64"))).code)).toEqual(expected);
  const texts = await bundlePage(page(named));
  expect(runBundle("noComplex", texts.code)).toEqual([
    expect.stringMatching(
      /^This bundle does not have the arithmetic of complex numbers: .*import "fluxion\/complex"/,
    ),
  ]);
  const all = await bundlePage(`import "fluxion/complex"; ${page(named)}`);
  expect(runBundle("allComplex", all.code)).toEqual(expected);
});

test("the pages compute the right numbers", () => {
  expect(minimal.run()).toEqual([27]);
  const [before, after] = tenFunctions.run();
  expect(before).toBeCloseTo(networkLoss(), 5);
  expect(after).toBeLessThan((before as number) - 0.3);
});

/** The loss of the page's network at its first parameters, in plain JavaScript. */
function networkLoss(): number {
  const w1 = [
    [0.1, -0.2, 0.3],
    [0.4, 0.5, -0.6],
  ];
  const b1 = [0, 0.1, -0.1];
  const w2 = [
    [0.7, -0.8],
    [0.9, 0.2],
    [-0.4, 0.6],
  ];
  const rows: [x: [number, number], label: 0 | 1][] = [
    [[0.5, -1], 0],
    [[1.5, 2], 1],
    [[-0.25, 0.75], 0],
  ];
  const losses = rows.map(([x, label]) => {
    const hidden = b1.map((b, j) => Math.tanh(b + x[0] * w1[0]![j]! + x[1] * w1[1]![j]!));
    const logits = [0, 1].map((k) => hidden.reduce((sum, h, j) => sum + h * w2[j]![k]!, 0));
    return Math.log(Math.exp(logits[0]!) + Math.exp(logits[1]!)) - logits[label]!;
  });
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}
