import { type Chooser, type Draft, NoOperand, type Value } from "./chooser.ts";

/** An operation that random programs use: chooses operands and parameters, and says them as source text. */
export interface Operation {
  readonly name: string;
  draft(c: Chooser): Draft;
  /** Whether it may stand in programs that are differentiated. */
  readonly differentiable: boolean;
  /** Reads out of bounds clamp, but their transposes drop, as in JAX: then forward and reverse mode differ. */
  readonly clampsReads: boolean;
}

export const operations: Operation[] = [];
function op(name: string, draft: (c: Chooser) => Draft, differentiable = true): void {
  operations.push({ name, draft, differentiable, clampsReads: name.startsWith("gather") });
}

const json = JSON.stringify;
const exact = (v: Value): boolean => v.exact;
const number = (v: Value): boolean => v.isNumber;
const float = (v: Value): boolean => v.isFloat;
const integer = (v: Value): boolean => v.isInteger;
const bits = (v: Value): boolean => v.isInteger || v.dtype === "bool";
const exactNumber = (v: Value): boolean => v.exact && v.isNumber;
/** Products refuse a weakly typed operand that promotion would narrow. */
const strong = (v: Value): boolean => v.isNumber && !v.weakType;
const plain = (v: Value): boolean => v.dtype !== "key<fry>";
const small = (v: Value): boolean => v.size <= 300;

function broadcasts(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 1; i <= Math.min(a.length, b.length); i++) {
    const [p, q] = [a[a.length - i], b[b.length - i]];
    if (p !== q && p !== 1 && q !== 1) return false;
  }
  return true;
}
/** Whether broadcasting with a value would enlarge a shape. */
const grows = (v: Value, shape: readonly number[]): boolean =>
  v.shape.some((n, i) => n !== 1 && n !== shape[shape.length - v.ndim + i]);
/** Two values whose shapes broadcast. */
function pair(c: Chooser, has: (v: Value) => boolean): [Value, Value] {
  const x = c.value(has);
  return [x, c.value((v) => has(v) && broadcasts(x.shape, v.shape))];
}
/** Two integers (or bools) that have a common integer dtype, which uint64 and signed ones do not. */
function integerPair(c: Chooser, has: (v: Value) => boolean): [Value, Value] {
  const x = c.value(has);
  const meets = (v: Value): boolean =>
    ![x, v].some((p) => p.dtype === "uint64") || ![x, v].some((p) => p.dtype.startsWith("int"));
  return [x, c.value((v) => has(v) && meets(v) && broadcasts(x.shape, v.shape))];
}
const sameShape = (x: Value) => (v: Value) => v.ndim === x.ndim && v.shape.every((n, i) => n === x.shape[i]);
const keep = (args: Value[], text: string): Draft => ({ args, text });
const loose = (args: Value[], text: string): Draft => ({ args, text, inexact: true });
/** Inexact only where the result is a float that was summed up. */
const looseIfFloat = (args: Value[], text: string): Draft => ({ args, text, inexact: args.some(float) });

// Elementwise.

