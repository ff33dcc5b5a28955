import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../../../../src/backends/wasm/asm/index.ts";
import type { SortDtype, SortSpec } from "../../../../src/backends/wasm/kernels/sort.ts";
import { emitSort, sortScratchBytes } from "../../../../src/backends/wasm/kernels/sort.ts";

type Numbers = {
  readonly length: number;
  [index: number]: number | bigint;
};

const ARRAYS = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  complex64: Float32Array,
  complex128: Float64Array,
} as const;

const perElement = (dtype: SortDtype) => (dtype.startsWith("complex") ? 2 : 1);

let seed = 7;
function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}

/** The value of a 16-bit float by its definition. */
function widen(bits: number, exponentBits: number): number {
  const mantissaBits = 15 - exponentBits;
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  const aIsNaN = Number.isNaN(a);
  const bIsNaN = Number.isNaN(b);
  if (aIsNaN || bIsNaN) return Number(aIsNaN) - Number(bIsNaN);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The numbers an element is compared by. */
function comparable(dtype: SortDtype, data: Numbers, i: number): (number | bigint)[] {
  if (perElement(dtype) === 2) return [data[2 * i] as number, data[2 * i + 1] as number];
  const value = data[i] as number;
  if (dtype === "float16") return [widen(value, 5)];
  if (dtype === "bfloat16") return [widen(value, 8)];
  return [value];
}

type Run = { readonly inputs: Uint8Array[]; readonly outputs: Uint8Array[]; readonly milliseconds: number };

/** Sorts through WebAssembly and checks against Array.prototype.sort, byte for byte. */
function check(spec: SortSpec, fill: (dtype: SortDtype, data: Numbers, operand: number) => void): Run {
  const { outer, n, operands, numKeys, descending } = spec;
  const name = JSON.stringify(spec);
  const sizes = operands.map((dtype) => perElement(dtype) * ARRAYS[dtype].BYTES_PER_ELEMENT);
  let top = 64;
  const place = (bytes: number) => {
    const at = top;
    top = Math.ceil((top + bytes + 32) / 16) * 16;
    return at;
  };
  const from = sizes.map((size) => place(size * outer * n));
  const to = sizes.map((size) => place(size * outer * n));
  const scratchBytes = sortScratchBytes(spec);
  const scratch = place(scratchBytes);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(0xab);
  const data = operands.map((dtype, i) => {
    const view = new ARRAYS[dtype](memory.buffer, from[i] ?? 0, perElement(dtype) * outer * n);
    fill(dtype, view, i);
    return view.slice() as Numbers;
  });
  const inputs = from.map((at, i) => bytes.slice(at, at + (sizes[i] ?? 0) * outer * n));
  const mb = new ModuleBuilder({ debug: true });
  mb.importMemory("env", "memory", { initial: 1 });
  mb.exportFunction(emitSort(mb, spec), "sort");
  const instance = new WebAssembly.Instance(new WebAssembly.Module(mb.toBytes()), { env: { memory } });
  const start = performance.now();
  (instance.exports["sort"] as (...args: number[]) => void)(...from, ...to, scratch);
  const milliseconds = performance.now() - start;
  const outputs = to.map((at, i) => bytes.slice(at, at + (sizes[i] ?? 0) * outer * n));

  for (let row = 0; row < outer; row++) {
    const order = Array.from({ length: n }, (_, i) => row * n + i);
    const keys = operands.slice(0, numKeys).map((dtype, i) => {
      const values = data[i] ?? [];
      return new Map(order.map((at) => [at, comparable(dtype, values, at)]));
    });
    order.sort((a, b) => {
      for (const key of keys) {
        const left = key.get(a) ?? [];
        const right = key.get(b) ?? [];
        for (let i = 0; i < left.length; i++) {
          const sign = compareNumbers(left[i] ?? 0, right[i] ?? 0);
          if (sign !== 0) return descending === true ? -sign : sign;
        }
      }
      return 0;
    });
    operands.forEach((_, operand) => {
      const size = sizes[operand] ?? 0;
      const ok = order.every((source, i) => {
        for (let b = 0; b < size; b++) {
          if (outputs[operand]?.[(row * n + i) * size + b] !== inputs[operand]?.[source * size + b])
            return false;
        }
        return true;
      });
      expect(ok, `${name}, row ${row}, operand ${operand}`).toBe(true);
    });
  }
  // Nothing else was written.
  inputs.forEach((input, i) => {
    const at = from[i] ?? 0;
    expect(
      input.every((byte, k) => byte === bytes[at + k]),
      name,
    ).toBe(true);
  });
  const ends = [
    ...from.map((at, i) => at + (inputs[i]?.length ?? 0)),
    ...to.map((at, i) => at + (outputs[i]?.length ?? 0)),
  ];
  for (const end of [...ends, scratch + scratchBytes]) {
    expect(
      bytes.subarray(end, end + 32).every((byte) => byte === 0xab),
      name,
    ).toBe(true);
  }
  return { inputs, outputs, milliseconds };
}

const specials = [0, -0, NaN, Infinity, -Infinity, 1, -1, 1e-40, -1e-40, 5e-324, -5e-324, 3.5, -3.5];

/** Random bits of every kind, with ties and special values often enough. */
function anything(dtype: SortDtype, data: Numbers): void {
  for (let i = 0; i < data.length; i++) {
    const few = Math.floor(random() * 5) - 2;
    if (dtype === "bool") data[i] = Math.floor(random() * 2);
    else if (dtype.endsWith("int64")) {
      data[i] =
        random() < 0.3
          ? BigInt(few)
          : (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32));
    } else if (dtype === "float16" || dtype === "bfloat16") {
      data[i] =
        random() < 0.3
          ? ([0, 0x8000, 0x7c00, 0xfc00, 0x7f80, 0xff80, 0x7fff, 0xffff][(few + 2) % 8] as number)
          : random() * 65536;
    } else if (dtype.includes("int")) data[i] = random() < 0.3 ? few : (random() - 0.5) * 2 ** 33;
    else if (random() < 0.4) data[i] = specials[Math.floor(random() * specials.length)] as number;
    else data[i] = random() < 0.5 ? few : (random() - 0.5) * 10 ** (random() * 60 - 30);
  }
}

