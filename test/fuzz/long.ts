// Fuzzing for as long as one likes: npx tsx test/fuzz/long.ts [values|large|vmap|grad|second|transpose|checkpoint] [seed] [minutes] [most operations] [control|complex]
// With "control" as the last word half of the operations are loops and branches, with "complex" those of complex numbers and Fourier transforms.
import fc from "fast-check";
import { config } from "fluxion";
import {
  checkCheckpoint,
  checkGrad,
  checkSecondOrder,
  checkTranspose,
  checkValues,
  checkVmap,
  choicesOf,
} from "./check.ts";
import { complexInputs, complexOperations } from "./complex.ts";
import { withControl } from "./control.ts";
import { operations } from "./operations.ts";

const [what = "values", seedText = "1", minutes = "1", most = "14", control] = process.argv.slice(2);
const pool = control === "control" ? withControl : control === "complex" ? complexOperations : operations;
const dtypes = control === "complex" ? complexInputs : undefined;
config.update("enableChecks", true);
const programs = choicesOf(1, Number(most));
const property = {
  large: () =>
    fc.property(programs, (c) =>
      checkValues(c, { large: true, operations: pool, dtypes, special: dtypes === undefined }),
    ),
  values: () =>
    fc.property(programs, (c) => checkValues(c, { operations: pool, dtypes, special: dtypes === undefined })),
  vmap: () =>
    fc.property(programs, fc.array(fc.nat(100), { minLength: 8, maxLength: 8 }), (c, a) =>
      checkVmap(c, a, { operations: pool, dtypes, special: dtypes === undefined }),
    ),
  transpose: () => fc.property(programs, (c) => checkTranspose(c, pool)),
  second: () => fc.property(programs, (c) => checkSecondOrder(c, pool)),
  checkpoint: () => fc.property(programs, (c) => checkCheckpoint(c, pool)),
  grad: () => fc.property(programs, (c) => checkGrad(c, pool)),
}[what];
if (property === undefined) throw new Error(`no property ${what}`);

const end = Date.now() + Number(minutes) * 60_000;
let runs = 0;
for (let seed = Number(seedText); Date.now() < end; seed++) {
  const result = fc.check(property() as fc.IProperty<unknown>, {
    seed,
    numRuns: 200,
    interruptAfterTimeLimit: Math.max(1, end - Date.now()),
    markInterruptAsFailure: false,
  });
  runs += result.numRuns;
  if (result.failed) {
    const { errorInstance } = result as unknown as { errorInstance: Error };
    console.log(`seed ${seed}, after ${result.numShrinks} shrinks: ${JSON.stringify(result.counterexample)}`);
    console.log(errorInstance.message);
    const cause = errorInstance.cause as Error | undefined;
    console.log(
      ((cause?.cause as Error | undefined) ?? cause ?? errorInstance).stack
        ?.split("\n")
        .slice(0, 12)
        .join("\n"),
    );
    process.exitCode = 1;
    break;
  }
}
console.log(`${runs} programs`);
