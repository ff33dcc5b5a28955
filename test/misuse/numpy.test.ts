import { jnp } from "fluxion";
import { describe } from "vitest";
import { type Mistake, mistakes } from "./table.ts";

const A = (...shape: number[]) => jnp.ones(shape);
const i32 = (x: number | number[]) => jnp.int32(x);
// biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
const u = (x: unknown): any => x;

describe("shapes", () => {
  const rows: Mistake[] = [
    ["add", () => A(2).add(A(3)), "TypeError", /add/, /\(2,\)/, /\(3,\)/],
    ["add of matrices", () => jnp.add(A(2, 3), A(3, 2)), "TypeError", /\(2, 3\).*\(3, 2\)/],
    ["where", () => jnp.where(true, A(2), A(3)), "TypeError", /\(2,\).*\(3,\)/],
    ["matmul of vectors", () => A(3).matmul(A(2)), "TypeError", /\(3,\).*\(2,\)/],
    ["matmul of matrices", () => jnp.matmul(A(2, 3), A(2, 3)), "TypeError", /contract/],
    ["matmul of a scalar", () => jnp.matmul(3, A(2)), "ValueError", /matmul.*operand 0.*ndim/],
    ["matmul of batches", () => jnp.matmul(A(2, 3, 4), A(3, 4, 5)), "ValueError", /\(2, 3, 4\)|2.*3/],
    ["dot", () => jnp.dot(A(2, 3), A(2, 3)), "TypeError", /contract/],
    ["vdot", () => jnp.vdot(A(3), A(2)), "TypeError", /3.*2/],
    ["inner", () => jnp.inner(A(2), A(3)), "TypeError", /2.*3/],
    ["tensordot", () => jnp.tensordot(A(2, 3), A(4, 5), 2), "TypeError", /\(2, 3\).*\(4, 5\)/],
    ["too many tensordot axes", () => jnp.tensordot(A(2, 3), A(4, 5), 3), "TypeError", /axes 3|3/],
    ["einsum sizes", () => jnp.einsum("ij,jk->ik", A(2, 3), A(2, 3)), "ValueError", /'j'|j/, /3/, /2/],
    ["einsum output", () => jnp.einsum("ij->ik", A(2, 3)), "ValueError", /k/],
    ["einsum rank", () => jnp.einsum("ijk", A(2, 3)), "ValueError", /ijk/],
    ["einsum operands", () => jnp.einsum("ij,jk", A(2, 3)), "ValueError", /2/, /1/],
    ["einsum without a subscript", () => jnp.einsum(u(A(2)), u("i")), "TypeError", /einsum/],
    ["reshape", () => A(6).reshape(4, 2), "TypeError", /\(6,\).*\(4, 2\)/],
    ["reshape with two unknowns", () => A(6).reshape(-1, -1), "TypeError", /one unknown|only.*-1/],
    ["reshape that does not divide", () => A(6).reshape(4, -1), "TypeError", /\(6,\).*\(4, -1\)/],
    ["reshape to a string", () => A(6).reshape(u("a")), "TypeError", /shape/i, /integer/],
    ["reshape to a fraction", () => A(6).reshape(2.5, 2), "TypeError", /2\.5/],
    ["reshape to NaN", () => A(6).reshape(Number.NaN), "TypeError", /NaN/],
    ["broadcastTo fewer", () => jnp.broadcastTo(A(3), [2]), "ValueError", /\[3\]|\(3,\)/, /\[2\]|\(2,\)/],
    ["broadcastTo the wrong side", () => jnp.broadcastTo(A(3), [3, 2]), "ValueError", /3/, /2/],
    ["concatenate ranks", () => jnp.concatenate([A(2), A(2, 2)]), "TypeError", /\(2,\).*\(2, 2\)/],
    ["concatenate sizes", () => jnp.concatenate([A(2, 3), A(2, 4)], 0), "TypeError", /\(2, 3\).*\(2, 4\)/],
    ["concatenate nothing", () => jnp.concatenate([]), "ValueError", /at least one array/],
    ["concatenate scalars", () => jnp.concatenate(u([1, 2])), "ValueError", /[Zz]ero-dimensional/],
    ["concatenate one array", () => jnp.concatenate(u(A(3))), "ValueError", /[Zz]ero-dimensional|list/],
    [
      "concatenate two arguments",
      () => jnp.concatenate(u(A(3)), u(A(3))),
      "ValueError",
      /[Zz]ero-dimensional/,
    ],
    ["stack shapes", () => jnp.stack([A(2), A(3)]), "ValueError", /same shape.*\(2,\).*\(3,\)/],
    ["stack nothing", () => jnp.stack([]), "ValueError", /at least one array/],
    ["split unevenly", () => jnp.split(A(5), 2), "ValueError", /equal/],
    [
      "pad widths",
      () =>
        jnp.pad(A(2), [
          [1, 1],
          [1, 1],
        ]),
      "ValueError",
      /pad_?[wW]idth/,
    ],
    ["full with an array that does not fit", () => jnp.full([2], A(3)), "ValueError", /3.*2/],
    ["ragged lists", () => jnp.array(u([[1, 2], [3]])), "ValueError", /inhomogeneous|same length/],
    [
      "deeply ragged lists",
      () =>
        jnp.array(
          u([
            [[1], [2]],
            [[3], 4],
          ]),
        ),
      "ValueError",
      /inhomogeneous|same length/,
    ],
    ["lists of arrays of several shapes", () => jnp.array([A(2), A(3)]), "ValueError", /shape/],
    ["sum of a ragged list", () => jnp.sum(u([[1, 2], [3]])), "ValueError", /inhomogeneous|same length/],
    ["repeat a negative number of times", () => jnp.repeat(A(2), -1), "Error", /negative|-1/],
    ["tile a negative number of times", () => jnp.tile(A(2), -1), "Error", /negative|-1/],
    ["zeros of a negative size", () => jnp.zeros([2, -1]), "TypeError", /nonnegative/, /-1/],
    ["eye of a negative size", () => jnp.eye(-1), "Error", /negative/],
    ["zeros of a fraction", () => jnp.zeros(2.5), "TypeError", /integer.*2\.5/],
    ["zeros of a string", () => jnp.zeros(u("a")), "TypeError", /integer.*a/],
    ["zeros of nothing", () => u(jnp.zeros)(), "TypeError", /shape/i],
    ["zeros of several numbers", () => u(jnp.zeros)(2, 3), "TypeError", /data type/i],
    ["linspace of a negative number", () => jnp.linspace(0, 1, -1), "ValueError", /-1.*non-negative/],
    ["linspace of a fraction", () => jnp.linspace(0, 1, 2.5), "TypeError", /2\.5|integer/],
    ["searchsorted in a matrix", () => jnp.searchsorted(A(2, 2), 1), "ValueError", /1-dim/],
  ];
  mistakes(rows);
});

