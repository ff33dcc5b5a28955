import { grad, jnp, jvp, OverflowError } from "fluxion";
import { describe, expect, test } from "vitest";
import { objectId, paramsKey } from "../../src/core/paramsKey.ts";
import { freshLiteral, isShared, leafToArray, literal, scalarAval } from "../../src/core/values.ts";
import { float32 } from "../../src/dtypes/index.ts";

describe("scalars", () => {
  test("the type of a lone JavaScript scalar", () => {
    const type = (x: number | bigint | boolean) => scalarAval(x).repr();
    expect(type(1)).toBe("ShapedArray(int32[], weak_type=True)");
    expect(type(-2147483648)).toBe("ShapedArray(int32[], weak_type=True)");
    expect(type(2147483648)).toBe("ShapedArray(float32[], weak_type=True)");
    expect(type(0.5)).toBe("ShapedArray(float32[], weak_type=True)");
    expect(type(-0)).toBe("ShapedArray(float32[], weak_type=True)");
    expect(type(Number.NaN)).toBe("ShapedArray(float32[], weak_type=True)");
    expect(type(1n)).toBe("ShapedArray(int32[], weak_type=True)");
    expect(type(true)).toBe("ShapedArray(bool[])");
  });
  test("literals are shared by value and type, fresh ones are not", () => {
    const same = (x: number, y: number) => literal(x) === literal(y);
    expect([same(1, 1), same(1, 2), same(0, -0), same(Number.NaN, Number.NaN)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(Object.is(literal(-0).literal, -0)).toBe(true);
    const [a, b] = [freshLiteral(1), freshLiteral(1)];
    expect(a === b).toBe(false);
    expect([isShared(literal(1)), isShared(freshLiteral(1))]).toEqual([true, false]);
  });
  test("deleting a shared scalar leaves it to the others", () => {
    const a = jvp((x) => x, [3], [1])[0] as ReturnType<typeof jnp.ones>;
    const b = jvp((x) => x, [3], [1])[0] as ReturnType<typeof jnp.ones>;
    a.delete();
    expect(String(b)).toBe("3.0");
    expect(String(grad((x) => x)(3))).toBe("1.0");
  });
  test("a bigint must fit", () => {
    expect(() => literal(2n ** 31n)).toThrow(OverflowError);
    expect(literal(2n ** 31n - 1n).dtype.name).toBe("int32");
  });
  test("leaves that are arrays or become them", () => {
    const x = jnp.ones([2]);
    expect(leafToArray(x)).toBe(x);
    expect(leafToArray(new Int32Array([1, 2]))?.dtype.name).toBe("int32");
    expect(leafToArray(true)?.dtype.name).toBe("bool");
    for (const other of [
      "1",
      null,
      undefined,
      {},
      [1],
      () => 1,
      new Date(0),
      new DataView(new ArrayBuffer(4)),
    ]) {
      expect(leafToArray(other)).toBe(null);
    }
  });
});

describe("parameter keys", () => {
  test("equal exactly for parameters that mean the same", () => {
    const key = (x: unknown) => paramsKey({ x });
    const values = [
      0,
      -0,
      1,
      "1",
      1n,
      true,
      null,
      undefined,
      [1, 2],
      [1, [2]],
      [[1], 2],
      ["1,2"],
      [],
      {},
      { a: 1 },
      { a: "1" },
      float32,
      "float32",
      Number.NaN,
    ];
    expect(new Set(values.map(key)).size).toBe(values.length);
    expect(key([1, { a: float32 }])).toBe(key([1, { a: float32 }]));
    const f = (): number => 1;
    expect(key(f)).toBe(key(f));
    expect(key(f)).not.toBe(key(() => 1));
    expect(objectId(f)).toBe(objectId(f));
  });
});
