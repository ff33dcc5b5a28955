import type { NDArray } from "../core/array.ts";
import type { ShapedArray } from "../core/aval.ts";
import {
  type BatchingRule,
  definePrimitive,
  type Primitive,
  type TransposeRule,
  UndefinedPrimal,
  Zero,
} from "../core/primitive.ts";
import { bind1 } from "../core/trace.ts";
import { convTemplate } from "../kernels/conv.ts";
import { axesWithout } from "./batching.ts";
import type { ConvDimensionNumbers } from "./convDimensions.ts";
import { type ConvSpace, vjpLhsPadding, vjpRhsPadding } from "./convPadding.ts";
import { type ConvParams, convDType, convShape } from "./convParams.ts";
import { convReference } from "./convReference.ts";
import { standardJvp } from "./families.ts";
import type { Ints } from "./intTuples.ts";
import { ops } from "./ops.ts";
import { rev } from "./slice.ts";
import { namedTupleText } from "./windows.ts";

/** Removes axis `src` and makes it the outer part of axis `dst` of what remains. */
function reshapeAxisInto(src: number, dst: number, x: NDArray): NDArray {
  const permutation = axesWithout(x.ndim, src);
  const sizes = permutation.map((d) => x.shape[d]);
  permutation.splice(dst, 0, src);
  sizes[dst] *= x.shape[src];
  return ops.reshape(x, sizes, permutation);
}

/** Splits axis `src` into an outer axis of the given size and an inner one. */
function reshapeAxisOutOf(src: number, outer: number, x: NDArray): NDArray {
  const sizes = x.shape.slice();
  sizes.splice(src, 1, outer, sizes[src] / outer);
  return ops.reshape(x, sizes);
}

const swapFirst = (spec: Ints): number[] => [spec[1], spec[0], ...spec.slice(2)];

const asDType = (x: NDArray, { dtype, weakType }: ShapedArray): NDArray =>
  x.dtype === dtype ? x : ops.convertElementType(x, dtype, weakType);

/** The spatial dimensions of a forward convolution. */
function spaces(lhs: Ints, rhs: Ints, out: Ints, params: ConvParams): ConvSpace[] {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  return params.windowStrides.map((stride, i) => ({
    inSize: lhs[lhsSpec[i + 2]],
    window: rhs[rhsSpec[i + 2]],
    outSize: out[outSpec[i + 2]],
    stride,
    low: params.padding[i][0],
    lhsDilation: params.lhsDilation[i],
    rhsDilation: params.rhsDilation[i],
  }));
}

/*
 * Transposition. Space aside, with m = batch, j = input features, k = output features and g groups, a convolution contracts
 * [m, j] [j, k] -> [m, k], so the cotangents are [m, k] [k, j] -> [m, j] of the input and [j, m] [m, k] -> [j, k] of the kernel.
 * With feature groups [m, gj] [j, gk] -> [m, gk] they are [m, gk] [k, gj] -> [m, gj], which has feature groups once the group moves in
 * the kernel, and [gj, m] [m, gk] -> [j, gk], which has batch groups. With batch groups [gm, j] [j, gk] -> [m, gk] they are
 * [m, gk] [gk, j] -> [gm, j], feature groups with the group moved in kernel and result, and [j, gm] [m, gk] -> [j, gk], feature groups.
 */

