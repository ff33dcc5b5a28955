import {
  grad,
  jit,
  jnp,
  jvp,
  makeJaxpr,
  type NDArray,
  RecursionError,
  RuntimeError,
  ShapeDtypeStruct,
  tree,
  ValueError,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type A, counted, errorOf, expectClose, f32 } from "./helpers.ts";

describe("cache", () => {
  test("one trace for equal types, whatever the values", () => {
    const f = counted((x: A, y: A) => x.mul(y).add(1));
    const g = jit(f);
    expectClose(g(jnp.ones([2]), f32(2)), [3, 3]);
    expectClose(g(jnp.array([5, 6]), f32(3)), [16, 19]);
    expect(f.count()).toBe(1);
    g(jnp.ones([3]), f32(2));
    expect(f.count()).toBe(2);
    g(jnp.ones([2]), jnp.int32(2));
    expect(f.count()).toBe(3);
    g(jnp.zeros([2]), f32(9));
    expect(f.count()).toBe(3);
  });

  test("1 and 2 share a program; weak and strong, whole and broken numbers do not", () => {
    const f = counted((x: A) => x.mul(2));
    const g = jit(f);
    expect(String(g(1))).toBe("2");
    expect(String(g(2))).toBe("4");
    expect(f.count()).toBe(1);
    expect(String(g(1.5))).toBe("3.0");
    expect(f.count()).toBe(2);
    g(2.5);
    expect(f.count()).toBe(2);
    g(f32(1.5));
    expect(f.count()).toBe(3);
    g(jnp.int32(1));
    expect(f.count()).toBe(4);
    g(true);
    expect(f.count()).toBe(5);
    g(7n);
    expect(f.count()).toBe(5);
  });

  test("the structure of the arguments counts", () => {
    const f = counted((p: unknown) => tree.leaves(p).reduce((a: A, b) => a.add(b as A), jnp.zeros([])));
    const g = jit(f as (p: unknown) => A);
    expectClose(g({ a: 1, b: 2 }), 3);
    expectClose(g({ b: 5, a: 1 }), 6); // keys are sorted
    expect(f.count()).toBe(1);
    expectClose(g([1, 2]), 3);
    expectClose(g({ a: 1, b: null, c: 2 }), 3);
    expectClose(g([[1], 2]), 3);
    expect(f.count()).toBe(4);
  });

  test("clearCache forgets", () => {
    const f = counted((x: A) => x.mul(2));
    const g = jit(f);
    g(1);
    g.clearCache();
    g(1);
    expect(f.count()).toBe(2);
  });

  test("a jitted function keeps the globals of its first call", () => {
    let g = 0;
    const f = jit((x: A) => x.add(g));
    expect(String(f(f32(2)))).toBe("2.0");
    g = 10;
    expect(String(f(f32(2)))).toBe("2.0");
    expect(String(f(jnp.array([2])))).toBe("[12.]");
  });

  test("closures over arrays are constants", () => {
    const w = jnp.array([1, 2, 3]);
    const f = jit((x: A) => x.mul(w));
    expectClose(f(f32(2)), [2, 4, 6]);
    expectClose(f(f32(3)), [3, 6, 9]);
    expect(String(makeJaxpr(f)(f32(2)))).toMatch(/jit\[/);
  });

  test("a failed trace leaves nothing behind", () => {
    let fail = true;
    const f = jit((x: A) => {
      if (fail) throw new Error("not yet");
      return x.mul(2);
    });
    expect(() => f(1)).toThrow("not yet");
    fail = false;
    expectClose(f(1), 2);
  });

  test("programs that close over outer tracers are traced for each", () => {
    const f = counted((y: A) => y);
    const out = grad((x: A) => {
      const inner = jit((y: A) => f(y).mul(x));
      return inner(x).add(inner(x));
    })(f32(3));
    expectClose(out, 12);
    expect(f.count()).toBe(2);
    // Not closing over anything: the program is shared with the calls outside.
    const g = counted((y: A) => y.mul(y));
    const shared = jit(g);
    shared(f32(1));
    expectClose(grad((x: A) => shared(x).add(shared(x)))(f32(3)), 12);
    expect(g.count()).toBe(1);
  });
});

describe("static arguments", () => {
  test("one program for each value", () => {
    const f = counted((x: A, n: number, mode: string) => (mode === "sum" ? jnp.sum(x).mul(n) : x.mul(n)));
    const g = jit(f, { staticArgnums: [1, 2] });
    const x = jnp.array([1, 2]);
    expectClose(g(x, 2, "sum"), 6);
    expectClose(g(x, 2, "scale"), [2, 4]);
    expectClose(g(x, 3, "scale"), [3, 6]);
    expectClose(g(x, 2, "sum"), 6);
    expect(f.count()).toBe(3);
  });

  test("equal by value: lists and plain objects; by identity: functions and instances; by equals", () => {
    const f = counted((x: A, _s: unknown) => x);
    const g = jit(f as (x: A, s: unknown) => A, { staticArgnums: 1 });
    const traces = (s: unknown): number => {
      const before = f.count();
      g(f32(1), s);
      return f.count() - before;
    };
    expect(traces([1, [2, "a"]])).toBe(1);
    expect(traces([1, [2, "a"]])).toBe(0);
    expect(traces([1, [2, "b"]])).toBe(1);
    expect(traces({ a: 1, b: 2 })).toBe(1);
    expect(traces({ b: 2, a: 1 })).toBe(0);
    expect(traces(undefined)).toBe(1);
    expect(traces(null)).toBe(1);
    expect(traces(undefined)).toBe(0);
    expect(traces(Number.NaN)).toBe(1);
    expect(traces(Number.NaN)).toBe(0);
    expect(traces(1)).toBe(1);
    expect(traces("1")).toBe(1);
    expect(traces(1n)).toBe(1);
    expect(traces(true)).toBe(1);
    const fn = (): number => 1;
    expect(traces(fn)).toBe(1);
    expect(traces(fn)).toBe(0);
    expect(traces(() => 1)).toBe(1);
    class Size {
      readonly n: number;
      constructor(n: number) {
        this.n = n;
      }
      equals(other: unknown): boolean {
        return other instanceof Size && other.n === this.n;
      }
    }
    expect(traces(new Size(3))).toBe(1);
    expect(traces(new Size(3))).toBe(0);
    expect(traces(new Size(4))).toBe(1);
    expect(traces(new Date(0))).toBe(1);
    expect(traces(new Date(0))).toBe(1);
  });

  test("the function gets the value itself", () => {
    const options = { axis: 1 };
    let seen: unknown;
    jit(
      (x: A, o: typeof options) => {
        seen = o;
        return jnp.sum(x, o.axis);
      },
      { staticArgnums: 1 },
    )(jnp.ones([2, 3]), options);
    expect(seen).toBe(options);
  });

  test("the first argument, and negative positions", () => {
    const f = jit((n: number, x: A) => x.mul(n), { staticArgnums: 0 });
    expectClose(f(3, f32(2)), 6);
    const g = jit((x: A, n: number) => x.reshape(n, -1), { staticArgnums: -1 });
    expect(g(jnp.arange(6), 2).shape).toEqual([2, 3]);
    expect(g(jnp.arange(6), 3).shape).toEqual([3, 2]);
  });

  test("under grad and vmap", () => {
    const f = jit((x: A, n: number) => x.pow(n), { staticArgnums: 1 });
    expectClose(grad(f)(f32(2), 3), 12);
    expectClose(vmap((x: A) => f(x, 2))(jnp.array([1, 2])), [1, 4]);
  });

  test("arrays cannot be static", () => {
    const f = jit((x: A, y: A) => x.add(y), { staticArgnums: 1 });
    const error = errorOf(() => f(1, jnp.ones([2])));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toMatch(/Non-hashable static arguments.*argument 1/s);
    expect(() => f(1, [jnp.ones([2])] as unknown as A)).toThrow(ValueError);
    expect(() => grad((z: A) => f(z, z))(1)).toThrow(ValueError);
  });

  test("positions that do not exist", () => {
    const error = errorOf(() => (jit((x: A) => x, { staticArgnums: 5 }) as (x: number) => A)(1));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toMatch(/5.*1 positional argument/);
    expect(() => jit((x: A) => x, { staticArgnums: 0.5 })).toThrow(/integers.*0\.5/);
    expect(() => jit((x: A) => x, { staticArgnums: "x" as unknown as number })).toThrow(/staticArgnums/);
  });

  test("an argument cannot be both static and donated", () => {
    const error = errorOf(() => jit((x: A) => x, { staticArgnums: 0, donateArgnums: [0] }));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toMatch(/static.*donate/);
  });
});

describe("donation", () => {
  test("deletes the array; later use says what happened", () => {
    const x = jnp.ones([3]);
    const f = jit((a: A) => a.add(1), { donateArgnums: 0 });
    expectClose(f(x), [2, 2, 2]);
    expect(x.isDeleted()).toBe(true);
    const error = errorOf(() => x.add(1));
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error.message).toMatch(/deleted.*float32\[3\].*donat/s);
    expect(() => f(x)).toThrow(RuntimeError);
    expect(() => x.tolist()).toThrow(RuntimeError);
    expect(() => String(x)).toThrow(RuntimeError);
  });

  test("leaves of trees", () => {
    const p = { w: jnp.ones([2]), b: [jnp.ones([1]), 3] };
    const keep = jnp.ones([2]);
    jit((q: typeof p, k: A) => ({ w: q.w.add(k) }), { donateArgnums: [0] })(p, keep);
    expect(p.w.isDeleted()).toBe(true);
    expect((p.b[0] as A).isDeleted()).toBe(true);
    expect(keep.isDeleted()).toBe(false);
  });

  test("numbers can be donated again and again", () => {
    const f = jit((x: A) => x.add(1), { donateArgnums: 0 });
    for (let i = 0; i < 3; i++) expectClose(f(1), 2);
    expectClose(jnp.add(1, 1), 2);
  });

  test("the same array donated and kept", () => {
    const x = jnp.ones([2]);
    expect(() => jit((a: A, b: A) => a.add(b), { donateArgnums: 0 })(x, x)).toThrow(/donat/);
  });

  test("the same array donated twice", () => {
    const x = jnp.ones([2]);
    expect(() => jit((a: A, b: A) => a.add(b), { donateArgnums: [0, 1] })(x, x)).toThrow(/donat/);
  });

  test("a loop that feeds its result back", () => {
    const step = jit((x: A) => x.mul(2).add(1), { donateArgnums: 0 });
    let x = jnp.zeros([2]);
    for (let i = 0; i < 5; i++) x = step(x);
    expectClose(x, [31, 31]);
  });

  test("inside another transformation it does nothing", () => {
    const x = f32(3);
    const f = jit((a: A) => a.mul(a), { donateArgnums: 0 });
    expectClose(grad(f)(x), 6);
    expect(x.isDeleted()).toBe(false);
  });
});

