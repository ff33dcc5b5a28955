import { jnp, nn, random } from "fluxion";
import { describe } from "vitest";
import { type Mistake, mistakes } from "./table.ts";

const A = (...shape: number[]) => jnp.ones(shape);
const key = random.key(0);
const keys = random.split(key);
// biome-ignore lint/suspicious/noExplicitAny: mistakes that the types would catch
const u = (x: unknown): any => x;

describe("keys", () => {
  const rows: Mistake[] = [
    ["a string as seed", () => random.key(u("a")), "TypeError", /key.*string/],
    ["a fraction as seed", () => random.key(1.5), "TypeError", /integer.*1\.5/],
    ["an array as seed", () => random.key(A(2)), "TypeError", /scalar seed.*\(2,?\).*vmap/],
    ["a key as seed", () => random.key(key), "TypeError", /key/],
    ["no seed", () => u(random.key)(), "TypeError", /key.*undefined/],
    ["an array as seed of a raw key", () => random.PRNGKey(jnp.int32([1, 2])), "TypeError", /scalar seed/],
    ["another generator", () => random.key(0, { impl: "rbg" }), "ValueError", /rbg.*threefry/],
    ["a number as key", () => random.uniform(u(3)), "TypeError", /key.*number.*random\.key/],
    ["a missing key", () => u(random.normal)(), "TypeError", /key.*undefined/],
    ["a shape in the place of the key", () => random.normal(u([2, 3])), "TypeError", /key/],
    ["floats as key", () => random.uniform(A(2)), "TypeError", /uint32.*float32/],
    ["words of another length", () => random.split(jnp.uint32([1, 2, 3])), "TypeError", /\(2,\).*\(3,\)/],
    ["several keys", () => random.uniform(keys), "ValueError", /single key.*\(2,\).*vmap/],
    ["split of several keys", () => random.split(keys), "ValueError", /single key/],
    ["foldIn of several keys", () => random.foldIn(keys, 1), "ValueError", /single key/],
    ["split in a negative number", () => random.split(key, -1), "Error", /-1/],
    ["split in a fraction", () => random.split(key, 1.5), "TypeError", /1\.5/],
    ["split in a string", () => random.split(key, u("2")), "TypeError", /2/],
    ["foldIn of an array", () => random.foldIn(key, A(2)), "TypeError", /scalar/],
    ["foldIn of a string", () => random.foldIn(key, u("a")), "TypeError", /string/],
    [
      "wrapKeyData of another length",
      () => random.wrapKeyData(jnp.uint32([1, 2, 3])),
      "TypeError",
      /\(2,\).*\(3,\)/,
    ],
    [
      "wrapKeyData for another generator",
      () => random.wrapKeyData(jnp.uint32([1, 2]), { impl: "rbg" }),
      "ValueError",
      /unrecognized PRNG implementation "rbg"/,
    ],
    ["wrapKeyData of floats", () => random.wrapKeyData(A(2)), "TypeError", /uint32.*float32/],
    ["keyData of floats", () => random.keyData(A(2)), "TypeError", /uint32.*float32/],
    ["arithmetic on keys", () => key.add(1), "Error", /key<fry>/],
    ["sum of keys", () => jnp.sum(keys), "TypeError", /key<fry>/],
    ["keys as integers", () => key.astype("uint32"), "Error", /key<fry>|keyData/],
    ["reading a key", () => key.tolist(), "TypeError", /keyData/],
    ["item of a key", () => key.item(), "TypeError", /keyData/],
  ];
  mistakes(rows);
});

