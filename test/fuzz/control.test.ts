import fc from "fast-check";
import { config } from "fluxion";
import { describe, test } from "vitest";
import { checkGrad, checkSecondOrder, checkTranspose, checkValues, checkVmap, choicesOf } from "./check.ts";
import { withControl } from "./control.ts";

// Random programs with loops and branches, nested in each other and in the transformations, with a fixed seed.

const axes = fc.array(fc.nat(100), { minLength: 8, maxLength: 8 });
const options = (seed: number, numRuns: number) => ({ seed, numRuns, endOnFailure: false });
const operations = withControl;

describe("random programs with loops and branches", () => {
  test("compiled and eager kernels agree with the reference rules, and every pass gives a valid program", () => {
    config.update("enableChecks", true);
    try {
      fc.assert(
        fc.property(choicesOf(1, 8), (c) => checkValues(c, { operations })),
        options(20261101, 150),
      );
    } finally {
      config.update("enableChecks", false);
    }
  });

  test("vmap agrees with a loop", () => {
    fc.assert(
      fc.property(choicesOf(1, 6), axes, (c, a) => checkVmap(c, a, { operations })),
      options(20261102, 120),
    );
  });

  test("gradients agree with the reference rules", () => {
    fc.assert(
      fc.property(choicesOf(1, 6), (c) => checkGrad(c, operations)),
      options(20261103, 120),
    );
  });

  test("forward and reverse mode are each other's transposes", () => {
    fc.assert(
      fc.property(choicesOf(1, 8), (c) => checkTranspose(c, operations)),
      options(20261104, 250),
    );
  });

  test("second derivatives agree with the reference rules", () => {
    fc.assert(
      fc.property(choicesOf(1, 5), (c) => checkSecondOrder(c, operations)),
      options(20261105, 80),
    );
  });
});
