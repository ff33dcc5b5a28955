import {
  adCheckpoint,
  ConcretizationTypeError,
  checkpoint,
  checkpointPolicies,
  customVjp,
  grad,
  hessian,
  jacfwd,
  jit,
  jnp,
  jvp,
  lax,
  linearize,
  makeJaxpr,
  remat,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test, vi } from "vitest";
import { type A, counted, errorOf, expectClose, f32 } from "./helpers.ts";

const { checkpointName, savedResiduals } = adCheckpoint;
const {
  dotsSaveable,
  dotsWithNoBatchDimsSaveable,
  everythingSaveable,
  nothingSaveable,
  saveAnyNamesButThese,
  saveAnythingExceptTheseNames,
  saveFromBothPolicies,
  saveOnlyTheseNames,
} = checkpointPolicies;

const policies = {
  none: null,
  everythingSaveable,
  nothingSaveable,
  dotsSaveable,
  dotsWithNoBatchDimsSaveable,
  "saveOnlyTheseNames(a)": saveOnlyTheseNames("a"),
  "saveAnyNamesButThese(a)": saveAnyNamesButThese("a"),
  "saveAnythingExceptTheseNames(a)": saveAnythingExceptTheseNames("a"),
  "saveFromBothPolicies(b, dots)": saveFromBothPolicies(saveOnlyTheseNames("b"), dotsSaveable),
};

const square = jit((x: A) => jnp.sin(x).mul(x));
/** Products, names, a jitted function, a result that is an input. */
const f = (w: A, x: A) => {
  const h = checkpointName(jnp.tanh(x.matmul(w)), "a");
  const k = checkpointName(square(h), "b");
  return [jnp.sum(k.matmul(w)).mul(x.get(0, 0)), x] as [A, A];
};
const w = jnp.array([
  [0.1, -0.3],
  [0.7, 0.2],
]);
const x = jnp.array([
  [1, 2],
  [-1, 0.5],
  [0.3, 0.1],
]);

describe.each(Object.entries(policies))("policy %s", (_name, policy) => {
  const g = checkpoint(f, { policy });
  const scalar = (h: typeof f) => (w: A, x: A) => h(w, x)[0].add(jnp.sum(h(w, x)[1].pow(2)));

  test("values and derivatives of first and second order are those without", () => {
    const plain = grad(scalar(f), [0, 1])(w, x).map((d) => d.tolist());
    expectClose(g(w, x)[0], f(w, x)[0].item() as number);
    for (const h of [
      grad(scalar(g), [0, 1]),
      jit(grad(scalar(g), [0, 1])),
      grad(jit(scalar(g)), [0, 1]),
      grad(scalar(checkpoint(g)), [0, 1]),
      grad(scalar(checkpoint(jit(g), { policy })), [0, 1]),
    ]) {
      expectClose(h(w, x), plain);
    }
    expectClose(hessian(scalar(g))(w, x), hessian(scalar(f))(w, x).tolist(), 1e-4);
    expectClose(jit(hessian(scalar(g), 1))(w, x), hessian(scalar(f), 1)(w, x).tolist(), 1e-4);
    const second = (h: typeof f) => grad((w: A) => jnp.sum(grad(scalar(h))(w, x).pow(2)));
    expectClose(second(g)(w), second(f)(w).tolist(), 1e-4);
    expectClose(jit(second(g))(w), second(f)(w).tolist(), 1e-4);
  });

  test("forward mode, linearize, vjp", () => {
    const [y, dy] = jvp(scalar(f), [w, x], [w, x]);
    expectClose(jvp(scalar(g), [w, x], [w, x]), [y.item(), dy.item()]);
    expectClose(linearize(scalar(g), w, x)[1](w, x), dy.item() as number);
    expectClose(jacfwd(scalar(g))(w, x), grad(scalar(f))(w, x).tolist());
    expectClose(vjp(scalar(g), w, x)[1](f32(2))[0], grad(scalar(f))(w, x).mul(2).tolist());
    expectClose(
      grad((s: A) => jvp(scalar(g), [w.mul(s), x], [w, x])[1])(f32(1)),
      grad((s: A) => jvp(scalar(f), [w.mul(s), x], [w, x])[1])(f32(1)).item() as number,
      1e-4,
    );
  });

  test("vmap outside and inside", () => {
    const ws = jnp.stack([w, w.mul(2)]);
    const expected = [grad(scalar(f))(w, x).tolist(), grad(scalar(f))(w.mul(2), x).tolist()];
    expectClose(vmap(grad(scalar(g)), [0, null])(ws, x), expected);
    expectClose(jit(vmap(grad(scalar(g)), [0, null]))(ws, x), expected);
    const mapped = checkpoint((ws: A) => jnp.sum(vmap(scalar(f), [0, null])(ws, x)), { policy });
    expectClose(grad(mapped)(ws), expected);
    expectClose(grad((ws: A) => jnp.sum(vmap(scalar(g), [0, null])(ws, x)))(ws), expected);
  });
});

