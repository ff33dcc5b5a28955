import { definePrimitive, type Params, type Primitive } from "../../core/primitive.ts";
import { bind1 } from "../../core/trace.ts";
import { ValueError } from "../../errors.ts";
import { map } from "../../tree/map.ts";
import { batchDimAtFront, moveBatchDim } from "../batching.ts";
import { linearJvp, linearTranspose } from "../families.ts";
import { unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import {
  type AxisGroups,
  type AxisNames,
  checkedAxis,
  checkedGroups,
  groupsOf,
  membersOf,
  namesOf,
  requireAxes,
  splitNames,
} from "./axes.ts";
import { exchangeGroups, mergeAxes, splitAxis } from "./members.ts";
import { unevaluated } from "./permute.ts";
import type { CollectiveOptions } from "./reduce.ts";
import { varyFor } from "./varying.ts";

interface ExchangeParams extends Params {
  readonly axisIndexGroups: AxisGroups | null;
  readonly axisName: string | readonly string[];
  readonly concatAxis: number;
  readonly splitAxis: number;
  readonly tiled: boolean;
}

const namesIn = ({ axisName }: ExchangeParams) => [axisName].flat();

/** The axis that is split is `n` times shorter in the result, and that along which parts are joined `n` times longer. */
const exchangePrimitive: Primitive<ExchangeParams> = definePrimitive<ExchangeParams>({
  name: "all_to_all",
  abstractEval: ([x], params) => {
    const names = namesIn(params);
    requireAxes(names, "all_to_all");
    const size = membersOf(names, params.axisIndexGroups);
    const shape = x.shape.slice();
    shape[params.splitAxis] /= size;
    shape[params.concatAxis] *= size;
    return [x.update({ shape, weakType: false })];
  },
  reference: /* @__PURE__ */ unevaluated("all_to_all"),
  jvp: /* @__PURE__ */ linearJvp(() => exchangePrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, params) =>
    bind1(exchangePrimitive, [ct], { ...params, splitAxis: params.concatAxis, concatAxis: params.splitAxis }),
  ),
  batching: ([x], [dim], params) => {
    const d = dim as number;
    const shifted = (axis: number): number => axis + (d <= axis ? 1 : 0);
    const moved = { splitAxis: shifted(params.splitAxis), concatAxis: shifted(params.concatAxis) };
    return [[bind1(exchangePrimitive, [x], { ...params, ...moved })], [d]];
  },
  collective: {
    names: namesIn,
    batching: ([x], [dim], params, mapped) => {
      const { splitAxis: split, concatAxis: concat, axisIndexGroups } = params;
      const { own } = splitNames(mapped, namesIn(params), "all_to_all");
      const groups = groupsOf(mapped, own, axisIndexGroups);
      if (groups.length > 1 || groups[0].some((member, i) => member !== i)) {
        const size = mapped.reduce((n, axis) => n * axis.size, 1);
        return [[exchangeGroups(batchDimAtFront(x, dim, size), groups, split, concat)], [0]];
      }
      const size = groups[0].length;
      const front = batchDimAtFront(x, dim, size);
      if (split === concat) {
        // Senders and receivers change places.
        const cut = moveBatchDim(splitAxis(front, split + 1, size), split + 1, 0);
        return [[mergeAxes(moveBatchDim(cut, 1, split + 1), split + 1)], [0]];
      }
      const joined = mergeAxes(moveBatchDim(front, 0, concat), concat);
      return [[splitAxis(joined, split, size)], [split]];
    },
  },
  lowering: { kind: "none", reason: "all_to_all is compiled where its axis is mapped" },
});

export interface AllToAllOptions extends CollectiveOptions {
  /** Divide and lengthen axes that stay, instead of removing one and making another. */
  readonly tiled?: boolean;
}

/**
 * Each member cuts `splitAxis` into as many parts as there are members and sends one to each; what it receives it puts together along
 * `concatAxis`. Without `tiled`, `splitAxis` has the size of the mapped axis and goes, and `concatAxis` is a new one. For every leaf of `x`.
 *
 * @throws NameError for a name that is not bound; ValueError for an axis that cannot be cut among the members
 * @example
 * vmap((x) => lax.allToAll(x, "i", 0, 0), { axisName: "i" })(jnp.array([[1, 2], [3, 4]]))
 * // => Array([[1., 3.],
 * //           [2., 4.]], dtype=float32)
 */
export function allToAll<T>(
  x: T,
  axisName: AxisNames,
  splitAxis: number,
  concatAxis: number,
  options: AllToAllOptions = {},
): T {
  const names = namesOf(axisName, "allToAll");
  const axisIndexGroups = checkedGroups(options.axisIndexGroups, names);
  const size = membersOf(names, axisIndexGroups);
  const { tiled = false } = options;
  return map((leaf: LaxOperand) => {
    let array = unaryOperand(leaf, "allToAll");
    let split = checkedAxis(splitAxis, array.ndim, "allToAll splitAxis");
    let concat = checkedAxis(concatAxis, array.ndim, "allToAll concatAxis");
    const n = array.shape[split];
    if (tiled && n % size !== 0) {
      throw new ValueError(
        `The size of all_to_all split_axis (${n}) has to be divisible by the size of the named axis ${names.join(", ")} (${size})`,
      );
    }
    if (!tiled && n !== size) {
      throw new ValueError(
        `all_to_all requires the size of the mapped axis axis_name to equal x.shape[split_axis], but they are ${size} and ${n} respectively.`,
      );
    }
    if (!tiled && split !== concat) {
      // `concatAxis` is a position in the result, where the split axis is gone.
      if (split < concat) concat++;
      else split++;
      array = ops.expandDims(array, [concat]);
    }
    const params = { axisIndexGroups, axisName, concatAxis: concat, splitAxis: split, tiled };
    const result = bind1(exchangePrimitive, [varyFor(array, names)], params);
    return !tiled && split !== concat ? ops.squeeze(result, [split]) : result;
  }, x as LaxOperand) as T;
}

/**
 * Exchanges a mapped axis with axis `axis` of the arrays, which has its size: {@link allToAll} with one axis.
 * @throws NameError for a name that is not bound; ValueError when the sizes differ
 * @example
 * vmap((x) => lax.pswapaxes(x, "i", 0), { axisName: "i" })(jnp.array([[1, 2], [3, 4]]))
 * // => Array([[1., 3.],
 * //           [2., 4.]], dtype=float32)
 */
export function pswapaxes<T>(x: T, axisName: AxisNames, axis: number, options: CollectiveOptions = {}): T {
  return allToAll(x, axisName, axis, axis, options);
}
