// Misuse that JAX refuses: the same class of error, with a message that gives the facts.

import {
  config,
  customVjp,
  evalShape,
  grad,
  jit,
  jnp,
  jvp,
  lax,
  makeJaxpr,
  type NDArray,
  RuntimeError,
  random,
  vjp,
  vmap,
} from "fluxion";
import { describe, expect, test } from "vitest";
import { type CallCase, partition, type Raises, readCases } from "./cases.ts";
import { expectError, type Fact, shapeText } from "./errors.ts";
import { runEagerly } from "./harness.ts";
import { unsupportedDtype, whyExcluded } from "./scope.ts";

type ErrorCase = Omit<CallCase, "expected"> & { program?: string; transform?: string; expected: Raises };

const [s1, s2, s3, s22] = [shapeText(1), shapeText(2), shapeText(3), shapeText(2, 2)];

/** What the message of a call's error says. */
const facts: Record<string, Fact[]> = {
  "jnp.add#0": ["add", s2, s3],
  "jnp.matmul#0": [s3, s2],
  "jnp.matmul#1": [s3, s2],
  "jnp.reshape#0": [shapeText(6), shapeText(4, 2)],
  "jnp.transpose#0": ["transpose", "permutation", shapeText(2, 3)],
  "jnp.expandDims#0": ["axis 3", /dimensions? 2/],
  "jnp.sum#0": [/duplicate/i, "axis"],
  "jnp.max#0": ["max", /zero-size/],
  "jnp.argmax#0": ["argmax", /empty/],
  "jnp.concatenate#0": [/at least one array/],
  "jnp.concatenate#1": [/concatenate/i, s2, s22],
  "jnp.stack#0": [/same shape/, s2, s3],
  "jnp.split#0": [/split/, /equal/],
  "jnp.swapaxes#0": ["2"],
  "jnp.moveaxis#0": ["2", "1"],
  "jnp.pad#0": [/negative/],
  "jnp.take#0": ["axis 2"],
  "jnp.einsum#0": [/einsum/i, "2", "1"],
  "jnp.tensordot#0": [s3, s2],
  "jnp.arange#0": [/zero/],
  "jnp.array#0": [/inhomogeneous/],
  "jnp.zeros#0": ["-1", /nonnegative|negative/],
  "jnp.bitwiseAnd#0": ["and", "float32"],
  "jnp.leftShift#0": ["shift_left", "float32"],
  "jnp.negative#0": ["neg", "bool"],
  "jnp.subtract#0": ["sub", "bool"],
  "jnp.sort#0": ["axis 1"],
  "lax.add#0": ["add", /dimensions|shape/],
  "lax.sin#0": ["sin", "int32"],
  "lax.exp#0": ["exp", "int32"],
  "lax.sqrt#0": ["sqrt", "bool"],
  "lax.populationCount#0": ["population_count", "float32"],
  "lax.reshape#0": ["4", "6"],
  "lax.broadcastInDim#0": ["broadcast_in_dim", s2, s3],
  "lax.transpose#0": ["transpose", "permutation", shapeText(2, 3)],
  "lax.slice#0": ["slice", "5", s3],
  "lax.dynamicUpdateSlice#0": ["float32", "int32"],
  "lax.concatenate#0": ["concatenate", "float32", "int32"],
  "lax.pad#0": [/padding/i, s2],
  "lax.select#0": ["select", s1, s2],
  "lax.reduceSum#0": ["1", /float32\[2\]|\(2,\)/],
  "lax.argmax#0": ["axis 1", s2],
  "lax.cumsum#0": ["axis 1", s2],
  "lax.sort#0": ["sort", s2, s3],
  "lax.dotGeneral#0": ["dot_general", s3, s2],
  "lax.iota#0": ["iota", "-1"],
  "random.key#0": ["integer"],
  "random.uniform#0": [/key/, s1],
  "random.split#0": [/key/, "int32"],
  "random.randint#0": ["randint", "float32"],
  "random.choice#0": ["5", "3"],
  "random.categorical#0": ["5"],
  "index#0": [/too many indices/i, "1", "2"],
  "index#1": [/integer or boolean/],
  "index#2": [s2, s3],
  "index#3": [/step/, /zero/],
  "at.set#0": [/broadcast/, s2],
  "Array.item#0": [/size 1/],
  "Array.int#0": [/scalar/],
};