// As JAX's print_saved_residuals, without the names of arguments and files.
describe("what is kept", () => {
  const dots = (x: A) => jnp.sin(jnp.sin(x.matmul(x)).matmul(x));
  const named = (x: A) => jnp.sin(checkpointName(jnp.sin(checkpointName(jnp.sin(x), "a")), "b"));
  const [x2, x22] = [jnp.ones([2]), jnp.ones([2, 2])];
  const argument = "from the argument [0]";
  const rows: [string, (x: A) => A, A, string[]][] = [
    [
      "everything",
      checkpoint(dots, { policy: everythingSaveable }),
      x22,
      [argument, "output of sin", "output of cos", "output of cos"],
    ],
    ["nothing", checkpoint(dots, { policy: nothingSaveable }), x22, [argument]],
    ["no policy", checkpoint(dots), x22, [argument]],
    [
      "dots",
      checkpoint(dots, { policy: dotsSaveable }),
      x22,
      [argument, "output of dot_general", "output of dot_general"],
    ],
    [
      "dots without batch",
      checkpoint(dots, { policy: dotsWithNoBatchDimsSaveable }),
      x22,
      [argument, "output of dot_general", "output of dot_general"],
    ],
    [
      "batched dots",
      vmap(checkpoint(dots, { policy: dotsWithNoBatchDimsSaveable })),
      jnp.ones([3, 2, 2]),
      [argument],
    ],
    ["a name", checkpoint(named, { policy: saveOnlyTheseNames("a") }), x2, [argument, "named 'a'"]],
    ["other names", checkpoint(named, { policy: saveAnyNamesButThese("a") }), x2, [argument, "named 'b'"]],
    [
      "anything",
      checkpoint(named, { policy: saveAnythingExceptTheseNames("a") }),
      x2,
      ["output of cos", "output of cos", "output of cos"],
    ],
    [
      "both",
      checkpoint(named, { policy: saveFromBothPolicies(saveOnlyTheseNames("a"), dotsSaveable) }),
      x2,
      [argument, "named 'a'"],
    ],
    ["names without a checkpoint", named, x2, ["output of cos", "output of cos", "output of cos"]],
    [
      "inside a jitted function",
      jit(function twice(x: A) {
        return checkpoint(named)(x);
      }),
      x2,
      [argument],
    ],
    ["nested", checkpoint((x: A) => checkpoint(named)(jnp.exp(x))), x2, [argument]],
    [
      "a convolution",
      checkpoint((x: A) => jnp.sin(lax.conv(x, jnp.ones([1, 1, 2]), [1], "VALID")), { policy: dotsSaveable }),
      jnp.ones([1, 1, 4]),
      ["output of conv_general_dilated"],
    ],
  ];
  test.each(rows)("%s", (_name, g, arg, expected) => {
    expect(savedResiduals(g, arg).map(({ source }) => source)).toEqual(expected);
  });

  test("dead residuals are not kept: what the wanted results do not need", () => {
    const two = checkpoint((x: A) => [jnp.sin(x), jnp.exp(jnp.sin(x))] as [A, A], {
      policy: everythingSaveable,
    });
    expect(savedResiduals((x: A) => two(x)[0], x2).map((r) => r.source)).toEqual(["output of cos"]);
    const text = String(
      makeJaxpr(grad((x: A) => checkpoint((x: A) => [jnp.sin(x), jnp.tanh(x)] as [A, A])(x)[0]))(f32(1)),
    );
    // The other result is computed in the forward pass, which is asked for it, and not again.
    expect(text.match(/tanh/g)).toHaveLength(1);
  });

  test("printSavedResiduals", () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      adCheckpoint.printSavedResiduals((p: { a: A }) => jnp.sin(p.a).mul(2), { a: x2 });
      expect(log.mock.calls).toEqual([["f32[2] output of cos"]]);
    } finally {
      log.mockRestore();
    }
  });

  test("a policy of one's own is asked about each operation", () => {
    const asked: string[] = [];
    const policy: checkpointPolicies.CheckpointPolicy = (primitive, avals) => {
      asked.push(`${primitive.name} ${avals.join(" ")}`);
      return primitive.name === "cos";
    };
    const g = checkpoint(
      jit((x: A) => jnp.sin(jnp.sin(x))),
      { policy },
    );
    expect(savedResiduals(g, x2).map((r) => r.source)).toEqual(["output of cos", "output of cos"]);
    expect(asked).toContain("cos float32[2]");
  });
});