describe("axes", () => {
  const rows: Mistake[] = [
    ["sum", () => A(2, 3).sum(2), "ValueError", /axis 2 is out of bounds.*2/],
    ["sum over an axis twice", () => jnp.sum(A(2, 3), [0, 0]), "ValueError", /duplicate.*\(0, 0\)/],
    ["sum over one axis in two spellings", () => jnp.sum(A(2, 3), [1, -1]), "ValueError", /duplicate/],
    ["sum over a string", () => jnp.sum(A(2, 3), u("a")), "TypeError", /axis.*integer.*a/],
    ["sum over a fraction", () => jnp.sum(A(2, 3), 1.5), "TypeError", /axis.*integer.*1\.5/],
    ["sum over NaN", () => jnp.sum(A(2, 3), Number.NaN), "TypeError", /axis.*NaN/],
    ["max of nothing", () => jnp.max(A(0)), "ValueError", /zero-size.*max.*identity/],
    ["max along an empty axis", () => jnp.max(A(0, 3), 0), "ValueError", /zero-size/],
    ["argmax of nothing", () => jnp.argmax(A(0)), "ValueError", /argmax.*empty/],
    ["argmin along an empty axis", () => jnp.argmin(A(0, 2), 0), "ValueError", /argmin.*empty/],
    ["argmax axis", () => jnp.argmax(A(2, 3), 2), "Error", /axis 2/],
    ["argmax over two axes", () => jnp.argmax(A(2, 3), u([0, 1])), "TypeError", /axis.*integer/],
    ["mean", () => jnp.mean(A(2), 1), "ValueError", /axis 1/],
    ["var", () => jnp.var(A(2), -2), "ValueError", /axis -2/],
    ["cumsum", () => jnp.cumsum(A(2, 3), 2), "ValueError", /axis 2/],
    ["sort", () => jnp.sort(A(2, 3), 2), "ValueError", /axis 2/],
    ["argsort", () => jnp.argsort(A(2, 3), 2), "ValueError", /axis 2/],
    ["take", () => jnp.take(A(2, 3), 0, 2), "ValueError", /axis 2/],
    ["transpose twice the same", () => jnp.transpose(A(2, 3), [0, 0]), "TypeError", /permutation.*\(0, 0\)/],
    ["transpose of too many", () => jnp.transpose(A(2, 3), [0, 1, 2]), "Error", /2|permutation/],
    ["expandDims", () => jnp.expandDims(A(2, 3), 5), "ValueError", /axis 5/],
    ["expandDims twice", () => jnp.expandDims(A(2, 3), [0, 0]), "ValueError", /repeated|duplicate/],
    ["squeeze a size", () => jnp.squeeze(A(2, 3), 0), "ValueError", /size.*one.*\(2, 3\)/],
    ["squeeze an axis", () => jnp.squeeze(A(1, 3), 4), "ValueError", /axis 4/],
    ["squeeze twice", () => jnp.squeeze(A(1, 1), [0, 0]), "ValueError", /unique|duplicate/],
    ["concatenate", () => jnp.concatenate([A(2), A(2)], 1), "ValueError", /axis 1/],
    ["stack", () => jnp.stack([A(2)], 3), "ValueError", /axis 3/],
    ["split", () => jnp.split(A(5), 5, 1), "Error", /axis 1/],
    ["roll", () => jnp.roll(A(2), 1, 3), "ValueError", /axis 3/],
    ["flip", () => jnp.flip(A(2), 1), "ValueError", /axis 1/],
    ["moveaxis", () => jnp.moveaxis(A(2, 3), 0, 5), "ValueError", /axis 5/],
    ["swapaxes", () => jnp.swapaxes(A(2, 3), 0, 5), "Error", /5/],
    ["linspace", () => jnp.linspace(0, 1, 3, { axis: 5 }), "Error", /axis 5/],
    ["repeat", () => jnp.repeat(A(2), 2, 3), "ValueError", /axis 3/],
  ];
  mistakes(rows);
});

