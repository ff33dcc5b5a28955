import type { NDArray } from "../core/array.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { type Atom, ClosedJaxpr, Jaxpr } from "../core/jaxpr.ts";
import {
  definePrimitive,
  type LinearOperand,
  type Params,
  type Primitive,
  UndefinedPrimal,
  Zero,
} from "../core/primitive.ts";
import { instantiate } from "../core/tangents.ts";
import { bind, type NamedAxis, withAxes } from "../core/trace.ts";
import { psum } from "../lax/collectives/index.ts";
import { vary } from "../lax/collectives/varying.ts";
import { constLike } from "../lax/operands.ts";
import { ops } from "../lax/ops.ts";
import type { Mesh } from "../sharding/mesh.ts";
import { PartitionSpec } from "../sharding/partitionSpec.ts";
import { followOperands } from "../sharding/placement.ts";
import { NamedSharding } from "../sharding/sharding.ts";
import { batchJaxpr, mappedSpmdAxis } from "./batchTrace.ts";
import { pruneProgram, transposeProgram } from "./jitPrimitive.ts";
import { jvpJaxpr } from "./jvpTrace.ts";
import { linearizeJaxpr } from "./partialEval.ts";
import { wholeShape } from "./shards.ts";
import { spmdProgram } from "./spmd.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";

export interface ShardMapParams extends Params {
  readonly checkVma: boolean;
  readonly inSpecs: readonly PartitionSpec[];
  /** The program of one device, without constants. */
  readonly jaxpr: ClosedJaxpr;
  readonly mesh: Mesh;
  /** The axes that the program sees; over the others of the mesh its arrays are whole. */
  readonly manualAxes: readonly string[];
  readonly outSpecs: readonly PartitionSpec[];
}

/** The named axes that the program of a device sees. */
export function axesOf({
  mesh,
  manualAxes,
  checkVma,
}: {
  readonly mesh: Mesh;
  readonly manualAxes: readonly string[];
  readonly checkVma: boolean;
}): NamedAxis[] {
  return mesh.axisNames.flatMap((name, i) =>
    manualAxes.includes(name) ? [{ name, size: mesh.axisSizes[i], ...(checkVma && { checked: true }) }] : [],
  );
}

