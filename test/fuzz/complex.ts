import { type Chooser, type Draft, type DTypeText, NoOperand, type Value } from "./chooser.ts";
import { type Operation, operations } from "./operations.ts";

/** Operations of random programs with complex numbers, and those that only move elements about. */

const made: Operation[] = [];
function op(name: string, draft: (c: Chooser) => Draft, differentiable = true): void {
  made.push({ name, draft, differentiable, clampsReads: false });
}

const json = JSON.stringify;
const complex = (v: Value): boolean => v.isComplex;
const float = (v: Value): boolean => v.isFloat && !v.weakType;
const inexactNumber = (v: Value): boolean => v.isFloat || v.isComplex;
const keep = (args: Value[], text: string): Draft => ({ args, text });
const loose = (args: Value[], text: string): Draft => ({ args, text, inexact: true });
const sameShape = (x: Value) => (v: Value) => v.shape.join() === x.shape.join();
/** A complex number that operands are moved by, away from zeros and poles. */
const away = "lax.complex(jnp.float32(2), jnp.float32(1))";

for (let i = 0; i < 2; i++) {
  op("complex of parts", (c) => {
    const x = c.value(float);
    const y = c.value((v) => float(v) && v.dtype === x.dtype && sameShape(x)(v));
    return keep([x, y], `lax.complex(${x}, ${y})`);
  });
  op("parts", (c) => {
    const x = c.value(complex);
    return keep([x], `jnp.${c.one(["real", "imag", "conj"])}(${x})`);
  });
  op("sum, difference", (c) => {
    const x = c.value(complex);
    const y = c.value((v) => inexactNumber(v) && sameShape(x)(v));
    return c.flag() ? keep([x, y], `${x}.add(${y})`) : keep([x, y], `${y}.sub(${x})`);
  });
  op("product", (c) => {
    const x = c.value(complex);
    const y = c.value((v) => inexactNumber(v) && sameShape(x)(v));
    return loose([x, y], `${x}.mul(${y})`);
  });
  op("product with a matrix", (c) => {
    const x = c.value((v) => v.isComplex && v.ndim === 2);
    return loose([x], `${x}.matmul(${x}.conj().T)`);
  });
}
op("magnitude", (c) => {
  const x = c.value(complex);
  return loose([x], `jnp.abs(${x}.mul(0.5).add(${away}))`);
});
op("quotient", (c) => {
  const x = c.value(inexactNumber);
  const y = c.value((v) => v.isComplex && sameShape(x)(v));
  return loose([x, y], `${x}.div(jnp.sin(jnp.real(${y})).add(${away}))`);
});
op("function", (c) => {
  const x = c.value(complex);
  const f = c.one(["exp", "sin", "cos", "sinh", "cosh", "tanh", "square", "expm1"]);
  return loose([x], `jnp.${f}(${x}.mul(0.2))`);
});
op("function with a cut", (c) => {
  const x = c.value(complex);
  const f = c.one(["sqrt", "log", "log1p", "arctan", "arcsin", "arccosh"]);
  return loose([x], `jnp.${f}(jnp.tanh(${x}.mul(0.1)).mul(0.5).add(${away}))`);
});
op("power", (c) => {
  const x = c.value(complex);
  return loose([x], `lax.integerPow(jnp.sin(${x}.mul(0.2)).add(${away}), ${c.int(-2, 4)})`);
});
op("equality, choice", (c) => {
  const x = c.value(complex);
  const y = c.value((v) => v.dtype === x.dtype && sameShape(x)(v));
  const z = c.value((v) => v.exact && v.isNumber && sameShape(x)(v));
  return keep([x, y, z], `jnp.where(${z}.gt(0), ${x}, ${y})`);
});
op("sum over axes", (c) => {
  const x = c.value(complex);
  return loose(
    [x],
    `jnp.${c.one(["sum", "mean"])}(${x}, { axis: ${json(c.axes(x))}, keepdims: ${c.flag()} })`,
  );
});
op("product over an axis", (c) => {
  const x = c.value((v) => v.isComplex && v.ndim > 0);
  const axis = c.axis(x);
  return loose([x], `jnp.prod(jnp.sin(${x}.mul(0.2)).add(0.5), { axis: ${axis} })`);
});
op("running sum or product", (c) => {
  const x = c.value((v) => v.isComplex && v.ndim > 0);
  const axis = c.nat(x.ndim);
  return c.flag()
    ? loose([x], `lax.cumsum(${x}, { axis: ${axis}, reverse: ${c.flag()} })`)
    : loose([x], `lax.cumprod(jnp.sin(${x}.mul(0.2)), { axis: ${axis}, reverse: ${c.flag()} })`);
});
op(
  "sort",
  (c) => {
    const x = c.value((v) => v.isComplex && v.exact && v.ndim > 0);
    return keep([x], `lax.sort(${x}, { dimension: ${c.nat(x.ndim)} })`);
  },
  false,
);
for (let i = 0; i < 2; i++) {
  op("Fourier transform", (c) => {
    const x = c.value((v) => inexactNumber(v) && v.ndim > 0 && v.size > 0);
    const axis = c.axis(x);
    const n = c.flag() ? `, n: ${c.int(1, 12)}` : "";
    return loose([x], `jnp.fft.${c.one(["fft", "ifft", "irfft"])}(${x}, { axis: ${axis}${n} })`);
  });
}
op("Fourier transform of real numbers", (c) => {
  const x = c.value((v) => float(v) && v.ndim > 0 && v.size > 0);
  return loose([x], `jnp.fft.rfft(${x}, { axis: ${c.axis(x)}, norm: "ortho" })`);
});
op("Fourier transform of all axes", (c) => {
  const x = c.value((v) => v.isComplex && v.ndim > 0 && v.size > 0);
  return loose([x], `jnp.fft.fftn(${x}, { norm: "ortho" })`);
});
op("update", (c) => {
  const x = c.value((v) => v.isComplex && v.ndim > 0 && v.shape[0] > 0);
  const y = c.value((v) => v.dtype === x.dtype && v.shape.join() === x.shape.slice(1).join());
  const i = c.nat(x.shape[0]);
  const how = c.one(["set", "add", "multiply"]);
  return loose([x, y], `${x}.at(${i}).${how}(${y}, { uniqueIndices: true })`);
});
op(
  "updates that repeat",
  (c) => {
    const x = c.value((v) => v.isComplex && v.ndim === 1 && v.shape[0] > 0);
    const indices = Array.from({ length: 4 }, () => c.nat(x.shape[0]));
    const how = c.one(["add", "multiply"]);
    return loose([x], `${x}.at(jnp.int32(${json(indices)})).${how}(jnp.cos(${x}.get(0)))`);
  },
  false,
);
op("loop", (c) => {
  const x = c.value(complex);
  return loose([x], `lax.foriLoop(0, ${c.int(0, 4)}, (_i, s) => s.mul(${x}.mul(0.1)).add(${x}), ${x})`);
});
op("rows", (c) => {
  const x = c.value((v) => v.isComplex && v.ndim > 1 && v.size > 0);
  return loose([x], `vmap((r) => r.mul(0.5).add(r.sum()))(${x})`);
});
op("cast", (c) => {
  const x = c.value((v) => v.isComplex || v.isNumber);
  return loose([x], `${x}.astype("${c.one(["complex64", "complex128"])}")`);
});
op("diagonal", (c) => {
  const x = c.value((v) => v.isComplex && v.ndim === 1);
  if (x.size > 20) throw new NoOperand();
  return keep([x], `jnp.diag(${x})`);
});

/** The dtypes of inputs. */
export const complexInputs: readonly DTypeText[] = [
  "complex64",
  "complex64",
  "float32",
  "complex128",
  "float64",
  "int32",
];

/** Operations of any dtype that move elements about. */
const moves = new Set([
  "reshape",
  "ravel",
  "transpose",
  "expandDims",
  "squeeze",
  "broadcastTo",
  "slice",
  "integer index",
  "flip",
  "concatenate",
  "stack",
  "split",
  "nested jit",
]);
export const complexOperations: readonly Operation[] = [
  ...made,
  ...operations.filter(({ name }) => moves.has(name)),
];
