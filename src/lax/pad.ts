import type { NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import type { Expr } from "../core/lowering.ts";
import { definePrimitive, type Primitive, UndefinedPrimal, Zero } from "../core/primitive.ts";
import { asNumpyInts } from "../core/pythonText.ts";
import { bind1 } from "../core/trace.ts";
import { literal, scalar } from "../core/values.ts";
import { bool, int32 } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { broadcast, broadcastInDim } from "./broadcast.ts";
import { full } from "./creation.ts";
import { linearJvp } from "./families.ts";
import { offsetsOf, rowMajorStrides } from "./hostLoops.ts";
import { filled, putElements } from "./hostMoves.ts";
import { copyInts, range } from "./intTuples.ts";
import { sameDTypeOperands } from "./operands.ts";
import { type LaxOperand, ops } from "./ops.ts";
import { isIntList } from "./shapeChecks.ts";

/** For each axis: padding before, after (negative: removes), and between elements. */
export type PaddingConfig = readonly (readonly number[])[];

interface PadParams {
  readonly paddingConfig: PaddingConfig;
  [key: string]: unknown;
}

const configStr = (config: PaddingConfig): string => {
  const items = config.map(shapeStr);
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
};

/** The size of an axis after `interior` elements are put between its elements. */
const dilated = (n: number, interior: number): number => (n === 0 ? 0 : 1 + (n - 1) * (interior + 1));

const padPrimitive: Primitive<PadParams> = definePrimitive<PadParams>({
  name: "pad",
  abstractEval: ([x, value], { paddingConfig }) => {
    if (x.dtype !== value.dtype) {
      throw new TypeError(
        `pad operand and padding_value must be same dtype: got ${x.dtype.name} and ${value.dtype.name}.`,
      );
    }
    if (value.ndim !== 0) {
      throw new ValueError(
        `padding_value must be a scalar; got np.shape(padding_value)=${shapeStr(value.shape)}`,
      );
    }
    if (paddingConfig.length !== x.ndim) {
      throw new ValueError(
        "length of padding_config must equal the number of axes of operand, " +
          `got padding_config ${configStr(paddingConfig)} for operand shape ${shapeStr(x.shape)}`,
      );
    }
    if (paddingConfig.some(([, , interior]) => interior < 0)) {
      throw new ValueError(
        `interior padding in padding_config must be nonnegative, got padding_config ${configStr(paddingConfig)}`,
      );
    }
    const shape = paddingConfig.map(([low, high, interior], i) => low + high + dilated(x.shape[i], interior));
    if (shape.some((n) => n < 0)) {
      throw new ValueError(
        `Dimension size after padding is not at least 0, got result shape ${shapeStr(shape)}, ` +
          `for padding_config ${configStr(paddingConfig)} and operand shape ${shapeStr(x.shape)}`,
      );
    }
    return [x.update({ shape, weakType: x.weakType && value.weakType })];
  },
  reference: ([x, value], { paddingConfig }, [out]) => {
    const result = filled(value, out);
    const strides = rowMajorStrides(out.shape);
    const count = x.shape.reduce((n, s) => n * s, 1);
    const inside = new Uint8Array(count).fill(1);
    const target = new Int32Array(count);
    paddingConfig.forEach(([low, , interior], axis) => {
      const unit = x.shape.map((_, i) => (i === axis ? 1 : 0));
      const positions = offsetsOf(x.shape, unit);
      for (let i = 0; i < count; i++) {
        const at = low + positions[i] * (interior + 1);
        if (at < 0 || at >= out.shape[axis]) inside[i] = 0;
        target[i] += at * strides[axis];
      }
    });
    putElements(
      result,
      x,
      count,
      (i) => i,
      (i) => (inside[i] ? target[i] : -1),
    );
    return [result];
  },
  jvp: /* @__PURE__ */ linearJvp(() => padPrimitive),
  transpose: ([ct], [x, value], { paddingConfig }) => {
    if (ct instanceof Zero) return [null, null];
    const config = paddingConfig.map(([low, high]) => asNumpyInts([-low, -high, 0]));
    const unpadded = pad(ct, scalar(0, ct.dtype), config);
    const inner = ops.slice(
      unpadded,
      asNumpyInts(paddingConfig.map(() => 0)),
      unpadded.shape,
      asNumpyInts(paddingConfig.map(([, , interior]) => interior + 1)),
    );
    const total = (t: NDArray): NDArray => ops.reduceSum(t, range(t.ndim));
    return [
      x instanceof UndefinedPrimal ? inner : null,
      value instanceof UndefinedPrimal ? ops.sub(total(ct), total(inner)) : null,
    ];
  },
  batching: ([x, value], [dimX, dimValue], { paddingConfig }) => {
    const operand = dimX === null ? broadcast(x, [value.shape[dimValue as number]]) : x;
    const dim = dimX ?? 0;
    const config = paddingConfig.slice();
    config.splice(dim, 0, [0, 0, 0]);
    if (dimValue === null) return [[pad(operand, value, config)], [dim]];
    const zero = ops.zeros(operand.aval.update({ shape: [] }));
    const padded = pad(operand, zero, config);
    const mask = pad(full(operand.shape, true, bool), literal(false), config);
    const values = broadcastInDim(value, padded.shape, [dim]);
    return [[ops.select(mask, padded, values)], [dim]];
  },
  lowering: {
    kind: "pointwise",
    cost: "view",
    emit: (b, [x, value], index, { paddingConfig }, [out]) => {
      const padding = value.at([]);
      if (x.aval.size === 0) return padding;
      const constant = (n: number): Expr => b.const(n, int32);
      let inside: Expr | null = null;
      const require = (condition: Expr): void => {
        inside = inside === null ? condition : b.op("and", inside, condition);
      };
      const at = paddingConfig.map(([low, , interior], axis) => {
        const n = x.aval.shape[axis];
        const last = out.shape[axis] - 1 - low; // of the dilated axis, as seen by the last index
        let i = low === 0 ? index[axis] : b.op("sub", index[axis], constant(low));
        if (low > 0) require(b.op("ge", i, constant(0)));
        if (low > 0) i = b.op("max", i, constant(0));
        if (interior > 0) {
          const step = constant(interior + 1);
          require(b.op("eq", b.op("rem", i, step), constant(0)));
          i = b.op("div", i, step);
        }
        if (Math.floor(last / (interior + 1)) >= n) {
          require(b.op("lt", i, constant(n)));
          i = b.op("min", i, constant(n - 1));
        }
        return i;
      });
      const read = x.at(at);
      return inside === null ? read : b.select(inside, read, padding);
    },
  },
});

/**
 * Pads each axis before, after and between elements with a value; negative amounts before and after remove elements.
 * @param paddingConfig `[low, high, interior]` for each axis.
 * @throws TypeError when dtypes differ; ValueError when the configuration does not fit.
 * @example
 * lax.pad(jnp.array([1, 2]), 0, [[1, 0, 1]]) // => Array([0., 1., 0., 2.], dtype=float32)
 */
export function pad(x: LaxOperand, paddingValue: LaxOperand, paddingConfig: PaddingConfig): NDArray {
  const operands = sameDTypeOperands([x, paddingValue], "pad");
  if (!paddingConfig.every((c) => isIntList(c) && c.length === 3)) {
    throw new ValueError("pad: padding_config must hold three integers [low, high, interior] for each axis");
  }
  return bind1(padPrimitive, operands, { paddingConfig: paddingConfig.map(copyInts) });
}
