import { NotImplementedError, ValueError } from "../errors.ts";
import { devices as allDevices, Device } from "./device.ts";

/** Devices in an array of any number of dimensions. */
export type DeviceArray = readonly (Device | DeviceArray)[];

/** Who divides the work along an axis of a mesh. Only `Auto` can be asked for; axes are manual inside shardMap. */
export const AxisType = /* @__PURE__ */ Object.freeze({
  Auto: "Auto",
  Explicit: "Explicit",
  Manual: "Manual",
} as const);
export type AxisType = (typeof AxisType)[keyof typeof AxisType];

export interface MeshOptions {
  readonly axisTypes?: readonly AxisType[];
}

/**
 * Devices in an array whose axes have names, which specs and collectives refer to.
 *
 * @example
 * ```ts
 * String(new Mesh([devices()[0]], ["x"])); // => "Mesh('x': 1, axis_types=(Auto,))"
 * ```
 */
export class Mesh {
  readonly devices: DeviceArray;
  readonly axisNames: readonly string[];
  readonly axisSizes: readonly number[];
  readonly axisTypes: readonly AxisType[];
  /** Row-major. */
  readonly flatDevices: readonly Device[];

  /**
   * @param devices as many levels of lists as there are names
   * @throws ValueError for names that repeat or do not fit the dimensions, a ragged list, or a device that occurs twice;
   * NotImplementedError for axis types other than Auto
   */
  constructor(
    devices: DeviceArray | Device,
    axisNames: string | readonly string[],
    options: MeshOptions = {},
  ) {
    const names = typeof axisNames === "string" ? [axisNames] : [...axisNames];
    const array: DeviceArray | Device = devices;
    const isEmpty = names.length === 0 && Array.isArray(array) && array.length === 0;
    const sizes = isEmpty ? [] : sizesOf(array);
    if (sizes.length !== names.length) {
      throw new ValueError(
        `Mesh requires the ndim of its first argument (\`devices\`) to equal the length of its second argument (\`axis_names\`), ` +
          `but got devices.ndim == ${sizes.length} and len(axis_names) == ${names.length}.`,
      );
    }
    if (new Set(names).size < names.length) {
      throw new ValueError(`Mesh axis names must be unique, got ${names.join(", ")}.`);
    }
    const flat = flatten(array);
    if (!flat.every((d) => d instanceof Device))
      throw new TypeError("Mesh devices must be devices, as devices() gives.");
    if (new Set(flat).size < flat.length)
      throw new ValueError("Mesh devices must be different from each other.");
    const types = options.axisTypes ?? names.map(() => AxisType.Auto);
    if (types.length !== names.length) {
      throw new ValueError(
        `Number of axis names should match the number of axisTypes. Got axisNames=(${names.join(", ")}) and axisTypes=(${types.join(", ")})`,
      );
    }
    if (types.some((type) => type !== AxisType.Auto)) {
      throw new NotImplementedError(
        "Mesh axes other than AxisType.Auto are not supported: types do not hold shardings here. Divide arrays with devicePut or lax.withShardingConstraint.",
      );
    }
    this.devices = array instanceof Device ? [] : array;
    this.axisNames = names;
    this.axisSizes = sizes;
    this.axisTypes = types;
    this.flatDevices = flat;
  }
  /** Sizes by name, in the order of the axes. */
  get shape(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.axisNames.map((name, i) => [name, this.axisSizes[i]]));
  }
  get size(): number {
    return this.flatDevices.length;
  }
  get empty(): boolean {
    return this.axisNames.length === 0;
  }
  /** Whether it is the same arrangement of the same devices. */
  equals(other: unknown): boolean {
    return (
      other instanceof Mesh &&
      this.toString() === other.toString() &&
      this.flatDevices.every((d, i) => d === other.flatDevices[i])
    );
  }
  toString(): string {
    if (this.empty) return "Mesh()";
    const axes = this.axisNames.map((name, i) => `'${name}': ${this.axisSizes[i]}`).join(", ");
    const types = this.axisTypes.length === 1 ? `${this.axisTypes[0]},` : this.axisTypes.join(", ");
    return `Mesh(${axes}, axis_types=(${types}))`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

function flatten(array: DeviceArray | Device): Device[] {
  return Array.isArray(array) ? (array as DeviceArray).flatMap(flatten) : [array as Device];
}

/** The sizes of nested lists. @throws ValueError when they are ragged */
function sizesOf(array: DeviceArray | Device): number[] {
  if (!Array.isArray(array)) return [];
  if (array.length === 0) return [0];
  const [first, ...rest] = array.map(sizesOf);
  if (rest.some((sizes) => sizes.join() !== first.join())) {
    throw new ValueError("Mesh devices must be lists of equal lengths.");
  }
  return [array.length, ...first];
}

export interface MakeMeshOptions extends MeshOptions {
  /** The devices to use; default all. */
  readonly devices?: readonly Device[];
}

/**
 * A mesh of the first devices. Unlike JAX's, its axes are of type Auto.
 * @throws ValueError when there are too few devices, or as many names as sizes are not given
 * @example
 * ```ts
 * makeMesh([1], ["x"]).size; // => 1
 * ```
 */
export function makeMesh(
  axisShapes: readonly number[],
  axisNames: string | readonly string[],
  options: MakeMeshOptions = {},
): Mesh {
  const names = typeof axisNames === "string" ? [axisNames] : axisNames;
  if (names.length !== axisShapes.length) {
    throw new ValueError(
      `Number of axis names ${names.length} must equal the number of axes in axisShapes, (${axisShapes.join(", ")}).`,
    );
  }
  const available = options.devices ?? allDevices();
  const size = axisShapes.reduce((n, s) => n * s, 1);
  if (available.length < size) {
    throw new ValueError(
      `Number of devices ${available.length} must be >= the product of mesh_shape (${axisShapes.join(", ")}). ` +
        'config.update("numCpuDevices", n) makes more.',
    );
  }
  let next = 0;
  const build = (dims: readonly number[]): DeviceArray | Device =>
    dims.length === 0 ? available[next++] : Array.from({ length: dims[0] }, () => build(dims.slice(1)));
  return new Mesh(build(axisShapes), names, { axisTypes: options.axisTypes });
}
