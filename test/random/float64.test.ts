import { jit, random } from "fluxion";
import { expect, test } from "vitest";

// Values of JAX 0.10.2 with 64-bit types on.
test("uniform of dtype float64 has JAX's 52 bits", () => {
  const draw = () => random.uniform(random.key(42), [3], "float64");
  const expected = [0.4267275666499091, 0.015010069515314584, 0.5741444178995352];
  expect(draw().tolist()).toEqual(expected);
  expect(jit(draw)().tolist()).toEqual(expected);
});

test("normal and exponential of dtype float64", () => {
  const normal = random.normal(random.key(42), [4], "float64").tolist() as number[];
  const expected = [-0.18471174528191162, -2.169824560397754, 0.1869355517938258, 0.6122653570510959];
  normal.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i], 13);
  });
  const exponential = random.exponential(random.key(1), [2], "float64").tolist() as number[];
  expect(exponential[0]).toBeCloseTo(0.12573358517652064, 15);
  expect(exponential[1]).toBeCloseTo(0.6046945405484518, 15);
});
