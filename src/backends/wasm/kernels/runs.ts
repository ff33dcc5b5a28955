import type { FuncRef, FunctionBuilder, Local, ModuleBuilder, ValType } from "../asm/index.ts";
import { type Lanes, loadSplat, multiplyAdd, multiplyVectors } from "./lanes.ts";
import { pushReal, splat, strips, sumScalars } from "./runSteps.ts";

/** Operations on single runs of reals. Counts are elements, everything else addresses; each is emitted once per module. */

export type RealKind = "f32" | "f64";

function shared(
  mb: ModuleBuilder,
  t: Lanes,
  name: string,
  params: readonly ValType[],
  results: readonly ValType[],
  body: (f: FunctionBuilder, ...locals: Local[]) => void,
): FuncRef {
  const full = `run_${name}_${t.kind}`;
  return mb.shared(full, () => mb.function(full, params, results, body));
}

/** (n, x, y) -> the sum of products */
export function emitDot(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  return shared(mb, t, "dot", ["i32", "i32", "i32"], [real], (f, n, x, y) => {
    const sums = [0, 1, 2, 3].map(() => f.local("v128"));
    const tail = f.local(real);
    const [p, q] = [f.local("v128"), f.local("v128")];
    strips(f, t, n, [x, y], [4, 1], {
      vectors: (count) => {
        for (let i = 0; i < count; i++) {
          f.get(x)
            .v128.load(16 * i, 2)
            .set(p)
            .get(y)
            .v128.load(16 * i, 2)
            .set(q);
          multiplyAdd(f, t, sums[i], p, q, f.relaxedSimd);
        }
      },
      element: () => {
        f.get(tail);
        pushReal(f, t, x);
        pushReal(f, t, y);
        f[real].mul()[real].add().set(tail);
      },
    });
    sumScalars(f, t, sums);
    f.get(tail)[real].add();
  });
}

/** (n, alpha, x, y): y += alpha * x */
export function emitAxpy(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  return shared(mb, t, "axpy", ["i32", real, "i32", "i32"], [], (f, n, alpha, x, y) => {
    const factor = splat(f, t, alpha);
    const [p, q] = [f.local("v128"), f.local("v128")];
    strips(f, t, n, [x, y], [4, 1], {
      vectors: (count) => {
        for (let i = 0; i < count; i++) {
          f.get(x)
            .v128.load(16 * i, 2)
            .set(p)
            .get(y)
            .v128.load(16 * i, 2)
            .set(q);
          multiplyAdd(f, t, q, p, factor, f.relaxedSimd);
          f.get(y)
            .get(q)
            .v128.store(16 * i, 2);
        }
      },
      element: () => {
        f.get(y);
        pushReal(f, t, y);
        f.get(alpha);
        pushReal(f, t, x);
        f[real].mul()[real].add()[real].store();
      },
    });
  });
}

/** (n, alpha, x): x *= alpha */
export function emitScale(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  return shared(mb, t, "scale", ["i32", real, "i32"], [], (f, n, alpha, x) => {
    const factor = splat(f, t, alpha);
    strips(f, t, n, [x], [4, 1], {
      vectors: (count) => {
        for (let i = 0; i < count; i++) {
          f.get(x)
            .get(x)
            .v128.load(16 * i, 2)
            .get(factor);
          multiplyVectors(f, t);
          f.v128.store(16 * i, 2);
        }
      },
      element: () => {
        f.get(x);
        pushReal(f, t, x);
        f.get(alpha)[real].mul()[real].store();
      },
    });
  });
}

/** (n, value, x): x = value */
export function emitFill(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  return shared(mb, t, "fill", ["i32", real, "i32"], [], (f, n, value, x) => {
    const all = splat(f, t, value);
    strips(f, t, n, [x], [4, 1], {
      vectors: (count) => {
        for (let i = 0; i < count; i++)
          f.get(x)
            .get(all)
            .v128.store(16 * i, 2);
      },
      element: () => f.get(x).get(value)[real].store(),
    });
  });
}

/** (n, x, y): exchanges their elements */
export function emitSwap(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  return shared(mb, t, "swap", ["i32", "i32", "i32"], [], (f, n, x, y) => {
    strips(f, t, n, [x, y], [1], {
      vectors: () => {
        f.get(x).get(y).v128.load(0, 2);
        f.get(y).get(x).v128.load(0, 2).v128.store(0, 2).v128.store(0, 2);
      },
      element: () => {
        f.get(x);
        pushReal(f, t, y);
        f.get(y);
        pushReal(f, t, x);
        f[real].store()[real].store();
      },
    });
  });
}

