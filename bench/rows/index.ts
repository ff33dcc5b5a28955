import type { Group, Row } from "./row.ts";
import { w1 } from "./w1Matmul.ts";
import { w2 } from "./w2Training.ts";
import { w3 } from "./w3Elementwise.ts";
import { w4 } from "./w4Reductions.ts";
import { w5 } from "./w5Overheads.ts";
import { w6 } from "./w6Convolution.ts";
import { w8 } from "./w8PerExample.ts";
import { w9 } from "./w9Random.ts";
import { w10 } from "./w10Transformer.ts";
import { w11 } from "./w11LinearAlgebra.ts";
import { w12 } from "./w12Recurrent.ts";

export const groups: readonly Group[] = [w1, w2, w3, w4, w5, w6, w8, w9, w10, w11, w12];

/** The groups with the rows that one of the texts selects: a group's id, or part of a row's. All rows without any text. */
export function selectGroups(texts: readonly string[]): Group[] {
  const isGroup = (text: string): boolean => groups.some(({ id }) => id === text);
  const wanted = (group: Group, row: Row): boolean =>
    texts.length === 0 || texts.some((text) => (isGroup(text) ? group.id === text : row.id.includes(text)));
  return groups
    .map((group) => ({ ...group, rows: group.rows.filter((row) => wanted(group, row)) }))
    .filter(({ rows }) => rows.length > 0);
}
