/** `scipy.signal`: convolution and spectra. */
import "../../backends/install.ts";
import "../../numpy/methods.ts";

export {
  type Convolve2dOptions,
  type ConvolveMethod,
  type ConvolveOptions,
  convolve,
  convolve2d,
  correlate,
  correlate2d,
  fftconvolve,
} from "./convolution.ts";
export { type DetrendOptions, type DetrendType, detrend } from "./detrend.ts";
export { type IstftOptions, istft } from "./istft.ts";
export { type CsdOptions, csd, type SpectralOptions, type StftOptions, stft, welch } from "./spectral.ts";
export type { Window } from "./windows.ts";