/** Element i of every row is i, to see where ties went. */
const iota = (n: number) => (data: Numbers) => {
  for (let i = 0; i < data.length; i++) data[i] = i % n;
};

describe("sort", () => {
  const dtypes = Object.keys(ARRAYS) as SortDtype[];
  const lengths = [0, 1, 2, 3, 7, 16, 39, 40, 41, 100, 257, 1000];

  it("sorts every dtype at every length, stably", () => {
    for (const dtype of dtypes) {
      for (const n of lengths) {
        for (const descending of [false, true]) {
          check({ outer: 3, n, operands: [dtype, "int32"], numKeys: 1, descending }, (kind, data, operand) =>
            operand === 0 ? anything(kind, data) : iota(n)(data),
          );
        }
      }
    }
  });

  it("sorts by several keys and carries operands of every size", () => {
    for (const n of [0, 1, 2, 17, 41, 300]) {
      check({ outer: 2, n, operands: ["float32", "int32", "uint8"], numKeys: 2 }, anything);
      check({ outer: 2, n, operands: ["bool", "float32", "complex128", "int16"], numKeys: 3 }, anything);
      check({ outer: 2, n, operands: ["float64", "int8", "uint64", "float64"], numKeys: 4 }, anything);
      check({ outer: 2, n, operands: ["uint8", "complex64", "bool", "float16"], numKeys: 1 }, anything);
    }
  });

  it("keeps the order and the bits of equal keys", () => {
    for (const n of [5, 50]) {
      const run = check({ outer: 1, n, operands: ["float32", "int32"], numKeys: 1 }, (_, data, operand) => {
        for (let i = 0; i < n; i++) data[i] = operand === 1 ? i : i % 3 === 0 ? NaN : i % 2 === 0 ? -0 : 0;
      });
      const sorted = new Float32Array(run.outputs[0]?.buffer ?? new ArrayBuffer(0));
      const zeros = [...sorted].slice(0, n - Math.ceil(n / 3));
      expect(zeros.some((x) => Object.is(x, -0)) && zeros.some((x) => Object.is(x, 0))).toBe(true);
      expect([...sorted].slice(zeros.length).every(Number.isNaN)).toBe(true);
    }
  });

  it("sorts rows that are already sorted, reversed or constant", () => {
    for (const n of [30, 500]) {
      for (const value of [(i: number) => i, (i: number) => -i, () => 3]) {
        check({ outer: 2, n, operands: ["float32", "int32"], numKeys: 1 }, (_, data, operand) => {
          for (let i = 0; i < data.length; i++) data[i] = operand === 0 ? value(i) : i;
        });
      }
    }
  });

  it("sorts long rows", () => {
    for (const dtype of ["float32", "float64"] as const) {
      check({ outer: 1, n: 100_003, operands: [dtype], numKeys: 1 }, (_, data) => {
        for (let i = 0; i < data.length; i++) data[i] = random() - 0.5;
      });
    }
  });

  it("refuses a wrong number of keys", () => {
    const mb = new ModuleBuilder();
    expect(() => emitSort(mb, { outer: 1, n: 2, operands: ["int32"], numKeys: 2 })).toThrow("numKeys");
    expect(() => emitSort(mb, { outer: 1, n: 2, operands: ["int32"], numKeys: 0 })).toThrow("numKeys");
  });
});
