import { map } from "../reference/linear.ts";
import { tensor } from "./inputs.ts";
import { large, networkInputs } from "./networks.ts";
import type { Group, Inputs, Row } from "./row.ts";
import { all, close } from "./verify.ts";
import { sgdParameters, sgdReference } from "./w2Training.ts";

const inputs = (): Inputs => ({ a: tensor(1, [16]), b: tensor(2, [16]) });

const eagerAdd: Row = {
  id: "w5-eager-add",
  title: "eager addition of two (16,) arrays",
  kernel: "eagerAdd",
  unit: "us",
  parameters: {},
  inputs,
  reference: ({ a, b }) => close([all(map(a.data, (v, i) => v + b.data[i]))], 1e-6),
  work: null,
};

/** Five times `x = x * 1.01 + b`. */
const tenOps: Row = {
  id: "w5-ten-ops",
  title: "compiled call of ten operations on (16,)",
  kernel: "tenOps",
  unit: "us",
  parameters: { factor: 1.01 },
  inputs,
  reference: ({ a, b }) => {
    let x: Float64Array = Float64Array.from(a.data);
    for (let k = 0; k < 5; k++) x = map(x, (v, i) => v * 1.01 + b.data[i]);
    return close([all(x)], 1e-6);
  },
  work: null,
};

const firstCall: Row = {
  id: "w5-first-call",
  title: `first call of the step of ${large.name}`,
  kernel: "firstCall",
  unit: "ms",
  parameters: sgdParameters,
  inputs: () => networkInputs(large),
  reference: (values) => sgdReference(values, large),
  work: null,
};

export const w5: Group = { id: "w5", title: "overheads", rows: [eagerAdd, tenOps, firstCall] };
