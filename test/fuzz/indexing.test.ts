import fc from "fast-check";
import { jit, jnp, type NDArray, slice } from "fluxion";
import { describe, expect, test } from "vitest";
import { sizeOf } from "../../src/core/aval.ts";
import { array, elements } from "../lax/host.ts";

// Random indices against NumPy's definition of them, written down as a loop over the elements of the result.

type Entry =
  | { kind: "integer"; value: number }
  | { kind: "slice"; start: number | null; stop: number | null; step: number | null }
  | { kind: "newaxis" }
  | { kind: "ellipsis" }
  | { kind: "array"; shape: number[]; data: number[] }
  | { kind: "mask"; shape: number[]; data: boolean[] };

interface Case {
  shape: number[];
  entries: Entry[];
}

/** What an index selects: the shape of the selection, and the position in the array of each of its elements. */
function selection({ shape, entries }: Case): { shape: number[]; positions: number[] } {
  const consumed = (e: Entry): number =>
    e.kind === "newaxis" || e.kind === "ellipsis" ? 0 : e.kind === "mask" ? e.shape.length : 1;
  const total = entries.reduce((n, e) => n + consumed(e), 0);
  const all = { kind: "slice", start: null, stop: null, step: null } as const;
  const rest = Array.from({ length: shape.length - total }, () => all as Entry);
  const written = entries.some((e) => e.kind === "ellipsis")
    ? entries.flatMap((e) => (e.kind === "ellipsis" ? rest : [e]))
    : [...entries, ...rest];
  // Masks are the positions of their true elements.
  let axis = 0;
  const plain = written.flatMap((e): Entry[] => {
    if (e.kind !== "mask") {
      axis += consumed(e);
      return [e];
    }
    if (e.shape.some((n, d) => n !== shape[axis + d])) throw new RangeError("a mask of another shape");
    const found = e.data.flatMap((v, i) => (v ? [i] : []));
    axis += e.shape.length;
    return e.shape.map((n, d): Entry => {
      const inner = sizeOf(e.shape.slice(d + 1));
      return { kind: "array", shape: [found.length], data: found.map((i) => Math.floor(i / inner) % n) };
    });
  });
  const arrays = plain.some((e) => e.kind === "array");
  const advanced = plain.flatMap((e, i) =>
    e.kind === "array" || (arrays && e.kind === "integer") ? [i] : [],
  );
  const common = broadcast(plain.map((e) => (e.kind === "array" ? e.shape : [])));
  const together = advanced.every((at, i) => i === 0 || at === advanced[i - 1] + 1);

  // The axes of the result, each with what it does to the position in the array.
  const strides = shape.map((_, d) => sizeOf(shape.slice(d + 1)));
  const dims: { size: number; offset: (i: number) => number }[] = [];
  let base = 0;
  axis = 0;
  let front = 0;
  const jointly: ((i: number) => number)[] = [];
  plain.forEach((e, at) => {
    const size = shape[axis];
    const stride = strides[axis];
    if (at === advanced[0]) front = dims.length;
    if (e.kind === "newaxis") dims.push({ size: 1, offset: () => 0 });
    else if (e.kind === "slice") {
      const indices = sliced(e, size);
      dims.push({ size: indices.length, offset: (i) => indices[i] * stride });
      axis++;
    } else if (e.kind === "integer") {
      base += inRange(e.value, size) * stride;
      axis++;
    } else if (e.kind === "array") {
      const data = spread(e.shape, e.data, common);
      for (const v of data) inRange(v, size);
      jointly.push((i) => inRange(data[i], size) * stride);
      axis++;
    }
  });
  const joint = { size: sizeOf(common), offset: (i: number) => jointly.reduce((n, f) => n + f(i), 0) };
  const place = together ? front : 0;
  if (arrays) dims.splice(place, 0, joint);
  let positions = [base];
  for (const d of dims) {
    positions = positions.flatMap((p) => Array.from({ length: d.size }, (_, i) => p + d.offset(i)));
  }
  const sizes = dims.flatMap((d) => (d === joint ? common : [d.size]));
  return { shape: sizes, positions };
}