type A = NDArray;

/** Programs that misuse a transformation, with what the message says. */
const programs: Record<string, [run: () => unknown, facts: Fact[]]> = {
  "program/shape_of_tracer": [
    () => jit((n: number) => jnp.zeros([n]))(3),
    [/shape/i, /int32\[\]/, /static/i],
  ],
  "program/item_of_tracer": [() => jit((x: A) => x.item())(jnp.float32(1)), [/float32\[\]/, /item/]],
  "program/grad_tuple_output": [
    () => grad((x: A) => [x, x] as unknown as A)(jnp.float32(1)),
    [/scalar-output/],
  ],
  "program/jvp_shape": [() => jvp(jnp.sin, [jnp.ones([2])], [jnp.ones([3])]), [s2, s3]],
  "program/jvp_dtype": [
    () => jvp(jnp.sin, [jnp.ones([])], [jnp.ones([], { dtype: "int32" })]),
    ["float32", "int32", /tangent/],
  ],
  "program/vjp_cotangent_shape": [
    () => vjp(jnp.sin, jnp.ones([2]))[1](jnp.ones([3])),
    [/float32\[3\]/, /float32\[2\]/],
  ],
  "program/vjp_cotangent_dtype": [
    () => vjp(jnp.sin, jnp.ones([]))[1](jnp.ones([], { dtype: "int32" })),
    [/int32\[\]/, /float32\[\]/],
  ],
  "program/jit_not_callable": [() => jit(3 as unknown as (x: A) => A), [/callable/, "3"]],
  "program/jit_return_string": [() => jit((_x: A) => "a" as unknown as A)(jnp.float32(1)), [/string|str/]],
  "program/custom_vjp_undefined": [() => grad(customVjp((x: A) => x))(1), [/<lambda>/, /defvjp/]],
  "program/custom_vjp_forward_mode": [
    () => {
      const g = customVjp((x: A) => x);
      g.defvjp(
        (x) => [x, null],
        (_r, t) => [t],
      );
      return jvp(g, [1], [1]);
    },
    [/forward-mode/, /jvp/],
  ],
  "program/custom_vjp_count": [
    () => {
      const g = customVjp((x: A, _y: A) => x);
      g.defvjp(((x: A) => [x, null]) as never, ((_r: null, t: A) => [t]) as never);
      return grad(g)(1, 2 as unknown as A);
    },
    [/length equal to the number of arguments/],
  ],
  "program/int_overflow": [() => jnp.asarray(2n ** 40n), ["1099511627776", "int32"]],
  "program/uint8_overflow": [() => jnp.array(300, { dtype: "uint8" }), ["300", "uint8"]],
  "program/donated_array": [
    () => {
      const x = jnp.ones([3]);
      jit((a: A) => a.add(1), { donateArgnums: 0 })(x);
      return x.add(1);
    },
    [/deleted/, /float32\[3\]/],
  ],
  "program/debug_nans": [
    () => {
      config.update("debugNans", true);
      try {
        return jnp.log(jnp.float32(-1));
      } finally {
        config.update("debugNans", false);
      }
    },
    [/nan/i, "log"],
  ],
  "program/key_to_numpy": [() => random.key(0).dataSync(), [/keyData|key_data/]],
  "program/closure_convert_none": [() => evalShape(3 as unknown as (x: A) => A), [/callable/, "3"]],
  "program/grad_while": [
    () =>
      makeJaxpr(
        grad((x: A) =>
          lax.whileLoop(
            (c: A) => c.lt(10),
            (c: A) => c.mul(2),
            x,
          ),
        ),
      )(1.5),
    [/Reverse-mode differentiation does not work/, /lax\.scan/],
  ],
  "program/scan_carry_shape": [
    () => lax.scan((c: A, x: A) => [jnp.stack([c, c]), x], 0.5, jnp.arange(3)),
    [/carry c has type float32\[\]/, /float32\[2\]/, /shapes do not match/],
  ],
  "program/scan_lengths": [
    () => lax.scan((c: A, _x: [A, A]) => [c, null], 0, [jnp.ones(2), jnp.ones(3)]),
    [/different leading axis sizes: 2, 3/],
  ],
  "program/scan_length_mismatch": [
    () => lax.scan((c: A, _x: A) => [c, null], 0, jnp.ones(2), { length: 3 }),
    [/`length` argument of 3/, /\[2\]/],
  ],
  "program/scan_no_length": [
    () => lax.scan((c: A, _x: null) => [c, null], 0, null),
    [/no values to scan over/, /length/],
  ],
  "program/scan_scalar_xs": [
    () => lax.scan((c: A, _x: A) => [c, null], 0, 1),
    [/no leading axis to scan over: 1/],
  ],
  "program/while_predicate_type": [
    () =>
      lax.whileLoop(
        (c: A) => c,
        (c: A) => c.add(1),
        0.5,
      ),
    [/boolean scalar/, /float32\[\], weak_type=True/],
  ],
  "program/cond_shapes": [
    () =>
      lax.cond(
        true,
        () => jnp.ones(2),
        () => jnp.ones(3),
      ),
    [/equal output types/, /float32\[2\]/, /float32\[3\]/, /shapes do not match/],
  ],
  "program/cond_predicate_type": [
    () =>
      lax.cond(
        "a" as unknown as boolean,
        () => 1,
        () => 2,
      ),
    [/Pred must be a scalar/, /string/],
  ],
  "program/nonzero_of_tracer": [() => jit((x: NDArray) => jnp.nonzero(x))(jnp.arange(3)), [/size/]],
  "program/grad_complex_output": [
    () => grad((x: NDArray) => x.mul(jnp.complex64(1)) as NDArray)(1.5),
    [/real-valued outputs/, "complex64"],
  ],
  "program/switch_float_index": [() => lax.switch(1.5, [() => 1, () => 2]), [/integer/, "1.5", "float32"]],
};