describe("arguments and results", () => {
  test("trees in and out, with null leaves and every kind of scalar", () => {
    const f = jit((p: { a: A; n: null; l: [A, { b: A }] }, flag: A, big: A) => ({
      n: p.n,
      sum: p.a.add(p.l[0]).add(p.l[1].b),
      kept: [flag, big, null, 3, true, 2.5],
    }));
    const out = f({ a: f32(1), n: null, l: [f32(2), { b: f32(3) }] }, true, 5n);
    expectClose(out, { kept: [true, 5, null, 3, true, 2.5], n: null, sum: 6 });
    expect((out.kept[0] as A).dtype.name).toBe("bool");
    expect((out.kept[1] as A).weakType).toBe(true);
  });

  test("typed arrays and Map", () => {
    const f = jit((x: A, m: Map<string, A>) => x.mul(m.get("s") as A));
    expectClose(f(new Float32Array([1, 2]) as unknown as A, new Map([["s", f32(3)]])), [3, 6]);
  });

  test("registered classes come back as instances", () => {
    class Pair {
      readonly a: A;
      readonly b: A;
      constructor(a: A, b: A) {
        this.a = a;
        this.b = b;
      }
      swap(): Pair {
        return new Pair(this.b, this.a);
      }
    }
    tree.registerDataclass(Pair, { dataFields: ["a", "b"] });
    const out = jit((p: Pair) => p.swap())(new Pair(f32(1), f32(2)));
    expect(out).toBeInstanceOf(Pair);
    expectClose([out.a, out.b], [2, 1]);
  });

  test("an argument returned as it is, several times, or not used", () => {
    const x = jnp.ones([2]);
    const [a, b, c] = jit((y: A, z: A) => [y, y, z])(x, f32(1));
    expectClose([a, b, c], [[1, 1], [1, 1], 1]);
    a.delete();
    expectClose(b, [1, 1]);
    expectClose(x, [1, 1]);
    expectClose(jit((_y: A) => 4)(x), 4);
    expect(jit((_y: A) => null)(x)).toBe(null);
    expectClose(jit(() => jnp.ones([2]))(), [1, 1]);
  });

  test("values are those of the eager function, weak types too", () => {
    const f = (x: A): A => x.mul(2).add(0.5);
    for (const x of [1, 1.5, f32(2), jnp.int32(3), jnp.uint8(200), true] as unknown as A[]) {
      const eager = jnp.asarray(0).constructor === undefined ? x : f(jnp.add(x, 0));
      const compiled = jit(f)(jnp.add(x, 0));
      expect(String(compiled)).toBe(String(eager));
      expect(compiled.dtype).toBe(eager.dtype);
      expect(compiled.weakType).toBe(eager.weakType);
    }
  });

  test.each([
    ["a string argument", () => jit((x: A) => x)("a" as unknown as A), /string/],
    ["an undefined argument", () => jit((x: A) => x)(undefined as unknown as A), /undefined/],
    ["a function argument", () => jit((x: A) => x)({ f: () => 1 } as unknown as A), /\['f'\]/],
    ["a string result", () => jit((_x: A) => "a" as unknown as A)(1), /returned.*string/],
    ["a function result", () => jit((_x: A) => ({ f: () => 1 }))(1), /returned.*\['f'\]/],
    ["an unregistered instance", () => jit((x: unknown) => x)(new Date(0)), /Date/],
    ["no function", () => jit(3 as unknown as () => A), /callable.*3/],
    ["undefined", () => jit(undefined as unknown as () => A), /callable/],
    [
      "an unknown option",
      () => jit((x: A) => x, { staticArgNums: 0 } as object),
      /staticArgNums.*staticArgnums/,
    ],
  ])("%s is a TypeError", (_name, run, message) => {
    const error = errorOf(run);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
  });

  test("an async function is told apart", () => {
    const error = errorOf(() => jit(async (x: A) => x)(1));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/Promise|async/);
  });
});

