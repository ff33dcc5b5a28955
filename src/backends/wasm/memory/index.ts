export { Allocator, type AllocatorOptions, RESERVED_BYTES } from "./allocator.ts";
export { DeviceMemory, type DeviceMemoryOptions, type MemoryStatistics } from "./deviceMemory.ts";
export { Slot, Storage } from "./storage.ts";
export { Views } from "./views.ts";
