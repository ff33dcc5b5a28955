import type { FunctionBuilder, Local } from "../asm/index.ts";
import { type Lanes, multiplyAdd } from "./lanes.ts";

/** Fourier transforms of a few vectors of complex numbers, whose lanes are transforms that have nothing to do with each other. */

/** Complex numbers: a vector of their real parts and one of their imaginary parts. */
export interface ComplexLanes {
  readonly re: Local;
  readonly im: Local;
}

/** Writes arithmetic on vectors of the floats that a transform is made of. */
class VectorCode {
  readonly f: FunctionBuilder;
  readonly t: Lanes;
  constructor(f: FunctionBuilder, t: Lanes) {
    this.f = f;
    this.t = t;
  }

  private op(name: "add" | "sub" | "mul", x: Local, y: Local): FunctionBuilder {
    const { f, t } = this;
    f.get(x).get(y);
    return t.kind === "f32" ? f.f32x4[name]() : f.f64x2[name]();
  }
  set(target: Local, name: "add" | "sub" | "mul", x: Local, y: Local): void {
    this.op(name, x, y).set(target);
  }
  temp(): Local {
    return this.f.temp("v128");
  }
  pair(): ComplexLanes {
    return { re: this.temp(), im: this.temp() };
  }
  release(...pairs: readonly ComplexLanes[]): void {
    for (const { re, im } of pairs) this.f.release(re, im);
  }
  /** `target = x + y`, part by part. */
  combine(target: ComplexLanes, name: "add" | "sub", x: ComplexLanes, y: ComplexLanes): void {
    this.set(target.re, name, x.re, y.re);
    this.set(target.im, name, x.im, y.im);
  }
  /** `target = x + sign i y` */
  turned(target: ComplexLanes, sign: number, x: ComplexLanes, y: ComplexLanes): void {
    this.set(target.re, sign > 0 ? "sub" : "add", x.re, y.im);
    this.set(target.im, sign > 0 ? "add" : "sub", x.im, y.re);
  }
  copy(target: ComplexLanes, x: ComplexLanes): void {
    this.f.get(x.re).set(target.re).get(x.im).set(target.im);
  }
  /** `acc = acc + x y` of reals, or `acc - x y`. */
  accumulate(acc: Local, x: Local, y: Local, negative: boolean): void {
    const { f, t } = this;
    if (!negative) multiplyAdd(f, t, acc, x, y, f.relaxedSimd);
    else if (f.relaxedSimd) {
      f.get(x).get(y).get(acc);
      if (t.kind === "f32") f.f32x4.relaxed_nmadd();
      else f.f64x2.relaxed_nmadd();
      f.set(acc);
    } else {
      f.get(acc);
      this.op("mul", x, y);
      if (t.kind === "f32") f.f32x4.sub();
      else f.f64x2.sub();
      f.set(acc);
    }
  }
}

/** `z = z w` */
export function multiplyComplex(f: FunctionBuilder, t: Lanes, z: ComplexLanes, w: ComplexLanes): void {
  const v = new VectorCode(f, t);
  const { re, im } = v.pair();
  v.set(re, "mul", z.re, w.re);
  v.set(im, "mul", z.re, w.im);
  v.accumulate(re, z.im, w.im, true);
  v.accumulate(im, z.im, w.re, false);
  f.get(re).set(z.re).get(im).set(z.im).release(re, im);
}

/** What a butterfly needs all the time: the cosines and sines of `2 pi m / radix`, the sines with the sign of the exponent. */
export interface ButterflyConstants {
  readonly cosines: readonly Local[];
  readonly sines: readonly Local[];
}

/** Puts the constants of a butterfly into temporaries, which the caller releases. */
export function butterflyConstants(
  f: FunctionBuilder,
  t: Lanes,
  radix: number,
  sign: number,
): ButterflyConstants {
  if (radix % 2 === 0) return { cosines: [], sines: [] };
  const constant = (value: number): Local => {
    const local = f.temp("v128");
    if (t.kind === "f32") f.f32x4.const(value).set(local);
    else f.f64x2.const(value).set(local);
    return local;
  };
  const angles = Array.from({ length: (radix - 1) / 2 }, (_, i) => (2 * Math.PI * (i + 1)) / radix);
  return {
    cosines: angles.map((a) => constant(Math.cos(a))),
    sines: angles.map((a) => constant(sign * Math.sin(a))),
  };
}

/** Replaces vectors by their transform: `x[u]` becomes the sum of `x[t] exp(sign 2 pi i t u / radix)`. */
export function emitButterfly(
  f: FunctionBuilder,
  t: Lanes,
  x: readonly ComplexLanes[],
  sign: number,
  constants: ButterflyConstants,
): void {
  const v = new VectorCode(f, t);
  if (x.length === 2) transformTwo(v, x);
  else if (x.length === 4) transformFour(v, x, sign);
  else transformPrime(v, x, constants);
}

function transformTwo(v: VectorCode, [a, b]: readonly ComplexLanes[]): void {
  const sum = v.pair();
  v.combine(sum, "add", a, b);
  v.combine(b, "sub", a, b);
  v.copy(a, sum);
  v.release(sum);
}

function transformFour(v: VectorCode, [a, b, c, d]: readonly ComplexLanes[], sign: number): void {
  const [even, odd, third] = [v.pair(), v.pair(), v.pair()];
  v.combine(even, "add", a, c);
  v.combine(odd, "add", b, d);
  v.combine(c, "sub", a, c);
  v.combine(third, "sub", b, d);
  v.combine(a, "add", even, odd);
  v.turned(b, sign, c, third);
  v.turned(d, -sign, c, third);
  v.combine(c, "sub", even, odd);
  v.release(even, odd, third);
}

/**
 * With the sums and differences of `x[t]` and `x[p - t]`, the results `u` and `p - u` are the sum of cosines times sums plus or minus `i` times
 * that of sines times differences.
 */
function transformPrime(
  v: VectorCode,
  x: readonly ComplexLanes[],
  { cosines, sines }: ButterflyConstants,
): void {
  const p = x.length;
  const half = (p - 1) / 2;
  const sums = Array.from({ length: half }, () => v.pair());
  const differences = sums.map(() => v.pair());
  for (let t = 1; t <= half; t++) {
    v.combine(sums[t - 1], "add", x[t], x[p - t]);
    v.combine(differences[t - 1], "sub", x[t], x[p - t]);
  }
  for (let u = 1; u <= half; u++) {
    const [a, b] = [v.pair(), v.pair()];
    v.copy(a, x[0]);
    for (let t = 1; t <= half; t++) {
      const m = (t * u) % p;
      const nearest = Math.min(m, p - m) - 1;
      for (const part of ["re", "im"] as const) {
        v.accumulate(a[part], sums[t - 1][part], cosines[nearest], false);
        if (t === 1) v.set(b[part], "mul", differences[0][part], sines[nearest]);
        else v.accumulate(b[part], differences[t - 1][part], sines[nearest], m > half);
      }
    }
    v.turned(x[u], 1, a, b);
    v.turned(x[p - u], -1, a, b);
    v.release(a, b);
  }
  for (const s of sums) v.combine(x[0], "add", x[0], s);
  v.release(...sums, ...differences);
}
