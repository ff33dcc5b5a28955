import type { Stage } from "../ir.ts";
import { type Access, type KernelSpace, spaceOf } from "./kernelSpace.ts";

/**
 * Kernels that share indices. The shared index is written in digits, outermost first: each is part of a free dimension of every
 * member, and of the place of every element that one member writes and another reads. So what a member does at a shared index needs
 * nothing that another one does at a different one.
 */
export interface Sharing {
  readonly sizes: readonly number[];
  readonly members: readonly Member[];
  /** By buffer that members write: how far a step of each digit moves in it. */
  readonly steps: ReadonlyMap<number, readonly number[]>;
}

export interface Member {
  readonly kernel: Stage;
  readonly space: KernelSpace;
  /** Of each digit. */
  readonly places: readonly Place[];
}

/** A digit is `floor(index / weight) % size` of the index along a dimension. */
export interface Place {
  readonly dim: number;
  readonly weight: number;
}

/** The part of a dimension that is a digit, or that lies between digits (`digit` is -1); outermost first. */
export interface Part {
  readonly digit: number;
  readonly size: number;
  readonly weight: number;
}

export function partsOf(
  dim: number,
  size: number,
  sizes: readonly number[],
  places: readonly Place[],
): Part[] {
  const parts: Part[] = [];
  let below = size;
  const own = places.map((place, digit) => ({ ...place, digit })).filter((place) => place.dim === dim);
  for (const { digit, weight } of own.sort((a, b) => b.weight - a.weight)) {
    const end = weight * sizes[digit];
    if (end < below) parts.push({ digit: -1, size: below / end, weight: end });
    parts.push({ digit, size: sizes[digit], weight });
    below = weight;
  }
  if (below > 1) parts.push({ digit: -1, size: below, weight: 1 });
  return parts;
}

/** One kernel alone: the digits are those of its free dimensions that `within` allows, in the order of the buffer that it writes. */
export function shareAlone(kernel: Stage, buffer: number, within: number): Sharing | null {
  const space = spaceOf(kernel);
  const write = space.writes.find((w) => w.buffer === buffer);
  if (write === undefined || write.strides === null) return null;
  const { strides } = write;
  const dims = space.sizes
    .map((_, dim) => dim)
    .filter((dim) => dim < Math.min(within, space.free) && space.sizes[dim] > 1);
  dims.sort((a, b) => strides[b] - strides[a]);
  if (dims.length === 0) return null;
  const sizes = dims.map((dim) => space.sizes[dim]);
  const places = dims.map((dim) => ({ dim, weight: 1 }));
  return withMember({ sizes, members: [], steps: new Map() }, kernel, space, places);
}

function withMember(
  sharing: Sharing,
  kernel: Stage,
  space: KernelSpace,
  places: readonly Place[],
): Sharing | null {
  const steps = new Map(sharing.steps);
  for (const { buffer, strides } of space.writes) {
    if (strides === null) return null;
    const own = places.map(({ dim, weight }) => strides[dim] * weight);
    const known = steps.get(buffer);
    if (own.some((step, j) => step <= 0 || (known !== undefined && known[j] !== step))) return null;
    steps.set(buffer, own);
  }
  return { ...sharing, steps, members: [...sharing.members, { kernel, space, places }] };
}

/** A digit becomes two, the inner one of size `inner`. */
function refine(sharing: Sharing, digit: number, inner: number): Sharing {
  const split = <T>(list: readonly T[], halves: (whole: T) => readonly [T, T]): T[] =>
    list.flatMap((item, j) => (j === digit ? halves(item) : [item]));
  return {
    sizes: split(sharing.sizes, (size) => [size / inner, inner]),
    steps: new Map(
      [...sharing.steps].map(([buffer, s]) => [buffer, split(s, (step) => [step * inner, step])]),
    ),
    members: sharing.members.map((member) => ({
      ...member,
      places: split(member.places, (p) => [{ ...p, weight: p.weight * inner }, p]),
    })),
  };
}

