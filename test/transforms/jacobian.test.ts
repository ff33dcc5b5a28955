import { grad, hessian, jacfwd, jacobian, jacrev, jit, jnp, jvp, makeJaxpr, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, errorOf, expectClose, f32 } from "./helpers.ts";

const x3 = jnp.array([1, 2, 3]);
/** From three numbers to two rows of two. */
const f = (x: A) =>
  jnp.stack([x.get(0).mul(x.get(1)), jnp.sin(x.get(2)), x.get(0), x.get(2).mul(x.get(2))]).reshape(2, 2);
const jacobianOfF = [
  [
    [2, 1, 0],
    [0, 0, Math.cos(3)],
  ],
  [
    [1, 0, 0],
    [0, 0, 6],
  ],
];

describe.each([
  ["jacfwd", jacfwd],
  ["jacrev", jacrev],
])("%s", (_name, jac) => {
  test("result axes first, then argument axes", () => {
    expectClose(jac(f)(x3), jacobianOfF);
    expectClose(jit(jac(f))(x3), jacobianOfF);
    expectClose(jac(jit(f))(x3), jacobianOfF);
    expect(jac((x: A) => x.mul(2))(jnp.ones([2, 3])).shape).toEqual([2, 3, 2, 3]);
  });

  test("scalars, numbers, empty arrays", () => {
    expectClose(jac((x: A) => x.pow(3))(2), 12);
    expectClose(jac((x: A) => jnp.stack([x, x.mul(x)]))(f32(3)), [1, 6]);
    expect(jac((x: A) => x.mul(2))(jnp.zeros([0])).shape).toEqual([0, 0]);
    expect(jac((x: A) => x.sum())(jnp.zeros([0])).shape).toEqual([0]);
    expect(jac((x: A) => x.get(":0"))(x3).shape).toEqual([0, 3]);
  });

  test("argnums: one, several, from the end", () => {
    const g = (x: A, y: A) => x.mul(y.sum());
    expectClose(jac(g, 1)(jnp.array([1, 2]), jnp.array([3, 4, 5])), [
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expectClose(jac(g, { argnums: [1, 0] })(jnp.array([1]), jnp.array([3, 4])), [[[1, 1]], [[7]]]);
    expectClose(jac(g, -1)(f32(2), f32(3)), 2);
  });

  test("trees: one like the argument in place of each leaf of the result", () => {
    const g = (p: { a: A; b: A }) => ({ y: p.a.mul(p.b), z: [p.b.sum()] as [A] });
    const j = jac(g)({ a: f32(2), b: jnp.array([3, 4]) });
    expectClose(j, {
      y: {
        a: [3, 4],
        b: [
          [2, 0],
          [0, 2],
        ],
      },
      z: [{ a: 0, b: [1, 1] }],
    });
    // The types follow.
    const typed: A = j.z[0].b;
    expect(typed.shape).toEqual([2]);
  });

  test("leaves keep their dtypes", () => {
    const j = jac((p: [A, A]) => [p[0].mul(2), p[1].mul(3)] as [A, A])([
      jnp.ones([2]),
      jnp.ones([1], { dtype: "float64" }),
    ]);
    expect(String(j[0][0].dtype)).toBe("float32");
    expect(String(j[1][1].dtype)).toBe("float64");
    expectClose(j, [
      [
        [
          [2, 0],
          [0, 2],
        ],
        [[0], [0]],
      ],
      [[[0, 0]], [[3]]],
    ]);
  });

  test("hasAux", () => {
    const [j, aux] = jac((x: A) => [x.mul(2), { y: x.add(1) }] as [A, { y: A }], { hasAux: true })(f32(3));
    expectClose(j, 2);
    expectClose(aux, { y: 4 });
  });

  test("under vmap and in derivatives", () => {
    const g = (x: A) => x.mul(x.get(0));
    expectClose(
      vmap(jac(g))(
        jnp.array([
          [1, 2],
          [3, 4],
        ]),
      ),
      [
        [
          [2, 0],
          [2, 1],
        ],
        [
          [6, 0],
          [4, 3],
        ],
      ],
    );
    expectClose(grad((x: A) => jnp.sum(jac(g)(x)))(jnp.array([1, 2])), [3, 1]);
    expectClose(jvp(jac(g), [jnp.array([1, 2])], [jnp.array([0, 1])])[1], [
      [0, 0],
      [1, 0],
    ]);
    expectClose(jac(jac(g))(jnp.array([1, 2])), [
      [
        [2, 0],
        [0, 0],
      ],
      [
        [0, 1],
        [1, 0],
      ],
    ]);
  });

  test("errors", () => {
    expect(errorOf(() => jac(f)(jnp.int32([1, 2, 3])))).toBeInstanceOf(TypeError);
    expect(errorOf(() => jac(f)(jnp.int32([1, 2, 3]))).message).toMatch(/jac(fwd|rev) requires real.*int32/);
    expect(errorOf(() => jac(f, 2)(x3)).message).toMatch(/value 2 for len\(args\) == 1/);
    expect(errorOf(() => jac(f, { holomorphic: true })(x3)).message).toMatch(
      /holomorphic=True requires inputs with complex dtype, but got float32/,
    );
    expect(() => jac(3 as unknown as typeof f)).toThrow(/callable/);
    expect(() => jac(f, { argnum: 1 } as object)).toThrow(/argnum/);
  });
});

test("jacrev of integers: an error, unlike jacfwd, whose derivative is zero", () => {
  expect(errorOf(() => jacrev((x: A) => x.gt(0).astype("int32"))(x3)).message).toMatch(
    /real-valued outputs.*int32/,
  );
  expectClose(jacfwd((x: A) => x.round())(f32(1.2)), 0);
});

test("jacobian is jacrev", () => {
  expectClose(jacobian(f)(x3), jacobianOfF);
});

describe("hessian", () => {
  test("of a scalar, of several results, of trees", () => {
    expectClose(hessian((x: A) => x.pow(3))(2), 12);
    expectClose(hessian((x: A) => x.get(0).pow(2).mul(x.get(1)))(jnp.array([1, 2])), [
      [4, 2],
      [2, 0],
    ]);
    const h = hessian((p: { a: A; b: A }) => p.a.pow(2).mul(p.b.sum()))({ a: f32(2), b: jnp.array([1, 3]) });
    expectClose(h, {
      a: { a: 8, b: [4, 4] },
      b: {
        a: [4, 4],
        b: [
          [0, 0],
          [0, 0],
        ],
      },
    });
  });
  test("several arguments", () => {
    expectClose(hessian((x: A, y: A) => x.mul(x).mul(y), { argnums: [0, 1] })(2, 3), [
      [6, 4],
      [4, 0],
    ]);
  });
  test("hasAux", () => {
    const h = hessian((x: A) => [x.pow(3), x] as unknown as A, { hasAux: true }) as unknown as (
      x: A,
    ) => [A, A];
    expectClose(h(f32(2)), [12, 2]);
  });
  test("jit outside and inside, vmapped", () => {
    const g = (x: A) => jnp.sum(x.pow(3));
    const expected = [
      [6, 0],
      [0, 12],
    ];
    for (const h of [hessian(g), jit(hessian(g)), hessian(jit(g))])
      expectClose(h(jnp.array([1, 2])), expected);
    expectClose(vmap(hessian(g))(jnp.array([[1, 2]])), [expected]);
  });
});

test("prints as in JAX", () => {
  const text = String(makeJaxpr(jacfwd((x: A) => x.pow(2)))(jnp.float32(2)));
  expect(text).toBe(`{ lambda ; a:f32[]. let
    b:i32[1,1] = iota[dimension=0 dtype=int32 shape=(1, 1) sharding=None] 
    c:i32[1,1] = iota[dimension=1 dtype=int32 shape=(1, 1) sharding=None] 
    d:i32[1,1] = add b 0:i32[]
    e:bool[1,1] = eq d c
    f:f32[1,1] = convert_element_type[new_dtype=float32 weak_type=False] e
    g:f32[1,1] = split[axis=1 sizes=(np.int64(1),)] f
    h:f32[1] = reshape[dimensions=None new_sizes=(1,) sharding=None] g
    i:f32[1] = convert_element_type[new_dtype=float32 weak_type=False] h
    _:f32[] = integer_pow[y=2] a
    j:f32[] = mul 2.0:f32[] a
    k:f32[1] = mul i j
    l:f32[1] = split[axis=0 sizes=(np.int64(1),)] k
    m:f32[] = reshape[dimensions=None new_sizes=() sharding=None] l
  in (m,) }`);
});
