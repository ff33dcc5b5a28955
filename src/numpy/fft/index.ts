/** `jnp.fft`: Fourier transforms. */
export { fft, fft2, fftn, ifft, ifft2, ifftn } from "./complex.ts";
export { type FrequencyOptions, fftfreq, fftshift, ifftshift, rfftfreq } from "./frequencies.ts";
export { hfft, ihfft, irfft, irfft2, irfftn, rfft, rfft2, rfftn } from "./real.ts";
export type { FftNorm, FftnOptions, FftOptions } from "./transform.ts";
