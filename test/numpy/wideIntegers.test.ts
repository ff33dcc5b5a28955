import { inspect } from "node:util";
import { jit, jnp, lax, makeJaxpr, type NDArray, random, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

// int64 and uint64: what is theirs alone, above all bigints. Values of operations are in test/goldens/wide_integers.json.

const big = 2n ** 53n + 1n;
const show = (x: NDArray) => inspect(x);

describe("arrays from bigints and back", () => {
  test("made from bigints, numbers and typed arrays", () => {
    expect(show(jnp.array([big, -1n], { dtype: "int64" }))).toBe(
      "Array([9007199254740993,               -1], dtype=int64)",
    );
    expect(show(jnp.array([[1n], [2n ** 64n - 1n]], { dtype: "uint64" }).ravel())).toBe(
      "Array([                   1, 18446744073709551615], dtype=uint64)",
    );
    expect(show(jnp.array(BigInt64Array.of(big)))).toBe("Array([9007199254740993], dtype=int64)");
    expect(show(jnp.array(BigUint64Array.of(5n)))).toBe("Array([5], dtype=uint64)");
    expect(show(jnp.int64([1, -2.9]))).toBe("Array([ 1, -2], dtype=int64)");
    expect(String(jnp.full([2], big, "int64"))).toBe("[9007199254740993 9007199254740993]");
    expect(String(lax.full([1], 2n ** 64n - 1n, "uint64"))).toBe("[18446744073709551615]");
  });
  test("read as bigints", async () => {
    const x = jnp.array([big, -1n], { dtype: "int64" });
    expect(await x.data()).toEqual(BigInt64Array.of(big, -1n));
    expect([x.tolist(), await x.js(), x.get(0).item()]).toEqual([[big, -1n], [big, -1n], big]);
    expect(jnp.uint64(7).item()).toBe(7n);
    expect(Number(jnp.int64(7))).toBe(7);
    expect([...x].map((v) => v.item())).toEqual([big, -1n]);
  });
  test("what does not fit is refused", () => {
    for (const f of [
      () => jnp.array([2n ** 63n], { dtype: "int64" }),
      () => jnp.array([-1n], { dtype: "uint64" }),
      () => jnp.array([2n ** 40n]),
      () => jnp.array(2n ** 40n),
      () => jnp.int32([1]).add(2n ** 40n),
      () => jnp.array([1.5]).add(2n ** 40n),
      () => jnp.sin(2n ** 40n),
      () => jit((y: NDArray) => y)(2n ** 40n),
      () => lax.add(jnp.int32([1]), 2n ** 40n),
      () => jnp.uint8([1]).mul(-(2n ** 40n)),
      () => jnp.int64([1]).add(2n ** 64n),
    ]) {
      expect(f).toThrow(/out of bounds|too large/);
    }
  });
});

describe("lone bigints beyond 32 bits", () => {
  const x = jnp.int64([1, 2]);
  test("go with arrays of 64 bits", () => {
    expect(String(x.add(2n ** 40n))).toBe("[1099511627777 1099511627778]");
    expect(String(jnp.uint64([1]).add(2n ** 63n))).toBe("[9223372036854775809]");
    expect(String(x.at(0).set(big))).toBe(`[${big}                2]`);
    expect(String(jnp.where(x.gt(1), big, x))).toBe(`[               1 ${big}]`);
    expect(String(x.lt(big))).toBe("[ True  True]");
    expect(String(jnp.float64([1.5]).add(2n ** 40n))).toBe("[1.09951163e+12]");
    expect(String(makeJaxpr((y: NDArray) => y.mul(2n ** 40n))(x))).toBe(
      "{ lambda ; a:i64[2]. let b:i64[2] = mul a 1099511627776:i64[] in (b,) }",
    );
  });
  test("bounds of ranges and of random numbers", () => {
    expect(String(jnp.arange(2n ** 60n, 2n ** 60n + 5n, 2n, { dtype: "int64" }))).toBe(
      "[1152921504606846976 1152921504606846978 1152921504606846980]",
    );
    expect(() => jnp.arange(2n ** 60n, 2n ** 60n + 3n)).toThrow(/too large/);
    const drawn = random.randint(random.key(0), [50], 2n ** 60n, 2n ** 60n + 3n, "int64");
    expect(new Set((drawn.tolist() as bigint[]).map((v) => v - 2n ** 60n))).toEqual(new Set([0n, 1n, 2n]));
    expect(String(random.randint(random.key(0), [2], 2 ** 40, 2 ** 40 + 1, "int64"))).toBe(
      "[1099511627776 1099511627776]",
    );
  });
});

describe("programs", () => {
  const x = jnp.int64(
    [
      [big, -3n, 2n],
      [5n, 2n ** 62n, 1n],
    ].map((row) => row.map(BigInt)),
  );
  test("jit and vmap keep every bit", () => {
    const f = (y: NDArray) => jnp.cumsum(y.mul(3n).add(1n));
    const each = x.tolist() as bigint[][];
    const expected = each.map((row) => {
      let sum = 0n;
      return row.map((v) => {
        sum = BigInt.asIntN(64, sum + v * 3n + 1n);
        return sum;
      });
    });
    expect(vmap(f)(x).tolist()).toEqual(expected);
    expect(jit(vmap(f))(x).tolist()).toEqual(expected);
  });
  test("carries of loops, predicates and indices", () => {
    const product = lax.foriLoop(1, 21, (k, c) => c.mul(k.astype("int64")), jnp.int64(1));
    expect(product.item()).toBe(2432902008176640000n);
    const [total, seen] = lax.scan((c: NDArray, v: NDArray) => [c.add(v), c], jnp.int64(0), x.get(0));
    expect([total.item(), seen.tolist()]).toEqual([big - 1n, [0n, big, big - 3n]]);
    const above = lax.whileLoop(
      (c: NDArray) => c.lt(2n ** 40n),
      (c: NDArray) => c.mul(3),
      jnp.int64(1),
    );
    expect(above.item()).toBe(3n ** 26n);
    const counted = lax.foriLoop(
      jnp.int64(2n ** 40n),
      jnp.int64(2n ** 40n + 3n),
      (k, c) => c.add(k),
      jnp.int64(0),
    );
    expect(counted.item()).toBe(3n * 2n ** 40n + 3n);
    const branch = lax.cond(
      x.get(0, 0).gt(0),
      (c: NDArray) => c.neg(),
      (c: NDArray) => c,
      x,
    );
    expect(branch.get(0, 0).item()).toBe(-big);
  });
  test("uint64 and signed integers meet in a float, in products too", () => {
    const [u, i] = [jnp.uint64([[1, 2]]), jnp.int8([[3], [-4]])];
    expect(show(jnp.add(u, jnp.int64([[1, -1]])))).toBe("Array([[2., 1.]], dtype=float32, weak_type=True)");
    expect(show(jnp.matmul(u, i))).toBe("Array([[-5.]], dtype=float32, weak_type=True)");
    expect(show(jnp.einsum("ij,jk->ik", u, i))).toBe("Array([[-5.]], dtype=float32, weak_type=True)");
  });
  test("halves are rounded once", () => {
    // Rounded to float32 first it would be half way between two numbers of 8 bits.
    const x = jnp.int64([2n ** 40n + 2n ** 32n + 1n, -(2n ** 40n) - 2n ** 32n - 1n, 2n ** 40n + 2n ** 32n]);
    const expected = "[1.1081e+12 -1.1081e+12 1.09951e+12]";
    expect(String(x.astype("bfloat16"))).toBe(expected);
    expect(String(jit((y: NDArray) => y.astype("bfloat16"))(x))).toBe(expected);
  });
});
