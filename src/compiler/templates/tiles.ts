import type { PointwiseLowering } from "../../core/lowering.ts";
import type { Params } from "../../core/primitive.ts";
import { canonicalizeLoop } from "../canonicalize.ts";
import type { FlatEqn } from "../flat.ts";
import type { LoopKernel } from "../ir.ts";
import { kernelName } from "../lowering/kernelName.ts";
import type { Lowering } from "../lowering/lower.ts";
import { measure } from "../lowering/measure.ts";
import { linearCombination } from "../nodes/indexAlgebra.ts";
import { loopSizes, rowMajorStrides } from "../shapes.ts";

type Corners = NonNullable<PointwiseLowering<Params>["corners"]>;

/**
 * A result that many operands tile: each operand is written to its place by a loop of its own, into which its expression goes. To choose
 * among so many for every element would take time proportional to their number.
 */
export function lowerTiles(l: Lowering, eqn: FlatEqn, corners: Corners): void {
  const { b } = l.draft;
  const [out] = eqn.outputs;
  const operands = eqn.inputs.map((v) => l.source(v));
  const places = corners(
    operands.map((x) => x.aval),
    eqn.params,
  );
  const buffer = l.draft.newBuffer(out.aval);
  const strides = rowMajorStrides(out.aval.shape);
  const kernels: LoopKernel[] = [];
  operands.forEach((x, k) => {
    if (x.isEmpty) return;
    const value = l.settleReads([x], x.aval.size, () => x.expression());
    const start = places[k].reduce((sum, at, d) => sum + at * strides[d], 0);
    const offset = linearCombination(b, l.draft.identity(x.aval.shape), strides, start);
    const stores = l.draft.storesOf(buffer, offset, value);
    kernels.push({
      kind: "loop",
      name: "",
      axes: loopSizes(x.aval.shape),
      reduceAxes: [],
      reductions: [],
      stores,
    });
  });
  const values = kernels.flatMap(({ stores }) => stores.map((s) => s.value));
  const reads = values.flatMap((value) => measure(b, value).loads.map((load) => load.buffer));
  l.draft.addTemplate([...new Set(reads)], [buffer], () =>
    kernels.map((kernel) => canonicalizeLoop(b, { ...kernel, name: kernelName(kernel) })),
  );
  l.define(out, l.draft.stored(out.aval, buffer));
}
