/** Imported for its effect: makes the basic operations available to the rules of all. */
import type { ShapedArray } from "../core/aval.ts";
import { installTangentOps } from "../core/tangents.ts";
import { addAny } from "./addAny.ts";
import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { broadcastInDim, expandDims } from "./broadcast.ts";
import { eq, ge, gt, lt } from "./compare.ts";
import { conj, real } from "./complex.ts";
import { convertElementType } from "./convert.ts";
import { full, fullLike, zeros } from "./creation.ts";
import { bitwiseAnd } from "./logic.ts";
import { type LaxOps, ops } from "./ops.ts";
import { pad } from "./pad.ts";
import { reduceSum } from "./reductions.ts";
import { reshape, squeeze, transpose } from "./reshape.ts";
import { floor } from "./rounding.ts";
import { select } from "./select.ts";
import { slice } from "./slice.ts";

const basic: LaxOps = {
  neg,
  floor,
  add,
  sub,
  mul,
  div,
  addAny,
  real,
  conj,
  eq,
  lt,
  gt,
  ge,
  bitwiseAnd,
  select,
  convertElementType,
  reduceSum,
  broadcastInDim,
  reshape,
  transpose,
  squeeze,
  expandDims,
  full,
  fullLike,
  slice,
  pad,
  zeros,
};

Object.assign(ops, basic);
installTangentOps({ zeros: (aval: ShapedArray) => zeros(aval), addAny });
