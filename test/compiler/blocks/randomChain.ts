import type { ArrayImpl, NDArray } from "../../../src/core/array.ts";
import { shapedArray } from "../../../src/core/aval.ts";
import { arrayFromHost } from "../../../src/core/values.ts";
import { type DType, float32, float64, type HostData } from "../../../src/dtypes/index.ts";
import * as lax from "../../../src/lax/index.ts";
import * as nn from "../../../src/nn/index.ts";
import * as jnp from "../../../src/numpy/index.ts";
import { type Built, Random } from "../../backends/randomKernels.ts";
import { array, compile, type F } from "../harness.ts";
import { forceBlocks, restoreBlocks } from "./forced.ts";

/** A function of arrays that passes intermediates from product to product, with rows, masks, transpositions in between. */
export interface Chain {
  readonly f: F;
  readonly args: readonly ArrayImpl[];
  readonly blockBytes: number;
}

type Op = (x: NDArray, args: readonly NDArray[]) => NDArray;

export function randomChain(seed: number): Chain {
  const r = new Random(seed);
  const dtype: DType = r.chance(0.2) ? float64 : float32;
  const args: ArrayImpl[] = [];
  // Small values, so that those of long chains stay so.
  const input = (shape: readonly number[]): number => {
    const data = array(shape, dtype, seed + args.length).toHost() as Float32Array;
    return args.push(arrayFromHost(data.map((x) => x / 16) as HostData, shapedArray(shape, dtype))) - 1;
  };
  const size = () => r.pick([1, 2, 3, 4, 5, 7, 8, 12]);
  const shape = [...Array.from({ length: r.int(3) }, size), r.pick([3, 6, 8, 9, 16, 21]), size()];
  const ops: Op[] = [];
  const start = input(shape);
  const rank = () => shape.length;

  const product = () => {
    // The last dimension is summed; leading ones may be shared.
    const shared = r.int(rank() - 1);
    const [k, n] = [shape[rank() - 1], size()];
    const batch = Array.from({ length: shared }, (_, d) => d);
    const right = input([...batch.map((d) => shape[d]), ...(r.chance(0.5) ? [k, n] : [n, k])]);
    const sum = args[right].shape[shared] === k && args[right].shape[shared + 1] === n ? shared : shared + 1;
    const last = rank() - 1;
    const flipped = r.chance(0.3);
    const free = last - shared;
    ops.push((x, inputs) => {
      if (!flipped)
        return lax.dotGeneral(x, inputs[right], [
          [[last], [sum]],
          [batch, batch],
        ]);
      const swapped = lax.dotGeneral(inputs[right], x, [
        [[sum], [last]],
        [batch, batch],
      ]);
      // Batch, columns, rows..: the columns go last.
      const order = [...batch, ...Array.from({ length: free }, (_, d) => shared + 1 + d), shared];
      return lax.transpose(swapped, order);
    });
    shape[last] = n;
  };
  const scale = () => ops.push((x) => x.mul(0.5).add(0.25));
  const bias = () => {
    const of = shape.slice(r.int(rank())).map((n) => (r.chance(0.3) ? 1 : n));
    const at = input(of);
    ops.push((x, inputs) => x.add(inputs[at]));
  };
  const softmax = () => ops.push((x) => nn.softmax(x));
  const centre = () => ops.push((x) => x.sub(jnp.mean(x, { axis: -1, keepdims: true })));
  const mask = () => {
    const [axis, other] = [r.int(rank()), r.int(rank())];
    const now = shape.slice();
    ops.push((x) =>
      jnp.where(
        jnp.greaterEqual(lax.broadcastedIota("int32", now, axis), lax.broadcastedIota("int32", now, other)),
        x,
        -1,
      ),
    );
  };
  const transpose = () => {
    const order = shape.map((_, d) => d).sort(() => r.next() - 0.5);
    const before = shape.slice();
    order.forEach((d, i) => {
      shape[i] = before[d];
    });
    ops.push((x) => lax.transpose(x, order));
  };
  const reverse = () => {
    const axis = r.int(rank());
    ops.push((x) => lax.rev(x, [axis]));
  };
  const shift = () => {
    // Neighbours along a dimension: what reads them does not share it.
    const axis = r.int(rank());
    const now = shape.slice();
    if (now[axis] < 2) return;
    ops.push((x) => {
      const [starts, limits] = [now.map(() => 0), now.slice()];
      starts[axis] = 1;
      const part = lax.slice(x, starts, limits);
      limits[axis]--;
      starts[axis] = 0;
      return lax.mul(part, lax.slice(x, starts, limits));
    });
    shape[axis]--;
  };
  const usual = [scale, bias, bias, softmax, softmax, centre, mask, transpose];
  const rare = [reverse, shift];
  for (let i = 2 + r.int(3); i > 0; i--) {
    product();
    for (let j = r.int(3); j > 0; j--) (r.chance(0.12) ? r.pick(rare) : r.pick(usual))();
  }
  const alsoMiddle = r.chance(0.2) ? 1 + r.int(ops.length - 1) : 0;
  const f: F = (...inputs) => {
    let x = inputs[start];
    const results: NDArray[] = [];
    ops.forEach((op, i) => {
      x = op(x, inputs);
      if (i + 1 === alsoMiddle) results.push(x);
    });
    return [x, ...results];
  };
  return { f, args, blockBytes: r.pick([32, 64, 128, 256, 512]) };
}

/** A random chain in blocks where that is possible. */
export function randomBlockedProgram(seed: number): Built {
  const { f, args, blockBytes } = randomChain(seed);
  forceBlocks(blockBytes);
  try {
    const program = compile(f, args);
    if (program.constants.length > 0) throw new Error("a chain with constants");
    return { program, args: args.map((a) => a.toHost()), tolerance: 1e-4 };
  } finally {
    restoreBlocks();
  }
}
