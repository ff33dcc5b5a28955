// Settings that find mistakes, and the scopes that set them for a while. The texts are JAX's but for the names.

import {
  checkpoint,
  checkTracerLeaks,
  config,
  debugInfs,
  debugNans,
  defaultMatmulPrecision,
  devicePut,
  disableJit,
  FloatingPointError,
  grad,
  JaxRuntimeError,
  jit,
  jnp,
  lax,
  logCompiles,
  makeJaxpr,
  type NDArray,
  numpyDtypePromotion,
  numpyRankPromotion,
  pureCallback,
  TypePromotionError,
  threefryPartitionable,
  transferGuard,
  UnexpectedTracerError,
  ValueError,
  vmap,
} from "fluxion";
import { describe, expect, test, vi } from "vitest";
import { errorOf, having, printed } from "./helpers.ts";

type A = NDArray;
const x = jnp.array([0, 1, 2]);

describe("scopes", () => {
  test("with a function, with a promise, and with `using`", async () => {
    expect(debugNans(true, () => config.debugNans)).toBe(true);
    expect(debugNans(() => config.debugNans)).toBe(true);
    expect(config.debugNans).toBe(false);
    expect(errorOf(() => debugNans(true, () => errorOf(() => undefined))).message).toBe("nothing was thrown");
    expect(config.debugNans).toBe(false);
    const later = disableJit(async () => {
      await Promise.resolve();
      return config.disableJit;
    });
    expect(config.disableJit).toBe(true);
    expect(await later).toBe(true);
    expect(config.disableJit).toBe(false);
    {
      using _scope = numpyRankPromotion("raise");
      expect(config.numpyRankPromotion).toBe("raise");
    }
    expect(config.numpyRankPromotion).toBe("allow");
  });

  test("values that are not possible, and values that are missing", () => {
    expect(errorOf(() => numpyRankPromotion("never" as never)).message).toMatch(
      /must be one of "allow", "warn", "raise"/,
    );
    expect(errorOf(() => numpyRankPromotion()).message).toMatch(/requires an argument/);
    expect(errorOf(() => threefryPartitionable(false as never)).message).toMatch(/must be one of true/);
    expect(errorOf(() => config.update("nothing" as never, 1 as never)).message).toMatch(
      /there are debugNans/,
    );
  });
});

describe("debugNans and debugInfs", () => {
  const rows: [name: string, run: () => unknown, text: string | null][] = [
    ["eager", () => debugNans(true, () => jnp.log(x.sub(1))), "nan) encountered in log"],
    [
      "compiled: the operation is found",
      () => debugNans(true, () => jit((y: A) => jnp.log(y).mul(2))(x.sub(1))),
      "nan) encountered in log",
    ],
    [
      "in a loop",
      () =>
        debugNans(true, () => jit((y: A) => lax.foriLoop(0, 2, (_: A, c: A) => jnp.sqrt(c.sub(1)), y))(x)),
      "nan) encountered in",
    ],
    [
      "16-bit floats",
      () => debugNans(true, () => jnp.log(jnp.array([-1], { dtype: "bfloat16" }))),
      "nan) encountered in log",
    ],
    [
      "float64",
      () => debugNans(true, () => jnp.log(jnp.array([-1], { dtype: "float64" }))),
      "nan) encountered in log",
    ],
    ["an infinity is no NaN", () => debugNans(true, () => jnp.log(x)), null],
    ["infinities", () => debugInfs(true, () => jnp.log(x)), "inf) encountered in log"],
    [
      "infinities, compiled",
      () => debugInfs(true, () => jit((y: A) => y.mul(2).sub(jnp.log(y)))(x)),
      "inf) encountered in log",
    ],
    [
      "infinities of 16 bits",
      () => debugInfs(true, () => jnp.float16([60000]).mul(2)),
      "inf) encountered in mul",
    ],
    ["a NaN is no infinity", () => debugInfs(true, () => jnp.log(x.sub(1).get(":1"))), null],
    [
      "results of callbacks",
      () =>
        debugNans(true, () =>
          jit((y: A) => pureCallback(() => new Float32Array([1, Number.NaN, 2]), y, y))(x),
        ),
      "nan) encountered in",
    ],
  ];
  test.each(rows)("%s", (_name, run, text) => {
    if (text === null) {
      run();
      return;
    }
    const error = errorOf(run);
    expect(error).toBeInstanceOf(FloatingPointError);
    expect(error.message).toContain(text);
  });
});

