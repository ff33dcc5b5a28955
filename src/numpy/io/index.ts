import type { ArrayImpl, ArrayLike, NDArray } from "../../core/array.ts";
import { hostFiles } from "../../core/hostFiles.ts";
import { NotImplementedError, ValueError } from "../../errors.ts";
import { isOptions } from "../arguments.ts";
import { requireConcrete } from "../manipulationStatic.ts";
import { toArray } from "../promote.ts";
import { decodeNpy, encodeNpy, isNpy } from "./npy.ts";
import { isZip, readZip, writeZip } from "./zip.ts";

/** Bytes as they come from a file, a response (`await response.arrayBuffer()`) or {@link save}. */
export type Bytes = ArrayBufferLike | ArrayBufferView;

/** Files of the machine. @throws NotImplementedError where there are none, in browsers */
function files(name: string, path: string): NonNullable<ReturnType<typeof hostFiles>> {
  const found = hostFiles();
  if (found !== null) return found;
  throw new NotImplementedError(
    `jnp.${name}: there are no files here to open ${JSON.stringify(path)}: pass or take bytes instead, such as ` +
      "new Uint8Array(await (await fetch(url)).arrayBuffer()).",
  );
}

function concrete(name: string, x: unknown): ArrayImpl {
  return requireConcrete(toArray(x, name), `jnp.${name}: only arrays whose values are known can be written.`);
}

/** Writes bytes to a file where a path is given first, else returns them. */
function deliver(name: string, path: string | null, bytes: Uint8Array): Uint8Array | undefined {
  if (path === null) return bytes;
  files(name, path).writeFileSync(path, bytes);
  return undefined;
}
const withExtension = (path: string, extension: string): string =>
  path.endsWith(extension) ? path : path + extension;

/**
 * An array as the bytes of a .npy file, which NumPy and JAX read; with a path first (in Node), written to that file. bfloat16 is written as
 * JAX does.
 *
 * @param file a path; `.npy` is added where it is missing
 * @throws ConcretizationTypeError for a traced array, TypeError for random keys, NotImplementedError for a path in a browser
 * @example
 * ```ts
 * const bytes = jnp.save(jnp.array([1, 2, 3]));
 * String(jnp.load(bytes)); // => "[1. 2. 3.]"
 * ```
 */
export function save(arr: ArrayLike): Uint8Array;
export function save(file: string, arr: ArrayLike): void;
export function save(...args: unknown[]): Uint8Array | undefined {
  const path = typeof args[0] === "string" ? withExtension(args[0], ".npy") : null;
  return deliver("save", path, encodeNpy(concrete("save", args[path === null ? 0 : 1])));
}

/** Arrays by name, or a list, whose names are `arr_0`, `arr_1`, ... */
export type NamedArrays = Readonly<Record<string, ArrayLike>> | readonly ArrayLike[];

/**
 * Several arrays as the bytes of a .npz file, which NumPy and JAX read; with a path first (in Node), written to that file.
 *
 * @param file a path; `.npz` is added where it is missing
 * @param arrays an object, or a list, whose elements are named `arr_0`, `arr_1`, ...
 * @throws ConcretizationTypeError for a traced array, TypeError for random keys and anything that is no array, NotImplementedError for a
 *   path in a browser
 * @example
 * ```ts
 * const bytes = jnp.savez({ w: jnp.ones([2, 2]), b: jnp.zeros(2) });
 * const { w, b } = jnp.load(bytes) as Record<string, NDArray>;
 * w.shape; // => [2, 2]
 * ```
 */
export function savez(arrays: NamedArrays): Uint8Array;
export function savez(file: string, arrays: NamedArrays): void;
export function savez(...args: unknown[]): Uint8Array | undefined {
  const path = typeof args[0] === "string" ? withExtension(args[0], ".npz") : null;
  const arrays = args[path === null ? 0 : 1];
  if (!Array.isArray(arrays) && !isOptions(arrays)) {
    throw new TypeError(`jnp.savez: an object or list of arrays is required, got ${String(arrays)}.`);
  }
  const named = Array.isArray(arrays)
    ? arrays.map((x, i) => [`arr_${i}`, x] as const)
    : Object.entries(arrays as Record<string, unknown>);
  const entries = named.map(([name, x]) => [`${name}.npy`, encodeNpy(concrete("savez", x))] as const);
  return deliver("savez", path, writeZip(entries));
}

/**
 * The array in a .npy file, or the arrays in a .npz file by name (compressed ones too), from its bytes or, in Node, its path. Elements keep
 * their dtype, 64-bit ones included.
 *
 * @throws ValueError for anything else, or a broken file; TypeError for elements that are no numbers; NotImplementedError for a path in a
 *   browser
 * @example
 * ```ts
 * String(jnp.load(jnp.save(jnp.int32([7])))); // => "[7]"
 * ```
 */
export function load(file: Bytes | string): NDArray | Record<string, NDArray> {
  const bytes = typeof file === "string" ? files("load", file).readFileSync(file) : bytesOf(file);
  if (isNpy(bytes)) return decodeNpy(bytes);
  if (isZip(bytes)) {
    return Object.fromEntries(
      readZip(bytes).map(([name, data]) => {
        if (!isNpy(data)) throw new ValueError(`jnp.load: ${name} in the archive is no .npy file.`);
        return [name.replace(/\.npy$/, ""), decodeNpy(data)];
      }),
    );
  }
  throw new ValueError("jnp.load: this is neither a .npy nor a .npz file.");
}

function bytesOf(file: unknown): Uint8Array {
  if (ArrayBuffer.isView(file)) return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const isShared = typeof SharedArrayBuffer !== "undefined" && file instanceof SharedArrayBuffer;
  if (file instanceof ArrayBuffer || isShared) return new Uint8Array(file as ArrayBuffer);
  throw new TypeError(`jnp.load: bytes or a path are required, got ${file === null ? "null" : typeof file}.`);
}
