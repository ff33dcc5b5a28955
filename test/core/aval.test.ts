import { jnp, ShapeDtypeStruct } from "fluxion";
import { describe, expect, test } from "vitest";
import { shapedArray, shapeStr, typeMatch } from "../../src/core/aval.ts";
import { float0, float32, int32 } from "../../src/dtypes/index.ts";

describe("avals", () => {
  test("are interned: equal ones are identical and share an id", () => {
    const a = shapedArray([2, 3], float32);
    expect(shapedArray([2, 3], float32)).toBe(a);
    expect(jnp.ones([2, 3]).aval).toBe(a);
    const others = [
      shapedArray([3, 2], float32),
      shapedArray([2, 3], int32),
      shapedArray([2, 3], float32, true),
      shapedArray([23], float32),
      shapedArray([], float32),
    ];
    expect(new Set([a, ...others].map((x) => x.id)).size).toBe(6);
  });
  test("cannot be changed through the shape that made them", () => {
    const shape = [2, 3];
    const a = shapedArray(shape, float32);
    shape[0] = 9;
    expect(a.shape).toEqual([2, 3]);
    expect(() => (a.shape as number[]).push(1)).toThrow(TypeError);
    expect(() => ((jnp.ones([2]).shape as number[])[0] = 5)).toThrow(TypeError);
  });
  test("texts", () => {
    expect(shapedArray([2, 3], float32).strShort()).toBe("f32[2,3]");
    expect(String(shapedArray([], int32))).toBe("int32[]");
    expect(shapedArray([], float32, true).repr()).toBe("ShapedArray(float32[], weak_type=True)");
    expect([shapeStr([]), shapeStr([2]), shapeStr([2, 3])]).toEqual(["()", "(2,)", "(2, 3)"]);
  });
  test("strong, update, toTangent, typeMatch", () => {
    const weak = shapedArray([], float32, true);
    expect(weak.strong()).toBe(shapedArray([], float32));
    expect(weak.update({ shape: [2] })).toBe(shapedArray([2], float32, true));
    expect(weak.toTangent().dtype).toBe(float32);
    expect(shapedArray([2], int32).toTangent()).toBe(shapedArray([2], float0));
    expect(typeMatch(weak, shapedArray([], float32))).toBe(true);
    expect(typeMatch(weak, shapedArray([1], float32))).toBe(false);
  });
  test("ShapeDtypeStruct", () => {
    const s = new ShapeDtypeStruct([2, 3], "int32", { weakType: true });
    expect(String(s)).toBe("ShapeDtypeStruct(shape=(2, 3), dtype=int32, weak_type=True)");
    expect([s.ndim, s.size]).toEqual([2, 6]);
  });
});