describe("what is computed again", () => {
  test("runs again in the compiled backward pass, unless preventCse is false", () => {
    const count = (preventCse: boolean) => {
      const g = checkpoint((x: A) => jnp.sin(jnp.exp(x.matmul(x))), { preventCse });
      const text = jit(valueAndGrad((x: A) => jnp.sum(g(x))))
        .lower(jnp.ones([8, 8]))
        .asText("kernels");
      return (text.match(/: dot_general/g) ?? []).length;
    };
    expect([count(true), count(false)]).toEqual([4, 3]);
  });

  test("intermediate results take no memory between the passes", () => {
    const n = 256;
    const block = (x: A) => {
      for (let i = 0; i < 6; i++) x = jnp.tanh(x.matmul(x));
      return x;
    };
    const temp = (layer: (x: A) => A) => {
      const loss = (x: A) => jnp.sum(layer(layer(layer(layer(x)))));
      return jit(grad(loss))
        .lower(jnp.ones([n, n]))
        .compile()
        .memoryAnalysis().tempBytes;
    };
    const [plain, checkpointed] = [temp(block), temp(checkpoint(block))];
    // 24 results against 3 between the blocks and 6 within one.
    expect(checkpointed).toBeLessThan(0.6 * plain);
  });

  test("the same derivative, compiled", () => {
    const layer = (x: A) => jnp.tanh(x.matmul(x).add(jnp.sin(x)));
    const loss = (l: (x: A) => A) => (x: A) => jnp.sum(l(l(l(x))));
    const start = jnp.linspace(-0.5, 0.5, 49).reshape(7, 7);
    expectClose(jit(grad(loss(checkpoint(layer))))(start), grad(loss(layer))(start).tolist());
  });
});

describe("functions", () => {
  test("trees, numbers, results that are arguments or constants", () => {
    const g = checkpoint((p: { a: A; b: [A] }, y: A) => ({
      s: p.a.mul(y),
      same: p.b[0],
      one: 1,
      none: null,
    }));
    expectClose(g({ a: f32(2), b: [f32(5)] }, 3 as unknown as A), { none: null, one: 1, s: 6, same: 5 });
    const loss = (p: { a: A; b: [A] }) => {
      const out = g(p, f32(3));
      return out.s.mul(out.same);
    };
    expectClose(grad(loss)({ a: f32(2), b: [f32(5)] }), { a: 15, b: [6] });
  });

  test("closures over concrete values and over values of outer transformations", () => {
    const c = jnp.arange(3).astype("float32");
    expectClose(
      grad((x: A) => jnp.sum(checkpoint((y: A) => jnp.sin(y.mul(c)))(x)))(f32(1)),
      Math.cos(1) + 2 * Math.cos(2),
    );
    const outer = (z: A) => checkpoint((y: A) => jnp.sin(y.mul(z)))(f32(2));
    expectClose(grad(outer)(f32(1)), 2 * Math.cos(2));
    expectClose(jit(grad(outer))(f32(1)), 2 * Math.cos(2));
    expectClose(vmap(grad(outer))(jnp.ones([2])), [2 * Math.cos(2), 2 * Math.cos(2)]);
  });

  test("traced once for each type of arguments", () => {
    const body = counted((x: A) => jnp.sin(x));
    const g = checkpoint(body as (x: A) => A);
    for (let i = 0; i < 3; i++) grad(g)(f32(i));
    expect(body.count()).toBe(1);
    g(jnp.ones([2]));
    expect(body.count()).toBe(2);
  });

  test("static arguments", () => {
    const g = checkpoint((x: A, flag: boolean, n: number) => (flag ? x.pow(n) : x), {
      staticArgnums: [1, -1],
    });
    expectClose(grad(g)(f32(3), true, 2), 6);
    expectClose(grad(g)(f32(3), false, 2), 1);
    expectClose(grad(g)(f32(3), true, 3), 27);
    expect(() => checkpoint((x: A) => x, { staticArgnums: 1 })(f32(1))).toThrow(/staticArgnums 1/);
  });

  test("custom rules inside", () => {
    const h = customVjp((x: A) => jnp.exp(x));
    const fwd = counted((x: A) => [jnp.exp(x), jnp.exp(x)] as [A, A]);
    h.defvjp(fwd, (e, ct) => [ct.mul(e).mul(10)]);
    const g = checkpoint((x: A) => jnp.sin(h(x)));
    const expected = 10 * Math.cos(Math.exp(0.5)) * Math.exp(0.5);
    for (const d of [grad(g), jit(grad(g)), grad(jit(g))]) expectClose(d(f32(0.5)), expected);
    expectClose(vmap(grad(g))(jnp.array([0.5, 0.5])), [expected, expected]);
    expectClose(
      grad(checkpoint((x: A) => grad(g)(x)))(f32(0.5)),
      grad(grad((x: A) => jnp.sin(h(x))))(f32(0.5)).item() as number,
    );
    expect(errorOf(() => jvp(g, [f32(1)], [f32(1)])).message).toMatch(/forward-mode/);
  });

  test("remat is checkpoint", () => {
    expectClose(valueAndGrad(remat(jnp.sin))(f32(1)), [Math.sin(1), Math.cos(1)]);
  });

  test("errors", () => {
    const error = errorOf(() => checkpoint((x: A) => ((x.item() as number) > 0 ? x : x.neg()))(f32(1)));
    expect(error).toBeInstanceOf(ConcretizationTypeError);
    expect(error.message).toMatch(/staticArgnums of checkpoint/);
    expect(() => checkpoint(3 as never)).toThrow(/callable/);
    expect(() => checkpoint((x: A) => x, { policy: "dots" as never })).toThrow(/policy/);
    expect(() => checkpoint((x: A) => x, { preventCse: 1 as never })).toThrow(/preventCse/);
    expect(() => checkpoint((x: A) => x, { polic: null } as object)).toThrow(/polic/);
    expect(() => checkpointName(f32(1), 3 as never)).toThrow(/name must be a string/);
    expect(() => checkpointName("x" as never, "n")).toThrow(/string/);
    expect(() => saveOnlyTheseNames(3 as never)).toThrow(/strings/);
    expect(() => checkpoint((_x: A) => "s" as unknown as A)(f32(1))).toThrow(/string/);
  });
});