/** A program run by every device of a mesh on its shards of the operands. */
export const shardMapP: Primitive<ShardMapParams> = definePrimitive<ShardMapParams>({
  name: "shard_map",
  keyUse: ({ jaxpr }, _avals, ofProgram) => ofProgram(jaxpr.jaxpr),
  abstractEval: (_avals, params) => {
    const axes = axesOf(params);
    return params.jaxpr.outAvals.map((aval, i) =>
      aval.update({
        shape: wholeShape(aval.shape, params.outSpecs[i], axes),
        varying: aval.varying.filter((name) => !params.manualAxes.includes(name)),
      }),
    );
  },
  reference: () => {
    throw new Error("shard_map is evaluated through its program");
  },
  inlineAs: (params) => {
    const { jaxpr, consts } = spmdProgram(params, axesOf(params));
    return { jaxpr, consts };
  },
  lowering: { kind: "inline" },
  bindsAxes: axesOf,
  placement: ({ mesh, outSpecs }, i) => {
    followOperands();
    return new NamedSharding(mesh, outSpecs[i]);
  },
  printParams: ({ checkVma, inSpecs, jaxpr, mesh, manualAxes, outSpecs }) => ({
    check_vma: checkVma,
    in_specs: inSpecs,
    jaxpr,
    mesh,
    newly_manual_axes: {
      toString: () =>
        `frozenset({${manualAxes
          .toSorted()
          .map((name) => `'${name}'`)
          .join(", ")}})`,
    },
    out_specs: outSpecs,
  }),

  jvp: (primals, tangents, params) => {
    const nonzeros = tangents.map((t) => !(t instanceof Zero));
    const { closed, nonzerosOut } = withAxes(axesOf(params), () => jvpJaxpr(params.jaxpr, nonzeros));
    const args = [...primals, ...tangents.filter((_, i) => nonzeros[i]).map(instantiate)];
    const outs = bind(shardMapP, args, {
      ...params,
      jaxpr: closed,
      inSpecs: [...params.inSpecs, ...params.inSpecs.filter((_, i) => nonzeros[i])],
      outSpecs: [...params.outSpecs, ...params.outSpecs.filter((_, i) => nonzerosOut[i])],
    });
    const primalsOut = outs.slice(0, nonzerosOut.length);
    let next = nonzerosOut.length;
    return [
      primalsOut,
      nonzerosOut.map((nz, i) => (nz ? outs[next++] : new Zero(primalsOut[i].aval.toTangent()))),
    ];
  },

  linearize: (primals, nonzeros, params) => {
    const axes = axesOf(params);
    const { inSpecs, outSpecs, jaxpr } = params;
    const split = withAxes(axes, () =>
      linearizeJaxpr(
        jaxpr,
        nonzeros,
        jaxpr.outAvals.map(() => false),
      ),
    );
    const passed = withAxes(axes, () => passResiduals(split.known, split.numKnownOut, split.unknown, params));
    const outs = bind(shardMapP, primals, { ...params, jaxpr: passed.known, outSpecs: passed.outSpecs });
    const residuals = passed.sources.map((s) => (s.kind === "input" ? primals[s.index] : outs[s.index]));
    const residualSpecs = passed.sources.map((s) =>
      s.kind === "input" ? inSpecs[s.index] : passed.outSpecs[s.index],
    );
    const primalsOut = outs.slice(outs.length - split.numKnownOut);
    return {
      primalsOut,
      linear: (tangents) => {
        const given = tangents.filter((_, i) => nonzeros[i]).map(instantiate);
        const results = bind(shardMapP, [...residuals, ...given], {
          ...params,
          jaxpr: passed.unknown,
          inSpecs: [...residualSpecs, ...inSpecs.filter((_, i) => nonzeros[i])],
          outSpecs: outSpecs.filter((_, i) => split.unknownOut[i]),
        });
        let next = 0;
        return split.unknownOut.map((nz, i) =>
          nz ? results[next++] : new Zero(primalsOut[i].aval.toTangent()),
        );
      },
    };
  },

  transpose: (cotangents, operands, params) => {
    const axes = axesOf(params);
    const linear = operands.map((x) => x instanceof UndefinedPrimal);
    const nonzeros = cotangents.map((ct) => !(ct instanceof Zero));
    const locals = operands.map((x, i): LinearOperand => {
      const aval = params.jaxpr.inAvals[i];
      return x instanceof UndefinedPrimal ? new UndefinedPrimal(aval) : x;
    });
    // Without types that tell, a result that is not divided is taken for one that each device has a part of, and an operand that is
    // not divided for one that each device has for itself.
    const shares = (spec: PartitionSpec): string[] =>
      axes.flatMap(({ name }) => (spec.names.includes(name) ? [] : [name]));
    const { closed, nonzerosOut } = withAxes(axes, () => {
      const transposed = transposeProgram(params.jaxpr, linear, nonzeros, locals);
      if (params.checkVma) return transposed;
      const specs = params.inSpecs.filter((_, i) => transposed.nonzerosOut[i]);
      return { ...transposed, closed: summed(transposed.closed, specs.map(shares)) };
    });
    const given = cotangents.flatMap((ct, i): NDArray[] => {
      if (ct instanceof Zero) return [];
      const count = params.checkVma ? 1 : sizeAlong(shares(params.outSpecs[i]), axes);
      return [count === 1 ? ct : ops.div(ct, constLike(ct, count))];
    });
    const known = operands.filter((x): x is NDArray => !(x instanceof UndefinedPrimal));
    const outs = bind(shardMapP, [...given, ...known], {
      ...params,
      jaxpr: lastFirst(closed, given.length),
      inSpecs: [
        ...params.outSpecs.filter((_, i) => nonzeros[i]),
        ...params.inSpecs.filter((_, i) => !linear[i]),
      ],
      outSpecs: params.inSpecs.filter((_, i) => nonzerosOut[i]),
    });
    let next = 0;
    return nonzerosOut.map((nz) => (nz ? outs[next++] : null));
  },

  batching: (operands, dims, params, axisSize) => {
    const spmdAxis = mappedSpmdAxis();
    const own = axesOf(params);
    const size = spmdAxis === null ? 1 : params.mesh.axisSizes[params.mesh.axisNames.indexOf(spmdAxis)];
    const { closed, dimsOut } = withAxes(own, () => batchJaxpr(params.jaxpr, dims, axisSize / size));
    const manualAxes = spmdAxis === null ? params.manualAxes : [...new Set([...params.manualAxes, spmdAxis])];
    const varies = spmdAxis !== null && params.checkVma;
    return [
      bind(shardMapP, operands, {
        ...params,
        jaxpr: varies
          ? varyingOver(spmdAxis, closed, dims, dimsOut, axesOf({ ...params, manualAxes }))
          : closed,
        manualAxes,
        inSpecs: params.inSpecs.map((spec, i) => inserted(spec, dims[i], spmdAxis)),
        outSpecs: params.outSpecs.map((spec, i) => inserted(spec, dimsOut[i], spmdAxis)),
      }),
      dimsOut,
    ];
  },

  prune: (params, usedOutputs) => {
    const { closed, usedInputs } = pruneProgram(params.jaxpr, usedOutputs);
    if (closed === params.jaxpr) return { params, usedInputs };
    return {
      params: {
        ...params,
        jaxpr: closed,
        inSpecs: params.inSpecs.filter((_, i) => usedInputs[i]),
        outSpecs: params.outSpecs.filter((_, i) => usedOutputs[i]),
      },
      usedInputs,
    };
  },
});