op("arithmetic", (c) => {
  const [x, y] = pair(c, number);
  const f = c.one(["add", "subtract", "multiply", "maximum", "minimum"]);
  return keep([x, y], `jnp.${f}(${x}, ${y})`);
});
op("arithmetic with a number", (c) => {
  const x = c.value(number);
  const f = c.one(["add", "sub", "mul"]);
  const k = x.isFloat ? c.one([2, 0.5, -1, 3.25, 0]) : c.one([2, -1, 0, 3, 0.5]);
  return keep([x], `${x}.${f}(${k})`);
});
op("divide", (c) => {
  const [x, y] = pair(c, number);
  return keep([x, y], `jnp.divide(${x}, ${y})`);
});
op("safe divide", (c) => {
  const [x, y] = pair(c, float);
  return keep([x, y], `jnp.divide(${x}, jnp.square(${y}).add(1))`);
});
op(
  "integer division",
  (c) => {
    const [x, y] = pair(c, exactNumber);
    const f = c.one(["floorDivide", "remainder", "fmod"]);
    return keep([x, y], `jnp.${f}(${x}, ${y})`);
  },
  false,
);
op(
  "bits",
  (c) => {
    const [x, y] = integerPair(c, bits);
    const f = c.one(["bitwiseAnd", "bitwiseOr", "bitwiseXor"]);
    return keep([x, y], `jnp.${f}(${x}, ${y})`);
  },
  false,
);
op(
  "shift",
  (c) => {
    const [x, y] = integerPair(c, integer);
    return keep([x, y], `jnp.${c.one(["leftShift", "rightShift"])}(${x}, ${y})`);
  },
  false,
);
op(
  "compare",
  (c) => {
    const [x, y] = pair(c, exactNumber);
    const f = c.one(["less", "lessEqual", "greater", "greaterEqual", "equal", "notEqual"]);
    return keep([x, y], `jnp.${f}(${x}, ${y})`);
  },
  true,
);
op(
  "logic",
  (c) => {
    const [x, y] = pair(c, (v) => v.exact && plain(v));
    return keep([x, y], `jnp.${c.one(["logicalAnd", "logicalOr", "logicalXor"])}(${x}, ${y})`);
  },
  false,
);
op("unary", (c) => {
  const x = c.value(number);
  const f = c.one(["negative", "absolute", "square", "positive"]);
  return keep([x], `jnp.${f}(${x})`);
});
op("root and reciprocal", (c) => {
  const x = c.value(float);
  return keep(
    [x],
    c.one([`jnp.sqrt(jnp.absolute(${x}).add(0.5))`, `jnp.reciprocal(jnp.square(${x}).add(1))`]),
  );
});
op(
  "rounding",
  (c) => {
    const x = c.value((v) => v.isFloat && v.exact);
    const f = c.one(["floor", "ceil", "trunc", "rint", "sign", "isnan", "isfinite", "isinf"]);
    return keep([x], `jnp.${f}(${x})`);
  },
  false,
);
op(
  "invert",
  (c) => {
    const x = c.value(bits);
    return keep([x], c.one([`jnp.invert(${x})`, `jnp.logicalNot(${x})`]));
  },
  false,
);
const smooth = [
  "jnp.exp(jnp.minimum($, 5))",
  "jnp.log(jnp.absolute($).add(0.25))",
  "jnp.sin($)",
  "jnp.cos($)",
  "jnp.tanh($)",
  "jnp.expm1(jnp.minimum($, 4))",
  "jnp.log1p(jnp.absolute($))",
  "jnp.arctan($)",
  "nn.sigmoid($)",
  "nn.softplus($)",
  "nn.gelu($)",
  "nn.silu($)",
  "jnp.cbrt($)",
  "jnp.exp2(jnp.minimum($, 6))",
  "lax.erf($)",
  "jnp.arcsinh($)",
  "jnp.sinh(jnp.clip($, -4, 4))",
];
op("transcendental", (c) => {
  const x = c.value(float);
  return loose([x], c.one(smooth).replace("$", String(x)));
});
op("transcendental", (c) => {
  const x = c.value(float);
  return loose([x], c.one(smooth).replace("$", String(x)));
});
op("power", (c) => {
  const x = c.value(float);
  return loose([x], c.one([`${x}.pow(2)`, `${x}.pow(3)`, `jnp.power(jnp.absolute(${x}).add(0.5), 1.5)`]));
});
op("two-argument function", (c) => {
  const [x, y] = pair(c, float);
  return loose([x, y], `jnp.${c.one(["logaddexp", "arctan2", "hypot"])}(${x}, ${y})`);
});
op("relu", (c) => {
  const x = c.value(float);
  return keep([x], c.one([`nn.relu(${x})`, `jnp.clip(${x}, -1, 1.5)`, `nn.leakyRelu(${x})`]));
});
op(
  "cast",
  (c) => {
    const x = c.value((v) => v.exact && plain(v));
    const dtype = c.one([
      "float32",
      "int32",
      "uint8",
      "int8",
      "bool",
      "uint32",
      "int64",
      "uint64",
      "int16",
      "uint16",
      "float64",
    ]);
    return keep([x], `${x}.astype("${dtype}")`);
  },
  false,
);
op("cast to float", (c) => {
  const x = c.value(plain);
  return keep([x], `${x}.astype("${c.one(["float32", "float64"])}")`);
});
op("where", (c) => {
  const cond = c.value((v) => v.dtype === "bool");
  const x = c.value((v) => plain(v) && broadcasts(cond.shape, v.shape));
  const y = c.value((v) => plain(v) && broadcasts(cond.shape, v.shape) && broadcasts(x.shape, v.shape));
  return keep([cond, x, y], `jnp.where(${cond}, ${x}, ${y})`);
});
op("where a comparison holds", (c) => {
  const x = c.value(exactNumber);
  const y = c.value((v) => plain(v) && broadcasts(x.shape, v.shape));
  return keep([x, y], `jnp.where(${x}.gt(0.5), ${y}, ${c.one([0, 1, -2])})`);
});
op(
  "bitcast",
  (c) => {
    const x = c.value(
      (v) => v.exact && (v.dtype === "float32" || v.dtype === "int32" || v.dtype === "uint32"),
    );
    // The bits of a NaN are not defined.
    if (x.isFloat) throw new NoOperand();
    return keep([x], `lax.bitcastConvertType(${x}, "${x.dtype === "int32" ? "uint32" : "int32"}")`);
  },
  false,
);