describe("prints as in JAX", () => {
  const g = checkpoint((x: A) => jnp.sin(jnp.sin(x)));
  const x2 = jnp.ones([2]);
  test("grad", () => {
    expect(String(makeJaxpr(grad((x: A) => jnp.sum(g(x))))(x2))).toBe(`{ lambda ; a:f32[2]. let
    b:f32[2] = sin a
    c:f32[2] = sin b
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] c
    d:f32[2] = broadcast_in_dim 1.0:f32[]
    e:f32[2] = remat2[
      differentiated=True
      jaxpr={ lambda ; f:f32[2] g:f32[2]. let
          h:f32[2] = sin f
          i:f32[2] = cos f
          j:f32[2] = cos h
          k:f32[2] = mul g j
          l:f32[2] = mul k i
        in (l,) }
      policy=None
      prevent_cse=True
    ] a d
  in (e,) }`);
  });
  test("linearize", () => {
    expect(
      String(makeJaxpr((x: A, t: A) => linearize(g, x)[1](t))(x2, x2)),
    ).toBe(`{ lambda ; a:f32[2] b:f32[2]. let
    c:f32[2] = sin a
    _:f32[2] = sin c
    d:f32[2] = remat2[
      differentiated=True
      jaxpr={ lambda ; e:f32[2] f:f32[2]. let
          g:f32[2] = sin e
          h:f32[2] = cos e
          i:f32[2] = mul f h
          j:f32[2] = cos g
          k:f32[2] = mul i j
        in (k,) }
      policy=None
      prevent_cse=True
    ] a b
  in (d,) }`);
  });
  test("jvp", () => {
    expect(
      String(makeJaxpr((x: A, t: A) => jvp(g, [x], [t]))(x2, x2)),
    ).toBe(`{ lambda ; a:f32[2] b:f32[2]. let
    c:f32[2] d:f32[2] = remat2[
      differentiated=False
      jaxpr={ lambda ; e:f32[2] f:f32[2]. let
          g:f32[2] = sin e
          h:f32[2] = cos e
          i:f32[2] = mul f h
          j:f32[2] = sin g
          k:f32[2] = cos g
          l:f32[2] = mul i k
        in (j, l) }
      policy=None
      prevent_cse=True
    ] a b
  in (c, d) }`);
  });
  test("a policy", () => {
    const named = (x: A) => jnp.sin(checkpointName(jnp.sin(checkpointName(jnp.sin(x), "a")), "b"));
    const h = checkpoint(named, { policy: saveOnlyTheseNames("a") });
    expect(String(makeJaxpr(grad((x: A) => jnp.sum(h(x))))(x2))).toBe(`{ lambda ; a:f32[2]. let
    b:f32[2] = sin a
    c:f32[2] = name[name=a] b
    d:f32[2] = reduce_precision[exponent_bits=8 mantissa_bits=23] c
    e:f32[2] = sin d
    f:f32[2] = name[name=b] e
    g:f32[2] = sin f
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] g
    h:f32[2] = broadcast_in_dim 1.0:f32[]
    i:f32[2] = remat2[
      differentiated=True
      jaxpr={ lambda ; j:f32[2] k:f32[2] l:f32[2]. let
          m:f32[2] = cos k
          n:f32[2] = sin j
          o:f32[2] = cos j
          p:f32[2] = name[name=b] n
          q:f32[2] = cos p
          r:f32[2] = mul l q
          s:f32[2] = mul r o
          t:f32[2] = mul s m
        in (t,) }
      policy=SaveOnlyTheseNames(saveable_names=frozenset({'a'}))
      prevent_cse=True
    ] d a h
  in (i,) }`);
  });
});

