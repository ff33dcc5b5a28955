import type { FunctionBuilder, Local } from "../asm/index.ts";
import { addVectors, advance, type Lanes, sumLanes } from "./lanes.ts";

/** What is done with a strip of whole vectors, and with a single element, of all runs at their present addresses. */
export interface StripBody {
  readonly vectors: (count: number) => void;
  readonly element: () => void;
}

/**
 * Walks runs of `n` elements from their addresses on, in strips of so many vectors as `widths` says, widest first, then element by element.
 * `n` and the addresses are changed. Neither is an operation repeated nor memory behind the runs touched.
 */
export function strips(
  f: FunctionBuilder,
  t: Lanes,
  n: Local,
  addresses: readonly Local[],
  widths: readonly number[],
  body: StripBody,
): void {
  const repeat = (elements: number, step: () => void) => {
    f.get(n).i32.const(elements).i32.ge_s();
    f.if(() => {
      f.loop((again) => {
        step();
        for (const address of addresses) advance(f, address, elements * t.bytes);
        f.get(n).i32.const(elements).i32.sub().tee(n).i32.const(elements).i32.ge_s().brIf(again);
      });
    });
  };
  for (const width of widths) repeat(width * t.count, () => body.vectors(width));
  repeat(1, body.element);
}

/** Pushes the real at an address. */
export function pushReal(f: FunctionBuilder, t: Lanes, address: Local, offset = 0): void {
  f.get(address);
  if (t.kind === "f32") f.f32.load(offset);
  else f.f64.load(offset);
}

/** A new local with a scalar in every lane. */
export function splat(f: FunctionBuilder, t: Lanes, value: Local): Local {
  const vector = f.local("v128");
  f.get(value);
  if (t.kind === "f32") f.f32x4.splat();
  else f.f64x2.splat();
  f.set(vector);
  return vector;
}

/** Pushes the sum of all lanes of some vectors, of which there is a power of two. */
export function sumScalars(f: FunctionBuilder, t: Lanes, vectors: readonly Local[]): void {
  for (let width = vectors.length / 2; width >= 1; width /= 2) {
    for (let i = 0; i < width; i++) {
      f.get(vectors[i]).get(vectors[i + width]);
      addVectors(f, t);
      f.set(vectors[i]);
    }
  }
  sumLanes(f, t, vectors[0]);
  f.get(vectors[0]);
  if (t.kind === "f32") f.f32x4.extract_lane(0);
  else f.f64x2.extract_lane(0);
}
