// debug.print: format strings, and how the operation is printed in jaxprs.

import { debug, jit, jnp, lax, makeJaxpr, type NDArray, vmap } from "fluxion";
import { describe, expect, test, vi } from "vitest";
import { type Formattable, formatValue } from "../../src/callbacks/formatSpec.ts";
import formats from "./formats.json" with { type: "json" };
import { errorOf, having, printed } from "./helpers.ts";

type A = NDArray;
const x = jnp.array([0, 1, 2]);
const text = (...args: [string, ...unknown[]]): string => {
  const eager = printed(() => debug.print(...args)).join("\n");
  const compiled = printed(() => jit(() => having(debug.print(...args), null))()).join("\n");
  expect(compiled).toBe(eager);
  return eager;
};

test("specifications, as CPython's format() has them", () => {
  const wrong: string[] = [];
  for (const [kind, value, spec, expected] of formats as [string, unknown, string, string][]) {
    const given = (
      kind === "int"
        ? BigInt(value as number)
        : kind === "float"
          ? toNumber(value)
          : kind === "complex"
            ? { re: toNumber((value as unknown[])[0]), im: toNumber((value as unknown[])[1]) }
            : value
    ) as never;
    let got: string;
    try {
      got = formatValue({ kind, value: given } as Formattable, spec);
    } catch (error) {
      got = `! ${(error as Error).name}: ${(error as Error).message}`;
    }
    if (got !== expected) wrong.push(`format(${value}, "${spec}") is "${expected}", got "${got}"`);
  }
  expect(formats.length).toBeGreaterThan(400);
  expect(wrong).toEqual([]);
});

function toNumber(value: unknown): number {
  return value === "inf" ? Number.POSITIVE_INFINITY : Number(value);
}

describe("fields", () => {
  const pi = jnp.float32(3.140625);
  const rows: [args: [string, ...unknown[]], expected: string][] = [
    [["hello"], "hello"],
    [["{} {} {}", pi, jnp.int32([0, 1, 2]), 7], "3.140625 [0 1 2] 7"],
    [["{2} {0:.2f} {1}", pi, x, 7], "7 3.14 [0. 1. 2.]"],
    [["{0:+.3f}|{1:,}|{2:>6}|{3}", pi, 4200, "ab", true], "+3.141|4,200|    ab|True"],
    [["{0:{1}.1f}|", pi, 8], "     3.1|"],
    [["{{}} {}", 1], "{} 1"],
    [["{a} {b[1]} {b.shape}", { a: 1, b: x }], "1 1.0 (3,)"],
    [["{} {y}", x, { y: x.add(1) }], "[0. 1. 2.] [1. 2. 3.]"],
    [["{x}", { x, ordered: true }], "[0. 1. 2.]"],
    [["{!r} {!s:>6}", x.get(":1"), "ab"], "Array([0.], dtype=float32)     ab"],
    [
      ["{}", { a: x, b: [1, 2.5, "s", null, true] }],
      "{'a': Array([0., 1., 2.], dtype=float32), 'b': [Array(1, dtype=int32), Array(2.5, dtype=float32), 's', None, Array(True, dtype=bool)]}",
    ],
    [
      [
        "{} {}",
        jnp.array([
          [0, 1],
          [2, 3],
        ]),
        jnp.zeros([0, 3]),
      ],
      "[[0. 1.]\n [2. 3.]] []",
    ],
    [
      ["{}", jnp.arange(2000, { dtype: "float32" })],
      "[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]",
    ],
    [["{} {}", jnp.array([true, false]), true], "[ True False] True"],
  ];
  test.each(rows.map((row) => [row[0][0], ...row] as const))("%s", (_name, args, expected) => {
    // Eager scalars keep their weak types, which repr shows.
    const eager = printed(() => debug.print(...args))
      .join("\n")
      .replaceAll(", weak_type=True", "");
    const compiled = printed(() => jit(() => having(debug.print(...args), null))()).join("\n");
    expect([eager, compiled]).toEqual([expected, expected]);
  });

  test("scalars are printed with the digits of a double, of every dtype", () => {
    expect(text("{} {!s} {!r}", jnp.float32(0.1), jnp.float32(0.1), jnp.float32(0.1))).toBe(
      "0.10000000149011612 0.1 Array(0.1, dtype=float32)",
    );
    expect(text("{}", jnp.array(0.1, { dtype: "float16" }))).toBe("0.0999755859375");
    expect(text("{}", jnp.array(0.1, { dtype: "bfloat16" }))).toBe("0.10009765625");
    expect(text("{} {:x} {:.1f}", jnp.int8(-3), jnp.uint8(255), jnp.uint8(7))).toBe("-3 ff 7.0");
    const z = lax.complex(jnp.float32(1), jnp.float32(-0.5));
    expect(text("{} {:.2f} {!r}", z, z, z)).toBe("(1-0.5j) 1.00-0.50j Array(1.-0.5j, dtype=complex64)");
    expect(text("{:,}", jnp.array(1234567890123n, { dtype: "int64" }))).toBe("1,234,567,890,123");
    expect(text("{} {} {}", Number.NaN, jnp.float32(1e20), -0)).toBe("nan 1.0000000200408773e+20 -0.0");
  });

  test("arrays follow the print options of the time of tracing", () => {
    const f = jit((y: A) => having(debug.print("{}", y), y));
    const thirds = jnp.array([1, 2]).div(3);
    jnp.setPrintoptions({ precision: 2 });
    try {
      expect(printed(() => f(thirds))).toEqual(["[0.33 0.67]"]);
    } finally {
      jnp.setPrintoptions({ precision: 8 });
    }
    expect(printed(() => f(thirds))).toEqual(["[0.33 0.67]"]);
  });

  test("options in a first call", () => {
    expect(printed(() => debug.print({ ordered: true })("hi {x}", { x: 42 }))).toEqual(["hi 42"]);
    expect(
      printed(() =>
        jit((y: A) =>
          having(
            debug.callback({ ordered: true })((z) => console.log(`${z}`), y),
            y,
          ),
        )(2),
      ),
    ).toEqual(["2"]);
  });

  test("debug.log goes to console.info", () => {
    const info = vi.spyOn(console, "info").mockImplementation(() => undefined);
    jit((y: A) => having(debug.log("y is {}", y), y))(2);
    expect(info.mock.calls).toEqual([["y is 2"]]);
    info.mockRestore();
  });
});