// Reductions.

for (let i = 0; i < 3; i++) {
  op("sum", (c) => {
    const x = c.value(plain);
    const f = c.one(x.isFloat ? ["sum", "mean", "prod", "var"] : ["sum", "prod", "mean"]);
    const axis = c.nat(4) === 0 ? null : c.axes(x);
    return {
      args: [x],
      text: `jnp.${f}(${x}, { axis: ${json(axis)}, keepdims: ${c.flag()} })`,
      inexact: x.isFloat || f === "mean",
    };
  });
}
op("extremum", (c) => {
  const x = c.value(plain);
  const axes = c.axes(x).filter((i) => x.shape[i] > 0);
  return keep([x], `jnp.${c.one(["max", "min"])}(${x}, { axis: ${json(axes)}, keepdims: ${c.flag()} })`);
});
op(
  "any, all",
  (c) => {
    const x = c.value((v) => v.exact && plain(v));
    return keep([x], `jnp.${c.one(["any", "all", "countNonzero"])}(${x}, { axis: ${json(c.axes(x))} })`);
  },
  false,
);
op(
  "argmax",
  (c) => {
    const x = c.value((v) => exactNumber(v) && v.ndim > 0);
    const axis = c.axis(x);
    if (x.shape.at(axis < 0 ? axis : axis) === 0) throw new NoOperand();
    return keep([x], `jnp.${c.one(["argmax", "argmin"])}(${x}, { axis: ${axis} })`);
  },
  false,
);
op("softmax", (c) => {
  const x = c.value((v) => v.isFloat && v.ndim > 0);
  const axis = c.axis(x);
  if (x.shape.at(axis) === 0) throw new NoOperand();
  return loose([x], `nn.${c.one(["softmax", "logSoftmax", "logsumexp"])}(${x}, { axis: ${axis} })`);
});
op("standardize", (c) => {
  const x = c.value((v) => v.isFloat && v.ndim > 0);
  const axis = c.axis(x);
  return loose(
    [x],
    `${x}.sub(jnp.mean(${x}, { axis: ${axis}, keepdims: true })).div(jnp.sqrt(jnp.var(${x}, { axis: ${axis}, keepdims: true }).add(0.1)))`,
  );
});

// Shapes.

