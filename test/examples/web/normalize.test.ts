import { describe, expect, test } from "vitest";
import { normalizeDigit } from "../../../examples/web/normalize.ts";

const side = 280;

function drawing(inside: (x: number, y: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: side * side }, (_, i) =>
    inside(i % side, Math.floor(i / side)) ? 255 : 0,
  );
}

function normalized(inside: (x: number, y: number) => boolean): Uint8Array {
  const image = normalizeDigit(drawing(inside), side, side);
  if (image === null) throw new Error("nothing was drawn");
  return image;
}

/** The rows and columns that are not empty, and the centre of mass. */
function measure(image: Uint8Array) {
  const rows = new Set<number>();
  const columns = new Set<number>();
  let [mass, x, y] = [0, 0, 0];
  image.forEach((value, i) => {
    if (value === 0) return;
    rows.add(Math.floor(i / 28));
    columns.add(i % 28);
    mass += value;
    x += value * ((i % 28) + 0.5);
    y += value * (Math.floor(i / 28) + 0.5);
  });
  return { rows: rows.size, columns: columns.size, x: x / mass, y: y / mass };
}

describe("a drawing becomes an image like those of MNIST", () => {
  test("nothing drawn", () => {
    expect(normalizeDigit(new Uint8Array(side * side), side, side)).toBe(null);
  });

  test("the larger side has 20 pixels, wherever and however large it was drawn", () => {
    for (const [left, top, width, height] of [
      [10, 10, 50, 200],
      [200, 150, 30, 120],
      [100, 0, 20, 280],
    ]) {
      const image = normalized((x, y) => x >= left && x < left + width && y >= top && y < top + height);
      const found = measure(image);
      expect(found.rows).toBeGreaterThanOrEqual(20);
      expect(found.rows).toBeLessThanOrEqual(21);
      expect(found.columns).toBeLessThanOrEqual(Math.ceil((20 * width) / height) + 1);
    }
  });

  test("the centre of mass is the centre of the image", () => {
    const image = normalized(
      (x, y) => (x > 30 && x < 60 && y > 20 && y < 220) || (y > 190 && y < 220 && x < 160 && x > 30),
    );
    const { x, y } = measure(image);
    expect(x).toBeCloseTo(14, 1);
    expect(y).toBeCloseTo(14, 1);
  });

  test("a dot stays small, and full ink is white", () => {
    const image = normalized((x, y) => Math.hypot(x - 20, y - 20) < 12);
    expect(measure(image).rows).toBeLessThan(8);
    expect(Math.max(...image)).toBe(255);
  });
});
