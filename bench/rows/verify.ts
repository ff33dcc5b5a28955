import type { Verifier } from "./row.ts";

/** What one answer must be, everywhere or at the places `at` (flat indices). */
export interface Expected {
  readonly size: number;
  readonly values: ArrayLike<number>;
  readonly at?: ArrayLike<number>;
}

export const all = (values: ArrayLike<number>): Expected => ({ size: values.length, values });

/** Answers within `tolerance` of `expected`, relative to the largest magnitude in each. */
export function close(expected: readonly Expected[], tolerance: number): Verifier {
  return (answers) => {
    if (answers.length !== expected.length)
      throw new Error(`${answers.length} answers instead of ${expected.length}`);
    let error = 0;
    expected.forEach(({ size, values, at }, k) => {
      const answer = answers[k];
      if (answer.length !== size)
        throw new Error(`answer ${k} has ${answer.length} numbers instead of ${size}`);
      let scale = 0;
      let worst = 0;
      for (let i = 0; i < values.length; i++) {
        scale = Math.max(scale, Math.abs(values[i]));
        const difference = Math.abs(values[i] - answer[at === undefined ? i : at[i]]);
        // A NaN in an answer is an infinite error.
        worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
      }
      error = Math.max(error, worst === 0 ? 0 : worst / scale);
    });
    return { error, correct: error <= tolerance };
  };
}
