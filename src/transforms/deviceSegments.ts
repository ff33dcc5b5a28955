import type { NDArray } from "../core/array.ts";
import { evalJaxpr } from "../core/evalJaxpr.ts";
import { type Atom, ClosedJaxpr, type Eqn, Jaxpr, Literal, type Var } from "../core/jaxpr.ts";
import { isControl } from "../core/lowering.ts";
import { axesUsed } from "../core/namedAxes.ts";
import { evalWithoutCalls } from "../core/nesting.ts";
import type { BatchDim, Primitive } from "../core/primitive.ts";
import { bind, type NamedAxis, withAxes } from "../core/trace.ts";
import { moveBatchDim } from "../lax/batching.ts";
import { scanP } from "../lax/control/scanPrimitive.ts";
import { runBatched } from "./batchTrace.ts";
import { jitP } from "./jitPrimitive.ts";
import { type JointProduct, jointProducts } from "./jointProducts.ts";
import { traceToJaxpr } from "./traceToJaxpr.ts";
import { isView } from "./views.ts";

/** What a variable is on all devices: stacked along the first dimension, or one value that they share. */
interface Value {
  readonly x: NDArray;
  readonly dim: 0 | null;
}

/**
 * Runs the program of a device on all of them. Between collectives a device has its work to itself: such a segment is a loop over the devices,
 * whose steps threads take, if it is long enough to be worth it. What all devices would compute alike is computed once; collectives, and
 * loops and branches that contain them, are operations on the stacked values.
 */
export function runSegments(
  program: ClosedJaxpr,
  inputs: readonly NDArray[],
  dims: readonly BatchDim[],
  axes: readonly NamedAxis[],
): [NDArray[], BatchDim[]] {
  const jaxpr = withoutCalls(program, axes).jaxpr;
  const run = new Segments(axes);
  jaxpr.invars.forEach((v, i) => run.set(v, inputs[i], dims[i]));
  const levels = levelsOf(jaxpr, axes);
  const last = Math.max(0, ...levels.map(({ level }) => level));
  const outputs = new Set<Atom>(jaxpr.outvars);
  for (let level = 0; level <= last; level++) {
    const here = levels.filter((eqn) => eqn.level === level);
    const own = here.filter((e) => !e.isJoint).map((e) => e.eqn);
    const later = levels.filter((e) => e.level > level || (e.level === level && e.isJoint));
    const wanted = new Set<Atom>([...outputs, ...later.flatMap((e) => (e.within?.product ?? e.eqn).inputs)]);
    run.segment(own, wanted);
    for (const { eqn, isJoint, within } of here) {
      if (within !== null) run.summed(eqn, within);
      else if (isJoint) run.joint(eqn);
    }
  }
  const results = jaxpr.outvars.map((atom) => run.get(atom));
  return [results.map(({ x }) => x), results.map(({ dim }) => dim)];
}

/** Calls that contain collectives are written out, so that these separate segments. */
function withoutCalls(program: ClosedJaxpr, axes: readonly NamedAxis[]): ClosedJaxpr {
  const names = axes.map(({ name }) => name);
  const callsJointly = program.eqns.some(
    (eqn) => (eqn.primitive as unknown) === jitP && usesAxes(eqn, names),
  );
  if (!callsJointly && program.consts.length === 0) return program;
  const { jaxpr } = withAxes(
    axes.map(({ name, size }) => ({ name, size })),
    () =>
      traceToJaxpr(
        (args) => evalWithoutCalls(program.jaxpr, program.consts, args, jitP as unknown as Primitive),
        program.inAvals.map((aval) => aval.update({ varying: [] })),
        "running a program on several devices",
      ),
  );
  return new ClosedJaxpr(jaxpr);
}

function usesAxes({ primitive, params }: Eqn, names: readonly string[]): boolean {
  return axesUsed(primitive, params).some((name) => names.includes(name));
}

