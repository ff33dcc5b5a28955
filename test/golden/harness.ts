// Runs a golden call case: names to functions, keywords to a trailing options object, indices to `get` and `at`.

import { inspect } from "node:util";
import {
  type Complex,
  type DTypeLike,
  image,
  jit,
  jnp,
  lax,
  type NDArray,
  nn,
  ops,
  random,
  ShapeDtypeStruct,
  scipy,
  slice,
  typeOf,
  vmap,
} from "fluxion";
import { type CallCase, type GoldenArray, type GoldenValue, isGoldenArray, isRaises } from "./cases.ts";
import { decode, decodeArray } from "./values.ts";

type Callable = (...args: unknown[]) => unknown;
type Table = Record<string, Callable>;

const tables: Record<string, Table> = {
  jnp: jnp as unknown as Table,
  lax: lax as unknown as Table,
  "jnp.linalg": jnp.linalg as unknown as Table,
  "jnp.fft": jnp.fft as unknown as Table,
  "scipy.fft": scipy.fft as unknown as Table,
  "scipy.linalg": scipy.linalg as unknown as Table,
  "lax.linalg": lax.linalg as unknown as Table,
  random: random as unknown as Table,
  nn: nn as unknown as Table,
  "nn.initializers": nn.initializers as unknown as Table,
  image: image as unknown as Table,
  ops: ops as unknown as Table,
  "scipy.ndimage": scipy.ndimage as unknown as Table,
  "scipy.signal": scipy.signal as unknown as Table,
  "scipy.cluster.vq": scipy.cluster.vq as unknown as Table,
  "scipy.integrate": scipy.integrate as unknown as Table,
  "scipy.special": scipy.special as unknown as Table,
  "scipy.stats": scipy.stats as unknown as Table,
  ...Object.fromEntries(
    Object.entries(scipy.stats).map(([name, space]) => [`scipy.stats.${name}`, space as unknown as Table]),
  ),
};

/** Names that are spelled otherwise here. */
const renamed: Record<string, string> = {
  "dtypes.resultType": "jnp.resultType",
  "Array.pos": "jnp.positive",
  "Array.floorDivide": "Array.floorDiv",
  "Array.bitwiseAnd": "Array.and",
  "Array.bitwiseOr": "Array.or",
  "Array.bitwiseXor": "Array.xor",
  "Array.bitwiseNot": "Array.invert",
  "Array.leftShift": "Array.lshift",
  "Array.rightShift": "Array.rshift",
  "Array.equal": "Array.eq",
  "Array.notEqual": "Array.ne",
  "Array.less": "Array.lt",
  "Array.lessEqual": "Array.le",
  "Array.greater": "Array.gt",
  "Array.greaterEqual": "Array.ge",
};

