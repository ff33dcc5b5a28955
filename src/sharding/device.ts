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
 * @throws RuntimeError for a back end other than "cpu"
 * @example
 * ```ts
 * String(devices()[0]); // => "CpuDevice(id=0)"
 * ```
 */
export function devices(backend: string | null = null): Device[] {
  if (backend !== null && backend !== "cpu") {
    throw new RuntimeError(
      `Unknown backend: '${backend}' requested, but no platforms that are instances of ${backend} are present. Platforms present are: cpu`,
    );
  }
  return Array.from({ length: config.numCpuDevices }, (_, i) => deviceOf(i));
}

/**
 * The devices of this process: all of them.
 * @throws RuntimeError for a back end other than "cpu"
 */
export function localDevices(options: { readonly backend?: string | null } = {}): Device[] {
  return devices(options.backend);
}
/**
 * The number of devices.
 * @throws RuntimeError for a back end other than "cpu"
 */
export function deviceCount(backend: string | null = null): number {
  return devices(backend).length;
}
/**
 * The number of devices of this process: all of them.
 * @throws RuntimeError for a back end other than "cpu"
 */
export function localDeviceCount(backend: string | null = null): number {
  return devices(backend).length;
}
/**
 * The platform of the default back end: "cpu".
 * @example
 * ```ts
 * defaultBackend(); // => "cpu"
 * ```
 */
export function defaultBackend(): string {
  return "cpu";
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
