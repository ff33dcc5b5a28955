import ort from "onnxruntime-web";
import type { Inputs, Parameters } from "../../rows/row.ts";
import type { Implementation } from "../peer.ts";
import { Graph } from "./graph.ts";

/** Names of values in a graph. */
export type Values = Record<string, string>;

interface Options {
  /** Inputs that are given at each run; the others are weights, part of the model. All by default. */
  readonly fed?: readonly string[];
  /** Applied to the inputs before, and to the results after; neither is timed. */
  readonly convert?: (inputs: Inputs) => Inputs;
  readonly restore?: (shape: readonly number[], data: ArrayLike<number>) => ArrayLike<number>;
}

/** A model of one function of the inputs. */
export const model =
  (
    make: (graph: Graph, values: Values, parameters: Parameters, inputs: Inputs) => readonly string[],
    { fed, convert = (inputs) => inputs, restore = (_, data) => data }: Options = {},
  ): Implementation =>
  async (given, parameters) => {
    const inputs = convert(given);
    const graph = new Graph();
    const values: Values = {};
    const feeds: Record<string, unknown> = {};
    for (const [name, tensor] of Object.entries(inputs)) {
      if (fed !== undefined && !fed.includes(name)) values[name] = graph.constant(tensor);
      else {
        values[name] = graph.input(name, tensor.shape);
        feeds[name] = new ort.Tensor("float32", tensor.data, tensor.shape);
      }
    }
    const outputs = make(graph, values, parameters, inputs);
    const session = await ort.InferenceSession.create(graph.build(outputs), {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
    });
    return {
      async run(n) {
        for (let i = 0; i < n; i++) await session.run(feeds);
      },
      async answers() {
        const results = await session.run(feeds);
        return outputs.map((name) => restore(results[name].dims, numbers(results[name].data)));
      },
      release: () => void session.release(),
    };
  };

/** Indices are 64-bit integers. */
const numbers = (data: ArrayLike<number> | BigInt64Array): ArrayLike<number> =>
  data instanceof BigInt64Array ? Float64Array.from(data, Number) : data;
