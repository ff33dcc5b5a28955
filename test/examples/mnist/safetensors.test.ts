import { describe, expect, test } from "vitest";
import { decode, encode, type Tensor } from "../../../examples/mnist/safetensors.ts";

const tensors = new Map<string, Tensor>([
  ["w", { type: "F32", shape: [2, 3], data: new Float32Array([1, -2, 3.5, 0, Number.NaN, 1e-30]) }],
  ["mask", { type: "BOOL", shape: [3], data: new Uint8Array([1, 0, 1]) }],
  ["count", { type: "I32", shape: [], data: new Int32Array([7]) }],
  ["empty", { type: "F64", shape: [0, 4], data: new Float64Array(0) }],
]);
const bytes = encode({ tensors, metadata: { note: "grüße" } });

/** A file with this header and this many bytes of tensors. */
function withHeader(header: string, body: number): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(body)]);
}

describe("safetensors", () => {
  test("what is written is read", () => {
    const file = decode(bytes, "x");
    expect(file.metadata).toEqual({ note: "grüße" });
    expect([...file.tensors]).toEqual([...tensors]);
  });

  test("the layout is that of the format", () => {
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    expect((8 + length) % 8).toBe(0);
    const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString());
    expect(header.w).toEqual({ dtype: "F32", shape: [2, 3], data_offsets: [0, 24] });
    expect(header.count).toEqual({ dtype: "I32", shape: [], data_offsets: [27, 31] });
    expect(bytes.length).toBe(8 + length + 31);
  });

  test.each([
    ["cut in the length", bytes.subarray(0, 5), "only 5 bytes long"],
    ["cut in the header", bytes.subarray(0, 40), "but the file ends before"],
    ["cut in the tensors", bytes.subarray(0, bytes.length - 2), "tensor count needs 4 bytes, but has 2"],
    ["too long", Buffer.concat([bytes, Buffer.alloc(3)]), "34 bytes of tensors, but the header describes 31"],
    ["not JSON", withHeader("{nonsense", 0), "the header is not JSON"],
    ["not an object", withHeader("[1]", 0), "the header is not a JSON object"],
    [
      "no shape",
      withHeader('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4),
      "tensor a is not described properly",
    ],
    [
      "negative offset",
      withHeader('{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}', 4),
      "tensor a is not described properly",
    ],
    [
      "wrong size",
      withHeader('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4),
      "tensor a needs 8 bytes, but has 4",
    ],
    [
      "unknown type",
      withHeader('{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}', 4),
      "unsupported type Q4",
    ],
    ["metadata", withHeader('{"__metadata__":{"a":1}}', 0), "the metadata is not a table of texts"],
  ])("damaged: %s", (_what, damaged, message) => {
    expect(() => decode(damaged, "file.safetensors")).toThrow(/^file\.safetensors: /);
    expect(() => decode(damaged, "file.safetensors")).toThrow(message);
  });
});
