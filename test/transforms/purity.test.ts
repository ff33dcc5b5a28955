import { config, jit, jnp, type NDArray } from "fluxion";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

beforeEach(() => config.update("checkPurity", "error"));
afterEach(() => config.update("checkPurity", "off"));

const x = jnp.float32(1);

/** Calls a function twice, compiled, with something changed in between. */
function twice(f: (x: NDArray) => unknown, change: () => void): void {
  const fast = jit(f);
  fast(x);
  change();
  fast(x);
}

describe("checkPurity names what changed", () => {
  test("a literal that is a result", () => {
    let n = 0;
    const count = () => ++n;
    expect(() => twice(count, () => {})).toThrow("count is not pure: traced again");
    n = 0;
    expect(() => twice(count, () => {})).toThrow("a literal 1 that became 2 (result 1)");
  });

  test("a number in an operation", () => {
    let g = 0;
    expect(() =>
      twice(
        (v) => v.mul(2).add(g),
        () => {
          g = 10;
        },
      ),
    ).toThrow("a constant 0 that became 10 (equation 2, add)");
  });

  test("an array", () => {
    let table = jnp.array([1, 2, 3]);
    expect(() =>
      twice(
        (v) => table.mul(v),
        () => {
          table = jnp.array([1, 2, 5]);
        },
      ),
    ).toThrow("a constant f32[3]: element 2 was 3 and became 5");
  });

  test("a number inside another compiled function", () => {
    let g = 1;
    const where = (v: NDArray): NDArray => jnp.where(v.gt(0), v, g);
    expect(() =>
      twice(where, () => {
        g = 2;
      }),
    ).toThrow(/a constant 1 that became 2/);
  });

  test("another operation", () => {
    let up = true;
    expect(() =>
      twice(
        (v) => (up ? v.add(1) : v.mul(2)),
        () => {
          up = false;
        },
      ),
    ).toThrow(/"{ .* add a 1\.0:f32\[\] in \(b,\) }" became "{ .* mul a 2\.0:f32\[\] in \(b,\) }"/);
  });

  test("a pure function raises nothing", () => {
    expect(() =>
      twice(
        (v) => jnp.where(v.gt(0), v.add(1), jnp.array([1, 2])),
        () => {},
      ),
    ).not.toThrow();
  });

  test("as a warning the call goes on with the compiled program", () => {
    config.update("checkPurity", "warn");
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    let g = 0;
    const fast = jit((v: NDArray) => v.add(g));
    expect(String(fast(x))).toBe("1.0");
    g = 10;
    expect(String(fast(x))).toBe("1.0");
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0][0]).toContain("a constant 0 that became 10");
    warn.mockRestore();
  });
});