interface Leveled {
  readonly eqn: Eqn;
  /** The number of operations between devices that have to be done before. */
  readonly level: number;
  readonly isJoint: boolean;
  /** The product that sums over the devices in its stead. */
  readonly within: JointProduct | null;
}

function levelsOf(jaxpr: Jaxpr, axes: readonly NamedAxis[]): Leveled[] {
  const names = axes.map(({ name }) => name);
  const products = jointProducts(jaxpr, names);
  const taken = new Set([...products.values()].flatMap(({ product, views }) => [product, ...views]));
  const levels = new Map<Atom, number>();
  return jaxpr.eqns.flatMap((eqn) => {
    const level = eqn.inputs.reduce((n, atom) => Math.max(n, levels.get(atom) ?? 0), 0);
    const isJoint = usesAxes(eqn, names);
    for (const v of eqn.outputs) levels.set(v, isJoint ? level + 1 : level);
    return taken.has(eqn) ? [] : [{ eqn, level, isJoint, within: products.get(eqn) ?? null }];
  });
}

class Segments {
  private readonly axes: readonly NamedAxis[];
  private readonly size: number;
  private readonly values = new Map<Var, Value>();
  /** Views of values that are there: what needs one makes it where it is needed, so that none is handed on as a copy. */
  private readonly views = new Map<Atom, Eqn>();

  constructor(axes: readonly NamedAxis[]) {
    this.axes = axes;
    this.size = axes.reduce((n, { size }) => n * size, 1);
  }

  get(atom: Atom): Value {
    if (atom instanceof Literal) return { x: atom.array, dim: null };
    const view = this.views.get(atom);
    if (view !== undefined && !this.values.has(atom)) this.batched([view], view.outputs);
    return this.values.get(atom) as Value;
  }
  private has(atom: Atom): boolean {
    return atom instanceof Literal || this.values.has(atom) || this.views.has(atom);
  }
  set(v: Var, x: NDArray, dim: BatchDim): void {
    this.values.set(v, dim === null ? { x, dim } : { x: moveBatchDim(x, dim, 0), dim: 0 });
  }

  /** Operations between devices. */
  joint(eqn: Eqn): void {
    this.batched([eqn], eqn.outputs);
  }

  /** A sum over devices of a product. */
  summed(eqn: Eqn, { product, views }: JointProduct): void {
    const operands = product.inputs.map((a) => this.get(a));
    const sum = product.primitive.summedBatching;
    if (sum === undefined || operands.some(({ dim }) => dim === null)) {
      this.batched([product, ...views], views.at(-1)?.outputs ?? product.outputs);
      this.joint(eqn);
      return;
    }
    let x = sum(
      operands.map((operand) => operand.x),
      operands.map(() => 0),
      product.params,
    );
    for (const { primitive, params } of views) [x] = bind(primitive, [x], params);
    this.set(eqn.outputs[0], x, null);
  }

  /** Operations of each device, of which those in `wanted` are needed afterwards. */
  segment(eqns: readonly Eqn[], wanted: ReadonlySet<Atom>): void {
    const own: Eqn[] = [];
    const differing = new Set<Atom>();
    const differs = (a: Atom): boolean => differing.has(a) || (!(a instanceof Literal) && this.differs(a));
    for (const eqn of eqns) {
      if (isView(eqn) && eqn.inputs.every((a) => this.has(a))) {
        for (const v of eqn.outputs) this.views.set(v, eqn);
      } else if (eqn.inputs.some(differs)) {
        own.push(eqn);
        for (const v of eqn.outputs) differing.add(v);
      } else {
        const outs = bind(
          eqn.primitive,
          eqn.inputs.map((a) => this.get(a).x),
          eqn.params,
        );
        eqn.outputs.forEach((v, i) => this.set(v, outs[i], null));
      }
    }
    if (own.length === 0) return;
    const [work, views] = withoutLastViews(own);
    const needed = new Set<Atom>([...wanted, ...views.flatMap(({ inputs }) => inputs)]);
    const outputs = work.flatMap((eqn) => eqn.outputs).filter((v) => needed.has(v));
    if (work.some(isLong)) this.loop([...this.viewsFor(work), ...work], outputs);
    else this.batched(work, outputs);
    for (const view of views) for (const v of view.outputs) this.views.set(v, view);
  }

