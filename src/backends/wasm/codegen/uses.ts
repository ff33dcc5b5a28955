import type { LoadNode, Node } from "../../../compiler/ir.ts";
import { sortById } from "../../../compiler/nodes/walk.ts";
import { bool, keyFry } from "../../../dtypes/index.ts";
import { ACC_BIT, type Analysis, argsOf, type Linear, scale } from "./analysis.ts";

/** How the loops around the code are arranged. Level 0 is outside all loops, level d inside d of them. */
export interface Nest {
  /** The level of each axis' loop body; axes without a loop are absent. */
  readonly axisLevels: ReadonlyMap<number, number>;
  /** The level at which results of reductions are available: inside all parallel loops. */
  readonly accLevel: number;
  readonly lanes: 1 | 2 | 4;
  /** The axis whose consecutive indices fill the lanes; -1 in scalar code. */
  readonly vectorAxis: number;
  /** Whether the lanes are points of the parallel space (so that reductions have one result per lane). */
  readonly vectorIsParallel: boolean;
  /**
   * The parallel axis whose consecutive indices make the vectors of an iteration, as many as there are lanes, so that what is contiguous along
   * it is transposed in registers; -1 where the vectors follow one another along the vector axis.
   */
  readonly rowAxis: number;
}

/** Accesses of one buffer whose offsets differ only by constants: they share an address. */
export interface AddressGroup {
  readonly buffer: number;
  readonly log2: number;
  readonly linear: Linear;
  /** The smallest constant of the group; part of the address. Others are immediate offsets. */
  minimum: number;
  /** Levels at which the address changes, ascending. */
  readonly levels: readonly number[];
}

export interface Access {
  readonly group: AddressGroup;
  readonly constant: number;
  /** Elements between lanes. */
  readonly stride: number;
  /** Elements between rows. */
  readonly rowStride: number;
}

/** How often a node is needed, and whether inside loops that it does not depend on. */
export interface Use {
  readonly level: number;
  /** Direct uses of the node's own form at its own level. */
  count: number;
  splatCount: number;
  hoist: boolean;
  hoistSplat: boolean;
}

const MAX_CONST_REGISTERS = 10;

/** Buffers that hold, for each of `width` neighbours along the vector axis, one row: element by element, side by side. */
export interface SideBySide {
  readonly buffers: readonly number[];
  readonly width: number;
}

/** What the code of a nest, or of one pass of it, needs to know of its nodes before it is written. */
export class Uses {
  readonly analysis: Analysis;
  readonly nest: Nest;
  readonly uses = new Map<Node, Use>();
  /** The groups of the accesses. */
  readonly groups = new Set<AddressGroup>();
  readonly accesses = new Map<object, Access>();
  /** The groups of all passes, by what they have in common. */
  private readonly known: Map<string, AddressGroup>;
  private readonly dtypeLog2: (buffer: number) => number;
  private readonly locals: SideBySide | null;
  private constRegisters = 0;

  /** `passes`: where the passes of one kernel keep their groups, so that they share addresses. */
  constructor(
    analysis: Analysis,
    nest: Nest,
    dtypeLog2: (buffer: number) => number,
    passes: Map<string, AddressGroup> = new Map(),
    locals: SideBySide | null = null,
  ) {
    this.analysis = analysis;
    this.nest = nest;
    this.dtypeLog2 = dtypeLog2;
    this.known = passes;
    this.locals = locals;
  }

  level(node: Node): number {
    return this.levelOfMask(this.analysis.mask(node));
  }

  private levelOfMask(mask: number): number {
    let level = mask & ACC_BIT ? this.nest.accLevel : 0;
    for (const [axis, l] of this.nest.axisLevels) if (l > level && mask & (1 << axis)) level = l;
    return level;
  }

  /** Whether the node has one value per lane. */
  isVector(node: Node): boolean {
    if (this.nest.lanes === 1) return false;
    const mask = this.analysis.mask(node);
    if (mask & (1 << this.nest.vectorAxis) || this.dependsOnRow(node)) return true;
    return this.nest.vectorIsParallel && (mask & ACC_BIT) !== 0;
  }

  /** Whether the vectors of an iteration, being rows, have different values. */
  dependsOnRow(node: Node): boolean {
    const { rowAxis } = this.nest;
    return rowAxis >= 0 && (this.analysis.mask(node) & (1 << rowAxis)) !== 0;
  }

