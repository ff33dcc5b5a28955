import {
  config,
  copyToHostAsync,
  core,
  deviceGet,
  dtypes,
  ensureCompileTimeEval,
  errors,
  flattenUtil,
  grad,
  jit,
  jnp,
  lax,
  makeJaxpr,
  type NDArray,
  printEnvironmentInfo,
  random,
  ShapeDtypeStruct,
  treeUtil,
  typeOf,
  ValueError,
  version,
} from "fluxion";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

test("the version is the package's", () => {
  expect(version).toBe(manifest.version);
  expect(printEnvironmentInfo({ returnString: true })).toContain(`fluxion: ${version}\nengine: `);
});

test("errors: classes and their families", () => {
  const { JAXTypeError, JAXIndexError, JaxRuntimeError } = errors;
  for (const name of [
    "ConcretizationTypeError",
    "TracerBoolConversionError",
    "TracerArrayConversionError",
    "TracerIntegerConversionError",
    "UnexpectedTracerError",
    "KeyReuseError",
  ] as const) {
    expect(new errors[name]("x")).toBeInstanceOf(JAXTypeError);
    expect(new errors[name]("x")).toBeInstanceOf(TypeError);
    expect(new errors[name]("x").name).toBe(name);
  }
  expect(new errors.NonConcreteBooleanIndexError("x")).toBeInstanceOf(JAXIndexError);
  expect(new errors.ResourceExhaustedError("x")).toBeInstanceOf(JaxRuntimeError);
  expect(() => jnp.promoteTypes("float8_e5m2", "float32")).toThrow(dtypes.TypePromotionError);
});

test("dtypes", () => {
  expect(
    ["bfloat16", "int4", "bool", "complex64", "float64"].map((d) => dtypes.itemsizeBits(d as "bool")),
  ).toEqual([16, 4, 8, 64, 64]);
  expect(() => dtypes.itemsizeBits(null as never)).toThrow("dtype cannot be None.");
  expect(dtypes.scalarTypeOf(jnp.uint8(1))).toBe("int");
  expect([true, 1, 1.5, 1n].map((x) => dtypes.scalarTypeOf(x))).toEqual(["bool", "int", "float", "int"]);
  expect(() => dtypes.scalarTypeOf(random.key(0))).toThrow(TypeError);
  const key = random.key(0).dtype;
  expect(dtypes.issubdtype(key, dtypes.prngKey) && dtypes.issubdtype(key, dtypes.extended)).toBe(true);
  expect(() => dtypes.canonicalizeDtype(key)).toThrow(ValueError);
  expect(dtypes.canonicalizeDtype(key, { allowExtendedDtype: true })).toBe(key);
  expect(dtypes.canonicalizeDtype("int64").name).toBe("int64");
  expect(dtypes.resultType(1, 2.5, { returnWeakTypeFlag: true }).map(String)).toEqual(["float32", "true"]);
  expect(dtypes.resultType(jnp.int32(1), 2.5, { returnWeakTypeFlag: true }).map(String)).toEqual([
    "float32",
    "true",
  ]);
  expect(dtypes.resultType(jnp.float32(1), 2.5, { returnWeakTypeFlag: true })[1]).toBe(false);
});

test("types of values", () => {
  expect([1, 2.5, true, jnp.ones([2, 3]), Float64Array.of(1)].map((x) => typeOf(x).repr())).toEqual([
    "ShapedArray(int32[], weak_type=True)",
    "ShapedArray(float32[], weak_type=True)",
    "ShapedArray(bool[])",
    "ShapedArray(float32[2,3])",
    "ShapedArray(float64[1])",
  ]);
  expect(() => typeOf("a")).toThrow("Argument 'a' of type string is not a valid JAX type");
  expect(
    [1, "int16", jnp.float16(1), new ShapeDtypeStruct([], "uint8"), jnp.int8].map((x) => lax.dtype(x).name),
  ).toEqual(["int32", "int16", "float16", "uint8", "int8"]);
  expect(() => lax.dtype(null)).toThrow("Invalid argument to dtype: null.");
  expect(() => lax.dtype({})).toThrow("Cannot determine dtype of a value of type Object");
  jit((x: NDArray) => {
    expect(String(typeOf(x))).toBe("int32[3]");
    return x;
  })(jnp.int32([1, 2, 3]));
});

test("core.evalJaxpr runs programs, also on tracers; arguments are counted and checked", () => {
  const c = jnp.array([1, 2]);
  const closed = makeJaxpr((x: NDArray) => x.mul(c).sum())(jnp.ones(2));
  expect(String(core.evalJaxpr(closed, closed.consts, jnp.array([3, 4])))).toBe("11.0");
  const f = (x: NDArray): NDArray => core.evalJaxpr(closed.jaxpr, closed.consts, x)[0];
  expect(String(jit(grad(f))(jnp.ones(2)))).toBe("[1. 2.]");
  expect(() => core.evalJaxpr(closed, [], jnp.ones(2))).toThrow("the program takes 1 constants, got 0");
  expect(() => core.evalJaxpr(closed, closed.consts, "x")).toThrow("arguments must be arrays or scalars");
});

