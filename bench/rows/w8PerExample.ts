import { perExampleGradients } from "../reference/mlp.ts";
import { layersOf, networkInputs, small } from "./networks.ts";
import type { Group } from "./row.ts";
import { all, close } from "./verify.ts";

const parameters = small.sizes.slice(1).reduce((sum, n, l) => sum + n * (small.sizes[l] + 1), 0);

export const w8: Group = {
  id: "w8",
  title: "vmap(grad)",
  rows: [
    {
      id: "w8-per-example-grads",
      title: `gradients per example of ${small.name}, batch ${small.batch}`,
      kernel: "perExampleGrads",
      unit: "ms",
      parameters: {},
      inputs: () => networkInputs(small),
      reference(inputs) {
        const g = perExampleGradients(layersOf(inputs), inputs.x.data, inputs.y.data, small.batch);
        return close(g.map(all), 1e-5);
      },
      work: { bytes: 4 * small.batch * parameters },
    },
  ],
};
