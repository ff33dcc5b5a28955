import { config } from "fluxion";
import { afterAll, beforeAll } from "vitest";

/** For the tests of a file there are `n` devices. Meshes can be made before they run. */
export function withDevices(n: number): void {
  config.update("numCpuDevices", n);
  beforeAll(() => config.update("numCpuDevices", n));
  afterAll(() => config.update("numCpuDevices", 1));
}