op("reshape", (c) => {
  const x = c.value();
  const shape: number[] = [];
  let rest = x.size;
  while (rest > 1 && shape.length < 3) {
    const divisors = Array.from({ length: Math.min(rest, 40) }, (_, i) => i + 1).filter(
      (d) => rest % d === 0,
    );
    const d = c.one(divisors);
    shape.push(d);
    rest /= d;
  }
  shape.push(rest);
  if (c.nat(3) === 0) shape.splice(c.nat(shape.length + 1), 0, 1);
  return keep([x], `jnp.reshape(${x}, ${json(shape)})`);
});
op("ravel", (c) => {
  const x = c.value();
  return keep([x], `jnp.ravel(${x})`);
});
for (let i = 0; i < 2; i++) {
  op("transpose", (c) => {
    const x = c.value((v) => v.ndim > 1);
    return keep([x], `jnp.transpose(${x}, ${json(c.permutation(x.ndim))})`);
  });
}
op("expandDims", (c) => {
  const x = c.value((v) => v.ndim < 5);
  return keep([x], `jnp.expandDims(${x}, ${c.nat(x.ndim + 1)})`);
});
op("squeeze", (c) => {
  const x = c.value((v) => v.shape.includes(1));
  return keep([x], `jnp.squeeze(${x})`);
});
op("broadcastTo", (c) => {
  const x = c.value(small);
  const shape = x.shape.map((n) => (n === 1 ? c.one([1, 2, 5]) : n));
  if (c.flag()) shape.unshift(c.one([1, 2, 3, 0]));
  return keep([x], `jnp.broadcastTo(${x}, ${json(shape)})`);
});
for (let i = 0; i < 2; i++) {
  op("slice", (c) => {
    const x = c.value((v) => v.ndim > 0);
    const index = x.shape.map((n) => sliceText(c, n));
    return keep([x], `${x}.get(${index.map((s) => json(s)).join(", ")})`);
  });
}
function sliceText(c: Chooser, n: number): string {
  switch (c.nat(5)) {
    case 0:
      return ":";
    case 1:
      return `${c.int(-n - 1, n)}:`;
    case 2:
      return `:${c.int(-n - 1, n + 1)}`;
    case 3:
      return `::${c.one([-1, 2, -2, 3])}`;
    default:
      return `${c.int(0, n)}:${c.int(0, n + 2)}:${c.one([1, 2, 3, -1])}`;
  }
}
op("integer index", (c) => {
  const x = c.value((v) => v.ndim > 0 && v.shape.every((n) => n > 0));
  const axis = c.nat(x.ndim);
  const index = x.shape.map((n, i) => (i === axis ? String(c.int(-n, n - 1)) : json(sliceText(c, n))));
  return keep([x], `${x}.get(${index.join(", ")})`);
});
op("pad", (c) => {
  const x = c.value(plain);
  const config = x.shape.map((n) => {
    const interior = c.one([0, 0, 1, 2]);
    const full = n === 0 ? 0 : n + (n - 1) * interior;
    const low = c.int(-2, 3);
    const high = c.int(-2, 3);
    return full + low + high < 0 ? [0, 0, 0] : [low, high, interior];
  });
  const fill = x.dtype === "bool" ? "true" : x.isInteger ? "7" : "0.5";
  return keep([x], `lax.pad(${x}, jnp.array(${fill}, { dtype: "${x.dtype}" }), ${json(config)})`);
});
op("pad with a mode", (c) => {
  const x = c.value((v) => plain(v) && v.ndim > 0 && v.shape.every((n) => n > 1) && small(v));
  const mode = c.one(["edge", "wrap", "reflect", "symmetric", "constant"]);
  return keep([x], `jnp.pad(${x}, ${json(x.shape.map(() => [c.nat(3), c.nat(2)]))}, { mode: "${mode}" })`);
});
op("flip", (c) => {
  const x = c.value((v) => v.ndim > 0);
  return keep([x], `lax.rev(${x}, ${json(c.axes(x))})`);
});
op("roll", (c) => {
  const x = c.value((v) => v.ndim > 0);
  return keep([x], `jnp.roll(${x}, ${c.int(-7, 7)}, ${c.flag() ? c.axis(x) : "null"})`);
});
for (let i = 0; i < 2; i++) {
  op("concatenate", (c) => {
    const x = c.value((v) => v.ndim > 0);
    const axis = c.nat(x.ndim);
    const fits = (v: Value) =>
      v.dtype === x.dtype && v.ndim === x.ndim && v.shape.every((n, i) => i === axis || n === x.shape[i]);
    const parts = [x, c.value(fits), ...(c.flag() ? [c.value(fits)] : [])];
    return keep(parts, `jnp.concatenate([${parts.join(", ")}], ${axis})`);
  });
}
op("stack", (c) => {
  const x = c.value();
  const parts = [x, c.value((v) => v.dtype === x.dtype && sameShape(x)(v))];
  return keep(parts, `jnp.stack([${parts.join(", ")}], ${c.nat(x.ndim + 1)})`);
});
op("split", (c) => {
  const x = c.value((v) => v.ndim > 0);
  const axis = c.nat(x.ndim);
  const n = x.shape[axis];
  const at = [c.nat(n + 1), c.nat(n + 1)].sort((a, b) => a - b);
  return { args: [x], text: `jnp.split(${x}, ${json(at)}, ${axis})`, several: true };
});
op("tile, repeat", (c) => {
  const x = c.value((v) => small(v) && v.ndim > 0);
  const axis = c.axis(x);
  return keep(
    [x],
    c.one([
      `jnp.tile(${x}, ${json(x.shape.map(() => c.int(1, 2)))})`,
      `jnp.repeat(${x}, ${c.int(0, 3)}, ${axis})`,
    ]),
  );
});
op("triangle", (c) => {
  const x = c.value((v) => plain(v) && v.ndim >= 2);
  return keep([x], `jnp.${c.one(["tril", "triu", "diagonal"])}(${x}, ${c.int(-2, 2)})`);
});

