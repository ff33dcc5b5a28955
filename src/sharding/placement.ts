import { ArrayImpl, type NDArray } from "../core/array.ts";
import { shapesEqual } from "../core/aval.ts";
import { installFollow, meshContext, type Placement } from "../core/placement.ts";
import { AttributeError, ValueError } from "../errors.ts";
import { Device } from "./device.ts";
import { PartitionSpec } from "./partitionSpec.ts";
import { defaultSharding, NamedSharding, Sharding, SingleDeviceSharding } from "./sharding.ts";

// Where arrays are. The devices share their memory, so a placement is a fact about an array, not a place of its bytes.
// Arrays that nobody placed are committed to no device: they go where others are.

/** The sharding of an array: the first device, for one that nobody placed. */
export function shardingOf(x: NDArray, what = "sharding"): Sharding {
  if (x instanceof ArrayImpl) return toSharding(x.placement);
  throw new AttributeError(
    `A traced array of type ${x.aval} has no ${what}: where it is will be known when the program runs.`,
  );
}

function toSharding(placement: Placement | null): Sharding {
  if (placement === null) return defaultSharding();
  return placement instanceof Device ? new SingleDeviceSharding(placement) : (placement as Sharding);
}

/** Whether somebody placed the array. */
export function isCommitted({ placement }: ArrayImpl): boolean {
  return placement !== null && !(placement instanceof Device);
}

/** Results are where their operands are, from now on. */
export function followOperands(): void {
  installFollow(follow, (placed, output) => {
    const like = placed.find(({ aval }) => shapesEqual(aval.shape, output.shape));
    return like?.placement ?? wholeOn(placed[0].placement as Sharding);
  });
}

/** Says where a new array is. @throws ValueError when it cannot be divided so */
export function place(x: ArrayImpl, sharding: Sharding): void {
  sharding.shardShape(x.shape);
  x.placement = sharding;
  followOperands();
}

/** @throws ValueError for operands on different devices */
function follow(inputs: readonly ArrayImpl[], outputs: readonly ArrayImpl[]): void {
  // Literals are part of the program.
  const placed = inputs.filter((x) => x.literal === undefined && isCommitted(x));
  if (placed.length === 0) return;
  const [first] = placed;
  const sharding = shardingOf(first);
  const other = placed.find((x) => !sameDevices(shardingOf(x), sharding));
  if (other !== undefined) throw incompatible(operand(first), operand(other));
  const around = meshContext()?.whole as Sharding | undefined;
  if (around !== undefined && !sameDevices(around, sharding)) {
    throw incompatible(operand(first), `jit's context mesh with ${deviceIds(around)}`);
  }
  for (const y of outputs) {
    if (isCommitted(y) && y.placement !== around) continue;
    y.placement = shardingOfResult(placed, y, sharding);
  }
}

/** @throws ValueError for operands that somebody placed otherwise than a function asks for */
export function checkPlacements(inputs: readonly NDArray[], wanted: readonly (Sharding | null)[]): void {
  inputs.forEach((x, i) => {
    const sharding = wanted[i];
    // What is only where the mesh that is set has all arrays may be an argument that became an array just now.
    if (sharding === null || !(x instanceof ArrayImpl) || !isCommitted(x)) return;
    if (x.placement === meshContext()?.whole) return;
    const own = shardingOf(x);
    if (own.isEquivalentTo(sharding, x.ndim)) return;
    throw new ValueError(
      `Sharding passed to jit does not match the sharding on the respective arg. Got jit sharding: ${sharding},\n` +
        `arg sharding: ${own} for arg type: ${x.aval}`,
    );
  });
}

function incompatible(one: string, other: string): ValueError {
  return new ValueError(
    `Received incompatible devices for jitted computation. Got ${one} on platform CPU and ${other} on platform CPU`,
  );
}
function operand(x: ArrayImpl): string {
  return `an operand with shape ${x.aval} and with ${deviceIds(shardingOf(x))}`;
}
function deviceIds({ deviceList }: Sharding): string {
  return `device ids [${deviceList.map(({ id }) => id).join(", ")}]`;
}

/** A result is divided as an operand of its shape is; one of another shape is whole everywhere. */
function shardingOfResult(placed: readonly ArrayImpl[], y: ArrayImpl, sharding: Sharding): Sharding {
  const like = placed.find((x) => shapesEqual(x.shape, y.shape));
  if (like !== undefined) return shardingOf(like);
  return wholeOn(sharding);
}

function wholeOn(sharding: Sharding): Sharding {
  return sharding instanceof NamedSharding ? new NamedSharding(sharding.mesh, new PartitionSpec()) : sharding;
}

function sameDevices(a: Sharding, b: Sharding): boolean {
  const ids = (s: Sharding): string =>
    s.deviceList
      .map(({ id }) => id)
      .sort()
      .join();
  return a === b || ids(a) === ids(b);
}

export function isSharding(x: unknown): x is Sharding {
  return x instanceof Sharding;
}