describe("samplers", () => {
  const rows: Mistake[] = [
    ["a negative size", () => random.uniform(key, [2, -1]), "Error", /-1/],
    ["a string as shape", () => random.uniform(key, u("a")), "TypeError", /shape/i],
    ["a fraction as shape", () => random.normal(key, [1.5]), "TypeError", /1\.5/],
    [
      "integers from uniform",
      () => random.uniform(key, [2], "int32"),
      "ValueError",
      /uniform.*float dtype.*int32/,
    ],
    ["integers from normal", () => random.normal(key, [2], "int32"), "ValueError", /normal.*float.*int32/],
    ["floats from bits", () => random.bits(key, [2], "float32"), "ValueError", /bits.*unsigned.*float32/],
    [
      "floats from randint",
      () => random.randint(key, [2], 0, 10, "float32"),
      "TypeError",
      /randint.*integer.*float32/,
    ],
    [
      "limits that do not fit",
      () => random.uniform(key, { shape: [2], minval: A(3) }),
      "Error",
      /\(2,?\).*\(3,?\)/,
    ],
    [
      "limits of randint that do not fit",
      () => random.randint(key, [2], jnp.int32([1, 2, 3]), 10),
      "Error",
      /\(2,?\).*\(3,?\)/,
    ],
    ["randint without limits", () => u(random.randint)(key, [2]), "TypeError", /randint/],
    [
      "an integer probability",
      () => random.bernoulli(key, jnp.int32(1)),
      "TypeError",
      /bernoulli.*floating.*int32/,
    ],
    ["probabilities that do not fit", () => random.bernoulli(key, A(3), [2]), "Error", /\(2,?\).*\(3,?\)/],
    [
      "probabilities of a choice",
      () => random.choice(key, 5, { shape: [3], p: A(4) }),
      "ValueError",
      /\(4,?\).*5/s,
    ],
    [
      "a choice of more than there are",
      () => random.choice(key, 3, { shape: [5], replace: false }),
      "ValueError",
      /5.*3.*replace/,
    ],
    ["a choice from nothing", () => random.choice(key, 0, [5]), "ValueError", /greater than 0/],
    [
      "a choice along an axis",
      () => random.choice(key, A(2, 3), { shape: [2], axis: 5 }),
      "ValueError",
      /axis 5/,
    ],
    ["a permutation of a fraction", () => random.permutation(key, 2.5), "TypeError", /integer/],
    ["a permutation along an axis", () => random.permutation(key, A(2, 3), 4), "ValueError", /axis 4/],
    ["categorical along an axis", () => random.categorical(key, A(2, 3), 5), "IndexError", /5/],
    ["categorical shape", () => random.categorical(key, A(2, 3), { shape: [4] }), "Error", /4.*2/],
    [
      "categorical without replacement",
      () => random.categorical(key, A(3), { shape: [5], replace: false }),
      "ValueError",
      /5.*3/,
    ],
    ["limits of truncatedNormal", () => random.truncatedNormal(key, A(2), A(3)), "Error", /\(2,?\).*\(3,?\)/],
    ["an unknown option", () => random.normal(key, u({ size: [2] })), "TypeError", /'size'.*shape/],
    ["too many arguments", () => u(random.normal)(key, [2], "float32", 3), "TypeError", /normal.*at most/],
    [
      "a dtype that is not computed in",
      () => random.normal(key, [2], "float8_e5m2"),
      "TypeError",
      /float8_e5m2/,
    ],
  ];
  mistakes(rows);
});

describe("nn", () => {
  const init = nn.initializers;
  const rows: Mistake[] = [
    ["oneHot of a negative number", () => nn.oneHot(A(2), -1), "Error", /-1/],
    ["oneHot of a string", () => nn.oneHot(u("a"), 3), "TypeError", /string/],
    ["oneHot without classes", () => u(nn.oneHot)(jnp.int32([1])), "TypeError", /oneHot|numClasses|shape/i],
    ["softmax along an axis", () => nn.softmax(A(2, 3), 2), "ValueError", /axis 2/],
    ["logsumexp along an axis", () => nn.logsumexp(A(2, 3), 3), "ValueError", /axis 3/],
    ["glu of an odd size", () => nn.glu(A(3)), "Error", /divisible by 2/],
    ["relu of a string", () => nn.relu(u("a")), "TypeError", /relu.*string/],
    ["sigmoid of an object", () => nn.sigmoid(u({})), "TypeError", /sigmoid.*[oO]bject/],
    ["an unknown option", () => nn.softmax(A(2), u({ ax: 0 })), "TypeError", /'ax'|axis/],
    ["an initializer for a vector", () => init.glorotNormal()(key, [3]), "ValueError", /1-dimensional.*2D/],
    [
      "an unknown mode",
      () => init.varianceScaling(1, u("fan_x"), "normal")(key, [3, 3]),
      "ValueError",
      /mode.*fan_x/,
    ],
    [
      "an unknown distribution",
      () => init.varianceScaling(1, "fan_in", u("nope"))(key, [3, 3]),
      "ValueError",
      /distribution.*nope/,
    ],
    ["an initializer of integers", () => init.glorotNormal()(key, [3, 3], "int32"), "Error", /float.*int32/],
    ["an initializer without a key", () => init.normal()(u(3), [2]), "TypeError", /key/],
    ["an initializer of a string shape", () => init.zeros(key, u("a")), "TypeError", /shape/i],
  ];
  mistakes(rows);
});