// Indices.

const indexFor = (v: Value): boolean =>
  (v.dtype === "int32" || v.dtype === "int64") && v.size <= 60 && v.ndim <= 2;
const gatherable = (v: Value): boolean => v.ndim > 0 && v.shape.every((n) => n > 0);
/** A traced scalar made from a value, or a number. */
function start(c: Chooser): { args: Value[]; text: string } {
  if (c.flag()) return { args: [], text: String(c.int(-3, 8)) };
  const v = c.value((w) => w.dtype === "int32" && w.size > 0);
  return { args: [v], text: v.ndim === 0 ? `${v}` : `jnp.ravel(${v}).get(${c.nat(v.size)})` };
}
op("dynamicSlice", (c) => {
  const x = c.value((v) => v.ndim > 0);
  const starts = x.shape.map(() => start(c));
  const window = x.shape.map((n) => c.int(0, n));
  return keep(
    [x, ...starts.flatMap((s) => s.args)],
    `lax.dynamicSlice(${x}, [${starts.map((s) => s.text)}], ${json(window)})`,
  );
});
op("dynamicUpdateSlice", (c) => {
  const x = c.value((v) => v.ndim > 0);
  const u = c.value(
    (v) => v.dtype === x.dtype && v.ndim === x.ndim && v.shape.every((n, i) => n <= x.shape[i]),
  );
  const starts = x.shape.map(() => start(c));
  return keep(
    [x, u, ...starts.flatMap((s) => s.args)],
    `lax.dynamicUpdateSlice(${x}, ${u}, [${starts.map((s) => s.text)}])`,
  );
});
op("dynamicUpdateSlice of a part", (c) => {
  const x = c.value((v) => v.ndim > 0);
  const starts = x.shape.map(() => start(c));
  const part = x.shape.map((n) => `:${c.int(0, n)}`);
  return keep(
    [x, ...starts.flatMap((s) => s.args)],
    `lax.dynamicUpdateSlice(${x}, ${x}.get(${part.map((s) => json(s)).join(", ")}), [${starts.map((s) => s.text)}])`,
  );
});
op("gather", (c) => {
  const x = c.value(gatherable);
  const i = c.value(indexFor);
  const axis = c.nat(x.ndim);
  const mode = c.one([undefined, "clip", "fill"]);
  const options = mode === undefined ? "" : `, { mode: "${mode}" }`;
  const colons = x.shape.slice(0, axis).map(() => '":"');
  return keep(
    [x, i],
    x.dtype === "key<fry>" || c.flag()
      ? `${x}.get(${[...colons, i].join(", ")})`
      : `jnp.take(${x}, ${i}, ${axis}${options})`,
  );
});
op("gather by two", (c) => {
  const x = c.value((v) => gatherable(v) && v.ndim >= 2);
  const i = c.value(indexFor);
  const j = c.value((v) => indexFor(v) && broadcasts(i.shape, v.shape));
  return keep([x, i, j], c.one([`${x}.get(${i}, ${j})`, `${x}.get("...", ${i}, ${j})`]));
});
op("rows in bounds", (c) => {
  const x = c.value(gatherable);
  const i = c.value(indexFor);
  const n = x.shape[0];
  return keep([x, i], `${x}.get(jnp.clip(${i}, ${-n}, ${n - 1}))`);
});
op("takeAlongAxis", (c) => {
  const x = c.value((v) => plain(v) && gatherable(v));
  const axis = c.nat(x.ndim);
  const i = c.value(
    (v) =>
      v.dtype === "int32" && v.ndim === x.ndim && v.shape.every((n, d) => d === axis || n === x.shape[d]),
  );
  return keep([x, i], `jnp.takeAlongAxis(${x}, ${i}, ${axis})`);
});
const update = (ways: readonly string[]) => (c: Chooser) => {
  const x = c.value((v) => number(v) && gatherable(v));
  const i = c.value(indexFor);
  const selected = [...i.shape, ...x.shape.slice(1)];
  const fits = (v: Value) =>
    v.dtype === x.dtype && v.ndim <= selected.length && broadcasts(selected, v.shape) && !grows(v, selected);
  const value = c.flag() && c.values.some(fits) ? c.value(fits) : null;
  const how = c.one(ways);
  return {
    args: value === null ? [x, i] : [x, i, value],
    text: `${x}.at(${i}).${how}(${value ?? 2})`,
    inexact: x.isFloat && (how === "add" || how === "mul"),
  };
};
op("update", update(["set", "add"]));
op("update by a product or extremum", update(["max", "min", "mul"]), false);
op("update of a slice", (c) => {
  const x = c.value((v) => number(v) && v.ndim > 0);
  const index = x.shape.map((n) => json(sliceText(c, n)));
  const how = c.one(["set", "add", "mul"]);
  return keep([x], `${x}.at(${index.join(", ")}).${how}(3)`);
});

