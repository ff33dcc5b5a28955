import type { Scalar } from "../../../core/routine/scalar.ts";
import { largestSize } from "./complexSchur.ts";
import { type Field, type Matrix, Num } from "./field.ts";
import { hypot, transposeInto } from "./householder.ts";

/**
 * The eigenvectors of A = D Q T Q^H D^-1 as the columns of `out`, each of length 1 and with a real component of the largest magnitude.
 *
 * @param t upper triangular
 * @param z its rows are the columns of Q
 * @param d the diagonal of D, real
 * @param isReal whether A is real: so are the eigenvectors of real eigenvalues then, and the others come in conjugate pairs
 * @param side right eigenvectors (A v = w v), or left ones (u^H A = w u^H)
 */
export function eigenvectorsOf(
  field: Field,
  n: number,
  {
    t,
    z,
    d,
    isReal,
  }: { readonly t: Matrix; readonly z: Matrix; readonly d: Matrix; readonly isReal: boolean },
  side: "left" | "right",
  out: Matrix,
): void {
  const { r } = field;
  const norm = largestSize(field, n, t);
  // Equal eigenvalues count as this far apart.
  const least = r.real(norm.mul(r.eps));
  r.if(norm.eq(0), () => r.set(least, 1));
  const greatest = r.dtype === "float32" ? 2 ** 20 : 2 ** 300;
  const [x, y] = [field.local(1, n), field.local(1, n)];
  // Columns of T are read as rows of its transpose.
  const rows = side === "right" ? t : field.local(n, n);
  if (side === "left") transposeInto(field, n, n, t, rows);

  const columnFor = (k: Scalar): void => {
    const value = field.num(t.at(k, k));
    field.fill(n, x.row(0), 0);
    x.put(0, k, field.constant(1));
    // Element i of the equations (T - value I) x = 0, or of their adjoint, with `sum` for the elements of x that are known.
    const solveRow = (i: Scalar, sum: Num) => {
      const total = field.num(sum);
      const divisor = field.num(t.at(i, i).sub(value));
      if (side === "left") field.set(divisor, divisor.conj());
      r.if(divisor.size().lt(least), () => field.set(divisor, new Num(least)));
      const solution = field.num(total.neg().div(divisor));
      x.put(0, i, solution);
      const size = r.real(solution.size());
      r.if(size.gt(greatest), () => field.scaleReal(n, r.real(1).div(size), x.row(0)));
    };
    if (side === "right") {
      r.down(0, k, (i) => {
        const from = r.int(i.add(1));
        solveRow(i, field.dotPlain(k.sub(i), rows.row(i, from), x.row(0, from)));
      });
    } else {
      r.for(k.add(1), n, (i) => solveRow(i, field.dot(i.sub(k), rows.row(i, k), x.row(0, k))));
    }
    field.fill(n, y.row(0), 0);
    const [begin, end] = side === "right" ? [0, k.add(1)] : [k, n];
    r.for(begin, end, (j) => field.axpy(n, field.num(x.at(0, j)), z.row(j), y.row(0)));
    r.for(0, n, (i) => {
      const component = y.at(0, i);
      y.put(0, i, side === "right" ? component.mul(d.at(0, i)) : component.div(d.at(0, i)));
    });
    normalize(field, n, y);
    if (isReal) {
      // The real part of a vector for a real eigenvalue, which normalize has made large, is one as well.
      r.if(t.at(k, k).im?.eq(0) ?? r.bool(true), () => {
        r.run({ op: "fill", n, value: 0, x: y.row(0).runs[1] });
        field.scaleReal(n, r.real(1).div(field.norm(n, y.row(0))), y.row(0));
      });
    }
    r.for(0, n, (i) => out.put(i, k, y.at(0, i)));
  };
  r.for(0, n, (k) => {
    const imaginary = t.at(k, k).im;
    if (!isReal || imaginary === null) columnFor(k);
    else {
      r.if(
        imaginary.lt(0),
        () => r.for(0, n, (i) => out.put(i, k, out.at(i, k.sub(1)).conj())),
        () => columnFor(k),
      );
    }
  });
}

/** Gives a vector length 1, and makes its first component of the largest magnitude real and positive. */
function normalize(field: Field, n: number, y: Matrix): void {
  const { r } = field;
  const length = field.norm(n, y.row(0));
  field.scaleReal(n, r.real(1).div(length), y.row(0));
  const best = r.int(0);
  const largest = r.real(-1);
  r.for(0, n, (i) => {
    const component = field.num(y.at(0, i));
    const square = r.real(component.mul(component.conj()).re);
    r.if(square.gt(largest), () => {
      r.set(largest, square);
      r.set(best, i);
    });
  });
  const component = field.num(y.at(0, best));
  const magnitude = hypot(field, component.re, component.im);
  field.scale(n, component.conj().div(new Num(magnitude)), y.row(0));
  y.put(0, best, new Num(magnitude));
}
