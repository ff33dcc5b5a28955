/** `random`: JAX's counter-based random numbers, bit for bit. */
import "../backends/install.ts";
import "../numpy/methods.ts";
import "../numpy/moreMethods.ts";

export { binomial, geometric, type MultinomialOptions, multinomial, poisson } from "./discrete.ts";
export {
  ball,
  beta,
  cauchy,
  chisquare,
  doubleSidedMaxwell,
  f,
  generalizedNormal,
  logistic,
  lognormal,
  maxwell,
  pareto,
  rayleigh,
  t,
  triangular,
  wald,
  weibullMin,
} from "./distributions.ts";
export { gamma, loggamma } from "./gamma.ts";
export { clone, foldIn, key, keyData, keyDtype, keyImpl, PRNGKey, split, wrapKeyData } from "./keys.ts";
export { dirichlet, type MultivariateNormalOptions, multivariateNormal } from "./multivariate.ts";
export { orthogonal } from "./orthogonal.ts";
export * from "./samplers.ts";