/** Functions of the golden files that are short programs. */
const programs: Table = {
  // As console.log shows it.
  "Array.repr": (x) => inspect(typeof x === "number" ? jnp.array(x) : x),
  "Array.str": (x) => String(x),
  "Array.int": (x) => Number(x),
  "lax.round": (x, method) =>
    method === undefined
      ? lax.round(x as NDArray)
      : lax.round(x as NDArray, lax.RoundingMethod[method as keyof typeof lax.RoundingMethod]),
  "scipy.interpolate.RegularGridInterpolator": (points, values, xi, options) =>
    scipy.interpolate.RegularGridInterpolator(
      points as NDArray[],
      values as NDArray,
      (options ?? {}) as object,
    )(xi as NDArray),
  // The first argument and the keywords go to the constructor.
  "scipy.stats.gaussianKde.evaluate": (data, points, options) =>
    new scipy.stats.gaussianKde(data as NDArray, (options ?? {}) as object).evaluate(points as NDArray),
  "scipy.stats.gaussianKde.logpdf": (data, points, options) =>
    new scipy.stats.gaussianKde(data as NDArray, (options ?? {}) as object).logpdf(points as NDArray),
  // A required argument is positional here.
  "lax.broadcastToRank": (x, options) =>
    lax.broadcastToRank(x as NDArray, (options as { rank: number }).rank),
  "lax.convDimensionNumbers": (lhs, rhs, layouts) => {
    const numbers = lax.convDimensionNumbers(
      lhs as number[],
      rhs as number[],
      layouts as [string, string, string],
    );
    return { lhs_spec: numbers.lhsSpec, rhs_spec: numbers.rhsSpec, out_spec: numbers.outSpec };
  },
  // NumPy's index of slices is a call with ranges here.
  "jnp.mgrid": (ranges) => jnp.mgrid(...(ranges as { stop: number }[])),
  // The files have the solutions without the information beside them.
  "scipy.sparse.linalg.cg": (a, b) => scipy.sparse.linalg.cg(a as NDArray, b as NDArray)[0],
  "scipy.sparse.linalg.gmres": (a, b) => scipy.sparse.linalg.gmres(a as NDArray, b as NDArray)[0],
  "scipy.sparse.linalg.bicgstab": (a, b) => scipy.sparse.linalg.bicgstab(a as NDArray, b as NDArray)[0],
  "random.vmapUniform": (keys, shape) =>
    vmap((key: NDArray) => random.uniform(key, shape as number[]))(keys as NDArray),
  "random.vmapSplit": (keys, num) =>
    vmap((key: NDArray) => random.split(key, num as number))(keys as NDArray),
  "random.keyReshape": (keys, shape) => jnp.reshape(keys as NDArray, shape as number[]),
  "random.keyIndex": (keys, i) => (keys as NDArray).get(i as number),
  "printing.typeOf": (x) => typeOf(x),
  "printing.dtype": (name) => jnp.dtype(name as DTypeLike),
  "printing.ShapeDtypeStruct": (dtype, shape) => new ShapeDtypeStruct(shape as number[], dtype as DTypeLike),
  "printing.tracer": (x) => {
    let text = "";
    vmap((row: NDArray) => {
      text = String(row);
      return row;
    })(x as NDArray);
    return text;
  },
};

/** The function that a golden name stands for. */
export function resolve(name: string): Callable {
  const program = programs[name];
  if (program !== undefined) return program;
  const full = renamed[name] ?? name;
  const dot = full.lastIndexOf(".");
  const [space, member] = [full.slice(0, dot), full.slice(dot + 1)];
  if (space === "Array") {
    // A lone number has no members: it stands for the weakly typed array that it becomes.
    return (x, ...rest) => memberOf(typeof x === "number" ? jnp.array(x) : x, member, rest);
  }
  const found = tables[space]?.[member];
  if (typeof found !== "function") throw new Error(`${full} does not exist`);
  return found;
}

function memberOf(x: unknown, member: string, args: unknown[]): unknown {
  const value = (x as Record<string, unknown>)[member];
  if (value === undefined) throw new Error(`NDArray has no member ${member}`);
  return typeof value === "function" ? (value as Callable).apply(x, args) : value;
}

/** How indices with slices are written: as text (`"1:3"`) or with `slice`. */
type SliceStyle = "text" | "slice";

function decodeIndex(
  value: GoldenValue,
  style: SliceStyle,
  onArray: (array: GoldenArray) => unknown,
): unknown[] {
  const items = Array.isArray(value) ? value : [value];
  return items.map((item) => {
    if (item === null || typeof item !== "object" || Array.isArray(item) || isGoldenArray(item)) {
      return decode(item, onArray);
    }
    if (item.ellipsis) return "...";
    if (item.newaxis) return null;
    const [start, stop, step] = item.slice as (number | null)[];
    if (style === "slice") return slice(start ?? null, stop ?? null, step ?? null);
    const text = `${start ?? ""}:${stop ?? ""}`;
    return step === null ? text : `${text}:${step}`;
  });
}