/** The members no longer share a digit. */
function drop(sharing: Sharing, digit: number): Sharing | null {
  const without = <T>(list: readonly T[]): T[] => list.filter((_, j) => j !== digit);
  if (sharing.sizes.length === 1) return null;
  return {
    sizes: without(sharing.sizes),
    steps: new Map([...sharing.steps].map(([buffer, s]) => [buffer, without(s)])),
    members: sharing.members.map((member) => ({ ...member, places: without(member.places) })),
  };
}

/**
 * Takes in a kernel that reads what members write; null when it does not share their indices. With `mayDrop`, indices over which it
 * reduces are shared no more.
 */
export function join(sharing: Sharing, kernel: Stage, mayDrop: boolean): Sharing | null {
  const space = spaceOf(kernel);
  let now: Sharing = sharing;
  for (;;) {
    const found = locateDigits(now, space);
    if (found === null) return null;
    if (found.kind === "places") return withMember(now, kernel, space, found.places);
    if (found.kind === "reduced" && !mayDrop) return null;
    const next = found.kind === "split" ? refine(now, found.digit, found.inner) : drop(now, found.digit);
    if (next === null) return null;
    now = next;
  }
}

type Located =
  | { readonly kind: "places"; readonly places: readonly Place[] }
  /** The kernel has two dimensions where there is one digit. */
  | { readonly kind: "split"; readonly digit: number; readonly inner: number }
  | { readonly kind: "reduced"; readonly digit: number };

function locateDigits(sharing: Sharing, space: KernelSpace): Located | null {
  const { sizes, steps } = sharing;
  let places: Place[] | null = null;
  for (const access of space.reads) {
    const step = steps.get(access.buffer);
    if (step === undefined) continue;
    if (access.strides === null) return null;
    const own: Place[] = [];
    for (let digit = 0; digit < sizes.length; digit++) {
      const found = locate(space, access.strides, step[digit], sizes[digit]);
      if (found === null) return null;
      if (found.kind === "split") return { ...found, digit };
      if (found.kind === "reduced") return { ...found, digit };
      own.push(found.place);
    }
    if (places?.some((p, j) => p.dim !== own[j].dim || p.weight !== own[j].weight)) return null;
    if (!staysWithin(sharing, access, space, own)) return null;
    places = own;
  }
  return places === null ? null : { kind: "places", places };
}

type Found =
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "split"; readonly inner: number }
  | { readonly kind: "reduced" };

/** The dimension that walks a digit of an access: the one whose strides cover `step` up to `step * size`. */
function locate(space: KernelSpace, strides: readonly number[], step: number, size: number): Found | null {
  const end = step * size;
  for (const [dim, stride] of strides.entries()) {
    if (stride < 0) return null;
    const own = stride * space.sizes[dim];
    if (stride === 0 || space.sizes[dim] === 1 || own <= step || stride >= end) continue;
    if (stride > step) return splitAt(stride, step, size);
    if (own < end) return splitAt(own, step, size);
    if (dim >= space.free) return { kind: "reduced" };
    const place = { dim, weight: step / stride };
    return step % stride === 0 && own % end === 0 ? { kind: "place", place } : null;
  }
  return { kind: "reduced" };
}

function splitAt(boundary: number, step: number, size: number): Found | null {
  const inner = boundary / step;
  return boundary % step === 0 && size % inner === 0 ? { kind: "split", inner } : null;
}

/** Whether the digits of the place of an access are those of the shared index, whatever the other indices are. */
function staysWithin(
  { sizes, steps }: Sharing,
  { buffer, strides, constant }: Access,
  space: KernelSpace,
  places: readonly Place[],
): boolean {
  const rest: { step: number; reach: number }[] = [];
  for (const [dim, stride] of (strides as readonly number[]).entries()) {
    for (const part of partsOf(dim, space.sizes[dim], sizes, places)) {
      if (part.digit >= 0 || stride === 0) continue;
      rest.push({ step: stride * part.weight, reach: stride * part.weight * (part.size - 1) });
    }
  }
  if (constant < 0) return false;
  return (steps.get(buffer) as readonly number[]).every((step, digit) => {
    const end = step * sizes[digit];
    const low = rest.filter((term) => term.step % end !== 0).reduce((sum, term) => sum + term.reach, 0);
    return low + (constant % end) < step;
  });
}
