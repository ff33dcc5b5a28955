// Paths instead of bytes: Node only.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jnp, type NDArray } from "fluxion";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "fluxion-npy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("arrays are written to files and read from them", () => {
  const x = jnp.array([
    [1, 2],
    [3, 4],
  ]);
  jnp.save(join(folder, "x"), x);
  expect(existsSync(join(folder, "x.npy"))).toBe(true);
  expect((jnp.load(join(folder, "x.npy")) as NDArray).tolist()).toEqual(x.tolist());
  jnp.savez(join(folder, "all.npz"), { x });
  expect((jnp.load(join(folder, "all.npz")) as Record<string, NDArray>).x.tolist()).toEqual(x.tolist());
  expect(() => jnp.load(join(folder, "none.npy"))).toThrow("ENOENT");
});
