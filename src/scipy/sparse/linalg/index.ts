/** `scipy.sparse.linalg`: iterative solution of linear equations whose matrix may be known only by what it does to vectors. */
export { bicgstab, cg } from "./cg.ts";
export type { LinearOperator, SolverOptions } from "./equations.ts";
export { type GmresOptions, gmres } from "./gmres.ts";
