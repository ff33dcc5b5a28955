import { config, grad, jit, jnp, makeJaxpr, type NDArray, nn, random, tree } from "fluxion";
import { literate } from "./literate.ts";

const { cell, main } = literate(import.meta.url);

export { main };

// Run as a script, this file prints itself: the comments below as prose, the code, and what the code gives.
if (process.argv[1]?.endsWith("tour.ts")) setImmediate(() => main(console.log));
process.stdout.on("error", () => {}); // a reader that stops early, as `head` does

// # 1. A function that reads a global
// jit runs a function once with tracers in place of arrays, and records the operations: that is tracing. Later
// calls run the compiled record. A value read from outside is recorded as it was then.

let g = 0;
const addGlobal = (x: NDArray): NDArray => x.add(g);

cell((print) => {
  const fast = jit(addGlobal);
  print(fast(jnp.float32(2)));
  g = 10;
  print(fast(jnp.float32(2)));
});

// The change of g is not seen: the program has the old value in it. makeJaxpr shows the record, here with the new one.

cell((print) => {
  print(makeJaxpr(addGlobal)(jnp.float32(2)));
});

// # 2. An object with hidden state
// The same happens to state inside an object.

class Counter {
  private n = 0;
  count(): number {
    this.n += 1;
    return this.n;
  }
  reset(): number {
    this.n = 0;
    return this.n;
  }
}
const counter = new Counter();
const next = () => counter.count();

cell((print) => {
  for (let i = 0; i < 3; i++) print(next());
});

// Compiled, it counts once, while it is traced.

cell((print) => {
  counter.reset();
  const fast = jit(next);
  for (let i = 0; i < 3; i++) print(fast());
});

// The program has no input and no addition in it, only the number 1:

cell((print) => {
  counter.reset();
  print(makeJaxpr(next)());
});

// # 3. Finding hidden state
// Fluxion can look for such mistakes: it then traces each function again when it is called, compares the two programs,
// and says what changed. Either as a warning ...

cell((print) => {
  config.update("checkPurity", "warn");
  counter.reset();
  const fast = jit(next);
  for (let i = 0; i < 2; i++) print(fast());
});

// ... or as an error.

cell((print) => {
  config.update("checkPurity", "error");
  g = 0;
  const fast = jit(addGlobal);
  print(fast(jnp.float32(2)));
  g = 10;
  try {
    fast(jnp.float32(2));
  } catch (error) {
    print(String(error));
  }
  config.update("checkPurity", "off");
});

// # 4. State passed in and out
// The cure: what a function needs is an argument, and what it changes is a result.

const count = (n: NDArray): [value: NDArray, state: NDArray] => [n.add(1), n.add(1)];

cell((print) => {
  let state = jnp.int32(0);
  for (let i = 0; i < 3; i++) {
    const [value, after] = count(state);
    state = after;
    print(value);
  }
});

// Compiled, it does the same, because now the program does the counting.

cell((print) => {
  const fast = jit(count);
  let state = jnp.int32(0);
  for (let i = 0; i < 3; i++) {
    const [value, after] = fast(state);
    state = after;
    print(value);
  }
  print(state.dtype.name);
  print(makeJaxpr(count)(jnp.int32(0)));
});

// # 5. Gradients with respect to many things
// argnums says which argument to differentiate.

const squares = (x: NDArray, y: NDArray, z: NDArray, w: NDArray) =>
  x.pow(2).add(y.pow(2)).add(z.pow(2)).add(w.pow(2));

cell((print) => {
  const one = jnp.float32(1);
  print(...[0, 1, 2, 3].map((i) => grad(squares, { argnums: i })(one, one, one, one)));
});

// With four arguments that is bearable, with the weights of a network not. So gradients are taken with respect to whole
// structures: the gradient has the shape of the argument.

cell((print) => {
  const ofPoint = (p: { x: NDArray; y: NDArray; z: NDArray; w: NDArray }) => squares(p.x, p.y, p.z, p.w);
  const one = jnp.float32(1);
  const gradient = grad(ofPoint)({ x: one, y: one, z: one, w: one });
  print(gradient.x, gradient.y, gradient.z, gradient.w);
});

// # 6. Pytrees
// Nested arrays and plain objects are trees; everything else in them is a leaf.

class Thing {}

cell((print) => {
  const examples = [
    [1, "a", new Thing()],
    [1, [2, 3], []],
    [1, { k1: 2, k2: [3, 4] }, 5],
    { a: 2, b: [2, 3] },
    jnp.int32([1, 2, 3]),
  ];
  for (const example of examples) {
    const leaves = tree.leaves(example);
    print(example, "has", leaves.length, leaves.length === 1 ? "leaf:" : "leaves:", leaves);
  }
});

// tree.map applies a function to every leaf and keeps the structure.

const numbers = [{ a: 3 }, [1, 2, 3], [1, 2], [1, 2, 3, 4]];

cell((print) => {
  print(tree.map((x) => x ** 2, numbers));
});

// It takes several trees too, which must match:

cell((print) => {
  print(tree.map((x, y) => x + y, numbers, numbers));
  try {
    tree.map((x, y) => x + y, numbers, [...numbers, [1]]);
  } catch (error) {
    print(String(error).split("\n")[0]);
  }
});

// # 7. A multi-layer perceptron
// The parameters of a network are a pytree: a list of layers, each with weights and biases.

interface Layer {
  weights: NDArray;
  biases: NDArray;
}

const initLayers = (key: NDArray, sizes: number[]): Layer[] =>
  [...random.split(key, sizes.length - 1)].map((k, i) => ({
    weights: random.normal(k, [sizes[i], sizes[i + 1]]).mul(Math.sqrt(2 / sizes[i])),
    biases: jnp.zeros([sizes[i + 1]]),
  }));

const forward = (layers: Layer[], x: NDArray): NDArray => {
  const hidden = layers
    .slice(0, -1)
    .reduce((h, { weights, biases }) => nn.relu(h.matmul(weights).add(biases)), x);
  const last = layers[layers.length - 1];
  return hidden.matmul(last.weights).add(last.biases);
};

const loss = (layers: Layer[], x: NDArray, y: NDArray): NDArray => forward(layers, x).sub(y).pow(2).mean();

// The update is one line: every leaf takes a step against its gradient.

const update = jit((layers: Layer[], x: NDArray, y: NDArray): Layer[] =>
  tree.map((p, gradient) => p.sub(gradient.mul(0.1)), layers, grad(loss)(layers, x, y)),
);

cell((print) => {
  const xs = jnp.linspace(-1, 1, 64).reshape(64, 1);
  const ys = xs.pow(2);
  let layers = initLayers(random.key(0), [1, 16, 16, 1]);
  print(tree.map((p) => p.shape.join("x"), layers));
  for (let step = 0; step <= 200; step++) {
    if (step % 40 === 0) print(`step ${step}: loss ${Number(loss(layers, xs, ys)).toFixed(4)}`);
    layers = update(layers, xs, ys);
  }
});

// And the gradient is a program like any other. This is that of a network with one hidden layer:

cell((print) => {
  const layers = initLayers(random.key(0), [1, 16, 1]);
  print(makeJaxpr(grad(loss))(layers, jnp.zeros([64, 1]), jnp.zeros([64, 1])));
});