const later: [pattern: RegExp, reason: string][] = [
  [/^lax\.mul#0$/, "differs by design: a lone 2 is also Python's 2.0, so lax.mul(x, 2) must work"],
  [/^program\/setitem$/, "x[i] = v is an error of the type checker"],
];

/** Errors whose class is another one here, with the reason. */
const otherClass: Record<string, [raises: string, reason: string]> = {
  "jnp.arange#0": ["ValueError", "JavaScript has no error of division"],
  "lax.reshape#0": ["TypeError", "JAX notices only in the compiler; jnp.reshape raises a TypeError"],
};

const callOf = (golden: ErrorCase): CallCase => ({ ...golden, expected: null });

function excluded(golden: ErrorCase): string | undefined {
  const reason = later.find(([pattern]) => pattern.test(golden.id))?.[1];
  if (reason !== undefined || golden.program !== undefined) return reason;
  const dtype = unsupportedDtype(golden.args);
  return whyExcluded("errors", callOf(golden)) ?? (dtype === undefined ? undefined : `dtype ${dtype}: later`);
}

describe("errors", async () => {
  const cases = await readCases<ErrorCase>("errors");
  const run = partition("errors", cases, excluded);

  test.each(run.map((golden) => [golden.id, golden] as const))("%s", (id, golden) => {
    const raises = otherClass[id]?.[0] ?? golden.expected.raises;
    const expected = { ...golden.expected, raises };
    if (golden.program === undefined) {
      expectError(() => runEagerly(callOf(golden)), expected, facts[id]);
      return;
    }
    const program = programs[id];
    if (program === undefined) throw new Error(`not translated: ${golden.program} | ${golden.transform}`);
    expectError(program[0], expected, program[1]);
  });

  test("every fact and translation belongs to a case that runs", () => {
    const ids = new Set(run.map((golden) => golden.id));
    expect([...Object.keys(facts), ...Object.keys(programs)].filter((id) => !ids.has(id))).toEqual([]);
  });

  test("an error is caught by the class that the package exports", () => {
    expect(programs["program/donated_array"]?.[0]).toThrow(RuntimeError);
    expect(() => vmap((x: A, y: A) => x.add(y))(jnp.ones([2]), jnp.ones([3]))).toThrow(/2(.|\n)*3/);
  });
});