  private differs(v: Var): boolean {
    const view = this.values.has(v) ? undefined : this.views.get(v);
    if (view === undefined) return this.values.get(v)?.dim === 0;
    return view.inputs.some((a) => !(a instanceof Literal) && this.differs(a));
  }

  /** The views that equations need, in their order. */
  private viewsFor(eqns: readonly Eqn[]): Eqn[] {
    const needed = new Set<Eqn>();
    const need = (a: Atom): void => {
      const view = this.views.get(a);
      if (view === undefined || needed.has(view)) return;
      view.inputs.forEach(need);
      needed.add(view);
    };
    for (const { inputs } of eqns) inputs.forEach(need);
    return [...needed];
  }

  private batched(eqns: readonly Eqn[], outputs: readonly Var[]): void {
    const inputs = inputsOf(eqns);
    const values = inputs.map((v) => this.get(v));
    const program = new Jaxpr([], inputs, eqns, outputs);
    const [outs, dims] = runBatched(
      (shards) => evalJaxpr(program, [], shards),
      values.map(({ x }) => x),
      values.map(({ dim }) => dim),
      this.size,
      "running a program on several devices",
      this.axes,
    );
    outputs.forEach((v, i) => this.set(v, outs[i], dims[i]));
  }

  /** A step for each device. */
  private loop(eqns: readonly Eqn[], outputs: readonly Var[]): void {
    const inputs = inputsOf(eqns);
    const shared = inputs.filter((v) => this.get(v).dim === null);
    const own = inputs.filter((v) => this.get(v).dim === 0);
    const { jaxpr, consts } = traceToJaxpr(
      (args) => {
        const env = new Map([...shared, ...own].map((v, i) => [v, args[i]]));
        return evalJaxpr(
          new Jaxpr([], inputs, eqns, outputs),
          [],
          inputs.map((v) => env.get(v) as NDArray),
        );
      },
      [...shared, ...own].map((v) => v.aval.update({ varying: [] })),
      "running a program on several devices",
    );
    const outs = bind(
      scanP,
      [...shared, ...own].map((v) => this.get(v).x),
      {
        jaxpr: new ClosedJaxpr(jaxpr, consts),
        length: this.size,
        reverse: false,
        numConsts: shared.length,
        numCarry: 0,
        unroll: 1,
        parallel: true,
      },
    );
    outputs.forEach((v, i) => this.set(v, outs[i], 0));
  }
}

/** Equations without the views among them that none of them needs, and these. */
function withoutLastViews(eqns: readonly Eqn[]): [work: Eqn[], views: Eqn[]] {
  const work: Eqn[] = [];
  const views: Eqn[] = [];
  const used = new Set<Atom>();
  for (const eqn of eqns.toReversed()) {
    if (isView(eqn) && !eqn.outputs.some((v) => used.has(v))) views.unshift(eqn);
    else {
      work.unshift(eqn);
      for (const a of eqn.inputs) used.add(a);
    }
  }
  return [work, views];
}

/** The variables that come from before some equations. */
function inputsOf(eqns: readonly Eqn[]): Var[] {
  const made = new Set<Atom>(eqns.flatMap((eqn) => eqn.outputs));
  const found = new Set<Var>();
  for (const { inputs } of eqns) {
    for (const a of inputs) if (!(a instanceof Literal) && !made.has(a)) found.add(a);
  }
  return [...found];
}

/** Whether an operation takes so long that threads had better take devices than parts of it. */
function isLong({ primitive }: Eqn): boolean {
  const { lowering } = primitive;
  return isControl(lowering) || !["pointwise", "reduction", "barrier", "none"].includes(lowering.kind);
}
