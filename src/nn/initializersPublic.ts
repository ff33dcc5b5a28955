/** `nn.initializers`: functions that make the first values of parameters from a key. */
export {
  constant,
  type FanOptions,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  lecunNormal,
  lecunUniform,
  normal,
  ones,
  truncatedNormal,
  uniform,
  varianceScaling,
  xavierNormal,
  xavierUniform,
  zeros,
} from "./initializers.ts";
export { deltaOrthogonal, type OrthogonalOptions, orthogonal } from "./orthogonal.ts";
