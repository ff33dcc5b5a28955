import { Complex, jnp, scipy } from "fluxion";
import { describe } from "vitest";
import { type Mistake, mistakes } from "./table.ts";

const A = (...shape: number[]) => jnp.ones(shape);
const Z = (...shape: number[]) => jnp.full(shape, new Complex(1, 1));
// biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
const u = (x: unknown): any => x;

describe("jnp.fft", () => {
  const rows: Mistake[] = [
    ["fft of no length", () => jnp.fft.fft(A(3), 0), "ValueError", /Shape should be positive/],
    ["fft of a fraction", () => jnp.fft.fft(A(3), 2.5), "TypeError", /integers.*2\.5/],
    ["fft of text", () => jnp.fft.fft(u("a")), "TypeError", /jnp\.fft\.fft.*string/],
    ["fft of a scalar", () => jnp.fft.fft(3), "ValueError", /axis -1 is out of bounds.*dimension 0/],
    ["an axis out of range", () => jnp.fft.ifft(A(3), { axis: 2 }), "ValueError", /axis 2 is out of bounds/],
    ["an axis of text", () => jnp.fft.rfft(A(3), { axis: u("x") }), "TypeError", /axis must be an integer/],
    ["several axes", () => jnp.fft.irfft(A(3, 3), { axis: u([0, 1]) }), "ValueError", /fftn.*\[0,1\]/],
    ["hfft of several axes", () => jnp.fft.hfft(A(3, 3), { axis: u([0, 1]) }), "ValueError", /multiple axes/],
    ["an unknown norm", () => jnp.fft.fft(A(3), { norm: u("x") }), "ValueError", /norm value x.*"ortho"/],
    ["an unknown option", () => jnp.fft.fft(A(3), u({ len: 2 })), "TypeError", /'len'.*n, axis, norm/],
    ["rfft of complex numbers", () => jnp.fft.rfft(Z(3)), "ValueError", /only real valued inputs/],
    ["ihfft of complex numbers", () => jnp.fft.ihfft(Z(3)), "ValueError", /only real valued inputs/],
    ["more lengths than axes", () => jnp.fft.fftn(A(3), { s: [2, 2] }), "ValueError", /2 axes.*array of 1/],
    ["other axes than lengths", () => jnp.fft.fftn(A(3, 3), [2], [0, 1]), "ValueError", /different lengths/],
    ["axes twice", () => jnp.fft.fftn(A(3, 3), { axes: [0, -2] }), "ValueError", /repeated axes.*0,-2/],
    [
      "axes that are a number",
      () => jnp.fft.ifftn(A(3, 3), { axes: u(1) }),
      "TypeError",
      /axes must be a list/,
    ],
    ["lengths that are a number", () => jnp.fft.rfftn(A(3), { s: u(3) }), "TypeError", /s must be a list/],
    [
      "fft2 of one axis",
      () => jnp.fft.fft2(A(3, 3), { axes: [0] }),
      "ValueError",
      /only supports 2 axes.*\[0\]/,
    ],
    ["fft2 of a vector", () => jnp.fft.fft2(A(3)), "ValueError", /axis -2 is out of bounds/],
    ["fftfreq of a fraction", () => jnp.fft.fftfreq(2.5), "TypeError", /integer.*2\.5/],
    ["fftfreq of a list", () => jnp.fft.fftfreq(u([2])), "ValueError", /only takes an int.*\[2\]/],
    ["rfftfreq with several steps", () => jnp.fft.rfftfreq(4, [1, 2]), "ValueError", /single value.*\[1,2\]/],
    [
      "fftshift of axes out of range",
      () => jnp.fft.fftshift(A(3), 1),
      "ValueError",
      /axis 1 is out of bounds/,
    ],
  ];
  mistakes(rows);
});

describe("scipy.fft", () => {
  const rows: Mistake[] = [
    ["another type", () => scipy.fft.dct(A(3), 3), "NotImplementedError", /type 2/],
    ["another type of dctn", () => scipy.fft.idctn(A(3), { type: 1 }), "NotImplementedError", /type 2/],
    ["an unknown norm", () => scipy.fft.idct(A(3), { norm: u("forward") }), "ValueError", /norm='forward'/],
    ["no length", () => scipy.fft.dct(A(3), { n: 0 }), "ValueError", /lengths must be positive, got 0/],
    ["a length that is a fraction", () => scipy.fft.dct(A(3), { n: 1.5 }), "TypeError", /integers, got 1\.5/],
    ["a scalar", () => scipy.fft.dct(3), "ValueError", /axis -1 is out of bounds/],
    ["too many lengths", () => scipy.fft.dctn(A(3), { s: [1, 2] }), "ValueError", /at most x\.ndim \(1\).*2/],
    ["axes twice", () => scipy.fft.dctn(A(3, 3), { axes: [0, 0] }), "ValueError", /duplicate/],
    ["an unknown option", () => scipy.fft.dct(A(3), u({ ax: 0 })), "TypeError", /'ax'.*type, n, axis, norm/],
  ];
  mistakes(rows);
});
