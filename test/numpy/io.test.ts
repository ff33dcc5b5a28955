// .npy and .npz files: those of NumPy are read, and what is written is what NumPy writes, or reads.

import { jit, jnp, type NDArray, random } from "fluxion";
import { describe, expect, test } from "vitest";
import { inflate } from "../../src/numpy/io/inflate.ts";
import { crc32 } from "../../src/numpy/io/zip.ts";
import { mistakes } from "../misuse/table.ts";
import { readGolden } from "../support/goldens.ts";

interface File {
  arrays: { name: string; bytes: string; dtype: string; shape: number[]; data: unknown[] }[];
  archives: { stored: string; deflated: string };
  big: number[];
  text: string;
  blocks: { kind: string; packed: string }[];
}
const file = await readGolden<File>("npy");
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

const plain = (x: NDArray): unknown[] => {
  const data = [...(x.dataSync() as Float32Array)];
  if (x.dtype.kind !== "complex") return x.dtype.name === "bool" ? data.map(Boolean) : data;
  return Array.from({ length: x.size }, (_, i) => [data[2 * i], data[2 * i + 1]]);
};

test("arrays that NumPy has written are read, and written as NumPy does", () => {
  for (const { name, bytes, dtype, shape, data } of file.arrays) {
    const x = jnp.load(bytesOf(bytes)) as NDArray;
    expect(`${x.dtype}[${x.shape}]`, name).toBe(`${dtype}[${shape}]`);
    expect(
      plain(x).map((v) => (typeof v === "bigint" ? String(v) : v)),
      name,
    ).toEqual(data);
    const written = jnp.save(x);
    if (!/fortran|endian/.test(name)) expect(written, name).toEqual(bytesOf(bytes));
    expect(plain(jnp.load(written) as NDArray), name).toEqual(plain(x));
  }
});

test("archives of NumPy are read, compressed or not", () => {
  const stored = jnp.load(bytesOf(file.archives.stored)) as Record<string, NDArray>;
  expect(Object.keys(stored)).toEqual(["a", "b"]);
  expect(stored.a.tolist()).toEqual([0, 1, 2]);
  expect(stored.b.tolist()).toEqual([[true]]);
  const deflated = jnp.load(bytesOf(file.archives.deflated)) as Record<string, NDArray>;
  expect(deflated.a.tolist()).toEqual([0, 1, 2]);
  expect(deflated.big.tolist()).toEqual(file.big);
});

test("archives that are written are read", () => {
  const key = random.key(0);
  const arrays = {
    w: random.normal(key, [3, 5]),
    "names with ü": jnp.int8([1, -2]),
    nothing: jnp.zeros([0, 2]),
  };
  const back = jnp.load(jnp.savez(arrays)) as Record<string, NDArray>;
  expect(Object.keys(back)).toEqual(Object.keys(arrays));
  for (const [name, x] of Object.entries(arrays)) {
    expect(back[name].dtype, name).toBe(x.dtype);
    expect(back[name].tolist(), name).toEqual(x.tolist());
  }
  const list = jnp.load(jnp.savez([jnp.ones(2), 3])) as Record<string, NDArray>;
  expect(Object.keys(list)).toEqual(["arr_0", "arr_1"]);
  expect(jnp.load(jnp.savez({}))).toEqual({});
  expect(jnp.savez(arrays)).toEqual(jnp.savez(arrays));
});

test("every kind of compressed block", () => {
  const text = bytesOf(file.text);
  for (const { kind, packed } of file.blocks) {
    expect(inflate(bytesOf(packed), text.length), kind).toEqual(text);
    // A broken block is an error, never something else.
    for (const cut of [1, 7]) {
      expect(() => inflate(bytesOf(packed).subarray(0, -cut - 20), text.length), kind).toThrow("broken");
    }
    expect(() => inflate(bytesOf(packed), text.length - 1), kind).toThrow("broken");
  }
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

describe("mistakes", () => {
  const bytes = bytesOf(file.arrays[0].bytes);
  const archive = () => bytesOf(file.archives.stored);
  const spoiled = (change: (b: Uint8Array) => void) => {
    const b = archive();
    change(b);
    return b;
  };
  // biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
  const u = (x: unknown): any => x;
  const header = (text: string) => {
    const b = new Uint8Array(bytes);
    b.set(new TextEncoder().encode(text.padEnd(118)), 10);
    return b;
  };
  mistakes([
    ["no bytes", () => jnp.load(u([1, 2])), "TypeError", /bytes or a path.*object/],
    ["other bytes", () => jnp.load(new Uint8Array(100)), "ValueError", /neither/],
    [
      "an array that is cut off",
      () => jnp.load(bytes.subarray(0, -1)),
      "ValueError",
      /6 elements of float32.*23/,
    ],
    ["a header that is cut off", () => jnp.load(bytes.subarray(0, 8)), "ValueError", /header/],
    [
      "strings",
      () => jnp.load(header("{'descr': '<U5', 'fortran_order': False, 'shape': (1,), }")),
      "TypeError",
      /<U5/,
    ],
    [
      "records",
      () => jnp.load(header("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }")),
      "TypeError",
      /records/,
    ],
    ["an archive that is cut off", () => jnp.load(archive().subarray(0, -30)), "ValueError", /directory/],
    ["a wrong checksum", () => jnp.load(spoiled((b) => b.fill(7, 180, 184))), "ValueError", /checksum of a/],
    [
      "a traced array",
      () => jit((x: NDArray) => jnp.zeros(jnp.save(x).length))(1),
      "ConcretizationTypeError",
      /save/,
    ],
    ["random keys", () => jnp.save(random.key(0)), "TypeError", /keyData/],
    ["an archive of one array", () => jnp.savez(u(jnp.ones(2))), "TypeError", /object or list/],
  ]);
});