/** Calls the function of a case on decoded arguments. */
function apply(
  golden: CallCase,
  style: SliceStyle,
  onArray: (array: GoldenArray, path: string) => unknown,
): unknown {
  const { fn } = golden;
  const value = (arg: GoldenValue, path: string) => decode(arg, (array) => onArray(array, path), resolve);
  const kwargs = Object.entries(golden.kwargs ?? {}).map(([key, arg]) => [key, value(arg, key)] as const);
  const options = kwargs.length > 0 ? [Object.fromEntries(kwargs)] : [];
  if (fn === "index" || fn.startsWith("at.")) {
    const x = value(golden.args[0] as GoldenValue, "operand") as NDArray;
    const index = decodeIndex(golden.args[1] as GoldenValue, style, (array) => onArray(array, "index"));
    if (fn === "index") return memberOf(x, "get", index);
    const rest = golden.args.slice(2).map((arg) => value(arg, "values"));
    return memberOf(memberOf(x, "at", index), fn.slice(3), [...rest, ...options]);
  }
  const args = golden.args.map((arg, i) => value(arg, String(i)));
  if (golden.factory === undefined) return resolve(fn)(...args, ...options);
  const factory = golden.factory.map((arg, i) => value(arg, `factory ${i}`));
  const factoryOptions = golden.factoryKwargs ? [value({ tree: golden.factoryKwargs }, "factory")] : [];
  return (resolve(fn)(...factory, ...factoryOptions) as Callable)(...args, ...options);
}

export function runEagerly(golden: CallCase): unknown {
  return apply(golden, "text", decodeArray);
}

/** Runs the case under `jit`, with every array traced whose value need not be known while tracing. */
export function runJitted(golden: CallCase): unknown {
  const made = new Map<GoldenArray, NDArray | number | Complex>();
  const traced: GoldenArray[] = [];
  // Arrays are made before tracing: what is computed under jit is staged, and no longer known.
  apply(golden, "slice", (array, path) => {
    const value = decodeArray(array);
    made.set(array, value);
    if (!array.weak && !needsValue(golden, array, path)) traced.push(array);
    return value;
  });
  const f = jit((...arrays: NDArray[]) =>
    apply(golden, "slice", (array) => {
      const at = traced.indexOf(array);
      return at < 0 ? made.get(array) : arrays[at];
    }),
  );
  return f(...traced.map((array) => made.get(array) as NDArray));
}

/** Whether JAX needs the value of this argument while tracing. */
function needsValue({ fn, kwargs }: CallCase, array: GoldenArray, path: string): boolean {
  // The number of elements that a mask selects is part of a shape.
  if (path === "index") return array.dtype === "bool";
  // So is the number of positions that are deleted, which may repeat.
  if (fn === "jnp.delete") return path === "1";
  // The largest id is the number of segments, unless it is given.
  if (fn.startsWith("ops.segment")) return path === "1" && kwargs?.numSegments === undefined;
  // And the total number of repeats, unless it is given.
  return (
    (fn === "jnp.repeat" || fn === "Array.repeat") && path === "1" && kwargs?.totalRepeatLength === undefined
  );
}

/** Functions whose result has a shape that depends on values, unless they are given a size. */
const sizedByValue = new Set([
  "jnp.nonzero",
  "Array.nonzero",
  "jnp.flatnonzero",
  "jnp.argwhere",
  "jnp.extract",
  "jnp.bincount",
  "jnp.where",
]);
/** Functions whose result has a shape that depends on values, unless they are given a size by name. */
const sizedByName = new Set(
  "unique uniqueAll uniqueCounts uniqueInverse uniqueValues union1d intersect1d setdiff1d setxor1d roots trimZeros maskIndices"
    .split(" ")
    .map((name) => `jnp.${name}`),
);

/** Whether the case can run under `jit`: its result is made of arrays and JAX accepts the call. */
export function canJit({ fn, args, kwargs, expected }: CallCase): boolean {
  if (sizedByValue.has(fn) && args.length < 3 && kwargs?.size === undefined && kwargs?.length === undefined)
    return false;
  if (sizedByName.has(fn) && kwargs?.size === undefined) return false;
  const isArrays = (value: GoldenValue): boolean =>
    isGoldenArray(value) || (Array.isArray(value) && value.length > 0 && value.every(isArrays));
  return !isRaises(expected) && isArrays(expected) && !fn.startsWith("printing.");
}