describe("disableJit", () => {
  const known = (y: unknown): unknown => (String(y).includes("Tracer") ? "traced" : String(y));
  const rows: [
    name: string,
    run: (seen: (y: unknown) => void) => unknown,
    lines: unknown[],
    value: unknown,
  ][] = [
    ["jit", (see) => jit((y: A) => having(see(y), y.add(1)))(x), ["[0. 1. 2.]"], [1, 2, 3]],
    [
      "scan",
      (see) => lax.scan((c: A, y: A) => [having(see(c), c.add(y)), c], 0.5, x)[1],
      ["0.5", "0.5", "1.5"],
      [0.5, 0.5, 1.5],
    ],
    [
      "scan, reversed",
      (see) => lax.scan((c: A, y: A) => [having(see(y), c.add(y)), c], 0.5, x, { reverse: true })[1],
      ["2.0", "1.0", "0.0"],
      [3.5, 2.5, 0.5],
    ],
    [
      "scan without slices",
      (see) => lax.scan((c: A) => [having(see(c), c.add(1)), null], 0, null, { length: 2 })[0],
      ["0", "1"],
      2,
    ],
    [
      "while",
      (see) =>
        lax.whileLoop(
          (c: A) => c.lt(2),
          (c: A) => having(see(c), c.add(1)),
          0,
        ),
      ["0", "1"],
      2,
    ],
    [
      "cond",
      (see) =>
        lax.cond(
          x.get(1).gt(0),
          (y: A) => having(see("t"), y),
          (y: A) => having(see("f"), y),
          5,
        ),
      ["t"],
      5,
    ],
    [
      "switch, out of range",
      (see) => lax.switch(7, [(y: A) => y, (y: A) => having(see("b"), y.add(1))], jnp.int32(5)),
      ["b"],
      6,
    ],
    ["foriLoop", (see) => lax.foriLoop(0, 2, (i: A, c: A) => having(see(i), c.add(i)), 0), ["0", "1"], 1],
    ["map", (see) => lax.map((y: A) => having(see(y), y.mul(2)), x), ["0.0", "1.0", "2.0"], [0, 2, 4]],
    [
      "grad of cond",
      (see) =>
        grad((y: A) =>
          lax.cond(
            y.gt(0),
            (z: A) => having(see("t"), z.mul(3)),
            (z: A) => z,
            y,
          ),
        )(2),
      ["t"],
      3,
    ],
    [
      "vmap of cond: staged",
      (see) =>
        vmap((y: A) =>
          lax.cond(
            y.gt(0),
            (z: A) => having(see(z), z),
            (z: A) => z.mul(2),
            y,
          ),
        )(x),
      ["traced"],
      [0, 1, 2],
    ],
    [
      "vmap of while: staged",
      () =>
        vmap((y: A) =>
          lax.whileLoop(
            (c: A) => c.lt(3),
            (c: A) => c.add(1),
            y,
          ),
        )(x),
      [],
      [3, 3, 3],
    ],
  ];
  test.each(rows)("%s", (_name, run, lines, value) => {
    const seen: unknown[] = [];
    const result = disableJit(() => run((y) => void seen.push(known(y)))) as A;
    expect(seen).toEqual(lines);
    expect(result.tolist()).toEqual(value);
    expect((run(() => undefined) as A).tolist()).toEqual(value);
  });

  test("grad of scan", () => {
    const f = (xs: A) => lax.scan((c: A, y: A) => [jnp.sin(c).mul(y), c], 1.5, xs)[0];
    expect(disableJit(() => grad(f)(x.add(1))).tolist()).toEqual(grad(f)(x.add(1)).tolist());
    expect(errorOf(() => disableJit(() => f(jnp.zeros([0])))).message).toMatch(
      /^zero-length scan is not supported/,
    );
  });
});

