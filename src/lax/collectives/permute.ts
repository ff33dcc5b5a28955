import { type CollectiveRule, definePrimitive, type Params, type Primitive } from "../../core/primitive.ts";
import { pythonStr } from "../../core/pythonText.ts";
import { bind1, type NamedAxis } from "../../core/trace.ts";
import { ValueError } from "../../errors.ts";
import { map } from "../../tree/map.ts";
import { batchDimAtFront, vectorizedBatching } from "../batching.ts";
import { linearJvp, linearTranspose } from "../families.ts";
import { unaryOperand } from "../operands.ts";
import { type LaxOperand, ops } from "../ops.ts";
import { type AxisNames, groupsOf, membersOf, namesOf, requireAxes, splitNames } from "./axes.ts";
import { axisIndex } from "./axisIndex.ts";
import { groupOf, takeMembers } from "./members.ts";
import { psum } from "./reduce.ts";
import { varyFor } from "./varying.ts";

/** Pairs of a sender and a receiver. */
export type Permutation = readonly (readonly [number, number])[];

/** A collective whose result for a member is the value of another, or zero: `sources` says of which, -1 for zero. */
function moving<P extends Params>(
  where: string,
  namesIn: (params: P) => readonly string[],
  sources: (groups: readonly (readonly number[])[], params: P) => number[],
): CollectiveRule<P> {
  return ([x], [dim], params, mapped: readonly NamedAxis[]) => {
    const { own } = splitNames(mapped, namesIn(params), where);
    const members = sources(groupsOf(mapped, own), params);
    // A value that all members share is the same whoever it comes from.
    if (dim === null && !members.includes(-1)) return [[x], [null]];
    return [[takeMembers(batchDimAtFront(x, dim, members.length), members)], [0]];
  };
}

interface PermuteParams extends Params {
  readonly axisName: readonly string[];
  readonly perm: Permutation;
}

const permutePrimitive: Primitive<PermuteParams> = definePrimitive<PermuteParams>({
  name: "ppermute",
  abstractEval: ([x], { axisName }) => {
    requireAxes(axisName, "ppermute");
    return [x];
  },
  reference: /* @__PURE__ */ unevaluated("ppermute"),
  jvp: /* @__PURE__ */ linearJvp(() => permutePrimitive),
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, { axisName, perm }) =>
    bind1(permutePrimitive, [ct], { axisName, perm: perm.map(([from, to]) => [to, from] as const) }),
  ),
  batching: /* @__PURE__ */ vectorizedBatching(() => permutePrimitive),
  collective: {
    names: ({ axisName }) => axisName,
    batching: moving(
      "ppermute",
      ({ axisName }) => axisName,
      (groups, { perm }) => {
        const sources: number[] = [];
        for (const group of groups) {
          // Counted in the order of the mesh, whatever the order of the names.
          const members = group.toSorted((a, b) => a - b);
          for (const member of members) sources[member] = -1;
          for (const [from, to] of perm) sources[members[to]] = members[from];
        }
        return sources;
      },
    ),
  },
  lowering: { kind: "none", reason: "ppermute is compiled where its axis is mapped" },
});

/**
 * Sends the value of each member to another: `perm` lists pairs `[from, to]`. A member that receives nothing gets zeros.
 *
 * @throws NameError for a name that is not bound; ValueError for members that do not exist, or appear twice as sender or as receiver
 * @example
 * vmap((x) => lax.ppermute(x, "i", [[0, 1], [1, 2], [2, 0]]), { axisName: "i" })(jnp.array([1, 2, 3]))
 * // => Array([3., 1., 2.], dtype=float32)
 */
export function ppermute<T>(x: T, axisName: AxisNames, perm: Permutation): T {
  const names = namesOf(axisName, "ppermute");
  requireAxes(names, "ppermute");
  checkPermutation(perm, membersOf(names));
  return map(
    (leaf: LaxOperand) =>
      bind1(permutePrimitive, [varyFor(unaryOperand(leaf, "ppermute"), names)], { axisName: names, perm }),
    x as LaxOperand,
  ) as T;
}

