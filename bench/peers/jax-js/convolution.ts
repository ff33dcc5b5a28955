/** Convolutions, which this library computes in NCHW. */
import { grad, jit, lax, nn, tree } from "@jax-js/jax";
import type { Inputs, Kernel, Tensor } from "../../rows/row.ts";
import { hwioToOihw, nchwToNhwc, nhwcToNchw, oihwToHwio } from "../layouts.ts";
import type { Implementation } from "../peer.ts";
import { type Array, type Arrays, load, read, repeated } from "./prepared.ts";

const conv = (x: Array, k: Array): Array => lax.conv(x, k, [1, 1], "SAME");
const network = (x: Array, k1: Array, k2: Array): Array => nn.relu(conv(nn.relu(conv(x, k1)), k2));

const isKernel = (name: string): boolean => name.startsWith("k");

/** A function whose results are images or gradients of the inputs of these names. */
function converted(f: (a: Arrays) => Array[], results: readonly string[]): Implementation {
  return (inputs: Inputs) => {
    const entries = Object.entries(inputs).map(([name, t]): [string, Tensor] => [
      name,
      isKernel(name) ? hwioToOihw(t) : nhwcToNchw(t),
    ]);
    const a = load(Object.fromEntries(entries));
    const g = jit(f);
    const call = () => g(tree.ref(a));
    const release = () => {
      tree.dispose(a);
      g.dispose();
    };
    return {
      ...repeated(call, release),
      async answers() {
        const out: Array[] = call();
        const shapes = out.map((x: Array): number[] => [...x.shape]);
        const values = await read(out);
        return values.map((v, i) => {
          const t = { shape: shapes[i], data: v as Float32Array };
          return (isKernel(results[i]) ? oihwToHwio(t) : nchwToNhwc(t)).data;
        });
      },
    };
  };
}

function gradients(f: (...values: Array[]) => Array, names: readonly string[]) {
  return ({ c, ...a }: Arrays): Array[] => {
    const loss = (...values: Array[]) =>
      f(...values)
        .mul(c)
        .sum();
    return grad(loss, { argnums: names.map((_, i) => i) })(...names.map((name) => a[name]));
  };
}

export const convolutions = {
  convNet: converted(({ x, k1, k2 }) => [network(x, k1, k2)], ["x"]),
  convNetGrad: converted(
    ({ x, ...a }) => gradients((k1, k2) => network(x, k1, k2), ["k1", "k2"])(a),
    ["k1", "k2"],
  ),
  conv: converted(({ x, k }) => [conv(x, k)], ["x"]),
  convGrad: converted(gradients(conv, ["x", "k"]), ["x", "k"]),
} satisfies Partial<Record<Kernel, Implementation>>;
