import type { Node, ScatterKernel } from "./ir.ts";

/** The expressions of a scatter. */
export function scatterRoots({ guard, offset, value, second }: ScatterKernel): Node[] {
  return [offset, value, ...[guard, second].filter((node) => node !== null)];
}
