import fc from "fast-check";
import { grad, jnp, makeJaxpr, type NDArray, vmap } from "fluxion";
import { describe, expect, test } from "vitest";

const list = (x: NDArray): unknown => x.tolist();
const range = (...shape: number[]): NDArray =>
  jnp
    .arange(
      shape.reduce((n, d) => n * d, 1),
      { dtype: "float32" },
    )
    .reshape(shape);

/** The definition: a sum over all values of the letters that the result does not have. */
function naive(inputs: string[], output: string, arrays: NDArray[]): number[] {
  const sizes = new Map<string, number>();
  inputs.forEach((term, i) => {
    [...term].forEach((c, k) => sizes.set(c, arrays[i].shape[k]));
  });
  const letters = [...output, ...[...sizes.keys()].filter((c) => !output.includes(c))];
  const size = (names: Iterable<string>): number =>
    [...names].reduce((n, c) => n * (sizes.get(c) as number), 1);
  const data = arrays.map((x) => x.dataSync() as Float32Array);
  const result = new Array<number>(size(output)).fill(0);
  const inner = size(letters) / result.length;
  for (let p = 0; p < size(letters); p++) {
    const at = new Map<string, number>();
    let rest = p;
    for (const c of [...letters].reverse()) {
      at.set(c, rest % (sizes.get(c) as number));
      rest = Math.floor(rest / (sizes.get(c) as number));
    }
    const position = (term: string): number =>
      [...term].reduce((k, c) => k * (sizes.get(c) as number) + (at.get(c) as number), 0);
    result[Math.floor(p / inner)] += inputs.reduce((v, term, i) => v * data[i][position(term)], 1);
  }
  return result;
}