// Scans and sorts.

op("cumulative", (c) => {
  const x = c.value((v) => number(v) && v.ndim > 0);
  const f = c.one(["cumsum", "cumprod", "cummax", "cummin"]);
  return {
    args: [x],
    text: `lax.${f}(${x}, { axis: ${c.nat(x.ndim)}, reverse: ${c.flag()} })`,
    inexact: x.isFloat && (f === "cumsum" || f === "cumprod"),
  };
});
op("cumsum of anything", (c) => {
  const x = c.value(plain);
  return looseIfFloat([x], `jnp.cumsum(${x})`);
});
op("sort", (c) => {
  const x = c.value((v) => plain(v) && v.ndim > 0);
  return keep([x], `jnp.sort(${x}, ${c.axis(x)})`);
});
op(
  "argsort",
  (c) => {
    const x = c.value((v) => exact(v) && plain(v) && v.ndim > 0);
    return keep([x], `jnp.argsort(${x}, ${c.axis(x)})`);
  },
  false,
);
op(
  "sort by keys",
  (c) => {
    const x = c.value((v) => exactNumber(v) && v.ndim > 0);
    const y = c.value((v) => plain(v) && sameShape(x)(v));
    return {
      args: [x, y],
      text: `lax.sortKeyVal(${x}, ${y}, { dimension: ${c.nat(x.ndim)} })`,
      several: true,
    };
  },
  false,
);
op("topK", (c) => {
  const x = c.value((v) => exactNumber(v) && v.ndim > 0);
  return { args: [x], text: `lax.topK(${x}, ${c.nat((x.shape.at(-1) as number) + 1)})`, several: true };
});
op(
  "searchsorted",
  (c) => {
    const a = c.value((v) => exactNumber(v) && v.ndim === 1);
    const v = c.value((w) => exactNumber(w) && w.size < 100);
    return keep([a, v], `jnp.searchsorted(jnp.sort(${a}), ${v})`);
  },
  false,
);

// Products.

