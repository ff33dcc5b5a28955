import proto from "onnx-proto";
import { sizeOf } from "../../rows/inputs.ts";
import type { Tensor } from "../../rows/row.ts";

const { onnx } = proto;
/** Codes of the ONNX format. */
const float = 1;
const int64 = 7;
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 };
/** gelu is an operator since this version. */
const opset = 20;
const irVersion = 9;

type Attribute = number | string | readonly number[];

/** Builds the bytes of an ONNX model, node by node. Values are known by name. */
export class Graph {
  private readonly nodes: object[] = [];
  private readonly inputs: object[] = [];
  private readonly initializers: object[] = [];
  private count = 0;

  /** An array that every run is given. */
  input(name: string, shape: readonly number[]): string {
    this.inputs.push(valueInfo(name, shape));
    return name;
  }

  /** An array that is part of the model, as weights are. */
  constant({ shape, data }: Tensor): string {
    return this.initializer(float, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  scalar(value: number): string {
    return this.constant({ shape: [], data: Float32Array.of(value) });
  }
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.initializer(int64, [values.length], new Uint8Array(data.buffer));
  }
  private initializer(dataType: number, dims: readonly number[], rawData: Uint8Array): string {
    const name = this.fresh();
    this.initializers.push({ name, dataType, dims, rawData });
    return name;
  }

  /** The first output of an operator, which may have more. */
  node(
    opType: string,
    input: readonly string[],
    attributes: Record<string, Attribute> = {},
    outputs = 1,
  ): string {
    const output = Array.from({ length: outputs }, () => this.fresh());
    const attribute = Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value));
    this.nodes.push({ opType, input, output, attribute });
    return output[0];
  }

  /** The model with these results. */
  build(outputs: readonly string[]): Uint8Array {
    return onnx.ModelProto.encode({
      irVersion,
      opsetImport: [{ domain: "", version: opset }],
      graph: {
        name: "benchmark",
        node: this.nodes,
        input: this.inputs,
        initializer: this.initializers,
        // Types of results are inferred.
        output: outputs.map((name) => ({ name })),
      },
    }).finish();
  }

  private fresh(): string {
    return `v${this.count++}`;
  }
}

function valueInfo(name: string, shape: readonly number[]): object {
  if (shape.some((n) => n < 1) || sizeOf(shape) < 1) throw new Error(`${name} is empty`);
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: float, shape: { dim } } } };
}

/** Whole numbers are integers, others floats. */
function encodeAttribute(name: string, value: Attribute): object {
  if (typeof value === "string")
    return { name, type: attributeTypes.string, s: new TextEncoder().encode(value) };
  if (typeof value !== "number") return { name, type: attributeTypes.ints, ints: value };
  return Number.isInteger(value)
    ? { name, type: attributeTypes.int, i: value }
    : { name, type: attributeTypes.float, f: value };
}
