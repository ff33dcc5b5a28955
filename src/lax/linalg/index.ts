/** `lax.linalg`: decompositions and solutions of linear equations, on matrices and stacks of them. */
export { cholesky } from "./cholesky.ts";
export { type EigOptions, eig } from "./eig.ts";
export { type EighOptions, eigh } from "./eigh.ts";
export { hessenberg } from "./hessenberg.ts";
export { lu, luPivotsToPermutation } from "./lu.ts";
export { householderProduct, type QrOptions, qr } from "./qr.ts";
export { type SchurOptions, schur } from "./schur.ts";
export { type SvdOptions, svd } from "./svd.ts";
export { type TriangularSolveOptions, triangularSolve } from "./triangularSolve.ts";
export { tridiagonal, tridiagonalSolve } from "./tridiagonal.ts";
export { choleskyUpdate, type SymmetricProductOptions, symmetricProduct } from "./updates.ts";