test("core.checkJaxpr finds programs that are not well formed", () => {
  const { jaxpr } = makeJaxpr((x: NDArray) =>
    lax.cond(
      x.sum().gt(0),
      (y) => y.mul(2),
      (y) => y,
      x,
    ),
  )(jnp.ones(2));
  core.checkJaxpr(jaxpr);
  const [first, ...rest] = jaxpr.eqns;
  const broken =
    (eqns: typeof jaxpr.eqns, ins = jaxpr.invars) =>
    () =>
      core.checkJaxpr(new core.Jaxpr(jaxpr.constvars, ins, eqns, jaxpr.outvars));
  expect(broken(rest)).toThrow(errors.JaxprTypeError);
  expect(broken(rest)).toThrow("is a variable that is not defined");
  expect(broken([first, first, ...rest])).toThrow("is bound to a variable that is bound already");
  expect(broken(jaxpr.eqns, [...jaxpr.invars, ...jaxpr.invars])).toThrow(
    "a parameter is bound to a variable",
  );
  const wrong = { ...first, outputs: [new core.Var(core.shapedArray([7], first.outputs[0].aval.dtype))] };
  expect(broken([wrong])).toThrow(
    /equation 0 \(reduce_sum\) has results \(f32\[7\]\), but its operation gives \(f32\[\]\)/,
  );
});

test("enableChecks checks what is traced", () => {
  config.update("enableChecks", true);
  try {
    const f = jit(grad((x: NDArray) => lax.foriLoop(0, 3, (_i, y: NDArray) => jnp.sin(y), x).sum()));
    expect(f(jnp.ones(2)).shape).toEqual([2]);
  } finally {
    config.update("enableChecks", false);
  }
});

test("ensureCompileTimeEval evaluates what is known, and traces the rest", () => {
  const program = makeJaxpr((x: NDArray) =>
    ensureCompileTimeEval(() => {
      const known = jnp.sin(jnp.ones(3));
      expect(Math.fround(Math.sin(1))).toBeCloseTo(known.get(0).item() as number, 6);
      return x.add(known);
    }),
  )(jnp.ones(3));
  expect(String(program)).toBe("{ lambda a:f32[3]; b:f32[3]. let c:f32[3] = add b a in (c,) }");
  expect(core.ensureCompileTimeEval(() => 3)).toBe(3);
  const outside = makeJaxpr((x: NDArray) => {
    try {
      ensureCompileTimeEval(() => {
        throw new Error("inside");
      });
    } catch {}
    return x.add(jnp.sin(jnp.ones(3)));
  })(jnp.ones(3));
  expect(String(outside)).toContain("sin");
});

test("trees to the host", () => {
  const t = { a: jnp.array([[1, 2]]), b: [1, "x"] };
  expect(deviceGet(t)).toEqual({ a: Float32Array.of(1, 2), b: [1, "x"] });
  expect(copyToHostAsync(t)).toBe(t);
  expect(() => jit((x: NDArray) => deviceGet(x) as NDArray)(1)).toThrow(errors.TracerArrayConversionError);
});

test("ShapeDtypeStruct.like and update", () => {
  const s = ShapeDtypeStruct.like(jnp.ones([2, 3]));
  expect(String(s)).toBe("ShapeDtypeStruct(shape=(2, 3), dtype=float32)");
  expect(String(s.update({ shape: [4], weakType: true }))).toBe(
    "ShapeDtypeStruct(shape=(4,), dtype=float32, weak_type=True)",
  );
  expect(String(s.update({ dtype: "int8" }))).toBe("ShapeDtypeStruct(shape=(2, 3), dtype=int8)");
  expect(ShapeDtypeStruct.like(typeOf(1)).weakType).toBe(true);
});

test("other namespaces", () => {
  expect(String(flattenUtil.ravelPytree([jnp.ones(2), 3])[0])).toBe("[1. 1. 3.]");
  const { defaultRegistry } = treeUtil;
  expect(defaultRegistry.flatten([1, { a: 2 }])[0]).toEqual([1, 2]);
  expect(defaultRegistry.isNode(Map)).toBe(true);
  expect(defaultRegistry.flattenOneLevel([1, [2]])[0]).toEqual([1, [2]]);
});

test("lax.broadcastLike and lax.empty", () => {
  const like = jnp.zeros([2, 3], { dtype: "int32" });
  expect(lax.broadcastLike(jnp.array([1, 2, 3]), like).tolist()).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
  expect(lax.broadcastLike(jnp.ones([2, 1]), like).shape).toEqual([2, 3]);
  expect(() => lax.broadcastLike(jnp.ones(3), jnp.ones([2, 4]))).toThrow(
    "Incompatible types for broadcasting: input type=float32[3] and requested type=float32[2,4]",
  );
  expect(String(makeJaxpr(() => lax.empty([2], "float32"))())).toContain(
    "a:f32[2] = empty[dtype=float32 out_sharding=None shape=(2,)]",
  );
  expect(lax.empty([2], "bfloat16").tolist()).toEqual([0, 0]);
  expect(lax.empty([0, 2], "bool").shape).toEqual([0, 2]);
});