describe("nested jit and inline", () => {
  test("values", () => {
    const f = jit((x: A) => jit((y: A) => jit((z: A) => z.mul(2))(y).add(1))(x).mul(3));
    expectClose(f(f32(1)), 9);
  });
  test("inline leaves no call", () => {
    const g = jit((x: A) => x.mul(2), { inline: true });
    expect(String(makeJaxpr((x: A) => g(x).add(1))(f32(1)))).not.toMatch(/jit/);
    expectClose(g(f32(3)), 6);
    expectClose(grad(g)(f32(3)), 2);
  });
  test("name", () => {
    const f = jit((x: A) => x.mul(2), { name: "double" });
    expect(f.name).toBe("double");
    expect(String(makeJaxpr((x: A) => f(x))(f32(1)))).toMatch(/name=double/);
  });
});

describe("functions that call each other many times over", () => {
  // Each level calls the one below twice with the same operand: 2^40 calls, if each was made.
  let cube: (x: A) => A = jit((x: A) => x.pow(3));
  for (let i = 0; i < 40; i++) {
    const g = cube;
    cube = jit((x: A) => g(x).add(g(x)).mul(0.5));
  }
  const x = jnp.array([2, 3]);
  test("are compiled in linear time", () => {
    expectClose(cube(x), [8, 27]);
    expectClose(vmap(cube)(x), [8, 27]);
  });
  test("are differentiated so", () => {
    const slope = grad((y: A) => cube(y).sum());
    expectClose(slope(x), [12, 27]);
    expectClose(jit(slope)(x), [12, 27]);
    expectClose(grad((y: A) => slope(y).sum())(x), [12, 18]);
    expectClose(jvp(slope, [x], [jnp.ones([2])])[1], [12, 18]);
  });
});

