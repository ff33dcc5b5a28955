import { RoutineBuilder } from "../../../core/routine/builder.ts";
import type { Routine } from "../../../core/routine/ir.ts";
import type { Scalar, ScalarLike } from "../../../core/routine/scalar.ts";
import { Field, Num } from "./field.ts";
import { accumulateReflectors, makeReflector, setIdentity, transposeInto } from "./householder.ts";
import type { RoutineField } from "./kind.ts";
import { actsInBlocks, BLOCK, ReflectorBlock } from "./reflectorBlocks.ts";

/**
 * R, and below its diagonal the vectors of the reflectors whose product is Q, with their factors. With `pivoting`, each step takes the
 * longest of the columns that are left, and the order of the columns is a result, too.
 */
export function reflectorsRoutine(
  m: number,
  n: number,
  pivoting: boolean,
  { real, isComplex }: RoutineField,
): Routine {
  const r = new RoutineBuilder(pivoting ? "geqp3" : "geqrf", real);
  const field = new Field(r, isComplex);
  const steps = Math.min(m, n);
  const a = field.input(m, n);
  const out = field.output(m, n);
  const order = pivoting ? r.output("int", n) : null;
  const taus = field.output(1, steps);
  const w = field.local(n, m);
  transposeInto(field, m, n, a, w);
  if (order !== null) r.for(0, n, (j) => order.put(j, j));
  // With pivots, which columns are the longest depends on all reflectors before.
  const inBlocks = !pivoting && actsInBlocks(steps);
  /** Finds reflector j and applies it to the columns up to `end`. */
  const step = (j: Scalar, end: ScalarLike) => {
    const length = r.int(j.neg().add(m));
    if (order !== null) {
      const best = r.int(j);
      const longest = r.real(-1);
      r.for(j, n, (k) => {
        const norm = field.norm(length, w.row(k, j));
        r.if(norm.gt(longest), () => {
          r.set(longest, norm);
          r.set(best, k);
        });
      });
      r.if(best.ne(j), () => {
        field.swap(m, w.row(j), w.row(best));
        const kept = r.int(order.at(j));
        order.put(j, order.at(best));
        order.put(best, kept);
      });
    }
    const { tau, beta } = makeReflector(field, length, w, j, j);
    const next = r.int(j.add(1));
    const minus = field.num(tau.conj().neg());
    field.reflect(next.neg().add(end), length, minus, w.row(j, j), w.row(next, j), w.stride);
    w.put(j, j, new Num(beta));
    taus.put(0, j, tau);
  };
  if (inBlocks) {
    const block = new ReflectorBlock(field, m, n);
    r.for(
      0,
      steps,
      (first) => {
        const end = r.int(first.add(BLOCK).min(steps));
        r.for(first, end, (j) => step(j, end));
        r.if(end.lt(n), () => {
          const count = r.int(end.sub(first));
          block.load(w, first, count, first, m, (j) => taus.at(0, j), true);
          block.apply(count, end.neg().add(n), first.neg().add(m), w.row(end, first), w.stride);
        });
      },
      BLOCK,
    );
  } else r.for(0, steps, (j) => step(j, n));
  transposeInto(field, n, m, w, out);
  return r.finish(`${isComplex} ${m} ${n}`, 4 * steps * steps * (Math.max(m, n) - steps / 3));
}

/** The first n columns of the product of reflectors. */
export function householderProductRoutine(
  m: number,
  n: number,
  count: number,
  { real, isComplex }: RoutineField,
): Routine {
  const r = new RoutineBuilder("householder_product", real);
  const field = new Field(r, isComplex);
  const a = field.input(m, n);
  const taus = field.input(1, count);
  const out = field.output(m, n);
  const v = field.local(n, m);
  const q = field.local(n, m);
  transposeInto(field, m, n, a, v);
  r.for(0, count, (j) => v.put(j, j, field.constant(1)));
  setIdentity(field, n, m, q);
  accumulateReflectors(field, { count, rows: n, length: m, shift: 0 }, v, (j) => taus.at(0, j), q);
  transposeInto(field, n, m, q, out);
  return r.finish(`${isComplex} ${m} ${n} ${count}`, 4 * count * n * (m - count / 2));
}
