/** `scipy.linalg`: linear algebra with SciPy's conventions, functions of matrices, and matrices of special form. */
export { type CholeskyOptions, choFactor, cholesky, choSolve } from "./cholesky.ts";
export {
  type EighOptions,
  type EighTridiagonalOptions,
  eigh,
  eighTridiagonal,
  type HessenbergOptions,
  hessenberg,
  schur,
} from "./eigen.ts";
export { type ExpmOptions, expm, expmFrechet } from "./expm.ts";
export { funm, type SolveSylvesterOptions, solveSylvester, sqrtm } from "./functions.ts";
export {
  type DftOptions,
  dft,
  hadamard,
  helmert,
  hilbert,
  invhilbert,
  invpascal,
  type PascalKind,
  pascal,
} from "./known.ts";
export { type LuOptions, lu, luFactor, luSolve } from "./lu.ts";
export { type QrMultiplyOptions, type QrOptions, qr, qrMultiply } from "./qr.ts";
export { rsf2csf } from "./rsf2csf.ts";
export {
  det,
  inv,
  type SolveOptions,
  type SolveTriangularOptions,
  solve,
  solveTriangular,
  type Transposition,
} from "./solving.ts";
export {
  blockDiag,
  circulant,
  companion,
  convolutionMatrix,
  fiedler,
  fiedlerCompanion,
  hankel,
  leslie,
  toeplitz,
} from "./structured.ts";
export { type PolarOptions, polar, type SvdOptions, svd } from "./svd.ts";
