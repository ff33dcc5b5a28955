import { ClosedJaxpr } from "../core/jaxpr.ts";
import type { NamedAxis } from "../core/trace.ts";
import type { PartitionSpec } from "../sharding/partitionSpec.ts";
import { runSegments } from "./deviceSegments.ts";
import { ProgramCache } from "./programCache.ts";
import { joinShards, stackShards, wholeShape } from "./shards.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";

/** What all devices compute together. */
interface DevicePrograms {
  readonly jaxpr: ClosedJaxpr;
  readonly inSpecs: readonly PartitionSpec[];
  readonly outSpecs: readonly PartitionSpec[];
}

const known = /* @__PURE__ */ new ProgramCache<ClosedJaxpr>();

/** The programs of all devices as one program on whole arrays, in which collectives are operations on the shards of all. */
export function spmdProgram(programs: DevicePrograms, axes: readonly NamedAxis[]): ClosedJaxpr {
  const { jaxpr, inSpecs, outSpecs } = programs;
  const key = `${JSON.stringify(axes)}${inSpecs.join(";")}>${outSpecs.join(";")}`;
  return known.get(jaxpr.jaxpr, key, () => {
    const wholes = jaxpr.inAvals.map((aval, i) =>
      aval.update({ shape: wholeShape(aval.shape, inSpecs[i], axes), varying: [] }),
    );
    const { jaxpr: program, consts } = traceToJaxpr(
      (args) => {
        const stacks = args.map((x, i) => stackShards(x, inSpecs[i], axes));
        const [outs, dims] = runSegments(
          jaxpr,
          stacks.map(([x]) => x),
          stacks.map(([, dim]) => dim),
          axes.map(({ name, size }) => ({ name, size })),
        );
        return outs.map((x, i) => joinShards(x, dims[i], outSpecs[i], axes));
      },
      wholes,
      "running a program on several devices",
    );
    return new ClosedJaxpr(program, consts);
  });
}