describe("promotion", () => {
  test("ranks", () => {
    const add = () => jnp.ones([2, 3]).add(x);
    const error = errorOf(() => numpyRankPromotion("raise", add));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toMatch(
      /^Operands could not be broadcast together for add on shapes \(2, 3\) \(3,\) and with/,
    );
    expect(
      numpyRankPromotion("raise", () => jnp.ones([2, 3]).add(1).add(jnp.float32(1)))
        .get(0, 0)
        .item(),
    ).toBe(3);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    numpyRankPromotion("warn", add);
    expect(warn.mock.calls[0][0]).toMatch(
      /^Following NumPy automatic rank promotion for add on shapes \(2, 3\) \(3,\)/,
    );
    warn.mockRestore();
  });

  test("dtypes", () => {
    const strict = (run: () => unknown) => numpyDtypePromotion("strict", run);
    const i = jnp.int32([1, 2, 3]);
    for (const run of [
      () => x.add(i),
      () => i.mul(1.5),
      () => x.mul(x.gt(1)),
      () => jnp.where(x.gt(1), x, i),
      () => x.astype("bfloat16").mul(x),
      () => x.gt(0).add(1),
    ]) {
      const error = errorOf(() => strict(run));
      expect(error).toBeInstanceOf(TypePromotionError);
      expect(error.message).toMatch(
        /have no available implicit dtype promotion path when numpyDtypePromotion=strict/,
      );
    }
    for (const run of [
      () => x.add(1),
      () => x.mul(2.5),
      () => i.add(1),
      () => i.div(i),
      () => x.astype("bfloat16").mul(2),
    ])
      strict(run);
  });

  test("jitted functions are traced again under another setting, and the first trace is found again", () => {
    let traced = 0;
    const f = jit((y: A) => having(traced++, jnp.ones([2, 3]).add(y)));
    f(x);
    expect(() => numpyRankPromotion("raise", () => f(x))).toThrow(ValueError);
    f(x);
    expect(traced).toBe(2);
    const g = checkpoint((a: A) => a.matmul(a));
    const precise = () => String(makeJaxpr(g)(jnp.ones([2, 2])));
    expect(precise()).not.toContain("HIGHEST");
    expect(defaultMatmulPrecision("float32", precise)).toContain(
      "precision=(Precision.HIGHEST, Precision.HIGHEST)",
    );
    expect(precise()).not.toContain("HIGHEST");
  });
});

test("checkTracerLeaks says where a leaked value was made", () => {
  let leaked: A | undefined;
  const keep = jit(function keep(y: A) {
    leaked = y.mul(2);
    return y;
  });
  checkTracerLeaks(true, () => keep(x));
  const error = errorOf(() => leaked?.add(1));
  expect(error).toBeInstanceOf(UnexpectedTracerError);
  expect(error.message).toMatch(/It was made here:\n[\s\S]*settings\.test/);
});

test("transferGuard", () => {
  const guarded = (run: () => unknown) => errorOf(() => transferGuard("disallow", run));
  for (const run of [
    () => x.add(new Float32Array(3)),
    () => jnp.sin([1, 2]),
    () => jit((y: A) => y)(new Float32Array(2) as never),
  ]) {
    const error = guarded(run);
    expect(error).toBeInstanceOf(JaxRuntimeError);
    expect(error.message).toMatch(
      /^INVALID_ARGUMENT: Disallowed host-to-device transfer: aval=ShapedArray\(float32\[/,
    );
  }
  for (const run of [() => x.sum().item(), () => Number(x.sum()), () => x.tolist(), () => x.dataSync()]) {
    expect(guarded(run).message).toMatch(/Disallowed device-to-host transfer/);
  }
  const allowed = () => [
    x.add(1),
    devicePut(new Float32Array(2)),
    jnp.array([1, 2]),
    String(x),
    lax.cond(
      x.get(0).gt(1),
      (y: A) => y,
      (y: A) => y,
      1,
    ),
  ];
  expect(transferGuard("disallow", allowed).length).toBe(5);
  expect(
    printed(() =>
      transferGuard("disallow", () =>
        jit((y: A) => pureCallback((z: A) => having(console.log(z.tolist()), z), y, y))(x),
      ),
    ),
  ).toEqual(["0,1,2"]);
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  transferGuard("log", () => x.tolist());
  expect(warn.mock.calls).toEqual([["device-to-host transfer: aval=ShapedArray(float32[3])"]]);
  warn.mockRestore();
});

test("logCompiles says why a function is compiled", () => {
  const lines: string[] = [];
  const writer = config.debugWriter;
  config.update("debugWriter", (text) => void lines.push(text));
  try {
    const f = jit((y: A, n: number, s: string) => y.mul(n).add(s.length), { staticArgnums: [1, 2] });
    logCompiles(() => {
      f(x, 1, "a");
      f(x, 1, "a");
      f(jnp.ones(2), 1, "a");
      f(x.astype("int32"), 1, "a");
      f(x, 2, "a");
      f(x, 2, "bc");
      numpyRankPromotion("warn", () => f(x, 1, "a"));
    });
    f(jnp.ones(5), 1, "a");
  } finally {
    config.update("debugWriter", writer);
  }
  const reasons = lines
    .filter((line) => line.startsWith("compiled <lambda>"))
    .map((line) => line.replace(/^.*\): /, ""));
  expect(reasons).toEqual([
    "first call",
    "new argument types: arguments[0] is float32[2] and was float32[3]",
    "new argument types: arguments[0] is int32[3] and was float32[3]",
    "new static arguments: argument 1 is 2 and was 1",
    "new static arguments: argument 2 is 'bc' and was 'a'",
    "settings changed that decide what is traced",
  ]);
});