function inRange(i: number, size: number): number {
  if (i < -size || i >= size) throw new RangeError(`${i} is out of bounds`);
  return i < 0 ? i + size : i;
}
function sliced(e: { start: number | null; stop: number | null; step: number | null }, n: number): number[] {
  const step = e.step ?? 1;
  const wrap = (i: number): number => (i < 0 ? i + n : i);
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? n : n - 1;
  const clamp = (i: number): number => Math.min(Math.max(wrap(i), low), high);
  const start = e.start === null ? (step > 0 ? low : high) : clamp(e.start);
  const stop = e.stop === null ? (step > 0 ? high : low) : clamp(e.stop);
  const indices: number[] = [];
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) indices.push(i);
  return indices;
}
function broadcast(shapes: number[][]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, d) => {
    const sizes = shapes.map((s) => s[d - rank + s.length] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
}
function spread(shape: number[], data: number[], to: number[]): number[] {
  return Array.from({ length: sizeOf(to) }, (_, flat) => {
    let at = 0;
    let stride = 1;
    let rest = flat;
    for (let d = to.length - 1; d >= 0; d--) {
      const i = rest % to[d];
      rest = Math.floor(rest / to[d]);
      const own = d - to.length + shape.length;
      if (own < 0) continue;
      if (shape[own] !== 1) at += i * stride;
      stride *= shape[own];
    }
    return data[at];
  });
}

// Generation.

const indexShapes = [[], [1], [3], [2, 1], [2, 3], [1, 3], [0]];

/** Indices of an array of a shape, so that arrays among them broadcast and every place exists. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    shape: fc.array(fc.constantFrom(1, 2, 3, 4, 5), { maxLength: 4 }),
    common: fc.constantFrom<number[][]>([3], [2, 3], [1], [0], [2, 1]),
    seeds: fc.array(fc.tuple(fc.nat(9), fc.nat(1000), fc.nat(1000), fc.nat(1000)), {
      maxLength: 7,
      size: "max",
    }),
  })
  .map(({ shape, common, seeds }) => {
    const entries: Entry[] = [];
    let axis = 0;
    let ellipsis = false;
    for (const [kind, p, q, r] of seeds) {
      const left = shape.length - axis;
      const n = shape[axis];
      if (kind === 0) entries.push({ kind: "newaxis" });
      else if (kind === 1 && !ellipsis) {
        entries.push({ kind: "ellipsis" });
        // A guess: what it stands for depends on the entries behind it, and those that do not fit are rejected below.
        ellipsis = true;
        axis += p % (left + 1);
      } else if (left === 0) continue;
      else if (kind <= 3) {
        entries.push({ kind: "integer", value: (p % (2 * n)) - n });
        axis++;
      } else if (kind <= 6) {
        const bound = (v: number): number | null => (v % 4 === 0 ? null : (v % (2 * n + 5)) - n - 2);
        const step = [null, 1, 2, -1, -2, 3][r % 6];
        entries.push({ kind: "slice", start: bound(p), stop: bound(q), step });
        axis++;
      } else if (kind <= 8) {
        // Whether an array fits beside a mask depends on the values of the mask: there is one kind or the other.
        if (entries.some((e) => e.kind === "mask")) continue;
        const fitting = indexShapes.filter((s) => broadcast([s, common]).join() === common.join());
        const own = fitting[p % fitting.length];
        const data = Array.from({ length: sizeOf(own) }, (_, i) => ((q + 7 * i * (r + 1)) % (2 * n)) - n);
        entries.push({ kind: "array", shape: own, data });
        axis++;
      } else if (!entries.some((e) => e.kind === "array" || e.kind === "mask")) {
        const dims = shape.slice(axis, axis + 1 + (p % Math.min(2, left)));
        const data = Array.from({ length: sizeOf(dims) }, (_, i) => ((q >> (i % 10)) & 1) === 1);
        entries.push({ kind: "mask", shape: dims, data });
        axis += dims.length;
      }
    }
    return { shape, entries };
  })
  .filter(({ shape, entries }) => {
    try {
      selection({ shape, entries });
      return true;
    } catch {
      return false;
    }
  });

type IndexEntry = Parameters<NDArray["get"]>[number];
function indexOf(entries: readonly Entry[]): IndexEntry[] {
  return entries.map((e): IndexEntry => {
    switch (e.kind) {
      case "integer":
        return e.value;
      case "slice":
        return slice(e.start, e.stop, e.step);
      case "newaxis":
        return null;
      case "ellipsis":
        return "...";
      case "array":
        return array(e.data, e.shape, "int32");
      case "mask":
        return array(e.data.map(Number), e.shape, "bool");
    }
  });
}

describe("random indices", () => {
  test("get reads what NumPy's definition says", () => {
    fc.assert(
      fc.property(cases, (c) => {
        const want = selection(c);
        const x = jnp.arange(sizeOf(c.shape)).reshape(c.shape);
        const index = indexOf(c.entries);
        for (const y of [x.get(...index), jit((v: NDArray) => v.get(...index))(x)]) {
          expect([y.shape, elements(y)]).toEqual([want.shape, want.positions]);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test("index arrays may be arguments of a compiled function", () => {
    fc.assert(
      fc.property(cases, (c) => {
        fc.pre(!c.entries.some((e) => e.kind === "mask"));
        const want = selection(c);
        const x = jnp.arange(sizeOf(c.shape)).reshape(c.shape);
        const index = indexOf(c.entries);
        const f = jit((v: NDArray, arrays: NDArray[]) => {
          const given = arrays.slice();
          return v.get(
            ...index.map((e, i) => (c.entries[i].kind === "array" ? (given.shift() as NDArray) : e)),
          );
        });
        const y = f(x, index.filter((_, i) => c.entries[i].kind === "array") as NDArray[]) as NDArray;
        expect([y.shape, elements(y)]).toEqual([want.shape, want.positions]);
      }),
      { seed: 8, numRuns: 200 },
    );
  });

  test("add and set write where get reads", () => {
    fc.assert(
      fc.property(cases, (c) => {
        const { shape, positions } = selection(c);
        const before = Array.from({ length: sizeOf(c.shape) }, (_, i) => i - 200);
        const x = array(before, c.shape, "int32");
        const values = positions.map((_, i) => 100 + i);
        const v = array(values, shape, "int32");
        const index = indexOf(c.entries);
        const added = before.slice();
        positions.forEach((p, i) => {
          added[p] += values[i];
        });
        const add = (y: NDArray, w: NDArray): NDArray => y.at(...index).add(w);
        for (const y of [add(x, v), jit(add)(x, v)]) expect([y.shape, elements(y)]).toEqual([c.shape, added]);
        const set = (y: NDArray, w: NDArray): NDArray => y.at(...index).set(w);
        for (const y of [set(x, v), jit(set)(x, v)]) {
          elements(y).forEach((e, at) => {
            // Where a place is written several times, one of the values stays.
            const written = values.filter((_, i) => positions[i] === at);
            expect(written.length > 0 ? written : [before[at]]).toContain(e);
          });
        }
        expect(elements(x)).toEqual(before);
      }),
      { seed: 9, numRuns: 300 },
    );
  });
});