describe("in loops and branches, and around them", () => {
  const step = (c: A, x: A) => jnp.sin(jnp.exp(c.mul(0.3)).mul(x)).add(c);
  const run = (body: typeof step) => (c: A, xs: A) =>
    lax.scan(
      (carry: A, x: A) => {
        const next = body(carry, x);
        return [next, next.mul(x)] as [A, A];
      },
      c,
      xs,
    );
  const total = (loop: ReturnType<typeof run>) => (c: A, xs: A) => {
    const [last, ys] = loop(c, xs);
    return last.mul(2).add(jnp.sum(ys));
  };
  const xs = jnp.array([0.2, -0.5, 1, 0.7]);
  const plain = total(run(step));
  const expected = grad(plain, [0, 1])(f32(0.4), xs).map((d) => d.tolist());
  const variants: [string, typeof plain][] = [
    ["a checkpointed body", total(run(checkpoint(step)))],
    ["a body that keeps products", total(run(checkpoint(step, { policy: everythingSaveable })))],
    ["a checkpointed loop", total(checkpoint(run(step)))],
    ["a checkpointed loop with a policy", total(checkpoint(run(step), { policy: dotsSaveable }))],
    ["both", checkpoint(total(checkpoint(run(checkpoint(step)))))],
  ];
  test.each(variants)("%s", (_name, g) => {
    for (const d of [grad(g, [0, 1]), jit(grad(g, [0, 1])), grad(jit(g), [0, 1])]) {
      expectClose(d(f32(0.4), xs), expected);
    }
    const [ax, bx] = [jnp.array([0.4, 0.4]), jnp.stack([xs, xs])];
    expectClose(
      vmap(grad(g, [0, 1]))(ax, bx),
      [0, 1].map((i) => [expected[i], expected[i]]),
    );
    expectClose(hessian(g, 1)(f32(0.4), xs), hessian(plain, 1)(f32(0.4), xs).tolist(), 1e-4);
  });

  test("a checkpointed body stores the carries of a loop, and not what is between", () => {
    const count = (body: typeof step) =>
      savedResiduals(total(run(body)), f32(0.4), xs).filter((r) => r.source === "output of scan").length;
    // The carry, and the next one, which the loop multiplies outside of the checkpoint.
    expect(count(checkpoint(step))).toBe(2);
    expect(count(step)).toBeGreaterThan(2);
  });

  test("branches", () => {
    const f = (p: A, x: A) =>
      lax.cond(p, checkpoint((v: A) => jnp.sin(jnp.sin(v))) as (v: A) => A, (v: A) => v.mul(3), x) as A;
    for (const g of [f, checkpoint(f), jit(f)]) {
      expectClose(grad(g, 1)(jnp.array(true), f32(1)), Math.cos(Math.sin(1)) * Math.cos(1));
      expectClose(grad(g, 1)(jnp.array(false), f32(1)), 3);
    }
    const h = vmap(grad(f, 1));
    expectClose(h(jnp.array([true, false]), jnp.ones([2])), [Math.cos(Math.sin(1)) * Math.cos(1), 3]);
  });
});
