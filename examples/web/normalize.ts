const side = 28;
/** The larger side of a digit of MNIST; the rest of the image is margin. */
const digitSide = 20;

/**
 * Makes of a drawing what the images of MNIST are: scaled to fit 20 x 20 pixels, with its centre of mass at the centre of
 * 28 x 28 pixels, smooth at its edges.
 *
 * @param ink `width` x `height` bytes, 0 where nothing was drawn
 * @returns 28 x 28 bytes, or null for an empty drawing
 */
export function normalizeDigit(ink: Uint8Array, width: number, height: number): Uint8Array | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = ink[y * width + x];
      if (value === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      mass += value;
      massX += value * (x + 0.5);
      massY += value * (y + 0.5);
    }
  }
  if (mass === 0) return null;
  const extent = Math.max(right - left, bottom - top) + 1;
  // Pixels of the drawing per pixel of the result; a dot stays a dot.
  const scale = Math.max(extent / digitSide, width / side / 2);
  const startX = massX / mass - (side / 2) * scale;
  const startY = massY / mass - (side / 2) * scale;
  const out = new Uint8Array(side * side);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      out[i * side + j] = Math.round(
        boxMean(ink, width, height, startX + j * scale, startY + i * scale, scale),
      );
    }
  }
  return out;
}

/** The mean over the square of the given size at (x0, y0); outside the drawing there is nothing. */
function boxMean(
  ink: Uint8Array,
  width: number,
  height: number,
  x0: number,
  y0: number,
  size: number,
): number {
  let sum = 0;
  for (let y = Math.max(0, Math.floor(y0)); y < Math.min(height, y0 + size); y++) {
    const coveredY = Math.min(y + 1, y0 + size) - Math.max(y, y0);
    for (let x = Math.max(0, Math.floor(x0)); x < Math.min(width, x0 + size); x++) {
      const coveredX = Math.min(x + 1, x0 + size) - Math.max(x, x0);
      sum += ink[y * width + x] * coveredX * coveredY;
    }
  }
  return sum / size ** 2;
}
