import type { NDArray } from "../../core/array.ts";
import type { ClosedJaxpr } from "../../core/jaxpr.ts";
import type { BatchDim } from "../../core/primitive.ts";
import { axesKey } from "../../core/trace.ts";
import { batchedProgram, mappedAxes } from "../../transforms/batchTrace.ts";
import { maskKey, ProgramCache } from "../../transforms/programCache.ts";
import { broadcastBatchDim, moveBatchDim } from "../batching.ts";

const batched = /* @__PURE__ */ new ProgramCache<{ closed: ClosedJaxpr; dimsOut: BatchDim[] }>();

/** The program on batches whose outputs have their mapped axis first; those marked in `force` have one always. */
export function batchToFront(
  program: ClosedJaxpr,
  dims: readonly BatchDim[],
  size: number,
  force: readonly boolean[],
): { closed: ClosedJaxpr; batchedOut: boolean[] } {
  const key = `${size}:${axesKey(mappedAxes())}${dims.join()}:${maskKey(force)}`;
  const { closed, dimsOut } = batched.get(program.jaxpr, key, () =>
    batchedProgram(program, dims, size, (outs, from) => {
      const to = from.map((d, i) => (d !== null || force[i] ? 0 : null));
      return [outs.map((x, i) => placed(x, from[i], to[i], size)), to];
    }),
  );
  return { closed, batchedOut: dimsOut.map((d) => d !== null) };
}

/** The program on batches whose outputs have their mapped axis at `to`, or none where that is null. */
export function batchToDims(
  program: ClosedJaxpr,
  dims: readonly BatchDim[],
  size: number,
  to: readonly BatchDim[],
): ClosedJaxpr {
  const key = `${size}:${axesKey(mappedAxes())}${dims.join()}:${to.join()}:exact`;
  return batched.get(program.jaxpr, key, () =>
    batchedProgram(program, dims, size, (outs, from) => [
      outs.map((x, i) => placed(x, from[i], to[i], size)),
      to.slice(),
    ]),
  ).closed;
}

/** An array with its mapped axis elsewhere; one that is not mapped is repeated along `to`. */
export function placed(x: NDArray, from: BatchDim, to: BatchDim, size: number): NDArray {
  if (to === null) {
    if (from !== null) throw new Error("a value that must not be batched is");
    return x;
  }
  return from === null ? broadcastBatchDim(x, size, to) : moveBatchDim(x, from, to);
}