describe("recursion", () => {
  test("that ends by a value known while tracing", () => {
    const power = jit((x: A, n: number): A => (n === 0 ? jnp.ones([]) : x.mul(power(x, n - 1))), {
      staticArgnums: 1,
    }) as unknown as (x: A, n: number) => A;
    expectClose(power(f32(2), 60), 2 ** 60);
    expectClose(grad((x: A) => power(x, 60))(f32(1)), 60);
  });
  test("without end says so, and leaves no trace behind", () => {
    const endless: (x: A) => A = jit((x: A) => endless(x.add(1)), { name: "endless" });
    for (const run of [endless, grad(endless), vmap(endless)]) {
      const error = errorOf(() => run(jnp.ones([2])));
      expect(error).toBeInstanceOf(RecursionError);
      expect(error.message).toMatch(/tracing the function endless/);
    }
    expectClose(jit((x: A) => x.add(1))(f32(1)), 2);
  });
});

describe("stages", () => {
  const f = jit(function affine(p: { w: A; b: A }, x: A) {
    return { y: x.matmul(p.w).add(p.b), n: null };
  });
  const p = { w: jnp.ones([3, 2]), b: jnp.zeros([2]) };

  test("lower from arrays or structs, without running", () => {
    const lowered = f.lower(
      { w: new ShapeDtypeStruct([3, 2], jnp.float32), b: p.b },
      new ShapeDtypeStruct([4, 3], "float32"),
    );
    expect(lowered.asText("jaxpr")).toMatch(/^\{ lambda ; a:f32\[2\] b:f32\[3,2\] c:f32\[4,3\]\. let/);
    expect(String((lowered.outInfo as { y: unknown }).y)).toBe(
      "ShapeDtypeStruct(shape=(4, 2), dtype=float32)",
    );
    const compiled = lowered.compile();
    expectClose(compiled.call(p, jnp.ones([4, 3])), {
      n: null,
      y: [
        [3, 3],
        [3, 3],
        [3, 3],
        [3, 3],
      ],
    });
  });

  test("kernels and code can be read", () => {
    const lowered = f.lower(p, jnp.ones([4, 3]));
    expect(lowered.asText("kernels").length).toBeGreaterThan(10);
    expect(lowered.asText("wat").length).toBeGreaterThan(10);
    expect(() => lowered.asText("hlo" as "wat")).toThrow(/jaxpr.*kernels.*wat.*hlo/);
  });

  test("analysis", () => {
    const compiled = f.lower(p, jnp.ones([4, 3])).compile();
    const memory = compiled.memoryAnalysis();
    expect(memory.argumentBytes).toBe(4 * (6 + 2 + 12));
    expect(memory.outputBytes).toBe(4 * 8);
    expect(compiled.costAnalysis().flops).toBeGreaterThan(0);
  });

  test("the compiled program checks its arguments", () => {
    const compiled = f.lower(p, jnp.ones([4, 3])).compile();
    expect(() => compiled.call(p, jnp.ones([5, 3]))).toThrow(/float32\[4,3\].*float32\[5,3\]/);
    expect(() => compiled.call(p)).toThrow(/structure/);
    expect(() => compiled.call(p, jnp.ones([4, 3], { dtype: "int32" }))).toThrow(/int32/);
    expect(() => jit((x: NDArray) => compiled.call(p, x))(jnp.ones([4, 3]))).toThrow(TypeError);
  });

  test("static arguments", () => {
    const g = jit((x: A, n: number) => x.mul(n), { staticArgnums: 1 });
    const compiled = g.lower(f32(1), 3).compile();
    expectClose(compiled.call(f32(2)), 6);
  });
});
