import {
  blockUntilReady,
  clearCaches,
  devicePut,
  evalShape,
  grad,
  jit,
  jnp,
  makeJaxpr,
  ShapeDtypeStruct,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, counted, errorOf, expectClose, f32 } from "./helpers.ts";

describe("makeJaxpr", () => {
  test("results that are numbers, and no arguments", () => {
    expect(String(makeJaxpr(() => 1)())).toBe("{ lambda ; . let  in (1:i32[],) }");
    expect(String(makeJaxpr(() => 1.5)())).toBe("{ lambda ; . let  in (1.5:f32[],) }");
    expect(String(makeJaxpr(() => true)())).toBe("{ lambda ; . let  in (True:bool[],) }");
    expect(String(makeJaxpr(() => [])())).toBe("{ lambda ; . let  in () }");
    expect(String(makeJaxpr(() => null)())).toBe("{ lambda ; . let  in () }");
    expect(String(makeJaxpr((x: A) => x)(1))).toBe("{ lambda ; a:i32[]. let  in (a,) }");
    expect(String(makeJaxpr((x: A) => [x, x])(true))).toBe("{ lambda ; a:bool[]. let  in (a, a) }");
  });

  test("arguments as arrays, numbers, structs and trees of them", () => {
    const f = (p: { x: A; y: A[] }): A => p.x.add(p.y[0] as A);
    const expected = "{ lambda ; a:f32[2] b:f32[2]. let c:f32[2] = add a b in (c,) }";
    expect(String(makeJaxpr(f)({ x: jnp.ones([2]), y: [jnp.ones([2])] }))).toBe(expected);
    const s = new ShapeDtypeStruct([2], jnp.float32);
    expect(String(makeJaxpr(f)({ x: s, y: [s] }))).toBe(expected);
    expect(String(makeJaxpr((x: A) => x.add(1))(new Float32Array(2)))).toBe(
      "{ lambda ; a:f32[2]. let b:f32[2] = add a 1.0:f32[] in (b,) }",
    );
  });

  test("the values of arguments do not matter; constants are not printed", () => {
    const c = jnp.array([1, 2]);
    const closed = makeJaxpr((x: A) => x.mul(c))(f32(1));
    expect(String(closed)).toBe("{ lambda a:f32[2]; b:f32[]. let c:f32[2] = mul b a in (c,) }");
    expectClose(closed.consts[0], [1, 2]);
    expect(closed.eqns.length).toBe(1);
  });

  test("staticArgnums", () => {
    const f = (x: A, n: number, s: string): A => (s === "mul" ? x.mul(n) : x);
    expect(String(makeJaxpr(f, { staticArgnums: [1, 2] })(f32(1), 3, "mul"))).toBe(
      "{ lambda ; a:f32[]. let b:f32[] = mul a 3.0:f32[] in (b,) }",
    );
    expect(String(makeJaxpr(f, { staticArgnums: [1, -1] })(f32(1), 3, "mul"))).toMatch(/mul a 3\.0/);
  });

  test("returnShape", () => {
    const [jaxpr, shape] = makeJaxpr((x: A) => ({ y: x.mul(2), n: null }), { returnShape: true })(
      jnp.ones([2]),
    ) as unknown as [unknown, { y: ShapeDtypeStruct; n: null }];
    expect(String(jaxpr)).toMatch(/mul/);
    expect(String(shape.y)).toBe("ShapeDtypeStruct(shape=(2,), dtype=float32)");
    expect(shape.n).toBe(null);
  });

  test("does not run the device, traces once per call", () => {
    const f = counted((x: A) => jnp.sin(x));
    const make = makeJaxpr(f as (x: A) => A);
    make(f32(1));
    make(f32(1));
    expect(f.count()).toBe(2);
  });

  test("under other transformations", () => {
    expectClose(
      grad((x: A) => {
        makeJaxpr((y: A) => y.mul(x))(x);
        return x.mul(2);
      })(f32(1)),
      2,
    );
  });

  test("errors", () => {
    expect(() => makeJaxpr(3 as unknown as () => A)).toThrow(/callable/);
    expect(() => makeJaxpr((x: A) => x)("a")).toThrow(/string/);
    expect(() => makeJaxpr(() => "a")()).toThrow(/string/);
    expect(() => makeJaxpr((x: A) => x, { staticArgNums: 0 } as object)).toThrow(/staticArgNums/);
  });
});

