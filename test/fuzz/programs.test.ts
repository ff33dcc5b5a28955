import fc from "fast-check";
import { config, grad, jit, jnp, lax, type NDArray, random } from "fluxion";
import { describe, expect, test } from "vitest";
import {
  checkCheckpoint,
  checkGrad,
  checkSecondOrder,
  checkTranspose,
  checkValues,
  checkVmap,
  choicesOf,
  onReference,
} from "./check.ts";
import { complexInputs, complexOperations } from "./complex.ts";

// Random programs, with a fixed seed; long.ts goes on for as long as one likes. Programs that once failed stand below.

const axes = fc.array(fc.nat(100), { minLength: 8, maxLength: 8 });
const options = (seed: number, numRuns: number) => ({ seed, numRuns, endOnFailure: false });

describe("random programs", () => {
  test("compiled and eager kernels agree with the reference rules, donated or not", () => {
    fc.assert(
      fc.property(choicesOf(1, 24), (c) => checkValues(c)),
      options(20260101, 160),
    );
  });

  test("their intermediate programs are valid after every pass", () => {
    config.update("enableChecks", true);
    try {
      fc.assert(
        fc.property(choicesOf(3, 24), (c) => checkValues(c)),
        options(20260102, 60),
      );
    } finally {
      config.update("enableChecks", false);
    }
  });

  test("larger arrays", () => {
    fc.assert(
      fc.property(choicesOf(1, 6), (c) => checkValues(c, { large: true })),
      options(20260107, 25),
    );
  });

  test("vmap agrees with a loop", () => {
    fc.assert(
      fc.property(choicesOf(1, 14), axes, (c, a) => checkVmap(c, a)),
      options(20260103, 120),
    );
  });

  test("checkpoints change no gradient", () => {
    fc.assert(
      fc.property(choicesOf(1, 14), (c) => checkCheckpoint(c)),
      options(20260108, 50),
    );
  });

  test("gradients agree with the reference rules", () => {
    fc.assert(
      fc.property(choicesOf(1, 14), (c) => checkGrad(c)),
      options(20260104, 150),
    );
  });
});

describe("random programs of complex numbers", () => {
  const complex = { operations: complexOperations, dtypes: complexInputs, special: false };
  test("compiled and eager kernels agree with the reference rules", () => {
    fc.assert(
      fc.property(choicesOf(3, 14), (c) => checkValues(c, complex)),
      options(20260109, 25),
    );
  });
  test("vmap agrees with a loop", () => {
    fc.assert(
      fc.property(choicesOf(2, 10), axes, (c, a) => checkVmap(c, a, complex)),
      options(20260110, 15),
    );
  });
  test("gradients agree with the reference rules, and are transposes", () => {
    fc.assert(
      fc.property(choicesOf(2, 10), (c) => {
        checkGrad(c, complexOperations);
        checkTranspose(c, complexOperations);
      }),
      options(20260111, 20),
    );
  });
});

describe("random derivatives", () => {
  test("forward and reverse mode are each other's transposes", () => {
    fc.assert(
      fc.property(choicesOf(1, 14), (c) => checkTranspose(c)),
      options(20260105, 150),
    );
  });

  test("second derivatives agree with the reference rules", () => {
    fc.assert(
      fc.property(choicesOf(1, 8), (c) => checkSecondOrder(c)),
      options(20260106, 80),
    );
  });
});

type Program = (...xs: NDArray[]) => NDArray;

function agrees(f: Program, ...xs: NDArray[]): void {
  const expected = onReference(() => f(...xs).tolist());
  expect(f(...xs).tolist()).toEqual(expected);
  expect(jit(f)(...xs).tolist()).toEqual(expected);
}

describe("programs that once failed", () => {
  // The probe of the fused transposition read "buffer 0" as float32; later reads of the mask in buffer 0 were taken for it.
  test("a mask that is the first argument beside a transposed product", () => {
    const f: Program = (mask, a, b) => {
      const y = jnp.transpose(jnp.matmul(a, b));
      return jnp.where(mask, y, y.neg());
    };
    const mask = jnp.array([
      [true, true],
      [false, false],
      [true, true],
    ]);
    agrees(f, mask, jnp.array([[1, 2], [3, 4]]), jnp.array([[1, 2, 3], [4, 5, 6]])); // biome-ignore format: matrices
    const loss = (x: NDArray) => {
      const v = jnp.absolute(x).add(0.5);
      return jnp.sum(jnp.matmul(jnp.swapaxes(v, -1, -2), v).mul(jnp.array([1, -2])));
    };
    const x = jnp.array([[-0.5, -1.25], [-1.25, -0.5], [1, 2]]); // biome-ignore format: matrix
    agrees(grad(jit(loss)) as Program, x);
  });

  // The sum was dropped from the kernel that it shares with the product: it occurs only in the place that is read.
  test("an element at a place that a reduction found", () => {
    const f: Program = (a, w) => {
      const place = jnp.where(jnp.sum(a).gt(1), 1, 0);
      return jnp.prod(a).add(w.add(1).get(place));
    };
    agrees(f, jnp.int32([1, 2]), jnp.array([10, 20]));
  });

  // A result of two float64 took the memory of four int32 that it is computed from: as many bytes, but at other offsets.
  test("elements of different widths do not share memory in place", () => {
    const f: Program = (x) => {
      const [values, places] = lax.topK(x, 2);
      return values.add(places);
    };
    agrees(f, jnp.array(new Float64Array([1, 4, 2, 3])));
  });

  test("an empty selection of keys", () => {
    const keys = random.split(random.key(0), 2);
    const none = keys.get(jnp.zeros([0, 1], "int32"));
    expect([none.shape, none.dtype.name]).toEqual([[0, 1], "key<fry>"]);
  });

  test("the places of topK are as weakly typed under jit as outside", () => {
    const f = (x: NDArray) => x.add(lax.topK(jnp.full([1, 1], 0), 1)[1]);
    const x = jnp.ones([2, 1], "uint8");
    expect([f(x).dtype.name, jit(f)(x).dtype.name]).toEqual(["uint8", "uint8"]);
  });
});
