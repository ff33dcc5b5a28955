/** `sharding`: devices in meshes, and how arrays are divided among them. */

export { type OutShardings, reshard } from "../lax/reshard.ts";
export { Shard } from "./arrayMethods.ts";
export { getMesh, type SetMesh, setMesh } from "./context.ts";
export { Device } from "./device.ts";
export { AxisType, type DeviceArray, Mesh, type MeshOptions } from "./mesh.ts";
export { P, PartitionSpec, type SpecEntry } from "./partitionSpec.ts";
export {
  type Extent,
  makeSingleDeviceSharding,
  NamedSharding,
  Sharding,
  SingleDeviceSharding,
} from "./sharding.ts";
