// What must not compile. `npm run check` reads this file, nothing runs it: a line that compiles after all is an unused
// `@ts-expect-error`, which is an error.

import { grad, jit, jnp, lax, type NDArray, nn, optim, random, vmap } from "fluxion";

declare const x: NDArray;
declare const key: NDArray;
const square = (y: NDArray): NDArray => y.mul(y);
const model = (p: { w: NDArray; b: NDArray }, y: NDArray): NDArray => y.matmul(p.w).add(p.b).sum();

// Axes are numbers, or lists of them.
// @ts-expect-error
jnp.sum(x, { axis: "0" });
// @ts-expect-error
x.mean({ axis: ["rows"] });
// @ts-expect-error
x.sum(true);
// @ts-expect-error
jnp.concatenate([x, x], { axis: [0] });

// Required arguments.
// @ts-expect-error
jnp.add(x);
// @ts-expect-error
jnp.matmul(x);
// @ts-expect-error
lax.scan(square);
// @ts-expect-error
random.normal();
// @ts-expect-error
random.split();
// @ts-expect-error
vmap();

// Names of options.
// @ts-expect-error
vmap(square, { inAxis: 0 });
// @ts-expect-error
vmap(square, { inAxes: { x: 0 } });
// @ts-expect-error
jnp.sum(x, { axes: 0 });
// @ts-expect-error
jnp.sort(x, { reverse: true });
// @ts-expect-error
x.max({ keepDims: true });
// @ts-expect-error
jit(square, { staticArgNums: 0 });
// @ts-expect-error
grad(square, { argnum: 0 });
// @ts-expect-error
jnp.linalg.svd(x, { full_matrices: false });
// @ts-expect-error
optim.adam(1e-3, { beta1: 0.9 });
// @ts-expect-error
nn.softmax(x, { axes: -1 });

// Values of options.
// @ts-expect-error
jnp.zeros([2], { dtype: "float23" });
// @ts-expect-error
jnp.zeros("2");
// @ts-expect-error
jnp.linalg.norm(x, { ord: "frobenius" });
// @ts-expect-error
random.uniform(key, "2");

// What is passed to transformed functions.
// @ts-expect-error
jit(model)({ w: x }, x);
// @ts-expect-error
grad(model)({ w: x, b: x });
// @ts-expect-error
jit(3);
// @ts-expect-error
optim.adam();

// Arrays are immutable, and no numbers.
// @ts-expect-error
x.shape[0] = 1;
// @ts-expect-error
Math.sqrt(x.sum());
// @ts-expect-error
x.add();
// @ts-expect-error
x * 2;
