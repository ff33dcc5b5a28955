import { config, grad, jit, jnp, lax, makeJaxpr, random } from "fluxion";
import { inputArray } from "./generate.ts";
import { randomNumbers } from "../lax/opTable.ts";
import { array } from "../lax/host.ts";
const x = inputArray({dtype:"float32", shape:[3,2], seed:"0/0", flavour:"plain"});
function weights(y: any, i: number): any {
  const next = randomNumbers(`weights ${i}`);
  return array(Array.from({ length: y.size }, () => next() - 0.5), y.shape, y.dtype.name as "float32");
}
const w = weights(x, 0);
const progs: Record<string, any> = {
a: (v0: any) => {
  const v1 = jnp.absolute(v0);
  return [v1, v1];
},
b: (v0: any) => {
  const v1 = jnp.absolute(v0).add(0.5);
  const v11 = jnp.matmul(jnp.swapaxes(v1, -1, -2), v1);
  return [v11];
},
c: (v0: any) => {
  const v1 = jnp.absolute(v0).add(0.5);
  const v7 = jnp.sin(v1).mul(v1);
  const v9 = jnp.maximum(v7.add(v7), v7.mul(2));
  const v11 = jnp.matmul(jnp.swapaxes(v7, -1, -2), v7);
  return [v9, v11];
},
d: (v0: any) => {
  const v1 = jnp.power(jnp.absolute(v0).add(0.5), 1.5);
  const v7 = jnp.sin(v1).mul(v1);
  const v9 = jnp.maximum(v7.add(v7), v7.mul(2));
  const v11 = jnp.matmul(jnp.swapaxes(v7, -1, -2), v7);
  return [v9, v1, v1, v11];
},
e: (v0: any) => {
  const v1 = jnp.power(jnp.absolute(v0).add(0.5), 1.5);
  const v7 = jnp.sin(v1).mul(v1);
  return [v7, v1];
},
};
for (const [k, f] of Object.entries(progs)) {
  const loss = (g: any) => grad((...ys: any) => g(...ys).map((y: any, i: number) => y.mul(weights(y, i)).sum()).reduce((a: any, b: any) => a.add(b)));
  config.update("evaluator", "reference");
  const r = loss(f)(x).tolist();
  config.update("evaluator", "wasm");
  console.log(k, JSON.stringify(r), String(loss(jit(f))(x)), String(jit(loss(f))(x)));
}
