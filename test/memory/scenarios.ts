// Programs that must not leak, each run in a process of its own by leaks.test.ts, which reads the report printed at the end:
//   node --expose-gc --import tsx test/memory/scenarios.ts <name> <rounds>
import { grad, jit, jnp, type NDArray, nn, optim, random, tree, valueAndGrad, vmap } from "fluxion";
import { deviceMemory } from "../../src/backends/wasm/device.ts";

export interface Report {
  /** Resident set in MiB after a fifth of the rounds, and after each further fifth; for programs that `collect` without the device's memory. */
  readonly rss: readonly number[];
  /** Largest number of bytes in device memory at those times, in MiB, and size of the WebAssembly memory. */
  readonly resident: number;
  readonly capacity: number;
  readonly values: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** One round; may be asynchronous. The function that it returns reads the values to report. */
interface Scenario {
  readonly round: (i: number) => void | Promise<void>;
  readonly asynchronous?: boolean;
  /** Collects garbage before measuring: for programs that compile without end, where the collector is in no hurry. */
  readonly collect?: boolean;
  readonly values: () => Record<string, number>;
}

type Layer = { w: NDArray; b: NDArray };

/** A small network learning a linear map with Adam. */
function training(options: { donate: boolean }) {
  const sizes = [16, 32, 32, 4];
  const keys = random.split(random.key(0), sizes.length);
  const init: Layer[] = sizes.slice(1).map((n, i) => ({
    w: random.normal(keys.get(i), [sizes[i], n]).mul(Math.sqrt(2 / sizes[i])),
    b: jnp.zeros(n),
  }));
  const x = random.normal(random.key(1), [64, 16]);
  const y = x.matmul(random.normal(random.key(2), [16, 4]));
  const optimizer = optim.adam(1e-2);
  const loss = (params: Layer[], input: NDArray, target: NDArray): NDArray => {
    let h = input;
    params.forEach(({ w, b }, i) => {
      h = h.matmul(w).add(b);
      if (i < params.length - 1) h = nn.relu(h);
    });
    return jnp.mean(jnp.square(h.sub(target)));
  };
  const step = jit(
    (params: Layer[], state: optim.OptState, input: NDArray, target: NDArray) => {
      const [value, gradients] = valueAndGrad(loss)(params, input, target);
      const [updates, next] = optimizer.update(gradients, state as never, params);
      return [optim.applyUpdates(params, updates), next, value] as const;
    },
    { donateArgnums: options.donate ? [0, 1] : [] },
  );
  let params = init;
  let state = optimizer.init(params) as optim.OptState;
  let value: NDArray = jnp.array(0);
  return {
    step: (): NDArray => {
      const out = step(params, state, x, y) as readonly [Layer[], optim.OptState, NDArray];
      [params, state, value] = out;
      return value;
    },
    values: () => ({
      loss: value.item() as number,
      finite: tree.leaves(params).every(
        (p) =>
          jnp
            .isfinite(p as NDArray)
            .all()
            .item() === true,
      )
        ? 1
        : 0,
    }),
  };
}

const scenarios: Record<string, () => Scenario> = {
  "training without yielding": () => {
    const { step, values } = training({ donate: false });
    return { round: () => void step(), values };
  },
  "training with donation": () => {
    const { step, values } = training({ donate: true });
    return { round: () => void step(), values };
  },
  "training with awaits": () => {
    const { step, values } = training({ donate: false });
    return {
      asynchronous: true,
      round: async () => {
        await step().data();
      },
      values,
    };
  },
  // An event loop that turns: finalizers run.
  "training with turns of the event loop": () => {
    const { step, values } = training({ donate: false });
    return {
      asynchronous: true,
      round: async (i) => {
        step();
        if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      },
      values,
    };
  },
  "eager operations on a megabyte": () => {
    let x = jnp.zeros([512, 512]);
    const one = jnp.ones([512, 512]);
    const kept: NDArray[] = [];
    return {
      round: (i) => {
        x = x.add(one);
        if (i % 1000 === 0) kept.push(x);
      },
      values: () => ({ last: x.get(3, 5).item() as number, kept: kept[1].get(0, 0).item() as number }),
    };
  },
  "shapes that never repeat": () => {
    let total = 0;
    return {
      collect: true,
      round: (i) => {
        const x = jnp.zeros(i + 1, "uint8");
        total += x.add(1).max().item() as number;
      },
      values: () => ({ total }),
    };
  },
  "a jitted function of shapes that never repeat": () => {
    const f = jit((x: NDArray) => x.get(0).mul(2).add(1));
    let total = 0;
    return {
      collect: true,
      round: (i) => {
        total += f(jnp.array(new Uint8Array(i + 1))).item() as number;
      },
      values: () => ({ total }),
    };
  },
  "closures that are differentiated and mapped": () => {
    const x = jnp.arange(8).astype("float32");
    let total = 0;
    return {
      round: (i) => {
        const scale = (i % 7) + 1;
        const loss = (v: NDArray) => jnp.sum(nn.relu(v.mul(scale)));
        const g = grad(loss)(x);
        const m = vmap((v: NDArray) => jnp.where(v.gt(3), v, scale))(x);
        total += (g.get(5).item() as number) - scale + (m.get(0).item() as number);
      },
      values: () => ({ total }),
    };
  },
  "closures that are jitted": () => {
    const x = jnp.arange(8).astype("float32");
    let total = 0;
    return {
      round: (i) => {
        const f = jit((v: NDArray) => jnp.sum(v.mul(i)));
        total += (f(x).item() as number) / 28 - i;
      },
      values: () => ({ total }),
    };
  },
  "arrays made from typed arrays": () => {
    const data = new Float32Array(100_000).fill(1);
    let total = 0;
    return {
      round: () => {
        total += jnp.array(data).size;
      },
      values: () => ({ total }),
    };
  },
};

async function main(name: string, rounds: number): Promise<void> {
  const start = performance.now();
  const scenario = scenarios[name]();
  const rss: number[] = [];
  let [resident, capacity] = [0, 0];
  const mebibytes = (n: number) => Math.round(n / 2 ** 18) / 4;
  const sample = (i: number): void => {
    if ((i + 1) % Math.floor(rounds / 5) !== 0) return;
    if (scenario.collect === true) globalThis.gc?.();
    const s = deviceMemory.statistics;
    rss.push(mebibytes(process.memoryUsage().rss - (scenario.collect === true ? s.capacity : 0)));
    resident = Math.max(resident, s.residentBytes);
    capacity = Math.max(capacity, s.capacity);
  };
  if (scenario.asynchronous === true) {
    for (let i = 0; i < rounds; i++) {
      await scenario.round(i);
      sample(i);
    }
  } else {
    for (let i = 0; i < rounds; i++) {
      scenario.round(i);
      sample(i);
    }
  }
  const report: Report = {
    rss,
    resident: mebibytes(resident),
    capacity: mebibytes(capacity),
    values: scenario.values(),
    seconds: Math.round(performance.now() - start) / 1000,
  };
  console.log(JSON.stringify(report));
}

if (process.argv[2] !== undefined) await main(process.argv[2], Number(process.argv[3]));