/** (n, c, s, x, y): x, y = c x + s y, c y - s x */
export function emitRotate(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  return shared(mb, t, "rotate", ["i32", real, real, "i32", "i32"], [], (f, n, c, s, x, y) => {
    const [cosines, sines] = [splat(f, t, c), splat(f, t, s)];
    f.get(s)[real].neg();
    const minus = f.local(real);
    f.set(minus);
    const minusSines = splat(f, t, minus);
    const [p, q, next] = [f.local("v128"), f.local("v128"), f.local("v128")];
    const [a, b] = [f.local(real), f.local(real)];
    strips(f, t, n, [x, y], [2, 1], {
      vectors: (count) => {
        for (let i = 0; i < count; i++) {
          f.get(x)
            .v128.load(16 * i, 2)
            .set(p)
            .get(y)
            .v128.load(16 * i, 2)
            .set(q);
          f.get(p).get(cosines);
          multiplyVectors(f, t);
          f.set(next);
          multiplyAdd(f, t, next, q, sines, f.relaxedSimd);
          f.get(x)
            .get(next)
            .v128.store(16 * i, 2);
          f.get(q).get(cosines);
          multiplyVectors(f, t);
          f.set(next);
          multiplyAdd(f, t, next, p, minusSines, f.relaxedSimd);
          f.get(y)
            .get(next)
            .v128.store(16 * i, 2);
        }
      },
      element: () => {
        pushReal(f, t, x);
        f.set(a);
        pushReal(f, t, y);
        f.set(b);
        f.get(x).get(c).get(a)[real].mul().get(s).get(b)[real].mul()[real].add()[real].store();
        f.get(y).get(c).get(b)[real].mul().get(s).get(a)[real].mul()[real].sub()[real].store();
      },
    });
  });
}

/** How many vectors of a row are carried in registers while the rows below are rotated. */
const ROTATED = 4;

/** (n, count, x, step, c, s): rotates rows t and t + 1, `step` bytes apart, by c[t] and s[t] in turn; a strip of columns at a time. */
export function emitRotateRows(mb: ModuleBuilder, t: Lanes): FuncRef {
  const real = t.kind as RealKind;
  const params: ValType[] = ["i32", "i32", "i32", "i32", "i32", "i32"];
  return shared(mb, t, "rotate_rows", params, [], (f, n, count, x, step, c, s) => {
    const [row, cAt, sAt, left] = ["row", "c", "s", "left"].map((name) => f.local("i32", name));
    const carried = Array.from({ length: ROTATED }, () => f.local("v128"));
    const [cosines, sines, minusSines, next, q] = [0, 1, 2, 3, 4].map(() => f.local("v128"));
    const [a, b] = [f.local(real), f.local(real)];
    const overRows = (body: () => void) => {
      f.get(x).set(row).get(c).set(cAt).get(s).set(sAt).get(count).set(left);
      f.loop((again) => {
        body();
        f.get(row).get(step).i32.add().set(row);
        f.get(cAt).i32.const(t.bytes).i32.add().set(cAt);
        f.get(sAt).i32.const(t.bytes).i32.add().set(sAt);
        f.get(left).i32.const(1).i32.sub().tee(left).brIf(again);
      });
    };
    f.get(count).i32.const(0).i32.gt_s();
    f.if(() => {
      strips(f, t, n, [x], [ROTATED, 1], {
        vectors: (width) => {
          for (let i = 0; i < width; i++)
            f.get(x)
              .v128.load(16 * i, 2)
              .set(carried[i]);
          overRows(() => {
            f.get(cAt);
            loadSplat(f, t);
            f.set(cosines).get(sAt);
            loadSplat(f, t);
            f.tee(sines);
            (t.kind === "f32" ? f.f32x4 : f.f64x2).neg();
            f.set(minusSines);
            for (let i = 0; i < width; i++) {
              f.get(row)
                .get(step)
                .i32.add()
                .v128.load(16 * i, 2)
                .set(q);
              f.get(carried[i]).get(cosines);
              multiplyVectors(f, t);
              f.set(next);
              multiplyAdd(f, t, next, q, sines, f.relaxedSimd);
              f.get(row)
                .get(next)
                .v128.store(16 * i, 2);
              f.get(q).get(cosines);
              multiplyVectors(f, t);
              f.set(next);
              multiplyAdd(f, t, next, carried[i], minusSines, f.relaxedSimd);
              f.get(next).set(carried[i]);
            }
          });
          for (let i = 0; i < width; i++)
            f.get(row)
              .get(carried[i])
              .v128.store(16 * i, 2);
        },
        element: () => {
          pushReal(f, t, x);
          f.set(a);
          overRows(() => {
            f.get(row).get(step).i32.add()[real].load().set(b).get(row);
            f.get(a);
            pushReal(f, t, cAt);
            f[real].mul().get(b);
            pushReal(f, t, sAt);
            f[real].mul()[real].add()[real].store();
            f.get(b);
            pushReal(f, t, cAt);
            f[real].mul().get(a);
            pushReal(f, t, sAt);
            f[real].mul()[real].sub().set(a);
          });
          f.get(row).get(a)[real].store();
        },
      });
    });
  });
}
