/** Convolutions of NHWC images with HWIO kernels, 3 x 3, stride 1, "SAME" padding, and their gradients, in float64. */
type Numbers = ArrayLike<number>;

export interface ConvShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly inputs: number;
  readonly outputs: number;
}
export const taps = 9;

/** Calls `visit(tap, pixel of the input)` for the taps of an output pixel that lie inside the image; pixels are counted over the batch. */
function eachTap(
  { height, width }: ConvShape,
  pixel: number,
  visit: (tap: number, from: number) => void,
): void {
  const x = pixel % width;
  const y = Math.floor(pixel / width) % height;
  for (let tap = 0; tap < taps; tap++) {
    const dy = Math.floor(tap / 3) - 1;
    const dx = (tap % 3) - 1;
    if (y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
    visit(tap, pixel + dy * width + dx);
  }
}

/** The outputs at some pixels, all by default: `out[p, co] = sum over taps, ci of x[p + tap, ci] k[tap, ci, co]`. */
export function conv(shape: ConvShape, x: Numbers, k: Numbers, pixels?: ArrayLike<number>): Float64Array {
  const { inputs, outputs } = shape;
  const count = pixels?.length ?? shape.batch * shape.height * shape.width;
  const out = new Float64Array(count * outputs);
  for (let p = 0; p < count; p++) {
    eachTap(shape, pixels === undefined ? p : pixels[p], (tap, from) => {
      for (let ci = 0; ci < inputs; ci++) {
        const v = x[from * inputs + ci];
        const row = (tap * inputs + ci) * outputs;
        for (let co = 0; co < outputs; co++) out[p * outputs + co] += v * k[row + co];
      }
    });
  }
  return out;
}

/** Gradient in the input: a convolution of the cotangents with the kernel turned around, inputs and outputs exchanged. */
export function convInputGrad(shape: ConvShape, k: Numbers, c: Numbers, pixels?: ArrayLike<number>) {
  const { inputs, outputs } = shape;
  const turned = new Float64Array(taps * inputs * outputs);
  for (let tap = 0; tap < taps; tap++) {
    for (let ci = 0; ci < inputs; ci++) {
      for (let co = 0; co < outputs; co++) {
        turned[((taps - 1 - tap) * outputs + co) * inputs + ci] = k[(tap * inputs + ci) * outputs + co];
      }
    }
  }
  return conv({ ...shape, inputs: outputs, outputs: inputs }, c, turned, pixels);
}

/** Gradient in the kernel for some rows `(tap, ci)`, all by default. */
export function convKernelGrad(shape: ConvShape, x: Numbers, c: Numbers, rows?: ArrayLike<number>) {
  const { inputs, outputs } = shape;
  const wanted = rows ?? Array.from({ length: taps * inputs }, (_, i) => i);
  const byTap: { place: number; ci: number }[][] = Array.from({ length: taps }, () => []);
  for (let r = 0; r < wanted.length; r++) {
    byTap[Math.floor(wanted[r] / inputs)].push({ place: r * outputs, ci: wanted[r] % inputs });
  }
  const out = new Float64Array(wanted.length * outputs);
  const pixels = shape.batch * shape.height * shape.width;
  for (let p = 0; p < pixels; p++) {
    eachTap(shape, p, (tap, from) => {
      for (const { place, ci } of byTap[tap]) {
        const v = x[from * inputs + ci];
        for (let co = 0; co < outputs; co++) out[place + co] += v * c[p * outputs + co];
      }
    });
  }
  return out;
}
