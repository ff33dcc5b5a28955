import { jnp, lax, type NDArray, random } from "fluxion";
import { describe, expect, test } from "vitest";

/** Running sums in double precision, rounded. */
function runningSums(xs: ArrayLike<number>, reverse: boolean): number[] {
  const sums: number[] = new Array(xs.length);
  let sum = -0;
  for (let i = 0; i < xs.length; i++) {
    const at = reverse ? xs.length - 1 - i : i;
    sum += xs[at];
    sums[at] = Math.fround(sum);
  }
  return sums;
}

const scans: readonly (readonly [string, boolean, (x: NDArray) => NDArray])[] = [
  ["forward", false, (x) => jnp.cumsum(x)],
  ["backward", true, (x) => lax.cumsum(x, { axis: 0, reverse: true })],
];

describe.each(scans)("running sums of contiguous elements, %s", (_name, reverse, scan) => {
  test.each([3, 4, 5, 7, 8, 1001, 100_003])("of %i elements", (n) => {
    const x = random.normal(random.key(n), [n]);
    const xs = x.dataSync() as Float32Array;
    const expected = runningSums(xs, reverse);
    const most = expected.reduce((m, sum) => Math.max(m, Math.abs(sum)), 0);
    scan(x)
      .dataSync()
      .forEach((sum: number | bigint, i: number) => {
        expect(Math.abs(Number(sum) - expected[i])).toBeLessThanOrEqual(1.2e-7 * most);
      });
  });

  test("keep zeros of either sign, infinities and NaN", () => {
    const n = 13;
    const cases = Array.from({ length: n }, (_, at) => {
      const row = new Array(n).fill(-0);
      row[at] = 0;
      return row;
    });
    cases.push(new Array(n).fill(-0));
    for (const special of [Infinity, -Infinity, NaN, 3.4e38]) {
      for (let at = 0; at < n; at++) {
        const row = Array.from({ length: n }, (_, i) => i - 4);
        row[at] = special;
        row[(at + 5) % n] = at % 2 === 0 ? Infinity : special;
        cases.push(row);
      }
    }
    for (const row of cases) {
      expect([...(scan(jnp.array(row)).dataSync() as Float32Array)]).toEqual(
        runningSums(row.map(Math.fround), reverse),
      );
    }
  });
});
