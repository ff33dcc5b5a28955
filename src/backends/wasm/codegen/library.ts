import type { FuncRef, FunctionBuilder, Local, ModuleBuilder } from "../asm/index.ts";

/** The module that supplies JavaScript functions of numbers to the generated code. */
export const MATH_MODULE = "math";

/**
 * Functions that generated code calls, each emitted once per module and only when used: integer division as XLA defines it, and
 * JavaScript's mathematical functions for float64.
 */
export class Library {
  readonly mb: ModuleBuilder;
  /** Whether the module imports functions of {@link MATH_MODULE}. */
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
  divideScalar(op: "div" | "rem", signed: boolean): FuncRef {
    const type = signed ? "i32" : "u32";
    return this.mb.shared(`${op}.${type}`, () =>
      this.mb.function(`${op}_${type}`, ["i32", "i32"], ["i32"], (f, a, b) => {
        f.get(b).i32.eqz();
        f.if(
          () => (op === "div" ? f.i32.const(-1) : f.get(a)),
          () => {
            if (!signed) {
              f.get(a).get(b);
              if (op === "div") f.i32.div_u();
              else f.i32.rem_u();
            } else if (op === "rem") {
              f.get(a).get(b).i32.rem_s(); // MIN rem -1 = 0 by definition
            } else {
              f.get(b).i32.const(-1).i32.eq();
              f.if(
                () => f.i32.const(0).get(a).i32.sub(),
                () => f.get(a).get(b).i32.div_s(),
                "i32",
              );
            }
          },
          "i32",
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
  kind: "i32x4" | "f32x4" | "f64x2",
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
