import { config, grad, jit, jnp, lax, makeJaxpr, random } from "fluxion";
const f = (t: any, c: any, m: any) => {
  const y = jnp.transpose(jnp.matmul(c, m)); // [3,2]
  const z = jnp.zeros([3,2]);
  return jnp.where(t, y, z).add(jnp.where(t, z, y).neg());
};
const t = jnp.array([[true,true],[false,false],[true,true]]), c = jnp.array([[1,2],[3,4]]), m = jnp.array([[1,2,3],[4,5,6]]);
config.update("evaluator", "reference");
console.log(String(f(t,c,m)));
config.update("evaluator", "wasm");
console.log(String(jit(f)(t,c,m)));
console.log(jit(f).lower(t,c,m).compile().asText("kernels"));
const g = (t: any, y0: any) => {
  const y = jnp.transpose(y0); // [3,2]
  return jnp.where(t, y, y.neg());
};
console.log(String(jit(g)(t,m)), String(g(t,m)));
