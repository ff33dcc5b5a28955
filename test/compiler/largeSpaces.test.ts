import { jit, jnp, lax, type NDArray, ResourceExhaustedError } from "fluxion";
import { describe, expect, test } from "vitest";

// Values that are never stored may have more elements than memory, and more than int32 can count.

describe("spaces of more than 2^31 points", () => {
  test("are reduced in full", () => {
    expect(jit(() => jnp.ones([65536, 65536]).sum())().item()).toBe(2 ** 32);
    const x = jnp.ones([65536]);
    expect(jit((x: NDArray) => jnp.broadcastTo(x.mul(0.5), [32769, 65536]).sum())(x).item()).toBe(
      32769 * 32768,
    );
  });

  test("per row", () => {
    const rows = jit((x: NDArray) => jnp.broadcastTo(x, [65537, 65536]).sum(1).sum())(jnp.ones([65536]));
    expect(rows.item()).toBe(65537 * 65536);
  });

  test("are refused where int32 cannot tell their elements apart", () => {
    const long = jit(() =>
      lax
        .iota("float32", 2 ** 31)
        .mul(0)
        .add(1)
        .sum(),
    );
    expect(() => long()).toThrow(ResourceExhaustedError);
    expect(() => long()).toThrow(/\[2147483648\].*2147483647/);
    const reshaped = jit(() => jnp.ones([65536, 65536]).mul(2).reshape([32768, 131072]).sum(0).sum());
    const counted = jit((x: NDArray) =>
      jnp.broadcastTo(x, [65536, 65536]).add(1).reshape([32768, 131072]).sum(),
    );
    expect(reshaped().item()).toBe(2 ** 33);
    expect(() => counted(jnp.ones([65536]))).toThrow(ResourceExhaustedError);
  });
});
