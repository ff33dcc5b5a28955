import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import type { NamedAxis } from "../core/trace.ts";
import { ValueError } from "../errors.ts";
import type { Mesh } from "../sharding/mesh.ts";
import type { PartitionSpec } from "../sharding/partitionSpec.ts";

// What shardMap requires of specs, with the messages of JAX.

/** @throws ValueError for a name that is not mapped over */
export function checkSpecNames(spec: PartitionSpec, option: string, manualAxes: readonly string[]): void {
  const other = spec.names.find((name) => !manualAxes.includes(name));
  if (other === undefined) return;
  throw new ValueError(
    `shardMap ${option} argument must refer to an axis marked as manual (${quoted(manualAxes)}), but:\n\n` +
      `  ${option} refers to '${other}'\n\nCheck the ${option} values passed to shardMap.`,
  );
}

/** @throws ValueError for a spec of an argument with more entries than the argument has dimensions */
export function checkInRanks(
  name: string,
  inputs: readonly NDArray[],
  specs: readonly PartitionSpec[],
): void {
  inputs.forEach((x, i) => {
    if (specs[i].length <= x.ndim) return;
    throw new ValueError(
      `shardMap applied to the function '${name}' was given an inSpecs entry which is too long to be compatible with the corresponding ` +
        `input value from the function:\n\ninSpecs is ${specs[i]} which has length ${specs[i].length}, but the passed argument leaf ${i} ` +
        `has shape ${x.aval}, which has rank ${x.ndim} (and ${x.ndim} < ${specs[i].length})\n\n` +
        "Entries in inSpecs must be of length no greater than the number of axes in the corresponding input value.\n\n" +
        `Either revise the spec to be shorter, or modify '${name}' so that its inputs have sufficient rank.`,
    );
  });
}

/** @throws ValueError for a dimension that axes of the mesh do not divide evenly */
export function checkDivisible(
  name: string,
  mesh: Mesh,
  inputs: readonly NDArray[],
  specs: readonly PartitionSpec[],
  axes: readonly NamedAxis[],
): void {
  inputs.forEach((x, i) => {
    x.shape.forEach((size, dimension) => {
      const names = specs[i].namesAt(dimension);
      const parts = names.reduce((n, axis) => n * (axes.find((a) => a.name === axis)?.size ?? 1), 1);
      if (size % parts === 0) return;
      const [to, of] =
        names.length === 1
          ? [`mesh axis '${names[0]}'`, `(of size ${parts})`]
          : [`mesh axes ${quoted(names)}`, `(of total size ${parts})`];
      throw new ValueError(
        `shardMap applied to the function '${name}' was given argument arrays with axis sizes that are not evenly divisible by the ` +
          `corresponding mesh axis sizes:\n\n${meshText(mesh)}\n\nthe passed argument leaf ${i} of shape ${x.aval} corresponds to inSpecs ` +
          `of value ${specs[i]}, which maps array axis ${dimension} (of size ${size}) to ${to} ${of}, but ${parts} does not evenly divide ` +
          `${size}\n\nArray arguments' axis sizes must be evenly divisible by the mesh axis or axes indicated by the corresponding ` +
          "elements of the argument's inSpecs entry. Consider checking that inSpecs are correct, and if so consider changing the mesh axis " +
          `sizes or else padding the input and adapting '${name}' appropriately.`,
      );
    });
  });
}

/** @throws ValueError for a spec of a result with more entries than the result has dimensions */
export function checkOutRanks(
  name: string,
  avals: readonly ShapedArray[],
  specs: readonly PartitionSpec[],
): void {
  avals.forEach((aval, i) => {
    if (specs[i].length <= aval.ndim) return;
    const scalar =
      aval.ndim > 0
        ? ""
        : "\n\nFor scalar values (rank 0), consider using an outSpecs entry of `P()`. In particular, for rank 0 outputs which are not " +
          "constant over the mesh, add at least one (singleton) axis to them so that they can be concatenated using outSpecs.";
    throw new ValueError(
      `shardMap applied to the function '${name}' was given an outSpecs entry which is too long to be compatible with the corresponding ` +
        `output value from the function:\n\noutSpecs is ${specs[i]} which has length ${specs[i].length}, but result leaf ${i} has shape ` +
        `${aval}, which has rank ${aval.ndim} (and ${aval.ndim} < ${specs[i].length})\n\n` +
        "Entries in outSpecs must be of length no greater than the number of axes in the corresponding output value.\n\n" +
        `Either revise the spec to be shorter, or modify '${name}' so that its outputs have sufficient rank.${scalar}`,
    );
  });
}

/** @throws ValueError for a result that is not divided over an axis along which it may differ */
export function checkReplication(
  name: string,
  mesh: Mesh,
  avals: readonly ShapedArray[],
  specs: readonly PartitionSpec[],
  axes: readonly NamedAxis[],
): void {
  avals.forEach((aval, i) => {
    const missing = axes.map((a) => a.name).filter((axis) => !specs[i].names.includes(axis));
    const varying = missing.filter((axis) => aval.varying.includes(axis));
    if (varying.length === 0) return;
    const shared = axes.map((a) => a.name).filter((axis) => !aval.varying.includes(axis));
    const inferred =
      shared.length === 0
        ? "could not infer replication over any axes"
        : `could only infer replication over ${quoted(shared)}, which is missing the required axes ${quoted(varying)}`;
    throw new ValueError(
      `shardMap applied to the function '${name}' was given outSpecs which require replication which can't be statically inferred given ` +
        `the mesh:\n\n${meshText(mesh)}\n\noutSpecs is ${specs[i]} which implies that the corresponding output value is replicated across ` +
        `mesh ${missing.length === 1 ? `axis '${missing[0]}'` : `axes ${quoted(missing)}`}, but ${inferred}\n\n` +
        "Check if these output values are meant to be replicated over those mesh axes. If not, consider revising the corresponding " +
        "outSpecs entries. If so, consider disabling the check by passing the checkVma: false argument to `shardMap`.",
    );
  });
}

function meshText(mesh: Mesh): string {
  const { axisNames, axisSizes } = mesh;
  const comma = axisNames.length === 1 ? "," : "";
  return (
    `The mesh given has shape (${axisSizes.join(", ")}${comma}) with corresponding axis names ` +
    `(${axisNames.map((n) => `'${n}'`).join(", ")}${comma}).`
  );
}

function quoted(names: readonly string[]): string {
  return `{${names.map((name) => `'${name}'`).join(", ")}}`;
}
