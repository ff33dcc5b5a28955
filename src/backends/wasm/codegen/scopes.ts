import type { Node } from "../../../compiler/ir.ts";
import type { FunctionBuilder, Local, ValType } from "../asm/index.ts";
import type { AddressGroup } from "./uses.ts";

/** One vector of an unrolled loop body. */
export interface Copy {
  readonly index: number;
  /** The number of the vector along the vector axis: copies in the same column of several rows share it. */
  readonly column: number;
  /** Elements from the loop index along the vector axis. */
  readonly offset: number;
  /** Elements from the loop index along the row axis. */
  readonly row: number;
  /** Lanes that hold elements; the others hold zeros or garbage and are never stored. */
  readonly active: number;
}

/** Values known while the code of one level of the nest is written. */
interface Scope {
  readonly copies: readonly Copy[];
  readonly scalars: Map<Node, Local>;
  readonly splats: Map<Node, Local>;
  readonly vectors: Map<Node, Local>[];
  /** Words of keys by vector, and of those that are the same in all; made when the first is remembered. */
  readonly keys: (Map<Node, readonly [Local, Local]> | undefined)[];
  splatKeys: Map<Node, readonly [Local, Local]> | undefined;
  readonly scaled: Map<string, Local>;
  readonly addresses: Map<AddressGroup, Local>;
  readonly temps: Local[];
}

/** The nested scopes of the code being written, and the locals that each holds until it ends. */
export class Scopes {
  private readonly f: FunctionBuilder;
  private readonly scopes: Scope[] = [];
  /** The vectors of the present loop body; none in scalar code. */
  copies: readonly Copy[] = [];

  constructor(f: FunctionBuilder) {
    this.f = f;
  }

  push(copies: readonly Copy[]): void {
    this.copies = copies;
    this.scopes.push({
      copies,
      scalars: new Map(),
      splats: new Map(),
      vectors: copies.map(() => new Map()),
      keys: [],
      splatKeys: undefined,
      scaled: new Map(),
      addresses: new Map(),
      temps: [],
    });
  }

  leave(): void {
    const scope = this.scopes.pop() as Scope;
    this.f.release(...scope.temps);
    this.copies = this.scopes.at(-1)?.copies ?? [];
  }

  get present(): Scope {
    return this.scopes[this.scopes.length - 1];
  }

  /** A scratch local that lives as long as the present scope. */
  temp(type: ValType): Local {
    const local = this.f.temp(type);
    this.present.temps.push(local);
    return local;
  }

  /** The local that holds a node, in this scope or an outer one. */
  find(kind: "scalars" | "splats" | "vectors", node: Node, copy?: Copy): Local | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const scope = this.scopes[i];
      const map = kind === "vectors" ? scope.vectors[(copy as Copy).index] : scope[kind];
      const local = map?.get(node);
      if (local !== undefined) return local;
    }
    return undefined;
  }

  remember(kind: "scalars" | "splats" | "vectors", node: Node, local: Local, copy?: Copy): Local {
    const scope = this.present;
    (kind === "vectors" ? scope.vectors[(copy as Copy).index] : scope[kind]).set(node, local);
    return local;
  }

  findKey(node: Node, copy: Copy | null): readonly [Local, Local] | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const scope = this.scopes[i];
      const words = (copy === null ? scope.splatKeys : scope.keys[copy.index])?.get(node);
      if (words !== undefined) return words;
    }
    return undefined;
  }

  rememberKey(node: Node, words: readonly [Local, Local], copy: Copy | null): void {
    const scope = this.present;
    const known = copy === null ? scope.splatKeys : scope.keys[copy.index];
    const map = known ?? new Map<Node, readonly [Local, Local]>();
    if (copy === null) scope.splatKeys = map;
    else scope.keys[copy.index] = map;
    map.set(node, words);
  }

  findAddress(group: AddressGroup): Local | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const local = this.scopes[i].addresses.get(group);
      if (local !== undefined) return local;
    }
    return undefined;
  }
}
