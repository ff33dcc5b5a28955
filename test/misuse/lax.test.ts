import { jacfwd, jnp, lax, type NDArray } from "fluxion";
import { describe } from "vitest";
import { type Mistake, mistakes } from "./table.ts";

const A = (...shape: number[]) => jnp.ones(shape);
const i32 = (x: number | number[]) => jnp.int32(x);
// biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
const u = (x: unknown): any => x;

describe("lax", () => {
  const rows: Mistake[] = [
    ["add of dtypes", () => lax.add(A(2), i32([1, 2])), "TypeError", /lax\.add.*float32, int32.*jnp\.add/],
    ["add of shapes", () => lax.add(A(2), A(3)), "TypeError", /add.*\(2,\).*\(3,\)/],
    ["add of ranks", () => lax.add(A(2, 3), A(3)), "TypeError", /add.*number of dimensions/],
    ["add of a string", () => lax.add(u("a"), 1), "TypeError", /string/],
    ["add of one operand", () => u(lax.add)(A(2)), "TypeError", /add/],
    [
      "cholesky of integers",
      () => lax.linalg.cholesky(jnp.int32([[1]])),
      "TypeError",
      /cholesky.*int32.*floating/,
    ],
    ["cholesky of a vector", () => lax.linalg.cholesky(A(2)), "TypeError", /cholesky.*rank.*\(2,\)/],
    ["cholesky of no square", () => lax.linalg.cholesky(A(2, 3)), "ValueError", /cholesky.*square.*\(2, 3\)/],
    ["cholesky with an option", () => lax.linalg.cholesky(A(2, 2), u({ upper: true })), "TypeError", /upper/],
    ["eigh of no square", () => lax.linalg.eigh(A(2, 3)), "ValueError", /\[\.\.\., n, n\].*\(2, 3\)/],
    [
      "eigh of a part",
      () => lax.linalg.eigh(A(3, 3), { subsetByIndex: [0, 1] }),
      "NotImplementedError",
      /subset_by_index/,
    ],
    ["svd of a vector", () => lax.linalg.svd(A(3)), "TypeError", /svd.*rank.*\(3,\)/],
    [
      "svd of a part",
      () => lax.linalg.svd(A(3, 3), { subsetByIndex: [0, 1] }),
      "NotImplementedError",
      /subset/,
    ],
    [
      "the derivative of a full svd",
      () => jacfwd((x: NDArray) => lax.linalg.svd(x)[0])(A(3, 2)),
      "NotImplementedError",
      /JVP not implemented for full matrices/,
    ],
    [
      "triangularSolve of dtypes",
      () => lax.linalg.triangularSolve(A(2, 2), jnp.int32([[1, 2]])),
      "TypeError",
      /int32/,
    ],
    [
      "triangularSolve of sizes",
      () => lax.linalg.triangularSolve(A(2, 2), A(2, 3)),
      "ValueError",
      /\(2, 2\).*\(2, 3\)/,
    ],
    [
      "triangularSolve of no square",
      () => lax.linalg.triangularSolve(A(2, 3), A(2, 3)),
      "ValueError",
      /square/,
    ],
    [
      "triangularSolve of batches",
      () => lax.linalg.triangularSolve(A(4, 2, 2), A(1, 5, 2, 2)),
      "TypeError",
      /batch dimensions.*1.*2/,
    ],
    [
      "luPivotsToPermutation of floats",
      () => lax.linalg.luPivotsToPermutation(A(2), 2),
      "TypeError",
      /float32/,
    ],
    ["too many pivots", () => lax.linalg.luPivotsToPermutation(i32([0, 1]), 1), "ValueError", /1.*exceed.*2/],
    [
      "householderProduct of a wide matrix",
      () => lax.linalg.householderProduct(A(2, 3), A(2)),
      "ValueError",
      /\(2, 3\)/,
    ],
    ["too many reflectors", () => lax.linalg.householderProduct(A(3, 2), A(3)), "ValueError", /more rows/],
    [
      "tridiagonalSolve of shapes",
      () => lax.linalg.tridiagonalSolve(A(2), A(3), A(3), A(3, 1)),
      "TypeError",
      /same shape/,
    ],
    ["tridiagonal of no square", () => lax.linalg.tridiagonal(A(2, 3)), "ValueError", /square/],
    [
      "choleskyUpdate of sizes",
      () => lax.linalg.choleskyUpdate(A(2, 2), A(3)),
      "ValueError",
      /\(2, 2\).*\(3,\)/,
    ],
    ["sin of integers", () => lax.sin(i32(1)), "TypeError", /sin.*int32.*floating/],
    ["exp of integers", () => lax.exp(i32(1)), "TypeError", /exp.*int32/],
    ["erfInv of integers", () => lax.erfInv(i32(1)), "TypeError", /erf_inv.*int32/],
    ["nextafter of integers", () => lax.nextafter(i32(1), i32(2)), "TypeError", /nextafter.*int32/],
    ["shift of floats", () => lax.shiftLeft(A(2), A(2)), "TypeError", /shift_left.*float32/],
    ["populationCount of floats", () => lax.populationCount(A(2)), "TypeError", /population_count.*float32/],
    ["negative power of integers", () => lax.integerPow(i32(2), -1), "TypeError", /negative powers/],
    ["a power that is no integer", () => lax.integerPow(A(2), 0.5), "TypeError", /integer.*0\.5/],
    [
      "dotGeneral",
      () =>
        lax.dotGeneral(A(2, 3), A(4, 5), [
          [[1], [0]],
          [[], []],
        ]),
      "TypeError",
      /contract.*3.*4/,
    ],
    [
      "dotGeneral batch",
      () =>
        lax.dotGeneral(A(2, 3), A(4, 3), [
          [[1], [1]],
          [[0], [0]],
        ]),
      "TypeError",
      /batch.*2.*4/,
    ],
    [
      "dotGeneral of axes out of range",
      () =>
        lax.dotGeneral(A(2), A(2), [
          [[1], [0]],
          [[], []],
        ]),
      "Error",
      /1/,
    ],
    [
      "dotGeneral without numbers",
      () => u(lax.dotGeneral)(A(2), A(2)),
      "TypeError",
      /dot_general|dotGeneral|dimension/,
    ],
    ["slice beyond the end", () => lax.slice(A(3), [0], [5]), "TypeError", /slice.*5.*\(3,\)/s],
    ["slice of another rank", () => lax.slice(A(3), [0, 0], [1, 1]), "Error", /slice/],
    ["slice backwards", () => lax.slice(A(3), [2], [1]), "TypeError", /slice.*2.*1/s],
    [
      "dynamicSlice larger than the array",
      () => lax.dynamicSlice(A(3), [0], [5]),
      "TypeError",
      /slice.*5.*3/s,
    ],
    ["dynamicSlice of another rank", () => lax.dynamicSlice(A(3), [0, 0], [1]), "Error", /indices|start/],
    ["dynamicSlice at a fraction", () => lax.dynamicSlice(A(3), [0.5], [1]), "TypeError", /integer/],
    [
      "dynamicUpdateSlice too large",
      () => lax.dynamicUpdateSlice(A(3), A(4), [0]),
      "TypeError",
      /\(4,\).*\(3,\)/,
    ],
    [
      "dynamicUpdateSlice of another dtype",
      () => lax.dynamicUpdateSlice(A(3), i32([1]), [0]),
      "TypeError",
      /float32.*int32/,
    ],
    ["broadcastInDim", () => lax.broadcastInDim(A(2), [3], [0]), "TypeError", /broadcast_in_dim.*\(2,\)/],
    [
      "broadcastInDim of two axes in one",
      () => lax.broadcastInDim(A(2, 2), [2, 2], [0, 0]),
      "TypeError",
      /broadcast/,
    ],
    [
      "select of shapes",
      () => lax.select(jnp.array(true), A(2), A(3)),
      "TypeError",
      /select.*\(2,\)|select.*\(3,\)/,
    ],
    ["select by floats", () => lax.select(A(2), A(2), A(2)), "TypeError", /select.*float32/],
    [
      "select of dtypes",
      () => lax.select(jnp.array(true), A(2), i32([1, 2])),
      "TypeError",
      /float32.*int32|int32.*float32/,
    ],
    ["clamp", () => lax.clamp(0, A(2), A(3)), "TypeError", /clamp.*\(3,\).*\(2,\)/],
    ["concatenate of dtypes", () => lax.concatenate([A(2), i32([1])], 0), "TypeError", /float32, int32/],
    ["concatenate of nothing", () => lax.concatenate([], 0), "Error", /concatenate/],
    ["pad of dtypes", () => lax.pad(A(2), i32(0), [[0, 0, 0]]), "TypeError", /pad.*float32.*int32/],
    ["pad configuration", () => lax.pad(A(2), 0, [[0, 0]] as never), "Error", /pad/],
    ["pad below nothing", () => lax.pad(A(2), 0, [[-3, 0, 0]]), "Error", /pad/],
    ["topK of too many", () => lax.topK(A(3), 5), "ValueError", /top_k.*5.*3/],
    ["topK of a negative number", () => lax.topK(A(3), -1), "ValueError", /-1/],
    ["iota of a negative size", () => lax.iota("int32", -1), "TypeError", /iota.*-1/],
    ["reshape", () => lax.reshape(A(6), [4, 2]), "TypeError", /4.*2.*6/],
    ["transpose", () => lax.transpose(A(2, 3), [0]), "TypeError", /permutation.*\(0,\)/],
    ["rev", () => lax.rev(A(3), [1]), "TypeError", /rev.*\(1,\)/],
    ["squeeze", () => lax.squeeze(A(2, 1), [0]), "ValueError", /size.*one/],
    ["expandDims", () => lax.expandDims(A(2), [4]), "ValueError", /axis 4/],
    ["convertElementType", () => lax.convertElementType(A(2), u("float33")), "TypeError", /float33/],
    [
      "bitcast to another width",
      () => lax.bitcastConvertType(jnp.array([1, 2, 3], "float32"), "float64"),
      "ValueError",
      /from float32 of size 32 bits to float64/,
    ],
    ["reduceSum", () => lax.reduceSum(A(2), [1]), "ValueError", /reduction axes \(1,\)/],
    ["reduceSum of an axis twice", () => lax.reduceSum(A(2, 2), [0, 0]), "ValueError", /duplicate/],
    ["cumsum", () => lax.cumsum(A(2), 1), "ValueError", /axis 1/],
    ["sort", () => lax.sort(A(2), { dimension: 1 }), "ValueError", /axis 1/],
    ["argmax axis", () => lax.argmax(A(2), 1, "int32"), "ValueError", /axis 1/],
    ["argmax to floats", () => lax.argmax(A(2), 0, "float32"), "TypeError", /integer.*float32/],
    ["full of a negative size", () => lax.full([2, -1], 0), "Error", /nonnegative|-1/],
    ["split", () => lax.split(A(5), [2, 2]), "ValueError", /4.*5/],
    ["an array where lax takes no list", () => lax.sin(u([1, 2])), "TypeError", /list|Array|jnp/],
  ];
  mistakes(rows);
});