function transposeLhs(ct: NDArray, lhs: ShapedArray, rhs: NDArray, params: ConvParams): NDArray {
  const { featureGroupCount, batchGroupCount, windowStrides, lhsDilation } = params;
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  const groups = Math.max(featureGroupCount, batchGroupCount);
  let kernel = rhs;
  if (groups > 1) {
    kernel = reshapeAxisInto(rhsSpec[0], rhsSpec[1], reshapeAxisOutOf(rhsSpec[0], groups, rhs));
  }
  const reversed = asDType(rev(kernel, rhsSpec.slice(2)), ct.aval);
  const bar = bindConv(ct, reversed, {
    ...params,
    windowStrides: lhsDilation,
    padding: spaces(lhs.shape, rhs.shape, ct.shape, params).map(vjpLhsPadding),
    lhsDilation: windowStrides,
    dimensionNumbers: { lhsSpec: outSpec, rhsSpec: swapFirst(rhsSpec), outSpec: lhsSpec },
    featureGroupCount: groups,
    batchGroupCount: 1,
  });
  const out = asDType(bar, lhs);
  if (batchGroupCount === 1) return out;
  return reshapeAxisInto(lhsSpec[1], lhsSpec[0], reshapeAxisOutOf(lhsSpec[1], batchGroupCount, out));
}

function transposeRhs(ct: NDArray, lhs: NDArray, rhs: ShapedArray, params: ConvParams): NDArray | Zero {
  // A result without elements says nothing about the kernel, and its convolution would have windows of size 0.
  if (ct.size === 0) return new Zero(rhs);
  const { featureGroupCount, batchGroupCount, windowStrides, rhsDilation } = params;
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  const bar = bindConv(asDType(lhs, ct.aval), ct, {
    ...params,
    windowStrides: rhsDilation,
    padding: spaces(lhs.shape, rhs.shape, ct.shape, params).map(vjpRhsPadding),
    rhsDilation: windowStrides,
    dimensionNumbers: {
      lhsSpec: swapFirst(lhsSpec),
      rhsSpec: swapFirst(outSpec),
      outSpec: swapFirst(rhsSpec),
    },
    featureGroupCount: batchGroupCount,
    batchGroupCount: featureGroupCount,
  });
  return asDType(bar, rhs);
}

const convTranspose: TransposeRule<ConvParams> = ([ct], [lhs, rhs], params) => {
  if (ct instanceof Zero) return [null, null];
  if (lhs instanceof UndefinedPrimal) return [transposeLhs(ct, lhs.aval, rhs as NDArray, params), null];
  return [null, transposeRhs(ct, lhs as NDArray, (rhs as UndefinedPrimal).aval, params)];
};

/*
 * Batching: the mapped axis becomes part of the batch (input alone), of the output features (kernel alone), or of groups (both). Groups
 * are outermost in the axes that they divide, so they are taken out first and put back around the mapped axis.
 */

const convBatching: BatchingRule<ConvParams> = ([lhs, rhs], [lhsDim, rhsDim], params, axisSize) => {
  const { featureGroupCount, batchGroupCount } = params;
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  const [batchAxis, featureAxis] = outSpec;
  if (axisSize === 0) return emptyBatch(lhs, rhs, lhsDim, rhsDim, params);
  if (lhsDim !== null && rhsDim !== null) {
    const byBatch = batchGroupCount > 1;
    const out = bindConv(
      reshapeAxisInto(lhsDim, byBatch ? lhsSpec[0] : lhsSpec[1], lhs),
      reshapeAxisInto(rhsDim, rhsSpec[0], rhs),
      {
        ...params,
        featureGroupCount: byBatch ? featureGroupCount : featureGroupCount * axisSize,
        batchGroupCount: byBatch ? batchGroupCount * axisSize : batchGroupCount,
      },
    );
    return [[reshapeAxisOutOf(featureAxis, axisSize, out)], [featureAxis]];
  }
  if (lhsDim !== null) {
    const grouped =
      batchGroupCount === 1
        ? reshapeAxisInto(lhsDim, lhsSpec[0], lhs)
        : intoGroups(lhs, lhsDim, lhsSpec[0], batchGroupCount);
    const out = bindConv(grouped, rhs, params);
    return [[reshapeAxisOutOf(batchAxis, axisSize, out)], [batchAxis]];
  }
  const dim = rhsDim as number;
  const groups = Math.max(featureGroupCount, batchGroupCount);
  if (groups === 1) {
    const out = bindConv(lhs, reshapeAxisInto(dim, rhsSpec[0], rhs), params);
    return [[reshapeAxisOutOf(featureAxis, axisSize, out)], [featureAxis]];
  }
  const out = bindConv(lhs, intoGroups(rhs, dim, rhsSpec[0], groups), params);
  const apart = reshapeAxisOutOf(featureAxis + 1, axisSize, reshapeAxisOutOf(featureAxis, groups, out));
  return [[reshapeAxisInto(featureAxis, featureAxis + 1, apart)], [featureAxis]];
};