/** A program that takes its last `count` inputs first. */
function lastFirst({ jaxpr, consts }: ClosedJaxpr, count: number): ClosedJaxpr {
  const { constvars, invars, eqns, outvars } = jaxpr;
  const split = invars.length - count;
  return new ClosedJaxpr(
    new Jaxpr(constvars, [...invars.slice(split), ...invars.slice(0, split)], eqns, outvars),
    consts,
  );
}

function inserted(spec: PartitionSpec, dim: number | null, entry: string | null): PartitionSpec {
  return dim === null ? spec : spec.withDimension(dim, entry);
}

function sizeAlong(names: readonly string[], axes: readonly NamedAxis[]): number {
  return axes.reduce((n, { name, size }) => (names.includes(name) ? n * size : n), 1);
}

/** A program of which the mapped inputs and results differ along one more axis of the mesh. */
function varyingOver(
  axis: string,
  program: ClosedJaxpr,
  dims: readonly (number | null)[],
  dimsOut: readonly (number | null)[],
  axes: readonly NamedAxis[],
): ClosedJaxpr {
  const avals = program.inAvals.map((aval, i) =>
    dims[i] === null ? aval : aval.update({ varying: [...new Set([...aval.varying, axis])].sort() }),
  );
  const { jaxpr, consts } = withAxes(axes, () =>
    traceToJaxpr(
      (args) =>
        evalJaxpr(program.jaxpr, program.consts, args).map((x, i) =>
          dimsOut[i] === null ? x : vary(x, [axis]),
        ),
      avals,
      "mapping a program of devices",
    ),
  );
  return new ClosedJaxpr(jaxpr, consts);
}

/** The program with each result summed over axes. */
function summed(program: ClosedJaxpr, names: readonly (readonly string[])[]): ClosedJaxpr {
  if (names.every((list) => list.length === 0)) return program;
  const { jaxpr, consts } = traceToJaxpr(
    (args) =>
      evalJaxpr(program.jaxpr, program.consts, args).map((x, i) =>
        names[i].length === 0 ? x : psum(x, names[i]),
      ),
    program.inAvals,
    "transposing a program of devices",
  );
  return new ClosedJaxpr(jaxpr, consts);
}

/** Where a residual comes from: an operand, or a result of the known half. */
interface Source {
  readonly kind: "input" | "output";
  readonly index: number;
}

interface PassedResiduals {
  readonly known: ClosedJaxpr;
  readonly outSpecs: readonly PartitionSpec[];
  readonly sources: readonly Source[];
  readonly unknown: ClosedJaxpr;
}

/**
 * Residuals leave the devices as whole arrays, before the results: each device's along the first dimension, scalars as arrays of one element; those that types
 * say are shared are not divided, and operands are taken as they are.
 */
function passResiduals(
  known: ClosedJaxpr,
  numKnownOut: number,
  unknown: ClosedJaxpr,
  params: ShardMapParams,
): PassedResiduals {
  const { invars, outvars } = known.jaxpr;
  const avals = known.outAvals.slice(numKnownOut);
  const names = avals.map((aval) =>
    params.checkVma
      ? aval.varying.filter((name) => params.manualAxes.includes(name))
      : axesOf(params).map(({ name }) => name),
  );
  const specs: PartitionSpec[] = [];
  const outputs: number[] = [];
  const lifted: boolean[] = [];
  const sources = outvars.slice(numKnownOut).map((atom, i): Source => {
    const input = (invars as readonly Atom[]).indexOf(atom);
    if (input >= 0) return { kind: "input", index: input };
    lifted[i] = avals[i].ndim === 0 && names[i].length > 0;
    specs.push(names[i].length === 0 ? new PartitionSpec() : new PartitionSpec(names[i]));
    outputs.push(i);
    return { kind: "output", index: outputs.length - 1 };
  });
  const first = traceToJaxpr(
    (args) => {
      const outs = evalJaxpr(known.jaxpr, known.consts, args);
      const residuals = outputs.map((i) => {
        const x = outs[numKnownOut + i];
        return lifted[i] ? ops.broadcastInDim(x, [1], []) : x;
      });
      return [...residuals, ...outs.slice(0, numKnownOut)];
    },
    known.inAvals,
    "linearizing a program of devices",
  );
  const second = traceToJaxpr(
    (args) => {
      const inputs = args.map((x, i) => (lifted[i] ? ops.squeeze(x, [0]) : x));
      return evalJaxpr(unknown.jaxpr, unknown.consts, inputs);
    },
    unknown.inAvals.map((aval, i) => (lifted[i] ? aval.update({ shape: [1] }) : aval)),
    "linearizing a program of devices",
  );
  return {
    known: new ClosedJaxpr(first.jaxpr, first.consts),
    outSpecs: [...specs, ...params.outSpecs.slice(0, numKnownOut)],
    sources,
    unknown: new ClosedJaxpr(second.jaxpr, second.consts),
  };
}
