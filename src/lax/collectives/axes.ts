import { boundAxisSize, type NamedAxis } from "../../core/trace.ts";
import { NameError, NotImplementedError, ValueError } from "../../errors.ts";

/** One or several axis names. Members of several are counted with the first name as the most significant. */
export type AxisNames = string | readonly string[];
/** Members that take part together, as lists of indices that cover every index once. */
export type AxisGroups = readonly (readonly number[])[];

/** The names as a list. @throws TypeError for something else */
export function namesOf(axisName: AxisNames, where: string): readonly string[] {
  const names = Array.isArray(axisName) ? axisName : [axisName];
  if (names.every((name) => typeof name === "string")) return names as string[];
  throw new TypeError(
    `${where} requires an axis name, or a list of them, for axisName; got ${String(axisName)}.`,
  );
}

/** The number of members of named axes, or of their first group. @throws NameError for a name that is not bound */
export function membersOf(names: readonly string[], groups: AxisGroups | null = null): number {
  let size = 1;
  for (const name of names) {
    const bound = boundAxisSize(name);
    if (bound === undefined) throw new NameError(`unbound axis name: ${name}`);
    size *= bound;
  }
  return groups === null ? size : groups[0].length;
}

/** @throws NameError for a name that is not bound, in the words that JAX has for some operations */
export function requireAxes(names: readonly string[], where: string): void {
  for (const name of names) {
    if (boundAxisSize(name) !== undefined) continue;
    throw new NameError(
      `Found an unbound axis name: ${name}. To fix this, please call ${where} under a vmap, pmap or shardMap that binds it.`,
    );
  }
}

/**
 * The groups that the caller gave, checked.
 * @throws ValueError when they do not cover the indices of the axes exactly once, or differ in size where `equal`
 */
export function checkedGroups(
  groups: AxisGroups | null | undefined,
  names: readonly string[],
  equal = true,
): AxisGroups | null {
  if (groups === null || groups === undefined) return null;
  const all = groups.flat();
  const n = membersOf(names);
  const sorted = all.toSorted((a, b) => a - b);
  if (all.length !== n || sorted.some((member, i) => member !== i)) {
    throw new ValueError("axis_index_groups (axisIndexGroups) must cover all indices exactly once");
  }
  if (equal && groups.some((g) => g.length !== groups[0].length)) {
    throw new ValueError("Replica groups must be equally sized");
  }
  return groups;
}

/**
 * The members of mapped axes that take part together in a collective over `names`, each list in the order in which the collective counts
 * them. `subgroups` divide each of them further.
 */
export function groupsOf(
  axes: readonly NamedAxis[],
  names: readonly string[],
  subgroups: AxisGroups | null = null,
): number[][] {
  const stride = new Map<string, number>();
  let count = 1;
  for (const { name, size } of axes.toReversed()) {
    stride.set(name, count);
    count *= size;
  }
  const others = axes.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  const sizes = new Map(axes.map(({ name, size }) => [name, size]));
  const along = (list: readonly string[]): number[] =>
    list.reduce(
      (starts, name) => {
        const step = stride.get(name) as number;
        return starts.flatMap((s) =>
          Array.from({ length: sizes.get(name) as number }, (_, i) => s + i * step),
        );
      },
      [0],
    );
  const own = along(names);
  const groups = along(others).map((start) => own.map((member) => start + member));
  if (subgroups === null) return groups;
  return groups.flatMap((group) => subgroups.map((indices) => indices.map((i) => group[i])));
}

/** The names split into those of the mapped axes and the others. @throws NotImplementedError where `alone` and there are others */
export function splitNames(
  axes: readonly NamedAxis[],
  names: readonly string[],
  alone: string | null,
): { own: string[]; others: string[] } {
  const isOwn = (name: string): boolean => axes.some((axis) => axis.name === name);
  const own = names.filter(isOwn);
  const others = names.filter((name) => !isOwn(name));
  if (alone !== null && others.length > 0) {
    throw new NotImplementedError(
      `${alone} over axes of different maps (${names.join(", ")}) is not supported; apply it to one after the other.`,
    );
  }
  return { own, others };
}

/** An axis of an array, from the end when negative. @throws ValueError when out of range */
export function checkedAxis(axis: number, ndim: number, where: string): number {
  if (Number.isInteger(axis) && axis >= -ndim && axis < ndim) return axis < 0 ? axis + ndim : axis;
  throw new ValueError(`${where}: axis ${axis} is out of bounds for array of dimension ${ndim}`);
}