describe("mistakes", () => {
  const rows: [args: [string, ...unknown[]], name: string, message: string | RegExp][] = [
    [["hello", 3], "ValueError", "Unused positional arguments to `debug.print`: [3]"],
    [["{}", x, "s"], "ValueError", "Unused positional arguments to `debug.print`: ['s']"],
    [
      ["{}", x, { y: 3 }],
      "ValueError",
      /^Unused keyword arguments to `debug.print`: \['y'\]. You may be passing a template string/,
    ],
    [["{} {}", x], "IndexError", /index 1 out of range/],
    [["{a}", { b: x }], "KeyError", /^'a'/],
    [
      ["{} {0}", x],
      "ValueError",
      "cannot switch from automatic field numbering to manual field specification",
    ],
    [
      ["{0} {}", x],
      "ValueError",
      "cannot switch from manual field specification to automatic field numbering",
    ],
    [["{", x], "ValueError", "Single '{' encountered in format string"],
    [["}", x], "ValueError", "Single '}' encountered in format string"],
    [["{0", x], "ValueError", "expected '}' before end of string"],
    [["{!x}", x], "ValueError", "Unknown conversion specifier x"],
  ];
  test.each(rows.map((row) => [row[0][0], ...row] as const))("%s", (_title, args, name, message) => {
    const error = errorOf(() => makeJaxpr((_: A) => having(debug.print(...args), 0))(x));
    expect(error.name).toBe(name);
    if (typeof message === "string") expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  test("a specification that does not fit is found when it prints; the cause says so", () => {
    const cause = (...args: [string, ...unknown[]]) => errorOf(() => debug.print(...args)).cause as Error;
    expect(cause("{:.2f}", x).message).toBe("unsupported format string passed to numpy.ndarray.__format__");
    expect(cause("{:d}", jnp.float32(1.5)).message).toBe(
      "Unknown format code 'd' for object of type 'float'",
    );
    expect(cause("{0.nothing}", x).message).toMatch(/has no attribute 'nothing'/);
    expect(cause("{0[b]}", { a: 1 }).name).toBe("KeyError");
  });
});

test("jaxprs show the operations as JAX does", () => {
  const options =
    "np_printoptions=(('edgeitems', 3), ('threshold', 1000), ('floatmode', 'maxprec'), ('precision', 8), ('suppress', False), ('linewidth', 75), ('nanstr', 'nan'), ('infstr', 'inf'), ('sign', '-'), ('formatter', None), ('legacy', False), ('override_repr', None))";
  const program = makeJaxpr(
    vmap((y: A) => having(debug.print("y {}, {z}", y, { z: 1, ordered: true }), y.mul(2))),
  )(x.get(":1"));
  expect(String(program)).toBe(`{ lambda ; a:f32[1]. let
    b:f32[1] = slice[limit_indices=(1,) start_indices=(0,) strides=(1,)] a
    c:f32[] = squeeze[dimensions=(0,)] b
    debug_print[
      fmt=y {}, {z}
      has_placeholders=True
      in_tree=PyTreeDef(((*,), {'z': *}))
      logging_record=None
      ${options}
      ordered=True
      partitioned=False
      static_args=()
    ] c 1:i32[]
    d:f32[1] = mul a 2.0:f32[]
  in (d,) }`);
  expect([...program.effects].map(String)).toEqual(["OrderedDebug"]);
  const callback = makeJaxpr((y: A) =>
    having(
      debug.callback(() => undefined, y, 3, "s", { k: y }),
      y,
    ),
  )(x);
  expect(String(callback)).toBe(`{ lambda ; a:f32[3]. let
    debug_callback[
      callback=<function debug_callback.<locals>._debug_callback.<locals>._flat_callback at 0xXXXXXXXXXXXX>
      effect=Debug
      partitioned=False
    ] a 3:i32[] a
  in (a,) }`);
});