describe("dtypes", () => {
  const rows: Mistake[] = [
    ["an unknown dtype", () => jnp.zeros(2, u("float33")), "TypeError", /float33/],
    ["astype of an unknown dtype", () => A(2).astype(u("float33")), "TypeError", /float33/],
    ["a dtype that is an object", () => jnp.zeros(2, u({ dtype: 3 })), "TypeError", /3/],
    ["a dtype that is not computed in", () => jnp.zeros(2, "float8_e5m2"), "TypeError", /float8_e5m2/],
    ["an order of complex numbers", () => jnp.argmax(jnp.complex64([1])), "TypeError", /gt.*complex64/],
    ["a complex number as a number", () => Number(jnp.complex64(1)), "TypeError", /complex/],
    ["negative of a boolean", () => jnp.negative(true), "TypeError", /neg.*bool/],
    ["minus of booleans", () => jnp.subtract(true, false), "TypeError", /sub.*bool/],
    ["and of floats", () => jnp.bitwiseAnd(A(2), 1), "TypeError", /and.*float32/],
    ["shift of floats", () => jnp.leftShift(A(2), 1), "TypeError", /shift_left.*float32/],
    ["invert of floats", () => jnp.invert(A(2)), "TypeError", /not.*float32/],
    ["power of integers", () => jnp.power(i32(2), -1), "TypeError", /negative powers/],
    ["finfo of integers", () => jnp.finfo("int32"), "ValueError", /int32.*inexact|inexact/],
    ["iinfo of floats", () => jnp.iinfo("float32"), "ValueError", /[Ii]nvalid integer|float32/],
    [
      "promotion of 8-bit floats",
      () => jnp.promoteTypes("float8_e4m3fn", "float32"),
      "Error",
      /float8_e4m3fn.*float32/,
    ],
    ["an integer that does not fit", () => jnp.array(2n ** 40n), "OverflowError", /1099511627776.*int32/],
    ["a number that does not fit uint8", () => jnp.array(300, "uint8"), "OverflowError", /300.*uint8/],
    [
      "a negative number for uint8",
      () => jnp.array([1, -1], { dtype: "uint8" }),
      "OverflowError",
      /-1.*uint8/,
    ],
    ["a bigint operand", () => i32(1).add(2n ** 40n), "OverflowError", /int32/],
    ["take with floats", () => jnp.take(A(2, 3), A(2), 0), "Error", /integer/],
    ["resultType of nothing", () => jnp.resultType(), "Error", /at least one/],
  ];
  mistakes(rows);
});

