import type { ArrayLike, NDArray } from "../core/array.ts";
import { shapeStr } from "../core/aval.ts";
import { config } from "../core/config.ts";
import { ValueError } from "../errors.ts";
import * as lax from "../lax/index.ts";
import { functionName, setName } from "../transforms/functionName.ts";
import type { AnyFunction } from "../transforms/types.ts";
import { vmap } from "../transforms/vmap.ts";
import { map } from "../tree/map.ts";
import { readOptions } from "./arguments.ts";
import { asarray } from "./creation.ts";

/** Options of {@link vectorize}. */
export interface VectorizeOptions {
  /** Positions of arguments that are passed on as they are. */
  excluded?: Iterable<number>;
  /** The named axes that the function itself takes and gives, such as `"(m,n),(n)->(m)"`; default: scalars to anything. */
  signature?: string | null;
}

type CoreAxes = readonly string[];
interface Signature {
  readonly inputs: readonly CoreAxes[];
  readonly outputs: readonly CoreAxes[];
}

/** @throws ValueError for a text that is no signature */
function parseSignature(text: string): Signature {
  const compact = text.replace(/\s+/g, "");
  const argument = String.raw`\((?:\w+(?:,\w+)*)?\)`;
  const list = `${argument}(?:,${argument})*`;
  if (!new RegExp(`^${list}->${list}$`).test(compact)) {
    throw new ValueError(`not a valid gufunc signature: ${text}`);
  }
  const [inputs, outputs] = compact
    .split("->")
    .map((side) =>
      [...side.matchAll(/\(([^)]*)\)/g)].map(([, names]) => (names === "" ? [] : names.split(","))),
    );
  return { inputs, outputs };
}

/** Records the sizes of named axes, which must agree. */
function readSizes(
  sizes: Map<string, number>,
  shape: readonly number[],
  axes: CoreAxes,
  where: string,
): void {
  axes.forEach((name, i) => {
    const size = shape[shape.length - axes.length + i];
    const known = sizes.get(name);
    if (known !== undefined && known !== size) {
      throw new ValueError(`inconsistent size for core dimension '${name}': ${size} vs ${known} ${where}`);
    }
    sizes.set(name, size);
  });
}
const tuple = (axes: CoreAxes): string =>
  `(${axes.map((a) => `'${a}'`).join(", ")}${axes.length === 1 ? "," : ""})`;

/** The function with its results checked against a signature. */
function checkingResults(
  f: (...xs: NDArray[]) => unknown,
  outputs: readonly CoreAxes[],
  sizes: ReadonlyMap<string, number>,
  where: string,
): (...xs: NDArray[]) => unknown {
  return (...xs) => {
    const result = f(...xs);
    if (outputs.length > 1 && !Array.isArray(result)) {
      throw new TypeError(
        `output must be a list when multiple outputs are expected, got ${String(result)} ${where}`,
      );
    }
    const list = (Array.isArray(result) ? result : [result]).map((x) => asarray(x as ArrayLike));
    if (list.length !== outputs.length) {
      throw new TypeError(
        `wrong number of output arguments: expected ${outputs.length}, got ${list.length} ${where}`,
      );
    }
    const known = new Map(sizes);
    list.forEach((x, i) => {
      if (x.ndim !== outputs[i].length) {
        throw new ValueError(
          `output shape ${shapeStr(x.shape)} does not match core dimensions ${tuple(outputs[i])} ${where}`,
        );
      }
      readSizes(known, x.shape, outputs[i], where);
    });
    return result;
  };
}

function reportRanks(shapes: readonly (readonly number[])[], signature: string | null): void {
  if (config.numpyRankPromotion === "allow") return;
  if (new Set(shapes.filter((s) => s.length > 0).map((s) => s.length)).size <= 1) return;
  const message =
    `operands with shapes ${shapes.map(shapeStr).join(" ")} require rank promotion for jnp.vectorize function with signature ` +
    `${signature}. Set the numpyRankPromotion config option to 'allow' to disable this message.`;
  if (config.numpyRankPromotion === "raise") throw new ValueError(message);
  console.warn(message);
}

