/** `jnp.linalg`: linear algebra. */
export { matrixTranspose } from "../manipulationShape.ts";
export { matmul, outer, tensordot, vecdot } from "../products.ts";
export { cross, multiDot } from "./chains.ts";
export {
  type CholeskyOptions,
  cholesky,
  type EighOptions,
  type EighResult,
  eigh,
  eigvalsh,
  type QrMode,
  type QrResult,
  qr,
  type SvdOptions,
  type SvdResult,
  svd,
  svdvals,
} from "./decompositions.ts";
export { det, type SlogdetResult, slogdet } from "./determinants.ts";
export { diagonal, trace } from "./diagonals.ts";
export { type EigResult, eig, eigvals } from "./eigenvalues.ts";
export { cond, type LstsqOptions, lstsq, matrixRank, type PinvOptions, pinv } from "./leastSquares.ts";
export { matrixNorm, type NormOptions, type NormOrder, norm, vectorNorm } from "./norms.ts";
export { inv, matrixPower, solve, tensorinv, tensorsolve } from "./solving.ts";
