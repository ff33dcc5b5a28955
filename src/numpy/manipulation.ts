/** Changing the shape, order and arrangement of elements. */
export { broadcastArrays, broadcastShapes, broadcastTo } from "./manipulationBroadcast.ts";
export { around, clip, nanToNum, round } from "./manipulationClip.ts";
export { allclose, arrayEqual, arrayEquiv, astype, copy, isclose } from "./manipulationCompare.ts";
export { compress } from "./manipulationCompress.ts";
export {
  diag,
  diagflat,
  diagIndices,
  diagonal,
  fillDiagonal,
  trace,
  tri,
  tril,
  trilIndices,
  triu,
  triuIndices,
} from "./manipulationDiagonal.ts";
export { delete, insert } from "./manipulationEdit.ts";
export { flip, fliplr, flipud, roll, rot90 } from "./manipulationFlip.ts";
export {
  append,
  block,
  columnStack,
  concat,
  concatenate,
  dstack,
  hstack,
  stack,
  vstack,
} from "./manipulationJoin.ts";
export { type PadMode, type PadOptions, type PadValues, pad } from "./manipulationPad.ts";
export { repeat, resize, tile } from "./manipulationRepeat.ts";
export { choose, diff, indices, ix_, meshgrid, select, unravelIndex } from "./manipulationSelect.ts";
export {
  atleast1d,
  atleast2d,
  atleast3d,
  expandDims,
  matrixTranspose,
  moveaxis,
  ndim,
  permuteDims,
  ravel,
  reshape,
  rollaxis,
  shape,
  size,
  squeeze,
  swapaxes,
  transpose,
} from "./manipulationShape.ts";
export { arraySplit, dsplit, hsplit, split, unstack, vsplit } from "./manipulationSplit.ts";
export { view } from "./manipulationView.ts";