/** Maps a function over the leading axes of its arguments, which broadcast; `ranks` are the numbers of axes that it takes itself. */
function mapLeading(
  f: (...xs: NDArray[]) => unknown,
  args: readonly NDArray[],
  ranks: readonly number[],
): unknown {
  const leading = args.map((x, i) => x.shape.slice(0, x.ndim - ranks[i]));
  const shape = lax.broadcastShapes(...leading);
  // Axes of size 1 are not mapped, so that what broadcasts is not repeated.
  const squeezed = args.map((x, i) =>
    lax.squeeze(
      x,
      leading[i].flatMap((n, k) => (n === 1 ? [k] : [])),
    ),
  );
  let mapped = f;
  const ones: number[] = [];
  for (let back = 1; back <= shape.length; back++) {
    const inAxes = leading.map((s) => ((s[s.length - back] ?? 1) === 1 ? null : 0));
    if (inAxes.every((axis) => axis === null)) ones.push(shape.length - back);
    else mapped = vmap(mapped, { inAxes }) as typeof mapped;
  }
  const result = mapped(...squeezed);
  if (ones.length === 0) return result;
  return map(
    (x) =>
      lax.expandDims(
        x as NDArray,
        [...ones].sort((i, j) => i - j),
      ),
    result as never,
  );
}

/** The arguments of a vectorized function: anything that makes an array where it takes one. */
type Vectorized<T extends unknown[]> = { [K in keyof T]: NDArray extends T[K] ? T[K] | ArrayLike : T[K] };

/**
 * A function that broadcasts its arguments against each other and maps over their leading axes, made of one of scalars, or of arrays with
 * the axes that a signature names. It maps with `vmap`, hence the function runs once, on arrays.
 *
 * @param options.excluded positions of arguments that are passed on as they are
 * @param options.signature the axes that the function takes and gives: `"(m,n),(n)->(m)"`; all others are mapped
 * @throws TypeError for another number of arguments, ValueError for a text that is no signature, too few axes, or sizes that differ
 * @example
 * ```ts
 * const dot = jnp.vectorize((x: NDArray, y: NDArray) => jnp.sum(x.mul(y)), { signature: "(n),(n)->()" });
 * dot(jnp.ones([4, 1, 3]), jnp.ones([5, 3])).shape; // => [4, 5]
 * ```
 */
export function vectorize<F extends AnyFunction>(
  pyfunc: F,
  options: VectorizeOptions = {},
): (...args: Vectorized<Parameters<F>>) => ReturnType<F> {
  if (typeof pyfunc !== "function")
    throw new TypeError(`jnp.vectorize: a function is required, got ${String(pyfunc)}.`);
  const o = readOptions<VectorizeOptions>("vectorize", [], [options], ["excluded", "signature"]);
  const excluded = new Set(o.excluded ?? []);
  for (const position of excluded) {
    if (!Number.isInteger(position)) {
      throw new TypeError(
        `jax.numpy.vectorize can only exclude positions of arguments, got ${String(position)}`,
      );
    }
    if (position < 0)
      throw new ValueError(`excluded=[${[...excluded].join(", ")}] contains negative numbers`);
  }
  const text = o.signature ?? null;
  const signature = text === null ? null : parseSignature(text);
  const where = `on vectorized function with excluded=[${[...excluded].join(", ")}] and signature=${text === null ? null : `'${text}'`}`;

  const vectorized = (...args: unknown[]): unknown => {
    const positions = args.map((_, i) => i).filter((i) => !excluded.has(i) && args[i] !== null);
    const call = (...xs: NDArray[]): unknown => {
      const all = args.slice();
      positions.forEach((position, i) => {
        all[position] = xs[i];
      });
      return pyfunc(...all);
    };
    const arrays = positions.map((i) => asarray(args[i] as ArrayLike));
    if (signature === null) {
      reportRanks(
        arrays.map((x) => x.shape),
        text,
      );
      return mapLeading(
        call,
        arrays,
        arrays.map(() => 0),
      );
    }
    const taken = args.map((_, i) => i).filter((i) => !excluded.has(i));
    if (taken.length !== signature.inputs.length) {
      throw new TypeError(
        `wrong number of positional arguments: expected ${signature.inputs.length}, got ${taken.length} ${where}`,
      );
    }
    const axes = positions.map((i) => signature.inputs[taken.indexOf(i)]);
    if (taken.some((i, k) => args[i] === null && signature.inputs[k].length > 0)) {
      throw new ValueError(`Cannot pass null where the signature has axes, signature='${text}'`);
    }
    const sizes = new Map<string, number>();
    arrays.forEach((x, i) => {
      if (x.ndim < axes[i].length) {
        throw new ValueError(
          `input with shape ${shapeStr(x.shape)} does not have enough dimensions for all core dimensions ${tuple(axes[i])} ${where}`,
        );
      }
      readSizes(sizes, x.shape, axes[i], where);
    });
    reportRanks(
      arrays.map((x, i) => x.shape.slice(0, x.ndim - axes[i].length)),
      text,
    );
    const checked = checkingResults(call, signature.outputs, sizes, where);
    return mapLeading(
      checked,
      arrays,
      axes.map((a) => a.length),
    );
  };
  return setName(vectorized, functionName(pyfunc)) as never;
}
