/**
 * Data-parallel training of a network for MNIST: `pmap` over two devices, each with half of the batch, against one device with the whole
 * batch, on one thread and on two. Parameters are replicated (each device has its own and updates it), or shared (`inAxes` and `outAxes` null).
 * The runs take turns, and the losses of all are compared first.
 *
 *     npx tsx bench/devices.ts [rounds]
 */
import { config, jit, jnp, lax, type NDArray, nn, pmap, random, tree, valueAndGrad } from "../src/index.ts";

type Params = NDArray[][];
const sizes = [784, 512, 512, 10];
const rate = 0.01;
const devices = 2;

function initialize(): Params {
  const keys = random.split(random.key(0), sizes.length - 1);
  return sizes
    .slice(1)
    .map((n, i) => [random.normal(keys.get(i), [sizes[i], n]).mul(Math.sqrt(2 / sizes[i])), jnp.zeros(n)]);
}

function loss(params: Params, x: NDArray, y: NDArray): NDArray {
  const logits = params.reduce((h, [w, b], i) => (i === 0 ? h : nn.relu(h)).matmul(w).add(b), x);
  return nn.logSoftmax(logits).mul(y).sum(-1).mean().neg();
}

const descend = (params: Params, grads: Params): Params =>
  tree.map((p: NDArray, g: NDArray) => p.sub(g.mul(rate)), params, grads) as Params;

const single = jit(
  (params: Params, x: NDArray, y: NDArray): [Params, NDArray] => {
    const [value, grads] = valueAndGrad(loss)(params, x, y);
    return [descend(params, grads), value];
  },
  { donateArgnums: 0 },
);

const stepOfDevice = (params: Params, x: NDArray, y: NDArray): [Params, NDArray] => {
  const [value, grads] = lax.pmean(valueAndGrad(loss)(params, x, y), "batch");
  return [descend(params, grads), value];
};
const steps = {
  single,
  replicated: pmap(stepOfDevice, { axisName: "batch", donateArgnums: 0 }),
  shared: pmap(stepOfDevice, {
    axisName: "batch",
    donateArgnums: 0,
    inAxes: [null, 0, 0],
    outAxes: [null, null],
  }),
};

const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1];

/** One way to train: its parameters, and the time of each step. */
class Run {
  readonly times: number[] = [];
  readonly losses: number[] = [];
  readonly name: string;
  private readonly threads: number;
  private readonly kind: keyof typeof steps;
  private params: Params;
  constructor(name: string, threads: number, kind: keyof typeof steps) {
    this.name = name;
    this.threads = threads;
    this.kind = kind;
    const params = initialize();
    this.params =
      kind === "replicated"
        ? (tree.map((p: NDArray) => jnp.broadcastTo(p, [devices, ...p.shape]).add(0), params) as Params)
        : params;
  }
  step(x: NDArray, y: NDArray): void {
    config.update("numThreads", this.threads);
    const shard = (a: NDArray): NDArray =>
      this.kind === "single" ? a : a.reshape([devices, -1, a.shape[1]]);
    const [xs, ys] = [shard(x), shard(y)];
    const start = performance.now();
    const [params, value] = steps[this.kind](this.params, xs, ys);
    this.times.push(performance.now() - start);
    this.params = params;
    this.losses.push(Number(value.ndim === 1 ? value.get(0) : value));
  }
}

const rounds = Number(process.argv[2] ?? 60);
config.update("numCpuDevices", devices);
for (const batch of [128, 256, 512, 130, 62]) {
  const runs = [
    new Run("one device, one thread", 1, "single"),
    new Run("one device, two threads", 2, "single"),
    new Run("pmap, replicated, two threads", 2, "replicated"),
    new Run("pmap, shared, two threads", 2, "shared"),
    new Run("pmap, replicated, one thread", 1, "replicated"),
    new Run("pmap, shared, one thread", 1, "shared"),
  ];
  const x = random.uniform(random.key(1), [batch, 784]);
  const y = nn.oneHot(random.randint(random.key(2), [batch], 0, 10), 10);
  for (let i = 0; i < rounds; i++) for (const run of runs) run.step(x, y);
  const [reference] = runs;
  const worst = Math.max(
    ...runs.map(({ losses }) => Math.max(...losses.map((l, i) => Math.abs(l / reference.losses[i] - 1)))),
  );
  if (!(worst < 1e-4)) throw new Error(`the losses differ by a factor of ${1 + worst}`);
  console.log(
    `batch ${batch}; losses from ${reference.losses[0].toFixed(4)} to ${reference.losses.at(-1)?.toFixed(4)}, within ${worst.toExponential(1)} of each other`,
  );
  const base = median(reference.times.slice(5));
  const fastest = Math.min(...reference.times);
  for (const { name, times } of runs) {
    const own = median(times.slice(5));
    const best = Math.min(...times);
    console.log(
      `  ${name.padEnd(36)} median ${own.toFixed(2)} ms, ${(base / own).toFixed(2)} times as fast; ` +
        `best ${best.toFixed(2)} ms, ${(fastest / best).toFixed(2)} times as fast`,
    );
  }
}