function checkPermutation(perm: Permutation, size: number): void {
  const froms = perm.map(([from]) => from);
  const tos = perm.map(([, to]) => to);
  const shown = pythonStr(perm);
  if (![...froms, ...tos].every((i) => Number.isInteger(i) && i >= 0 && i < size)) {
    throw new ValueError(
      `ppermute sources and destinations must be members from 0 to ${size - 1}, got ${shown}.`,
    );
  }
  if (new Set(froms).size < froms.length || new Set(tos).size < tos.length) {
    throw new ValueError(`ppermute sources and destinations must be unique, got ${shown}.`);
  }
}

/**
 * {@link ppermute} by sources: member `i` gets the value of member `perm[i]`.
 * @throws ValueError when `perm` is no permutation
 * @example
 * vmap((x) => lax.pshuffle(x, "i", [1, 2, 0]), { axisName: "i" })(jnp.array([1, 2, 3])) // => Array([2., 3., 1.], dtype=float32)
 */
export function pshuffle<T>(x: T, axisName: AxisNames, perm: readonly number[]): T {
  if (perm.toSorted((a, b) => a - b).some((from, i) => from !== i)) {
    throw new ValueError(`\`perm\` does not represent a permutation: [${perm.join(", ")}]`);
  }
  return ppermute(
    x,
    axisName,
    perm.map((from, to) => [from, to] as const),
  );
}

interface BroadcastParams extends Params {
  readonly axisName: string | readonly string[];
  readonly source: number;
}

const namesOfBroadcast = ({ axisName }: BroadcastParams) => [axisName].flat();

const broadcastPrimitive: Primitive<BroadcastParams> = definePrimitive<BroadcastParams>({
  name: "pbroadcast",
  abstractEval: ([x], params) => {
    requireAxes(namesOfBroadcast(params), "pbroadcast");
    return [x];
  },
  reference: /* @__PURE__ */ unevaluated("pbroadcast"),
  jvp: /* @__PURE__ */ linearJvp(() => broadcastPrimitive),
  // Everything that the members got came from one of them.
  transpose: /* @__PURE__ */ linearTranspose((ct, _x, { axisName, source }) => {
    const isSource = ops.eq(axisIndex(axisName), source);
    return ops.select(isSource, psum(ct, axisName), ops.fullLike(ct, 0));
  }),
  batching: /* @__PURE__ */ vectorizedBatching(() => broadcastPrimitive),
  collective: {
    names: namesOfBroadcast,
    batching: moving("pbroadcast", namesOfBroadcast, (groups, { source }) =>
      groupOf(groups).map((g) => groups[g][source]),
    ),
  },
  lowering: { kind: "none", reason: "pbroadcast is compiled where its axis is mapped" },
});

/**
 * Gives all members the value of one of them, member `source`.
 * @throws NameError for a name that is not bound; ValueError for a source that does not exist
 * @example
 * vmap((x) => lax.pbroadcast(x, "i", 1), { axisName: "i" })(jnp.array([1, 2, 3])) // => Array([2., 2., 2.], dtype=float32)
 */
export function pbroadcast<T>(x: T, axisName: AxisNames, source: number): T {
  const names = namesOf(axisName, "pbroadcast");
  requireAxes(names, "pbroadcast");
  const size = membersOf(names);
  if (!(Number.isInteger(source) && source >= 0 && source < size)) {
    throw new ValueError(`pbroadcast source must be a member from 0 to ${size - 1}, got ${source}.`);
  }
  return map(
    (leaf: LaxOperand) => bind1(broadcastPrimitive, [unaryOperand(leaf, "pbroadcast")], { axisName, source }),
    x as LaxOperand,
  ) as T;
}

/** Collectives have no evaluation of their own: maps turn them into operations on whole arrays. */
/* @__NO_SIDE_EFFECTS__ */
export function unevaluated(name: string): () => never {
  return () => {
    throw new Error(`${name} is evaluated where its axis is mapped`);
  };
}
