/**
 * What is not here of the names that JAX exports, by reason. The test compares these lists with the exports both ways: whoever adds a
 * name strikes it from here. One name a line, so that several can be struck at a time.
 */
export const missingNames: Readonly<Record<string, readonly string[]>> = {
  "not built yet: effects, debugging, settings, stages": [],
  "the device knows memory, not arrays, so that none is kept alive by a list": ["liveArrays"],
  "there are no symbolic dimensions": ["errors.InconclusiveDimensionOperation"],
  "64-bit dtypes need no switch here": ["config.enableX64", "config.explicitX64Dtypes", "enableX64"],
};

/** Primitives of JAX that are not defined here, by reason. */
export const missingPrimitives: Readonly<Record<string, readonly string[]>> = {
  "JAX's own device for calling programs and for optimizeRemat; here they are called by jit and custom_vjp_call":
    ["eval_jaxpr", "remat_opt", "unreachable"],
  "key arrays are a dtype of their own here, their words are reached by random_wrap and random_unwrap": [
    "from_edtype",
    "to_edtype",
  ],
};

/** Rules that differ in kind from JAX's, and why. */
export const otherRules: Readonly<Record<string, string>> = {
  "axis_index jvp": "without operands: no rule or a zero are the same",
  "custom_jvp_call jvp": "JAX has it in its interpreter, not as a rule",
  "custom_vjp_call jvp": "JAX has it in its interpreter, not as a rule",
  "custom_vjp_call transpose": "a call whose operands are all linear is transposed by its program",
  "custom_vmap_call transpose": "transposed by its program",
  "empty jvp": "without operands: no rule or a zero are the same",
  "iota jvp": "without operands: no rule or a zero are the same",
  "iota_2x32_shape jvp": "without operands: no rule or a zero are the same",
  "name transpose": "it is the identity",
  "random_clone jvp": "of keys, which have no tangents",
  "shard_map jvp": "JAX has it in its interpreter, not as a rule",
  "stop_gradient jvp": "JAX's primitive is a wrapper that has the zero inside",
  "threefry2x32 jvp": "of integers, which have no tangents",
};