describe("values that are not arrays", () => {
  const rows: Mistake[] = [
    ["a string", () => jnp.array(u("a")), "TypeError", /string/],
    ["null", () => jnp.array(u(null)), "Error", /null/],
    ["undefined", () => jnp.array(u(undefined)), "TypeError", /undefined/],
    ["an object", () => jnp.array(u({ a: 1 })), "TypeError", /Object|object/],
    ["a function", () => jnp.array(u(() => 1)), "TypeError", /function/],
    ["a list with a string", () => jnp.array(u([1, "a"])), "TypeError", /string/],
    ["a list with null", () => jnp.array(u([1, null])), "TypeError", /null/],
    ["add a string", () => jnp.add(u("a"), 1), "TypeError", /add.*string.*position 0/],
    ["add nothing", () => jnp.add(u(undefined), 1), "TypeError", /add.*undefined.*position 0/],
    ["add an object", () => A(2).add(u({ a: 1 })), "TypeError", /add.*(O|o)bject.*position 1/],
    ["add null", () => A(2).add(u(null)), "TypeError", /add.*null.*position 1/],
    ["sin of a string", () => jnp.sin(u("a")), "TypeError", /sin.*string/],
    ["sum of a string", () => jnp.sum(u("a")), "TypeError", /sum.*string/],
    ["sum of nothing", () => u(jnp.sum)(), "TypeError", /sum.*undefined|sum.*argument/],
    ["mean of a string", () => jnp.mean(u("a")), "TypeError", /mean.*string/],
    ["clip of a string", () => jnp.clip(u("a"), 0, 1), "TypeError", /clip.*string/],
    ["outer of a string", () => jnp.outer(u("a"), A(2)), "TypeError", /outer.*string/],
    ["matmul of a string", () => jnp.matmul(u("a"), A(2)), "TypeError", /string/],
    ["stack of numbers in an object", () => jnp.stack(u({ a: 1 })), "TypeError", /stack/],
    ["a Date", () => jnp.array(u(new Date(0))), "TypeError", /Date/],
    ["a symbol", () => jnp.array(u(Symbol("s"))), "TypeError", /symbol/],
    ["arange of a string", () => jnp.arange(u("a")), "TypeError", /arange.*number/],
    ["arange of a step 0", () => jnp.arange(0, 1, 0), "ValueError", /step.*zero/],
    ["arange of an array", () => jnp.arange(u(A(2))), "TypeError", /arange/],
    ["arange of NaN", () => jnp.arange(Number.NaN), "Error", /NaN/],
    ["arange without end", () => jnp.arange(Number.POSITIVE_INFINITY), "Error", /[Ii]nfinity/],
    ["where with one branch", () => u(jnp.where)(true, 1), "ValueError", /x and y/],
  ];
  mistakes(rows);
});

describe("options", () => {
  const rows: Mistake[] = [
    ["an unknown name", () => jnp.sum(A(2), u({ axes: 0 })), "TypeError", /sum\(\).*'axes'.*axis/],
    [
      "a name in another case",
      () => jnp.sum(A(2), u({ keepDims: true })),
      "TypeError",
      /'keepDims'.*keepdims/,
    ],
    ["an unknown name in a method", () => A(2).sum(u({ axes: 0 })), "TypeError", /'axes'/],
    ["an argument twice", () => u(jnp.sum)(A(2), 0, { axis: 0 }), "TypeError", /multiple values.*'axis'/],
    ["too many arguments", () => u(jnp.cumsum)(A(2), 0, null, null, 3), "TypeError", /cumsum.*at most/],
    ["zeros", () => u(jnp.zeros)(2, { type: "int32" }), "TypeError", /'type'.*dtype/],
    ["array", () => jnp.array([1], u({ type: "int32" })), "TypeError", /'type'.*dtype/],
    ["arange", () => u(jnp.arange)(3, { step: 1, to: 3 }), "TypeError", /'to'/],
    ["linspace", () => u(jnp.linspace)(0, 1, { n: 3 }), "TypeError", /'n'.*num/],
    ["pad", () => jnp.pad(A(2), 1, u({ kind: "edge" })), "TypeError", /'kind'|mode/],
    ["a mode of padding", () => jnp.pad(A(2), 1, u({ mode: "nope" })), "Error", /nope/],
    ["a mode of take", () => jnp.take(A(3), 0, u({ mode: "nope" })), "ValueError", /nope/],
    ["split", () => jnp.split(A(2), 2, u({ ax: 0 })), "TypeError", /'ax'|axis/],
    ["einsum", () => u(jnp.einsum)("i->", A(2), { optimise: true }), "TypeError", /optimise|optimize/],
    ["padding by a negative width", () => jnp.pad(A(2), -1), "ValueError", /negative/],
    ["round to a fraction", () => jnp.round(A(2), 1.5), "TypeError", /1\.5|integer/],
  ];
  mistakes(rows);
});

