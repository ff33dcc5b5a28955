import { axisName } from "../../../compiler/print.ts";
import { type LoopPlan, TILE_COLUMNS, TILE_ROWS } from "./plan.ts";
import { STRIP } from "./strips.ts";

/** Parts of a space that are listed. */
const most = 4;

/** The plans of a kernel's space in words: its loops, outermost first, which of them run in vectors, and how they are cut. */
export function describeLoops(plans: readonly LoopPlan[]): string {
  if (plans.length === 0) return "nothing to do";
  if (plans.length === 1) return describePlan(plans[0]);
  const shown = plans.slice(0, most).map((plan) => `(${describePlan(plan)})`);
  const more = plans.length > most ? ` and ${plans.length - most} more` : "";
  return `${plans.length} regions: ${shown.join(", ")}${more}`;
}

function describePlan(plan: LoopPlan): string {
  const { parallel, reduce, tileAxis, strips, fold, cut } = plan;
  const parts: string[] = [];
  if (parallel.length > 0) parts.push(parallel.map((axis) => describeAxis(plan, axis)).join(", "));
  else if (reduce.length === 0) parts.push("one point");
  if (tileAxis >= 0) parts.push(`in tiles of ${TILE_ROWS} x ${TILE_COLUMNS} with ${axisName(tileAxis)}`);
  if (reduce.length > 0) parts.push(`in each ${reduce.map((axis) => describeAxis(plan, axis)).join(", ")}`);
  if (strips !== null) parts.push(`strips of ${STRIP} in ${strips.kept.length + 1} loops`);
  if (fold !== null) parts.push(`${fold.rows} rows at a time added to ${fold.columns} results in memory`);
  if (cut !== null) parts.push(`${cut.pieces} pieces along ${axisName(cut.axis)}`);
  return parts.join("; ");
}

function describeAxis({ sizes, nest, unrolls }: LoopPlan, axis: number): string {
  const range = `${axisName(axis)} in ${sizes[axis]}`;
  if (axis !== nest.vectorAxis || nest.lanes === 1) return range;
  const counts = nest.vectorIsParallel ? unrolls.slice(0, 1) : unrolls;
  return `${range} by ${counts.join(", ")} x ${nest.lanes} lanes`;
}