  /** Notes that `node` is needed at a level, as a vector or as a scalar. */
  need(unresolved: Node, level: number, vector: boolean): void {
    const node = this.analysis.resolve(unresolved);
    let use = this.uses.get(node);
    const first = use === undefined;
    if (use === undefined) {
      use = { level: this.level(node), count: 0, splatCount: 0, hoist: false, hoistSplat: false };
      this.uses.set(node, use);
    }
    if (vector && !this.isVector(node)) {
      if (use.splatCount === 0) use.count++;
      use.splatCount++;
      if (level > use.level) {
        if (node.kind !== "const") use.hoistSplat = true;
        else if (!use.hoistSplat && this.constRegisters < MAX_CONST_REGISTERS) {
          this.constRegisters++;
          use.hoistSplat = true;
        }
      }
    } else {
      use.count++;
      if (level > use.level && node.kind !== "const" && node.kind !== "index") use.hoist = true;
    }
    if (first) this.needArgs(node, use.level);
  }

  private needArgs(node: Node, level: number): void {
    if (node.kind === "load") {
      this.needLoad(node, level);
      return;
    }
    const vector = this.isVector(node);
    argsOf(node).forEach((arg, i) => {
      const scalarAmount = vector && i === 1 && node.kind === "op" && node.op.startsWith("shift_");
      this.need(arg, level, vector && !(scalarAmount && !this.isVector(arg)));
    });
  }

  private needLoad(node: LoadNode, level: number): void {
    if (this.analysis.mask(node.offset) & ACC_BIT) {
      this.need(node.offset, level, this.isVector(node));
    } else if (this.address(node, node.buffer, node.offset) === null) {
      this.need(node.offset, level, true);
    }
  }

  /** Registers the address of an access; null when it is not affine in the axes of lanes and rows. */
  address(key: object, buffer: number, offset: Node): Access | null {
    const known = this.accesses.get(key);
    if (known !== undefined) return known;
    let linear = this.analysis.linear(offset);
    let stride = this.nest.lanes === 1 ? 0 : this.analysis.stride(linear, this.nest.vectorAxis);
    const rowStride = this.nest.rowAxis < 0 ? 0 : this.analysis.stride(linear, this.nest.rowAxis);
    if (stride === null || rowStride === null) return null;
    if (this.locals?.buffers.includes(buffer)) {
      linear = scale(linear, this.locals.width);
      stride = 1;
    }
    let name = `${buffer}`;
    for (const atom of sortById([...linear.terms.keys()])) {
      name += `,${atom.id}*${linear.terms.get(atom)}`;
    }
    const levels = new Set<number>();
    for (const atom of linear.terms.keys()) {
      const level = this.level(atom);
      levels.add(level);
      this.need(atom, level, false);
    }
    let group = this.known.get(name);
    if (group === undefined) {
      group = {
        buffer,
        log2: this.dtypeLog2(buffer),
        linear,
        minimum: linear.constant,
        levels: [...levels].sort((a, b) => a - b),
      };
      this.known.set(name, group);
    }
    this.groups.add(group);
    group.minimum = Math.min(group.minimum, linear.constant);
    const access = { group, constant: linear.constant, stride, rowStride };
    this.accesses.set(key, access);
    return access;
  }
}

/**
 * The number of lanes in which every value that varies along an axis, and every root (they are stored or accumulated
 * lane by lane whatever they depend on), fits; 1 when there is none. `perLane`: what passes leave has a value for every lane.
 * `rowAxis`: values that vary along it are vectors too.
 */
export function lanesFor(
  nodes: Iterable<Node>,
  roots: readonly Node[],
  analysis: Analysis,
  axis: number,
  perLane = true,
  rowAxis = axis,
): 1 | 2 | 4 {
  let wide = false;
  let narrow = false;
  const note = ({ dtype }: Node) => {
    if (dtype.itemsize === 8 && dtype !== keyFry) wide = true;
    else if (dtype !== bool) narrow = true;
  };
  const varying = (1 << axis) | (1 << rowAxis) | (perLane ? ACC_BIT : 0);
  for (const node of nodes) if (analysis.mask(node) & varying) note(node);
  roots.forEach(note);
  if (wide) return narrow ? 1 : 2;
  return 4;
}
