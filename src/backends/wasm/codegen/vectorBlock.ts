import { bool, type DType, keyFry, uint8 } from "../../../dtypes/index.ts";
import type { FunctionBuilder, Local } from "../asm/index.ts";
import type { Copy } from "./scopes.ts";
import type { Access, Nest } from "./uses.ts";

/** What loading a block needs of the code around it. */
interface BlockMemory {
  readonly f: FunctionBuilder;
  readonly nest: Nest;
  pushAddress(access: Access, elements: number): number;
}

/** Whether the rows of an access are a whole block, as many rows as lanes, with neighbours in memory along the rows. */
export function isBlock(nest: Nest, access: Access, dtype: DType, copies: readonly Copy[]): boolean {
  if (nest.rowAxis < 0 || access.rowStride !== 1 || access.stride === 1 || access.stride === 0) return false;
  if (dtype === keyFry || (dtype.itemsize < 4 && !isByte(dtype))) return false;
  if (nest.lanes === 2 && dtype.itemsize !== 8) return false;
  return copies.length === nest.lanes && copies[0].active === nest.lanes;
}

/** Elements of one byte that are extended with zeros. */
function isByte(dtype: DType): boolean {
  return dtype === bool || dtype === uint8;
}

/** Sets the local of each row to its vector: loads the elements of each lane in one piece, and transposes. */
export function loadTransposed(
  values: BlockMemory,
  access: Access,
  dtype: DType,
  rows: readonly Local[],
): void {
  if (isByte(dtype)) loadByteRows(values, access, dtype, rows);
  else if (dtype.itemsize === 8) transpose2(values.f, loadColumns(values, access, rows.length), rows);
  else transpose4(values.f, loadColumns(values, access, rows.length), rows);
}

/** For each lane the vector of its elements in all rows. */
function loadColumns(values: BlockMemory, access: Access, lanes: number): Local[] {
  const { f } = values;
  return Array.from({ length: lanes }, (_, lane) => {
    const column = f.temp("v128");
    f.v128.load(values.pushAddress(access, lane * access.stride), access.group.log2).set(column);
    return column;
  });
}

function transpose2(f: FunctionBuilder, [a, b]: readonly Local[], rows: readonly Local[]): void {
  f.get(a).get(b).i64x2.shuffle(0, 2).set(rows[0]);
  f.get(a).get(b).i64x2.shuffle(1, 3).set(rows[1]);
  f.release(a, b);
}

function transpose4(f: FunctionBuilder, columns: readonly Local[], rows: readonly Local[]): void {
  const [a, b, c, d] = columns;
  const pair = (x: Local, y: Local, high: boolean): Local => {
    const made = f.temp("v128");
    f.get(x).get(y);
    if (high) f.i32x4.shuffle(2, 6, 3, 7);
    else f.i32x4.shuffle(0, 4, 1, 5);
    f.set(made);
    return made;
  };
  for (const high of [false, true]) {
    const ab = pair(a, b, high);
    const cd = pair(c, d, high);
    f.get(ab)
      .get(cd)
      .i64x2.shuffle(0, 2)
      .set(rows[high ? 2 : 0]);
    f.get(ab)
      .get(cd)
      .i64x2.shuffle(1, 3)
      .set(rows[high ? 3 : 1]);
    f.release(ab, cd);
  }
  f.release(...columns);
}

/** Byte `r` of each lane's four bytes is the lane's element in row `r`. */
function loadByteRows(values: BlockMemory, access: Access, dtype: DType, rows: readonly Local[]): void {
  const { f } = values;
  const words = f.temp("v128");
  f.v128.load32_zero(values.pushAddress(access, 0), 0).set(words);
  for (let lane = 1; lane < rows.length; lane++) {
    const offset = values.pushAddress(access, lane * access.stride);
    f.get(words).v128.load32_lane(lane, offset, 0).set(words);
  }
  rows.forEach((row, r) => {
    f.get(words)
      .i32.const(8 * r)
      .i32x4.shr_u()
      .i32x4.const(255)
      .v128.and();
    if (dtype === bool) f.i32x4.neg();
    f.set(row);
  });
  f.release(words);
}
