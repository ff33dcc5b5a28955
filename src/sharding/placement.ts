import { ArrayImpl, type NDArray } from "../core/array.ts";
import { shapesEqual } from "../core/aval.ts";
import { installFollow } from "../core/placement.ts";
import { AttributeError, ValueError } from "../errors.ts";
import { PartitionSpec } from "./partitionSpec.ts";
import { defaultSharding, NamedSharding, Sharding } from "./sharding.ts";

// Where arrays are. The devices share their memory, so a placement is a fact about an array, not a place of its bytes.

/** The sharding of an array: the first device, for one that nobody placed. */
export function shardingOf(x: NDArray, what = "sharding"): Sharding {
  if (x instanceof ArrayImpl) return (x.placement as Sharding | null) ?? defaultSharding();
  throw new AttributeError(
    `A traced array of type ${x.aval} has no ${what}: where it is will be known when the program runs.`,
  );
}

/** Says where a new array is. @throws ValueError when it cannot be divided so */
export function place(x: ArrayImpl, sharding: Sharding): void {
  sharding.shardShape(x.shape);
  x.placement = sharding;
  installFollow(follow);
}

/** @throws ValueError for operands on different devices */
function follow(inputs: readonly ArrayImpl[], outputs: readonly ArrayImpl[]): void {
  const placed = inputs.filter((x) => x.placement !== null);
  if (placed.length === 0) return;
  const [first] = placed;
  const sharding = shardingOf(first);
  const other = placed.find((x) => !sameDevices(shardingOf(x), sharding));
  if (other !== undefined) {
    const show = (x: ArrayImpl): string =>
      `an operand with shape ${x.aval} and with device ids [${shardingOf(x)
        .deviceList.map(({ id }) => id)
        .join(", ")}] on platform CPU`;
    throw new ValueError(
      `Received incompatible devices for jitted computation. Got ${show(first)} and ${show(other)}`,
    );
  }
  for (const y of outputs) if (y.placement === null) y.placement = shardingOfResult(placed, y, sharding);
}

/** A result is divided as an operand of its shape is; one of another shape is whole everywhere. */
function shardingOfResult(placed: readonly ArrayImpl[], y: ArrayImpl, sharding: Sharding): Sharding {
  const like = placed.find((x) => shapesEqual(x.shape, y.shape));
  if (like !== undefined) return shardingOf(like);
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
