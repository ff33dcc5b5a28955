import type { NDArray } from "../core/array.ts";
import { sizeOf } from "../core/aval.ts";
import type { JvpRule } from "../core/primitive.ts";
import { runJvp } from "../transforms/jvpTrace.ts";
import { constLike } from "./operands.ts";
import { ops } from "./ops.ts";

/** The product by repeatedly multiplying the two halves of the leading axis: smooth where elements are zero. */
function productTree(x: NDArray): NDArray {
  const rest = x.shape.slice(1);
  const zeros = rest.map(() => 0);
  let rows = x;
  if (rows.shape[0] === 0) return ops.full(rest, 1, x.dtype);
  while (rows.shape[0] > 1) {
    const n = rows.shape[0];
    const half = Math.ceil(n / 2);
    const ones = [1, ...rest.map(() => 1)];
    const first = ops.slice(rows, [0, ...zeros], [half, ...rest], ones);
    let second = ops.slice(rows, [half, ...zeros], [n, ...rest], ones);
    if (n - half !== half) {
      second = ops.pad(second, constLike(x, 1), [[0, 1, 0], ...rest.map(() => [0, 0, 0] as const)]);
    }
    rows = ops.mul(first, second);
  }
  return ops.squeeze(rows, [0]);
}

/** Forward rule of reduce_prod: differentiates {@link productTree}. */
export const reduceProdJvp: JvpRule<{ axes: readonly number[]; [name: string]: unknown }> = (
  primals,
  tangents,
  { axes },
) => {
  const { shape } = primals[0];
  const kept = shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const permutation = [...axes, ...kept];
  const sizes = [sizeOf(axes.map((a) => shape[a])), ...kept.map((i) => shape[i])];
  // The reduced axes first, flattened into one.
  const flat = (x: NDArray) => ops.reshape(x, sizes, permutation);
  return runJvp(
    ([x]) => [productTree(x)],
    primals.map(flat),
    tangents.map((t) => flat(t as NDArray)),
    "reduce_prod",
  );
};