for (let i = 0; i < 2; i++) {
  op("matmul", (c) => {
    const x = c.value((v) => strong(v) && v.ndim > 0);
    const k = x.shape.at(-1);
    const y = c.value(
      (v) =>
        strong(v) &&
        v.ndim > 0 &&
        v.shape.at(v.ndim === 1 ? -1 : -2) === k &&
        broadcasts(x.shape.slice(0, -2), v.shape.slice(0, -2)),
    );
    return looseIfFloat([x, y], `jnp.matmul(${x}, ${y})`);
  });
  op("matmul with itself", (c) => {
    const x = c.value((v) => strong(v) && v.ndim >= 2 && small(v));
    return looseIfFloat(
      [x],
      c.one([`jnp.matmul(${x}, jnp.swapaxes(${x}, -1, -2))`, `jnp.matmul(jnp.swapaxes(${x}, -1, -2), ${x})`]),
    );
  });
}
op("einsum", (c) => {
  const x = c.value((v) => strong(v) && v.ndim === 2);
  const y = c.value((v) => strong(v) && v.ndim === 2 && v.shape[0] === x.shape[0]);
  const same = y.shape[1] === x.shape[1];
  const spec = c.one([
    "ij,ik->jk",
    "ij,ik->ijk",
    "ij,ik->kj",
    "ij,ik->i",
    ...(same ? ["ij,ij->", "ij,ij->j"] : []),
  ]);
  return looseIfFloat([x, y], `jnp.einsum("${spec}", ${x}, ${y})`);
});
op("outer, tensordot", (c) => {
  const x = c.value((v) => strong(v) && v.size <= 30);
  const y = c.value((v) => strong(v) && v.size <= 30);
  return looseIfFloat([x, y], `jnp.outer(${x}, ${y})`);
});

// New values.

op("iota", (c) => {
  const n = c.one([0, 1, 3, 4, 7, 12, 17]);
  return keep([], c.one([`jnp.arange(${n})`, `jnp.arange(${n}).astype("float32")`, `jnp.eye(${n % 8})`]));
});
op("constant", (c) => keep([], `jnp.full(${json([c.int(1, 4), c.int(1, 5)])}, ${c.one([0, 1, 2.5])})`));
op("random", (c) => {
  const key = `random.key(${c.nat(50)})`;
  const shape = json(c.one([[], [3], [2, 5], [17], [0], [4, 1, 3]]));
  switch (c.nat(5)) {
    case 0:
      return keep([], `random.bits(${key}, ${shape})`);
    case 1:
      return keep([], `random.uniform(${key}, ${shape})`);
    case 2:
      return keep([], `random.randint(${key}, ${shape}, 0, 10)`);
    case 3:
      return keep([], `random.bernoulli(${key}, 0.5, ${shape})`);
    default:
      return loose([], `random.normal(${key}, ${shape})`);
  }
});
op(
  "keys",
  (c) => keep([], `random.split(random.key(${c.nat(9)}), ${json(c.one([[2], [3], [2, 3]]))})`),
  false,
);
op(
  "random by a key",
  (c) => {
    const k = c.value((v) => v.dtype === "key<fry>" && v.size > 0);
    const one = k.ndim === 0 ? `${k}` : `jnp.ravel(${k}).get(${c.nat(k.size)})`;
    return keep([k], c.one([`random.bits(${one}, [5])`, `random.keyData(${k})`, `random.foldIn(${one}, 3)`]));
  },
  false,
);

// Calls.

