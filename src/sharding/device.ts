import { config } from "../core/config.ts";
import { RuntimeError } from "../errors.ts";

/** A device that computes. All CPU devices share the processor and its memory; each is a worker of its own in a program under pmap or shardMap. */
export class Device {
  readonly id: number;
  readonly platform = "cpu";
  readonly deviceKind = "cpu";
  readonly processIndex = 0;
  /** @internal Use {@link devices}. */
  constructor(id: number) {
    this.id = id;
  }
  toString(): string {
    return `CpuDevice(id=${this.id})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

const known: Device[] = [];

/** The device of this number, whether or not `config.numCpuDevices` counts it now. */
export function deviceOf(id: number): Device {
  for (let i = known.length; i <= id; i++) known.push(new Device(i));
  return known[id];
}

/**
 * The devices: `config.update("numCpuDevices", n)` says how many there are.
 * @throws RuntimeError for a platform other than "cpu"
 * @example
 * ```ts
 * String(devices()[0]); // => "CpuDevice(id=0)"
 * ```
 */
export function devices(platform = "cpu"): Device[] {
  if (platform !== "cpu") {
    throw new RuntimeError(
      `Backend '${platform}' failed to initialize: it does not exist. Available backends are ['cpu']`,
    );
  }
  return Array.from({ length: config.numCpuDevices }, (_, i) => deviceOf(i));
}

/** The devices of this process: all of them. */
export function localDevices(): Device[] {
  return devices();
}
/** The number of devices. */
export function deviceCount(): number {
  return config.numCpuDevices;
}
/** The number of devices of this process: all of them. */
export function localDeviceCount(): number {
  return config.numCpuDevices;
}
/** The number of this process among those that compute together; there is only one. */
export function processIndex(): number {
  return 0;
}
/** The number of processes that compute together: one. */
export function processCount(): number {
  return 1;
}
/** The numbers of the processes that compute together. */
export function processIndices(): number[] {
  return [0];
}
