/** `scipy.stats`: distributions and statistics. */
import "../../backends/install.ts";
import "../../numpy/methods.ts";

export * as bernoulli from "./bernoulli.ts";
export * as beta from "./beta.ts";
export * as betabinom from "./betabinom.ts";
export * as binom from "./binom.ts";
export * as cauchy from "./cauchy.ts";
export * as chi2 from "./chi2.ts";
export * as dirichlet from "./dirichlet.ts";
export * as expon from "./expon.ts";
export * as gamma from "./gamma.ts";
export {
  type BandwidthMethod,
  GaussianKde as gaussianKde,
  type GaussianKdeOptions,
} from "./gaussianKde.ts";
export * as gennorm from "./gennorm.ts";
export * as geom from "./geom.ts";
export * as gumbelL from "./gumbelL.ts";
export * as gumbelR from "./gumbelR.ts";
export * as laplace from "./laplace.ts";
export * as logistic from "./logistic.ts";
export * as multinomial from "./multinomial.ts";
export * as multivariateNormal from "./multivariateNormal.ts";
export * as nbinom from "./nbinom.ts";
export * as norm from "./norm.ts";
export * as pareto from "./pareto.ts";
export * as poisson from "./poisson.ts";
export {
  type ModeOptions,
  type ModeResult,
  mode,
  type NanPolicy,
  type RankdataOptions,
  type RankMethod,
  rankdata,
  type SemOptions,
  sem,
} from "./ranking.ts";
export * as t from "./t.ts";
export * as truncnorm from "./truncnorm.ts";
export * as uniform from "./uniform.ts";
export * as vonmises from "./vonmises.ts";
export * as wrapcauchy from "./wrapcauchy.ts";