op("nested jit", (c) => {
  const [x, y] = pair(c, number);
  return keep([x, y], `jit((a, b) => jnp.maximum(a.add(b), b.mul(2)))(${x}, ${y})`);
});
op("nested jit used twice", (c) => {
  const x = c.value(float);
  return loose([x], `(() => { const f = jit((a) => jnp.sin(a).mul(a)); return f(f(${x})); })()`);
});
op("nested grad", (c) => {
  const x = c.value(float);
  return loose([x], `grad((a) => jnp.sum(jnp.sin(a).mul(a)).astype("float32"))(${x})`);
});
op("nested vmap", (c) => {
  const x = c.value((v) => exactNumber(v) && v.ndim > 1 && v.shape.every((n) => n > 0));
  const f = c.one([
    "jnp.sort(a, 0)",
    "jnp.cumsum(a, 0)",
    "a.get(jnp.argmax(a, 0))",
    "jnp.max(a, 0)",
    "a.at(0).set(3)",
  ]);
  return looseIfFloat([x], `vmap((a) => ${f}, { inAxes: ${c.nat(x.ndim)} })(${x})`);
});
op("nested vmap of two", (c) => {
  const x = c.value((v) => v.isNumber && v.ndim > 0 && (v.shape[0] as number) > 0);
  const y = c.value((v) => v.isNumber && v.ndim === 1 && v.shape[0] === x.shape[0]);
  return looseIfFloat(
    [x, y],
    `vmap((a, b) => jnp.sum(a).mul(b), { inAxes: [0, ${c.flag() ? 0 : "null"}] })(${x}, ${y})`,
  );
});

// Less common functions.

op("edit", (c) => {
  const x = c.value((v) => v.isNumber && v.ndim > 0 && v.shape.every((n) => n > 1));
  const axis = c.nat(x.ndim);
  const [i, j] = [c.nat(x.shape[axis]), c.nat(x.shape[axis])];
  return keep([x], c.one([`jnp.delete(${x}, [${i}, ${j}], ${axis})`, `jnp.insert(${x}, ${i}, 2, ${axis})`]));
});
op("diff", (c) => {
  const x = c.value((v) => v.isNumber && v.ndim > 0);
  return keep([x], `jnp.diff(${x}, ${c.int(0, 2)}, ${c.axis(x)})`);
});
op("kron, trace", (c) => {
  const x = c.value((v) => strong(v) && v.ndim === 2 && v.size < 30);
  return looseIfFloat(
    [x],
    c.one([`jnp.kron(${x}, jnp.ones([2, 1], "${x.dtype}"))`, `jnp.trace(${x}, ${c.int(-1, 1)})`]),
  );
});
op("meshgrid", (c) => {
  const x = c.value((v) => v.ndim === 1 && v.size < 20 && plain(v));
  return { args: [x], text: `jnp.meshgrid(${x}, jnp.arange(3))`, several: true };
});
op(
  "selectN",
  (c) => {
    const which = c.value((v) => v.dtype === "int32");
    const x = c.value((v) => plain(v) && sameShape(which)(v));
    const y = c.value((v) => v.dtype === x.dtype && sameShape(which)(v));
    return keep([which, x, y], `lax.selectN(jnp.clip(${which}, 0, 2), ${x}, ${y}, ${x})`);
  },
  true,
);
op("clamp", (c) => {
  const x = c.value(number);
  return keep(
    [x],
    `lax.clamp(lax.fullLike(${x}, 1, { shape: [] }), ${x}, lax.fullLike(${x}, 3, { shape: [] }))`,
  );
});
op("spread", (c) => {
  const x = c.value((v) => v.isFloat && v.size > 1);
  return loose([x], `jnp.${c.one(["ptp", "average"])}(${x})`);
});
op("roll along a computed distance", (c) => {
  const x = c.value((v) => v.ndim > 0 && v.size > 0);
  const n = c.value((v) => v.dtype === "int32" && v.ndim === 0);
  return keep([x, n], `jnp.roll(${x}, ${n}, 0)`);
});
op(
  "bincount, nonzero",
  (c) => {
    const x = c.value((v) => v.dtype === "int32" && v.ndim === 1);
    return keep(
      [x],
      c.one([`jnp.bincount(${x}, { length: 5 })`, `jnp.nonzero(${x}, { size: 4, fillValue: -1 })[0]`]),
    );
  },
  false,
);
op("fill a diagonal", (c) => {
  const x = c.value((v) => v.isNumber && v.ndim === 2 && v.size > 0);
  return keep([x], `jnp.fillDiagonal(${x}, 1, { inplace: false })`);
});
op("stopGradient, barrier", (c) => {
  const x = c.value(plain);
  return keep([x], c.one([`lax.stopGradient(${x})`, `lax.optimizationBarrier([${x}])[0]`, `lax.copy(${x})`]));
});
