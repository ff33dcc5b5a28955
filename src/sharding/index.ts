/** `sharding`: devices in meshes, and how arrays are divided among them. */

export { Shard } from "./arrayMethods.ts";
export { Device } from "./device.ts";
export { AxisType, type DeviceArray, Mesh, type MeshOptions } from "./mesh.ts";
export { P, PartitionSpec, type SpecEntry } from "./partitionSpec.ts";
export { type Extent, NamedSharding, Sharding, SingleDeviceSharding } from "./sharding.ts";
