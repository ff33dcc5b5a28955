/** `scipy.special`: special functions. */
import "../../backends/install.ts";
import "../../numpy/methods.ts";

export { logsumexp } from "../../nn/softmax.ts";
export { bernoulli } from "./bernoulli.ts";
export { i0, i0e, i1, i1e } from "./bessel.ts";
export { boxcox, boxcox1p, entr, expit, klDiv, logit, relEntr, xlog1py, xlogy } from "./entropies.ts";
export { erf, erfc, erfcx, erfinv, logNdtr, ndtr, ndtri } from "./errorFunctions.ts";
export { exp1, expi, expn } from "./exponentialIntegrals.ts";
export {
  beta,
  betainc,
  betaln,
  comb,
  digamma,
  factorial,
  gamma,
  gammainc,
  gammaincc,
  gammaln,
  gammasgn,
  loggamma,
  multigammaln,
  poch,
  polygamma,
} from "./gammas.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { fresnel, sici, spence } from "./trigonometricIntegrals.ts";
export { zeta } from "./zeta.ts";