describe("einsum", () => {
  test("agrees with its definition for random subscripts", () => {
    const sizes: Record<string, number> = { a: 2, b: 3, c: 1, d: 2 };
    const term = fc.string({ unit: fc.constantFrom("a", "b", "c", "d"), maxLength: 3 });
    const programs = fc.array(term, { minLength: 1, maxLength: 4 }).chain((inputs) => {
      const letters = [...new Set(inputs.join(""))];
      return fc.record({
        inputs: fc.constant(inputs),
        output: fc.shuffledSubarray(letters).map((o) => o.join("")),
      });
    });
    fc.assert(
      fc.property(programs, fc.constantFrom("auto", "greedy", false), ({ inputs, output }, optimize) => {
        const arrays = inputs.map((t, i) => range(...[...t].map((c) => sizes[c])).add(i));
        const got = jnp.einsum(`${inputs.join(",")}->${output}`, ...arrays, { optimize } as never);
        expect(got.shape).toEqual([...output].map((c) => sizes[c]));
        const want = naive(inputs, output, arrays);
        Array.from(got.dataSync() as Float32Array).forEach((v, i) => {
          expect(Math.abs(v - want[i])).toBeLessThanOrEqual(1e-5 * Math.abs(want[i]));
        });
      }),
      { numRuns: 200 },
    );
  });

  test("implicit output, ellipses, spaces, broadcast sizes", () => {
    const [x, y] = [range(2, 3), range(3, 4)];
    expect(list(jnp.einsum("ij,jk", x, y))).toEqual(list(x.matmul(y)));
    expect(list(jnp.einsum("ba", x))).toEqual(list(x.T));
    expect(list(jnp.einsum(" i j , j k -> i k ", x, y))).toEqual(list(x.matmul(y)));
    expect(jnp.einsum("...ij,...jk->...ik", range(5, 1, 2, 3), range(4, 3, 2)).shape).toEqual([5, 4, 2, 2]);
    expect(jnp.einsum("...i", range(2, 3, 4)).shape).toEqual([2, 3, 4]);
    expect(jnp.einsum("i...,i->...", range(2, 3, 4), range(2)).shape).toEqual([3, 4]);
    expect(list(jnp.einsum("ij,ij->i", range(2, 1), range(2, 3)))).toEqual([0, 12]);
  });

  test("operands followed by their axes", () => {
    const [x, y] = [range(2, 3), range(3, 4)];
    expect(list(jnp.einsum(x, [0, 1], y, [1, 2], [0, 2]))).toEqual(list(x.matmul(y)));
    expect(list(jnp.einsum(x, [7, 3]))).toEqual(list(x.T));
    expect(jnp.einsum(x, ["..." as never, 0], ["..." as never]).shape).toEqual([2]);
  });

  test("dtypes", () => {
    expect(jnp.einsum("i,i->", jnp.int32([1, 2]), jnp.float32([1, 2])).dtype.name).toBe("float32");
    expect(jnp.einsum("i->", jnp.array([true, true])).tolist()).toBe(true);
    expect(jnp.einsum("i->", jnp.uint8([200, 200]), { preferredElementType: "int32" }).tolist()).toBe(400);
  });

  test.each([
    ["ij,jk", [[2, 3]], "Number of einsum subscripts, 2, must be equal to the number of operands, 1."],
    [
      "ij,jk->iz",
      [
        [2, 3],
        [3, 4],
      ],
      "Output character 'z' did not appear in the input",
    ],
    ["ij->ii", [[2, 3]], "Output character 'i' appeared more than once in the output."],
    ["ijk->i", [[2, 3]], "'ijk' does not contain the correct number of indices for operand 0"],
    ["i...jk->i", [[2, 3]], "does not contain the correct number of indices for operand 0"],
    [
      "ij,jk->ik",
      [
        [2, 3],
        [4, 4],
      ],
      "Size of label 'j' for operand 1 (3) does not match previous terms (4).",
    ],
    ["ii->i", [[2, 3]], "Size of label 'i' for operand 0 (2) does not match previous terms (3)."],
    ["ij->j->i", [[2, 3]], "Subscripts can only contain one '->'."],
    ["i-j", [[2, 3]], "Subscripts can only contain one '->'."],
    ["i..j", [[2, 3]], "Invalid Ellipses."],
    ["i.j", [[2, 3]], "Invalid Ellipses."],
    ["i1->i", [[2, 3]], "Character 1 is not a valid einsum subscript"],
  ])("%s of %j", (subscripts, shapes, message) => {
    const f = (): NDArray => jnp.einsum(subscripts, ...shapes.map((s) => jnp.zeros(s)));
    expect(f).toThrow(expect.objectContaining({ name: "ValueError" }));
    expect(f).toThrow(message);
  });

  test("the order of contractions", () => {
    const shapes = (f: (a: NDArray, b: NDArray, c: NDArray) => NDArray): string[] => {
      const text = String(makeJaxpr(f)(jnp.zeros([2, 30]), jnp.zeros([30, 4]), jnp.zeros(4)));
      return [...text.matchAll(/:(f32\S+) = dot_general/g)].map((m) => m[1]);
    };
    expect(shapes((a, b, c) => jnp.einsum("ij,jk,k->i", a, b, c))).toEqual(["f32[30]", "f32[2]"]);
    expect(shapes((a, b, c) => jnp.einsum("ij,jk,k->i", a, b, c, { optimize: false }))).toEqual([
      "f32[4,2]",
      "f32[2]",
    ]);
    const path = [
      [0, 2],
      [0, 1],
    ];
    expect(shapes((a, b, c) => jnp.einsum("ij,jk,k->i", a, b, c, { optimize: path }))).toHaveLength(2);
    expect(() => jnp.einsum("i,i,i", [1], [1], [1], { optimize: [[0, 1, 2]] })).toThrow(
      "one or two operands at a time",
    );
    expect(() => jnp.einsum("i,i,i", [1], [1], [1], { optimize: [[0, 1]] })).toThrow("leaves 2 operands");
    expect(() =>
      jnp.einsum("i,i,i", [1], [1], [1], {
        optimize: [
          [0, 5],
          [0, 1],
        ],
      }),
    ).toThrow("does not fit 3 operands");
  });

  test("gradients and vmap", () => {
    const [x, y] = [range(2, 3), range(3, 2)];
    const trace = (a: NDArray, b: NDArray): NDArray => jnp.einsum("ij,ji->", a, b);
    expect(list(grad(trace)(x, y))).toEqual(list(y.T));
    const diagonal = grad((a: NDArray) => jnp.sum(jnp.einsum("ii->i", a).mul(jnp.arange(3))))(range(3, 3));
    expect(list(diagonal)).toEqual(list(jnp.diag(jnp.float32([0, 1, 2]))));
    const xs = range(4, 2, 3);
    expect(list(vmap((a: NDArray) => jnp.einsum("ij,jk->ki", a, y))(xs))).toEqual(
      list(jnp.einsum("bij,jk->bki", xs, y)),
    );
  });
});
