import type { NDArray } from "../core/array.ts";
import { ValueError } from "../errors.ts";
import type { Device } from "../sharding/device.ts";
import { shardingOf } from "../sharding/placement.ts";
import type { Extent, Sharding } from "../sharding/sharding.ts";
import { checkOptions } from "../transforms/options.ts";

/** How a drawing of a sharding looks. */
export interface VisualizeOptions {
  /** Size of the drawing; 1 is ten lines high. */
  scale?: number;
  /** Columns of a part, at least and at most; default 9 and 80. */
  minWidth?: number;
  maxWidth?: number;
  /** Accepted for compatibility: drawings are plain text. */
  useColor?: boolean;
}

/**
 * Prints which device has which part of an array of one or two dimensions.
 *
 * @throws ValueError for other shapes
 * @example
 * ```ts
 * debug.visualizeSharding([4, 4], jnp.ones([4, 4]).sharding);
 * ```
 */
export function visualizeSharding(
  shape: readonly number[],
  sharding: Sharding,
  options: VisualizeOptions = {},
): void {
  checkOptions("debug.visualizeSharding", options, ["scale", "minWidth", "maxWidth", "useColor"]);
  if (shape.length < 1 || shape.length > 2)
    throw new ValueError("`visualizeSharding` only works for shapes with 1 and 2 dimensions.");
  console.log(`${drawing(shape, sharding, options)}\n`);
}

/**
 * {@link visualizeSharding} of an array.
 *
 * @example
 * ```ts
 * debug.visualizeArraySharding(jnp.ones([4, 4]));
 * ```
 */
export function visualizeArraySharding(arr: NDArray, options: VisualizeOptions = {}): void {
  visualizeSharding(arr.shape, shardingOf(arr), options);
}

/** A part of the array: who has it, and its share of height and width. */
interface Part {
  readonly devices: Device[];
  readonly height: number | null;
  readonly width: number;
}

function drawing(
  shape: readonly number[],
  sharding: Sharding,
  { scale = 1, minWidth = 9, maxWidth = 80 }: VisualizeOptions,
): string {
  const baseHeight = Math.trunc(10 * scale);
  const baseWidth = Math.trunc((baseHeight * (shape[1] ?? 1)) / shape[0]);
  const rows = partsOf(shape, sharding).map((row) =>
    row.map(({ devices, height, width }) => {
      const ids = devices.map(({ id }) => id).sort((a, b) => a - b);
      const text = `${devices[0].platform.toUpperCase()} ${ids.join()}`;
      // Characters are about two and a half times as high as wide.
      const columns = Math.min(Math.max(Math.trunc(width * baseWidth * 2.5), minWidth), maxWidth);
      const spare = columns - text.length - 2;
      const left = Math.max(Math.floor(spare / 2), 0);
      const line = " ".repeat(left) + text + " ".repeat(Math.max(Math.ceil(spare / 2), 0));
      const spareLines = (height === null ? 1 : Math.trunc(height * baseHeight)) - 2;
      const above = Array<string>(Math.max(Math.floor(spareLines / 2), 0)).fill("");
      const below = Array<string>(Math.max(Math.ceil(spareLines / 2), 0)).fill("");
      return [...above, line, ...below];
    }),
  );
  const widths = rows[0].map((_, j) => Math.max(...rows.flatMap((row) => row[j].map((line) => line.length))));
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((n) => "─".repeat(n)).join(middle) + right;
  const body = rows.map((row) =>
    row[0]
      .map((_, k) => `│${row.map((lines, j) => centred(lines[k] ?? "", widths[j])).join("│")}│`)
      .join("\n"),
  );
  return [rule("┌", "┬", "┐"), body.join(`\n${rule("├", "┼", "┤")}\n`), rule("└", "┴", "┘")].join("\n");
}

function centred(line: string, width: number): string {
  const missing = width - line.length;
  return " ".repeat(missing >> 1) + line + " ".repeat(missing - (missing >> 1));
}

/** The parts as rows and columns; an array of one dimension is a row. */
function partsOf(shape: readonly number[], sharding: Sharding): Part[][] {
  const rows: Part[][] = [];
  const place = ({ start, stop }: Extent) => Math.floor(start / Math.max(stop - start, 1));
  for (const [device, extents] of sharding.devicesIndicesMap(shape)) {
    const [vertical, horizontal] = extents.length === 2 ? extents : [null, extents[0]];
    const [i, j] = [vertical === null ? 0 : place(vertical), place(horizontal)];
    const share = ({ start, stop }: Extent, size: number) => (size === 0 ? 1 : (stop - start) / size);
    rows[i] ??= [];
    rows[i][j] ??= {
      devices: [],
      height: vertical === null ? null : share(vertical, shape[0]),
      width: share(horizontal, shape[shape.length - 1]),
    };
    rows[i][j].devices.push(device);
  }
  return rows;
}