describe("evalShape", () => {
  test("shapes without computing, also of trees", () => {
    const out = evalShape(
      (p: { w: A }, x: A) => ({ y: x.matmul(p.w), n: jnp.argmax(x), s: 3 }),
      { w: new ShapeDtypeStruct([300, 2], "float32") },
      new ShapeDtypeStruct([100, 300], "float32"),
    ) as Record<string, ShapeDtypeStruct>;
    expect(String(out.y)).toBe("ShapeDtypeStruct(shape=(100, 2), dtype=float32)");
    expect(out.n?.dtype.name).toBe("int32");
    expect(out.s?.weakType).toBe(true);
    expect(out.y?.ndim).toBe(2);
    expect(out.y?.size).toBe(200);
  });
  test("of jitted and transformed functions", () => {
    const s = new ShapeDtypeStruct([3], "float32");
    expect(
      String(
        evalShape(
          jit((x: A) => jnp.sum(x)),
          s,
        ),
      ),
    ).toBe("ShapeDtypeStruct(shape=(), dtype=float32)");
    expect(
      String(
        evalShape(
          grad((x: A) => jnp.sum(x)),
          s,
        ),
      ),
    ).toBe("ShapeDtypeStruct(shape=(3,), dtype=float32)");
    expect(
      String(
        evalShape(
          vmap((x: A) => x.mul(2)),
          s,
        ),
      ),
    ).toBe("ShapeDtypeStruct(shape=(3,), dtype=float32)");
  });
  test("errors are those of the function", () => {
    const error = errorOf(() => evalShape((x: A, y: A) => x.matmul(y), jnp.ones([2, 3]), jnp.ones([2, 3])));
    expect(error).toBeInstanceOf(TypeError);
    expect(() => evalShape((x: A) => x, "a")).toThrow(/string/);
  });
});

describe("ShapeDtypeStruct", () => {
  test("takes dtypes in every form and checks the shape", () => {
    expect(new ShapeDtypeStruct([2], jnp.int32).dtype.name).toBe("int32");
    expect(new ShapeDtypeStruct([2], "int32").dtype.name).toBe("int32");
    expect(new ShapeDtypeStruct([], jnp.zeros([1]).dtype).size).toBe(1);
    expect(() => new ShapeDtypeStruct([2], "int3" as "int32")).toThrow(/int3/);
    expect(() => new ShapeDtypeStruct([2.5], "int32")).toThrow(/shape|2\.5/i);
    expect(() => new ShapeDtypeStruct([-1], "int32")).toThrow(/shape|-1/i);
  });
});

describe("devicePut, blockUntilReady, clearCaches", () => {
  test("devicePut makes arrays of the leaves", () => {
    const out = devicePut({ a: 1, b: [new Float32Array([1, 2]), true], n: null }) as unknown as {
      a: A;
      b: [A, A];
      n: null;
    };
    expectClose(out, { a: 1, b: [[1, 2], true], n: null });
    expect(out.a.dtype.name).toBe("int32");
    expect(out.b[0].dtype.name).toBe("float32");
    const x = jnp.ones([2]);
    expect(devicePut(x)).toBe(x);
    expect(() => devicePut({ a: "x" })).toThrow(/string/);
  });
  test("blockUntilReady returns its argument", () => {
    const t = { a: jnp.ones([2]), s: "text", n: null };
    expect(blockUntilReady(t)).toBe(t);
    expect(blockUntilReady(t.a)).toBe(t.a);
    expect(t.a.blockUntilReady()).toBe(t.a);
  });
  test("clearCaches leaves results unchanged", () => {
    const x = f32(2);
    expectClose(x.mul(3), 6);
    clearCaches();
    expectClose(x.mul(3), 6);
  });
});