describe("indices", () => {
  const rows: Mistake[] = [
    ["too many", () => A(3).get(0, 1), "IndexError", /[Tt]oo many indices.*1.*2/],
    ["a string", () => A(3).get("a"), "TypeError", /a/],
    ["a fraction", () => A(3).get(1.5), "TypeError", /integer or boolean/],
    ["NaN", () => A(3).get(Number.NaN), "TypeError", /integer or boolean|NaN/],
    ["floats", () => A(3).get(A(3)), "TypeError", /integer or boolean.*float32/],
    ["a mask of another length", () => A(3).get(jnp.array([true, false])), "IndexError", /boolean.*\(2,\)/],
    ["two ellipses", () => A(3).get("...", "..."), "IndexError", /ellipsis/],
    ["a step of zero", () => A(3).get("::0"), "ValueError", /step.*zero/],
    ["a slice that is not one", () => A(3).get("1:2:3:4"), "TypeError", /1:2:3:4/],
    ["a slice of fractions", () => A(3).get("0.5:2"), "TypeError", /0\.5/],
    ["an object", () => A(3).get(u({ a: 1 })), "IndexError", /valid indices.*object/],
    ["undefined", () => A(3).get(u(undefined)), "IndexError", /undefined/],
    ["set with a shape that does not fit", () => A(3).at(0).set(A(2)), "ValueError", /\(2,\)/],
    ["set with too many indices", () => A(3).at(0, 1).set(1), "IndexError", /[Tt]oo many/],
    ["set at floats", () => A(3).at(A(3)).set(1), "TypeError", /integer or boolean/],
    ["set a string", () => A(3).at(0).set(u("a")), "TypeError", /string/],
    [
      "set with an unknown mode",
      () =>
        A(3)
          .at(0)
          .set(1, u({ mode: "nope" })),
      "ValueError",
      /nope/,
    ],
    [
      "set with an unknown option",
      () =>
        A(3)
          .at(0)
          .set(1, u({ fill: 2 })),
      "TypeError",
      /'fill'/,
    ],
    ["iteration over a scalar", () => [...jnp.float32(1)], "TypeError", /0-d/],
    ["the length of a scalar", () => jnp.float32(1).length, "TypeError", /unsized|scalar/],
  ];
  mistakes(rows);
});

describe("reading and deleting", () => {
  const deleted = () => {
    const x = A(2);
    x.delete();
    return x;
  };
  const rows: Mistake[] = [
    ["item of several elements", () => A(3).item(), "ValueError", /size 1/],
    ["Number of several elements", () => Number(A(3)), "TypeError", /scalar/],
    ["an operator on several elements", () => u(A(3)) * 2, "TypeError", /scalar/],
    ["add after delete", () => deleted().add(1), "RuntimeError", /deleted.*float32\[2\]/],
    ["tolist after delete", () => deleted().tolist(), "RuntimeError", /deleted/],
    [
      "item after delete",
      () => {
        const x = jnp.float32(1);
        x.delete();
        x.item();
      },
      "RuntimeError",
      /deleted/,
    ],
    ["printing after delete", () => String(deleted()), "RuntimeError", /deleted/],
    [
      "a closure after delete",
      () => {
        const x = deleted();
        return jnp.sum(jnp.stack([A(2), x]));
      },
      "RuntimeError",
      /deleted/,
    ],
  ];
  mistakes(rows);
});