/** Makes the mapped axis `dim` part of `axis` (counted without it), inside the groups that divide that. */
function intoGroups(x: NDArray, dim: number, axis: number, groups: number): NDArray {
  const apart = reshapeAxisOutOf(axis + (dim <= axis ? 1 : 0), groups, x);
  const merged = reshapeAxisInto(dim + (axis < dim ? 1 : 0), axis + 1, apart);
  return reshapeAxisInto(axis, axis, merged);
}

/** A mapped axis of size 0 cannot be part of an axis that groups divide. */
function emptyBatch(
  lhs: NDArray,
  rhs: NDArray,
  lhsDim: number | null,
  rhsDim: number | null,
  params: ConvParams,
): [NDArray[], number[]] {
  const one = (x: NDArray, dim: number | null): ShapedArray =>
    x.aval.update({ shape: dim === null ? x.shape : axesWithout(x.ndim, dim).map((d) => x.shape[d]) });
  const shape = convShape(one(lhs, lhsDim), one(rhs, rhsDim), params);
  return [[ops.full([0, ...shape], 0, params.preferredElementType ?? lhs.dtype)], [0]];
}

export const convPrimitive: Primitive<ConvParams> = definePrimitive<ConvParams>({
  name: "conv_general_dilated",
  abstractEval: ([lhs, rhs], params) => {
    const shape = convShape(lhs, rhs, params);
    const dtype = convDType(lhs, rhs, params.preferredElementType);
    return [lhs.update({ shape, dtype, weakType: lhs.weakType && rhs.weakType })];
  },
  reference: ([lhs, rhs], params, [out]) => [convReference(lhs, rhs, params, out)],
  jvp: /* @__PURE__ */ standardJvp(
    () => convPrimitive,
    [
      (t, _ans, [, rhs], params) => bindConv(t, rhs, params),
      (t, _ans, [lhs], params) => bindConv(lhs, t, params),
    ],
  ),
  transpose: convTranspose,
  batching: convBatching,
  lowering: {
    kind: "conv",
    template: convTemplate,
    geometry: (params) => {
      const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
      return {
        lhs: lhsSpec,
        rhs: rhsSpec,
        out: outSpec,
        window: params.windowStrides.map((stride, i) => ({
          stride,
          low: params.padding[i][0],
          lhsDilation: params.lhsDilation[i],
          rhsDilation: params.rhsDilation[i],
        })),
        featureGroups: params.featureGroupCount,
        batchGroups: params.batchGroupCount,
      };
    },
  },
  printParams: (params) => ({
    batch_group_count: params.batchGroupCount,
    dimension_numbers: printDimensions(params.dimensionNumbers),
    feature_group_count: params.featureGroupCount,
    lhs_dilation: params.lhsDilation,
    out_sharding: null,
    padding: params.padding,
    precision: params.precision,
    preferred_element_type: params.preferredElementType,
    rhs_dilation: params.rhsDilation,
    window_strides: params.windowStrides,
  }),
});

function printDimensions({ lhsSpec, rhsSpec, outSpec }: ConvDimensionNumbers): string {
  return namedTupleText("ConvDimensionNumbers", { lhs_spec: lhsSpec, rhs_spec: rhsSpec, out_spec: outSpec });
}

export function bindConv(lhs: NDArray, rhs: NDArray, params: ConvParams): NDArray {
  return bind1(convPrimitive, [lhs, rhs], params);
}
