import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";

/** The module that supplies JavaScript functions of numbers to the generated code. */
export const MATH_MODULE = "math";

/**
 * Functions that generated code calls, each emitted once per module and only when used: integer division as XLA defines it, and
 * JavaScript's mathematical functions for float64.
 */
export class Library {
  readonly mb: ModuleBuilder;
  /** Whether the module imports functions of `MATH_MODULE`. */
  usesImports = false;

  constructor(mb: ModuleBuilder) {
    this.mb = mb;
  }

  /** A float64 function evaluated by JavaScript. */
  f64(op: string, arity: number): FuncRef {
    return this.mb.shared(`f64.${op}`, () => {
      this.usesImports = true;
      return this.mb.importFunction(MATH_MODULE, op, arity === 1 ? ["f64"] : ["f64", "f64"], ["f64"]);
    });
  }

  /** Integer division or remainder of scalars: x / 0 = -1, x rem 0 = x, wrapping. */
  divideScalar(op: "div" | "rem", type: "i32" | "i64", signed: boolean): FuncRef {
    const name = signed ? type : type.replace("i", "u");
    return this.mb.shared(`${op}.${name}`, () =>
      this.mb.function(`${op}_${name}`, [type, type], [type], (f, a, b) => {
        f.get(b)[type].eqz();
        f.if(
          () => (op === "div" ? f[type].const(-1) : f.get(a)),
          () => {
            if (!signed) {
              f.get(a).get(b)[type][`${op}_u`]();
            } else if (op === "rem") {
              f.get(a).get(b)[type].rem_s(); // MIN rem -1 = 0 by definition
            } else {
              f.get(b)[type].const(-1)[type].eq();
              f.if(
                () => f[type].const(0).get(a)[type].sub(),
                () => f.get(a).get(b)[type].div_s(),
                type,
              );
            }
          },
          type,
        );
      }),
    );
  }
}

/** Applies `emit` to each lane of two vectors on the stack: for operations that have no vector instruction. */
export function eachLane(
  f: FunctionBuilder,
  a: Local,
  b: Local | null,
  lanes: 2 | 4,
  kind: "i32x4" | "i64x2" | "f32x4" | "f64x2",
  emit: () => void,
): void {
  f.get(a);
  for (let lane = 0; lane < lanes; lane++) {
    f.get(a)[kind].extract_lane(lane);
    if (b !== null) f.get(b)[kind].extract_lane(lane);
    emit();
    f[kind].replace_lane(lane);
  }
}
