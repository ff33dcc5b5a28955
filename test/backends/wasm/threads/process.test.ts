import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const imports = `
  import { jnp, jit, config } from "${root}src/index.ts";
  import { pool } from "${root}src/backends/wasm/device.ts";
  const f = jit((x) => jnp.exp(x).add(1));
  const x = jnp.zeros([1 << 20]);
`;

/** Runs a program in a process of its own; gives what it prints. */
async function run(program: string, env: Record<string, string> = {}): Promise<string> {
  const args = ["--import", "tsx", "--input-type=module", "--eval", imports + program];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    timeout: 50_000,
  });
  return stdout.trim();
}

describe("a process with a pool of threads", () => {
  test("ends when its program has nothing more to do", async () => {
    const program = `
      config.update("numThreads", 3);
      const until = performance.now() + 20_000;
      while (pool.joined === 0 && performance.now() < until) f(x).delete();
      console.log(pool.size, pool.joined > 0, f(x).get(7).item());
    `;
    expect(await run(program)).toBe("2 true 2");
  });

  test("takes the number of threads from the environment", async () => {
    const program = `f(x); console.log(pool.threads, config.numThreads);`;
    expect(await run(program, { FLUXION_NUM_THREADS: "4" })).toBe("4 auto");
    expect(await run(program, { FLUXION_NUM_THREADS: "1" })).toBe("1 auto");
  });
});
