import { grad, jit, jnp, type NDArray, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const list = (x: NDArray): unknown => x.tolist();
const range = (...shape: number[]): NDArray =>
  jnp
    .arange(
      shape.reduce((n, d) => n * d, 1),
      { dtype: "float32" },
    )
    .reshape(shape);

describe("matmul", () => {
  test.each([
    [[3], [3], []],
    [[2, 3], [3], [2]],
    [[3], [3, 4], [4]],
    [
      [2, 3],
      [3, 4],
      [2, 4],
    ],
    [
      [5, 2, 3],
      [3, 4],
      [5, 2, 4],
    ],
    [
      [2, 3],
      [5, 3, 4],
      [5, 2, 4],
    ],
    [
      [5, 2, 3],
      [5, 3, 4],
      [5, 2, 4],
    ],
    [
      [1, 2, 3],
      [5, 3, 4],
      [5, 2, 4],
    ],
    [
      [5, 1, 2, 3],
      [6, 3, 4],
      [5, 6, 2, 4],
    ],
    [
      [1, 2, 3],
      [1, 3, 4],
      [1, 2, 4],
    ],
    [[7, 5, 2, 3], [3], [7, 5, 2]],
    [
      [0, 3],
      [3, 2],
      [0, 2],
    ],
    [
      [2, 0],
      [0, 2],
      [2, 2],
    ],
  ])("%j @ %j", (a, b, out) => {
    const [x, y] = [range(...a), range(...b).add(1)];
    const z = jnp.matmul(x, y);
    expect(z.shape).toEqual(out);
    // The same as a sum of products of the broadcast operands.
    const left = a.length === 1 ? x.get(null) : x;
    const right = b.length === 1 ? y.get(":", null) : y;
    const sum = jnp.sum(left.get("...", ":", ":", null).mul(right.get("...", null, ":", ":")), -2);
    expect(list(z)).toEqual(list(sum.reshape(out)));
    expect(list(jit((p: NDArray, q: NDArray) => p.matmul(q))(x, y))).toEqual(list(z));
  });

  test("errors", () => {
    expect(() => jnp.matmul(1, [1])).toThrow("matmul input operand 0 must have ndim at least 1");
    expect(() => jnp.matmul(range(2, 3), range(2, 3))).toThrow(
      "contracting dimensions to have the same shape, got (3,) and (2,)",
    );
    expect(() => jnp.matmul(range(2, 2, 3), range(3, 3, 2))).toThrow(
      "Incompatible types for matmul arguments: float32[2,2,3] and float32[3,3,2]",
    );
    expect(() => jnp.matmul([1], [1], { precisions: "high" } as never)).toThrow(
      "unexpected keyword argument",
    );
  });

  test("gradients and vmap", () => {
    const f = (x: NDArray, y: NDArray): NDArray => jnp.sum(x.matmul(y).mul(range(2, 2)));
    const [dx, dy] = grad(f, { argnums: [0, 1] })(range(2, 3), range(3, 2));
    expect(list(dx)).toEqual(list(range(2, 2).matmul(range(3, 2).T)));
    expect(list(dy)).toEqual(list(range(2, 3).T.matmul(range(2, 2))));
    const [xs, ys] = [range(4, 2, 3), range(4, 3, 2)];
    expect(list(vmap(jnp.matmul)(xs, ys))).toEqual(list(jnp.matmul(xs, ys)));
    expect(list(vmap(jnp.matmul, { inAxes: [0, null] })(xs, ys.get(0)))).toEqual(
      list(jnp.matmul(xs, ys.get(0))),
    );
  });
});

describe("other products", () => {
  test("dtypes are promoted, preferredElementType is the result's", () => {
    expect(jnp.dot(jnp.int32([1, 2]), jnp.float32([1, 2])).dtype.name).toBe("float32");
    expect(
      jnp.dot(jnp.uint8([200, 200]), jnp.uint8([2, 2]), { preferredElementType: "int32" }).tolist(),
    ).toBe(800);
    expect(jnp.dot(jnp.array([true, false]), jnp.array([true, true])).tolist()).toBe(true);
    expect(jnp.dot(2, 3).weakType).toBe(true);
  });

  test("dot of higher ranks", () => {
    const [x, y] = [range(2, 3, 4), range(5, 4, 6)];
    const z = jnp.dot(x, y);
    expect(z.shape).toEqual([2, 3, 5, 6]);
    expect(list(z.get(1, 2, 3))).toEqual(list(x.get(1, 2).matmul(y.get(3))));
  });

  test("inner, outer, vdot, tensordot, kron, cross", () => {
    expect(list(jnp.inner(range(2, 3), range(4, 3)))).toEqual(list(range(2, 3).matmul(range(4, 3).T)));
    expect(list(jnp.inner(2, jnp.int32([1, 2])))).toEqual([2, 4]);
    expect(list(jnp.outer(jnp.int32([1, 2]), jnp.int32([[3], [4]])))).toEqual([
      [3, 4],
      [6, 8],
    ]);
    expect(list(jnp.vdot(range(2, 2), range(4)))).toBe(14);
    expect(
      list(
        jnp.tensordot(range(2, 3), range(3, 2), [
          [0, 1],
          [1, 0],
        ]),
      ),
    ).toBe(list(jnp.trace(range(2, 3).matmul(range(3, 2)))));
    expect(jnp.tensordot(range(2), range(3), 0).shape).toEqual([2, 3]);
    expect(() => jnp.tensordot(range(2), range(2, 2))).toThrow("exceeds input ranks ((2,) and (2, 2))");
    expect(list(jnp.kron(jnp.eye(2), jnp.int32([[1, 2]])))).toEqual([
      [1, 2, 0, 0],
      [0, 0, 1, 2],
    ]);
    expect(list(jnp.cross([1, 2], [3, 4]))).toBe(-2);
    expect(list(jnp.cross([1, 2], [3, 4, 5]))).toEqual([10, -5, -2]);
    expect(jnp.cross(range(3, 4), range(3, 4), { axis: 0 }).shape).toEqual([3, 4]);
    expect(() => jnp.cross(range(4), range(4))).toThrow("Dimension must be either 2 or 3");
  });

  test("vecdot, matvec and vecmat broadcast", () => {
    expect(jnp.vecdot(range(5, 1, 3), range(4, 3)).shape).toEqual([5, 4]);
    expect(list(jnp.vecdot(range(3, 2), range(3, 2), { axis: 0 }))).toEqual([20, 35]);
    expect(() => jnp.vecdot(range(3), range(2))).toThrow("axes must match");
    expect(list(jnp.matvec(range(2, 3), range(2, 3)).get(1))).toEqual(
      list(range(2, 3).matmul(range(2, 3).get(1))),
    );
    expect(list(jnp.vecmat(range(2), range(2, 3)))).toEqual(list(range(2).matmul(range(2, 3))));
    expect(() => jnp.matvec(range(3), range(3))).toThrow("matvec input operand 0 must have ndim at least 2");
  });
});
