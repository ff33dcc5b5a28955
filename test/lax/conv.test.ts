import { type DTypeLike, evalShape, jit, jvp, lax, makeJaxpr, type NDArray, vjp, vmap } from "fluxion";
import { describe, expect, test } from "vitest";
import { interpretReference } from "../../src/backends/reference/interpret.ts";
import type { ArrayImpl } from "../../src/core/array.ts";
import type { DTypeName } from "../../src/dtypes/index.ts";
import { check as checkProgram, type F, kernels, trace } from "../compiler/harness.ts";
import { readGolden } from "../support/goldens.ts";
import { array, elements, firstDifference } from "./host.ts";
import { checkDerivatives, randomNumbers } from "./opTable.ts";

type A = NDArray;
type Parameters = lax.ConvGeneralDilatedOptions & {
  readonly windowStrides: number[];
  readonly padding: lax.Padding;
};

/** A convolution with random parameters and what JAX says about it and its gradients, as checksums. */
interface ConvCase {
  readonly seed: number;
  readonly lhs: number[];
  readonly rhs: number[];
  readonly out: number[];
  readonly values: Checksum;
  readonly dLhs: Checksum;
  readonly dRhs: Checksum;
}
/** The sum of integers, and their sum weighted by position. */
type Checksum = [number, number];

function checksum(values: readonly number[]): Checksum {
  let [sum, weighted] = [0, 0];
  values.forEach((v, i) => {
    sum += v;
    weighted += v * ((i * 7919) % 1009);
  });
  return [sum, weighted];
}

/** Small integers, so that every sum is exact. */
function integers(seed: number, dtype: DTypeName = "float32"): (shape: readonly number[]) => ArrayImpl {
  let s = seed >>> 0;
  return (shape) => {
    const size = shape.reduce((n, k) => n * k, 1);
    const data = Array.from({ length: size }, () => {
      s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
      return dtype === "bool" ? (s >>> 16) & 1 : ((s >>> 16) % 9) - 4;
    });
    return array(data, shape, dtype) as ArrayImpl;
  };
}

/** Elements without signs of zeros, on which agreement is not asked for: -0 + 0 is 0. */
const unsigned = (v: number): number => (typeof v === "number" ? v + 0 : v);
const plain = (x: A): number[] => elements(x).map(unsigned);
const reference = (f: F, args: readonly ArrayImpl[]): number[][] => {
  const hosts = args.map((a) => ({ shape: a.shape, dtype: a.dtype, data: a.toHost() }));
  return interpretReference(trace(f, args), hosts).map((d) => Array.from(d as Float32Array, unsigned));
};
/** Reference evaluation, eager and jitted code, and the compiled program interpreted agree exactly. */
function agree(f: F, args: readonly ArrayImpl[]): void {
  const expected = reference(f, args);
  const list = (x: A | readonly A[]): readonly A[] => (Array.isArray(x) ? x : [x as A]);
  expect(list(f(...args)).map(plain)).toEqual(expected);
  expect(list(jit(f as (...xs: A[]) => A[])(...args)).map(plain)).toEqual(expected);
  checkProgram(f, args, { tolerance: 0 });
}

interface JaxprCase {
  readonly name: string;
  readonly transform: "vjp" | "jvp" | "vmap" | "none";
  readonly inAxes?: (number | null)[];
  readonly expected: string;
}
const golden = await readGolden<{ cases: (ConvCase & Parameters)[]; jaxprs: JaxprCase[] }>("conv");

describe("random convolutions and their gradients agree with JAX", () => {
  test.each(golden.cases.map((c) => [c.seed, c] as const))("%i", (seed, c) => {
    const { lhs, rhs, out, values, dLhs, dRhs, seed: _, ...options } = c;
    const next = integers(seed);
    const args = [next(lhs), next(rhs), next(out)];
    const f: F = (x, k, ct) => {
      const [y, pull] = vjp((a: A, b: A) => lax.convGeneralDilated(a, b, options), x, k);
      return [y, ...pull(ct)];
    };
    const results = (f(...args) as A[]).map(elements);
    expect(results.map(checksum)).toEqual([values, dLhs, dRhs]);
    agree(f, args);
  });
});

const nhwc = { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] } as const;

/** Larger ones, where the kernels take the paths for blocks, groups and phases. */
const large: [name: string, lhs: number[], rhs: number[], options: Parameters][] = [
  ["channels last", [2, 9, 10, 16], [3, 3, 16, 20], { windowStrides: [1, 1], padding: "SAME", ...nhwc }],
  ["channels first", [2, 16, 9, 20], [20, 16, 3, 3], { windowStrides: [1, 1], padding: "SAME" }],
  [
    "stride 2, channels last",
    [2, 9, 10, 16],
    [3, 3, 16, 8],
    { windowStrides: [2, 2], padding: "SAME", ...nhwc },
  ],
  ["stride 2, channels first", [2, 16, 9, 21], [12, 16, 3, 3], { windowStrides: [2, 2], padding: "SAME" }],
  [
    "many input features",
    [1, 4, 4, 300],
    [3, 3, 300, 9],
    { windowStrides: [1, 1], padding: "SAME", ...nhwc },
  ],
  ["one feature in", [2, 28, 28, 1], [3, 3, 1, 32], { windowStrides: [1, 1], padding: "SAME", ...nhwc }],
  [
    "one feature in, stride 2",
    [2, 9, 11, 1],
    [3, 3, 1, 19],
    { windowStrides: [2, 2], padding: "SAME", ...nhwc },
  ],
  ["three features out", [2, 12, 12, 8], [5, 5, 8, 3], { windowStrides: [1, 1], padding: "SAME", ...nhwc }],
  ["1 x 1", [3, 7, 7, 24], [1, 1, 24, 33], { windowStrides: [1, 1], padding: "VALID", ...nhwc }],
  ["1 x 1, channels first", [3, 24, 7, 7], [33, 24, 1, 1], { windowStrides: [1, 1], padding: "VALID" }],
  ["the whole input", [3, 6, 7, 8], [6, 7, 8, 5], { windowStrides: [1, 1], padding: "VALID", ...nhwc }],
  ["one image, the whole input", [1, 8, 6, 7], [40, 8, 6, 7], { windowStrides: [1, 1], padding: "VALID" }],
  [
    "depthwise, channels last",
    [2, 20, 20, 24],
    [3, 3, 1, 24],
    { windowStrides: [1, 1], padding: "SAME", featureGroupCount: 24, ...nhwc },
  ],
  [
    "depthwise, stride 2, two each",
    [2, 16, 16, 12],
    [3, 3, 1, 24],
    { windowStrides: [2, 2], padding: "SAME", featureGroupCount: 12, ...nhwc },
  ],
  [
    "depthwise, channels first",
    [2, 12, 16, 18],
    [12, 1, 3, 3],
    { windowStrides: [1, 1], padding: "SAME", featureGroupCount: 12 },
  ],
  [
    "depthwise, channels first, stride 2, wide",
    [2, 5, 7, 67],
    [5, 1, 3, 3],
    { windowStrides: [1, 2], padding: "VALID", featureGroupCount: 5 },
  ],
  [
    "groups",
    [2, 8, 8, 32],
    [3, 3, 8, 32],
    { windowStrides: [1, 1], padding: "SAME", featureGroupCount: 4, ...nhwc },
  ],
  [
    "dilated",
    [1, 14, 14, 8],
    [3, 3, 8, 8],
    { windowStrides: [1, 1], padding: "SAME", rhsDilation: [2, 3], ...nhwc },
  ],
  [
    "long",
    [1, 700, 6],
    [9, 6, 10],
    { windowStrides: [1], padding: "SAME", dimensionNumbers: ["NWC", "WIO", "NWC"] },
  ],
  [
    "three dimensions",
    [1, 5, 6, 7, 4],
    [3, 3, 3, 4, 8],
    { windowStrides: [1, 2, 1], padding: "SAME", dimensionNumbers: ["NDHWC", "DHWIO", "NDHWC"] },
  ],
];

describe("larger convolutions and their gradients agree with the reference", () => {
  test.each(large)("%s", (_, lhs, rhs, options) => {
    const next = integers(3);
    const [x, k] = [next(lhs), next(rhs)];
    const f = (a: A, b: A) => lax.convGeneralDilated(a, b, options);
    const ct = next((evalShape(f, x, k) as { shape: number[] }).shape);
    // A producer and a consumer, so that padding and results are fused.
    const g: F = (a, b, t) => {
      const [y, pull] = vjp((p: A, q: A) => lax.neg(f(lax.mul(p, 2), q)), a, b);
      return [y, ...pull(t)];
    };
    const expected = reference(g, [x, k, ct]);
    expect((jit(g as (...xs: A[]) => A[])(x, k, ct) as A[]).map(plain)).toEqual(expected);
  });
});

describe("dtypes", () => {
  const f: F = (x, k) =>
    lax.conv(
      x,
      k,
      [1, 2],
      [
        [1, 0],
        [0, 2],
      ],
    );
  test.each(["float64", "int32", "uint32", "int64", "uint64", "uint8", "int8", "int16"] as const)(
    "%s",
    (dtype) => {
      const next = integers(5, dtype);
      agree(f, [next([2, 3, 6, 7]), next([5, 3, 3, 2])]);
    },
  );
  test("bool: or of ands", () => {
    const next = integers(6, "bool");
    agree(f, [next([2, 3, 6, 7]), next([5, 3, 3, 2])]);
    const one = lax.convertElementType(array([1, 0, 0, 1], [1, 1, 4]), "bool");
    const both = lax.convertElementType(array([1, 1], [1, 1, 2]), "bool");
    expect(elements(lax.conv(one, both, [1], "SAME"))).toEqual([1, 0, 1, 1]);
  });
  test("integers wrap, and a preferred dtype is that of the result", () => {
    const x = array([200, 200, 200], [1, 1, 3], "uint8");
    const k = array([3, 3, 3], [1, 1, 3], "uint8");
    expect(elements(lax.conv(x, k, [1], "VALID"))).toEqual([1800 & 255]);
    const wide = lax.conv(array([2, 2], [1, 1, 2], "int32"), array([3], [1, 1, 1], "int32"), [1], "SAME", {
      preferredElementType: "float32",
    });
    expect([String(wide.dtype), elements(wide)]).toEqual(["float32", [6, 6]]);
  });
  test("weak type needs both", () => {
    const kinds = (weak: [boolean, boolean]) => {
      const [x, k] = weak.map((w) => lax.broadcastInDim(w ? 2 : array([2], []), [1, 1, 1], []));
      return lax.conv(lax.convertElementType(x, "float32"), k.astype("float32" as DTypeLike), [1], "SAME")
        .weakType;
    };
    expect(kinds([false, false])).toBe(false);
  });
});

describe("derivatives agree with finite differences", () => {
  test.each(large.filter(([name]) => /stride 2|groups|depthwise|dilated/.test(name)))(
    "%s",
    (_, lhs, rhs, options) => {
      const random = randomNumbers("conv");
      // Small in space and batch: finite differences run the function many times.
      const small = (shape: number[], space: number[]) =>
        shape.map((n, d) => (space.includes(d) ? Math.min(n, 5) : n));
      const first = options.dimensionNumbers === undefined;
      const draw = (shape: number[]) =>
        array(
          Array.from({ length: shape.reduce((n, k) => n * k, 1) }, () => 2 * random() - 1),
          shape,
          "float64",
        );
      const args = [draw(small(lhs, first ? [0, 2, 3] : [0, 1, 2])), draw(rhs)];
      const f = (...xs: readonly A[]) => [lax.convGeneralDilated(xs[0], xs[1], options)];
      checkDerivatives(f, args, [0, 1], 2, 2e-5, random);
    },
  );
});

describe("vmap", () => {
  const cases = golden.cases.filter((_, i) => i % 6 === 0);
  test.each(cases.map((c) => [c.seed, c] as const))("%i agrees with a loop", (seed, c) => {
    const { lhs, rhs, out: _, values: __, dLhs: ___, dRhs: ____, seed: _____, ...options } = c;
    const next = integers(seed);
    const f = (x: A, k: A) => lax.convGeneralDilated(x, k, options);
    const size = 2;
    for (const dims of [
      [0, 0],
      [lhs.length, null],
      [null, 1],
      [1, rhs.length],
    ] as const) {
      const args = [lhs, rhs].map((shape, i) => {
        const dim = dims[i];
        return next(dim === null ? shape : [...shape.slice(0, dim), size, ...shape.slice(dim)]);
      });
      const mapped = vmap(f, { inAxes: [...dims] })(args[0], args[1]);
      const loop = Array.from({ length: size }, (_x, i) => {
        const [x, k] = args.map((a, side) => {
          const dim = dims[side];
          return dim === null ? a : lax.indexInDim(a, i, { axis: dim, keepdims: false });
        });
        return plain(f(x as A, k as A));
      });
      expect(plain(mapped), `dims ${dims}`).toEqual(loop.flat());
    }
  });

  test("a mapped axis of size 0 gives an empty result", () => {
    const f = (x: A, k: A) => lax.conv(x, k, [1], "SAME", { preferredElementType: "float64" });
    const y = vmap(f, { inAxes: [0, null] })(
      array([], [0, 1, 2, 5]),
      array(new Array(12).fill(1), [3, 2, 2]),
    );
    expect([y.shape, String(y.dtype)]).toEqual([[0, 1, 3, 5], "float64"]);
  });
});

describe("jaxprs are printed as JAX prints them", () => {
  const zeros = (...shape: number[]) => lax.full(shape, 0, "float32");
  const bases: Record<string, [Parameters, number[], number[]]> = {
    plain: [{ windowStrides: [2, 1], padding: "SAME", ...nhwc }, [4, 6, 6, 4], [3, 3, 4, 6]],
    "feature groups": [
      { windowStrides: [2, 1], padding: "SAME", featureGroupCount: 2, ...nhwc },
      [4, 6, 6, 4],
      [3, 3, 2, 6],
    ],
    "batch groups": [
      {
        windowStrides: [2, 1],
        padding: [
          [0, 1],
          [-1, 2],
        ],
        batchGroupCount: 2,
        lhsDilation: [1, 2],
        rhsDilation: [2, 1],
        ...nhwc,
      },
      [4, 6, 6, 4],
      [3, 3, 4, 6],
    ],
    NCHW: [{ windowStrides: [1, 2], padding: "VALID", rhsDilation: [2, 1] }, [2, 3, 7, 8], [5, 3, 3, 2]],
  };
  const others: Record<string, () => string> = {
    convTranspose: () =>
      String(
        makeJaxpr((x: A, k: A) => lax.convTranspose(x, k, [2, 2], "SAME", { transposeKernel: true }))(
          zeros(1, 4, 4, 3),
          zeros(3, 3, 2, 3),
        ),
      ),
    convGeneralDilatedPatches: () =>
      String(
        makeJaxpr((x: A) => lax.convGeneralDilatedPatches(x, [2, 3], [1, 2], "SAME", nhwc))(
          zeros(1, 5, 5, 2),
        ),
      ),
    precision: () =>
      String(
        makeJaxpr((x: A, k: A) => lax.conv(x, k, [1], "SAME", "highest", "float32"))(
          zeros(1, 2, 5),
          zeros(3, 2, 3),
        ),
      ),
  };
  const title = (c: JaxprCase) => `${c.transform} ${c.name} ${c.inAxes ?? ""}`;
  test.each(golden.jaxprs.map((c) => [title(c), c] as const))(
    "%s",
    (_, { name, transform, inAxes, expected }) => {
      const base = bases[name];
      if (base === undefined) {
        expect(others[name]?.()).toBe(expected);
        return;
      }
      const [options, lhs, rhs] = base;
      const f = (x: A, k: A) => lax.convGeneralDilated(x, k, options);
      const [x, k] = [zeros(...lhs), zeros(...rhs)];
      if (transform === "vjp") {
        const program = makeJaxpr((a: A, b: A, ct: A) => vjp(f, a, b)[1](ct));
        expect(String(program(x, k, f(x, k)))).toBe(expected);
      } else if (transform === "jvp") {
        const program = makeJaxpr((a: A, b: A, s: A, t: A) => jvp(f, [a, b], [s, t]));
        expect(String(program(x, k, x, k))).toBe(expected);
      } else {
        const dims = inAxes as [number | null, number | null];
        const args = [lhs, rhs].map((shape, i) => {
          const dim = dims[i] ?? null;
          return zeros(...(dim === null ? shape : [...shape.slice(0, dim), 3, ...shape.slice(dim)]));
        });
        expect(String(makeJaxpr(vmap(f, { inAxes: dims }))(args[0] as A, args[1] as A))).toBe(expected);
      }
    },
  );
});

describe("errors", () => {
  const x = lax.full([2, 4, 6], 1, "float32");
  const k = lax.full([3, 4, 2], 1, "float32");
  const call =
    (options: Partial<Parameters>, a: A = x, b: A = k) =>
    () =>
      lax.convGeneralDilated(a, b, { windowStrides: [1], padding: "VALID", ...options });
  const rows: [string, () => unknown, RegExp][] = [
    ["ranks", call({}, lax.full([2, 4], 1, "float32")), /lhs and rhs ndim to be equal, got 2 and 3/],
    ["features", call({}, x, lax.full([3, 5, 2], 1, "float32")), /4 \/\/ 1 != 5/],
    ["groups", call({ featureGroupCount: 3 }), /3 does not divide 4/],
    [
      "features of the kernel",
      call({ featureGroupCount: 2 }, x, lax.full([3, 2, 2], 1, "float32")),
      /3 is not a multiple of 2/,
    ],
    ["batch groups", call({ batchGroupCount: 3 }), /3 does not divide 2/],
    ["no groups", call({ featureGroupCount: 0 }), /must be a positive integer, got 0/],
    ["strides", call({ windowStrides: [1, 1] }), /same number of dimensions, but got 1 and 2/],
    ["stride 0", call({ windowStrides: [0] }), /window_strides must be positive/],
    ["dilation", call({ rhsDilation: [0] }), /dilations must be positive/],
    [
      "pads",
      call({
        padding: [
          [1, 1],
          [1, 1],
        ],
      }),
      /expected 1, got 2/,
    ],
    ["negative pads", call({ padding: [[-4, -3]] }), /Negative padding is larger/],
    [
      "a name of no padding",
      call({ padding: "FULL" as "SAME" }),
      /'VALID', 'SAME', or 'SAME_LOWER', got FULL/,
    ],
    ["names with dilation", call({ lhsDilation: [2], padding: "SAME" }), /String padding is not implemented/],
    ["padding of no kind", call({ padding: 3 as unknown as "SAME" }), /should be a string or a sequence/],
    ["layouts", call({ dimensionNumbers: ["NCW", "OIH", "NCW"] }), /same set of spatial characters/],
    ["letters", call({ dimensionNumbers: ["NWW", "OIW", "NCW"] }), /'N' and 'C' exactly once, got NWW/],
    [
      "dimension numbers",
      call({ dimensionNumbers: { lhsSpec: [0, 1], rhsSpec: [0, 1], outSpec: [0, 2] } }),
      /outSpec must be a permutation/,
    ],
    ["dtypes", call({}, x, lax.full([3, 4, 2], 1, "int32")), /same dtypes, got float32, int32/],
    ["preferred dtype", call({ preferredElementType: "int32" }), /Input type is incompatible/],
    ["an unknown option", call({ stride: 1 } as Partial<Parameters>), /unexpected keyword argument 'stride'/],
  ];
  test.each(rows)("%s", (_, f, message) => {
    expect(f).toThrow(message);
  });
});

describe("what is compiled", () => {
  const ones = (...shape: number[]) => lax.full(shape, 1, "float32") as ArrayImpl;
  const conv =
    (options: Parameters): F =>
    (x, k) =>
      lax.convGeneralDilated(x, k, options);
  const shown = (f: F, ...args: A[]) => kernels(f, ...args).filter((line) => !line.includes(": fill"));

  test("windows are read where they lie; padding is a copy that takes in what comes before", () => {
    const f = conv({ windowStrides: [1, 1], padding: "SAME", ...nhwc });
    const g: F = (x, k) => f(lax.max(x, 0), k);
    expect(shown(g, ones(2, 16, 16, 8), ones(3, 3, 8, 16))).toMatchInlineSnapshot(`
      [
        "kernel 4: max for i in 2, j in 16, k in 128: t2[i*2592 + j*144 + k + 152] = max(x0[i*2048 + j*128 + k], 0)",
        "kernel 9: conv_general_dilated f32 m=2x16x16 n=16 k=3x3x8: y3(4096,256,16,1) = t2(2592,144,8,144,8,1) . x1(384,128,16,1)",
      ]
    `);
  });
  test("without padding nothing is copied", () => {
    const f = conv({ windowStrides: [2, 2], padding: "VALID" });
    expect(shown(f, ones(2, 8, 16, 16), ones(16, 8, 3, 3))).toMatchInlineSnapshot(`
      [
        "kernel 0: conv_general_dilated f32 m=2x7x7 n=16 k=8x3x3: y2(784,7,1,49) = x0(2048,32,2,256,16,1) . x1(9,3,1,72)",
      ]
    `);
  });
  test("what merges into matrices is a product of matrices", () => {
    const one = conv({ windowStrides: [1, 1], padding: "VALID", ...nhwc });
    const first = conv({ windowStrides: [1, 1], padding: "VALID" });
    expect([
      ...shown(one, ones(2, 8, 8, 12), ones(1, 1, 12, 16)),
      ...shown(first, ones(2, 12, 8, 8), ones(16, 12, 1, 1)),
      ...shown(one, ones(5, 8, 8, 12), ones(8, 8, 12, 16)),
    ]).toMatchInlineSnapshot(`
      [
        "kernel 0: conv_general_dilated f32 m=128 n=16 k=12: y2 = x0(12,1) . x1(16,1)",
        "kernel 0: conv_general_dilated f32 batch 2, m=16 n=64 k=12: y2 = x1(0,12,1) . x0(768,64,1)",
        "kernel 0: conv_general_dilated f32 m=5 n=16 k=768: y2 = x0(768,1) . x1(16,1)",
      ]
    `);
  });
  test("a dilated input is as many convolutions as there are residues", () => {
    const f = conv({
      windowStrides: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
      lhsDilation: [2, 2],
      ...nhwc,
    });
    expect(shown(f, ones(2, 8, 8, 8), ones(3, 3, 8, 16))).toMatchInlineSnapshot(`
      [
        "kernel 0: conv_general_dilated f32 m=2x7x7 n=16 k=2x2x8: y2+256(3600,480,32,1) = x0(512,64,8,64,8,1) . x1(768,256,16,1)",
        "kernel 1: conv_general_dilated f32 m=2x7x8 n=16 k=2x8: y2+240(3600,480,32,1) = x0(512,64,8,64,1) . x1+128(768,16,1)",
        "kernel 2: conv_general_dilated f32 m=2x8x7 n=16 k=2x8: y2+16(3600,480,32,1) = x0(512,64,8,8,1) . x1+384(256,16,1)",
        "kernel 3: conv_general_dilated f32 m=2x8x8 n=16 k=8: y2(3600,480,32,1) = x0(512,64,8,1) . x1+512(16,1)",
      ]
    `);
  });
  test("a depthwise convolution is a loop over channels", () => {
    const f = conv({ windowStrides: [1, 1], padding: "VALID", featureGroupCount: 32, ...nhwc });
    expect(shown(f, ones(2, 8, 8, 32), ones(3, 3, 1, 32))).toMatchInlineSnapshot(`
      [
        "kernel 0: fused_mul_reduce_sum for i in 2, j in 6, k in 6, l in 32: v0 = x0[i*2048 + j*256 + k*32 + l + m*256 + n*32]*x1[l + m*96 + n*32]; r0 = sum(v0) for m in 3, n in 3; y2[i*1152 + j*192 + k*32 + l] = r0",
      ]
    `);
  });
  test("the padded input is shared by a convolution and the gradient of its kernel", () => {
    const f: F = (x, k, ct) => {
      const [y, pull] = vjp(
        (b: A) => conv({ windowStrides: [1, 1], padding: "SAME", ...nhwc })(x, b) as A,
        k,
      );
      return [y, ...pull(ct)];
    };
    const copies = shown(f, ones(2, 16, 16, 8), ones(3, 3, 8, 16), ones(2, 16, 16, 16));
    expect(copies.filter((line) => line.includes(": copy"))).toHaveLength(1);
  });
});

test("close enough with floats of all sizes", () => {
  const random = randomNumbers("floats");
  const draw = (shape: number[]) =>
    array(
      Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => 2 * random() - 1),
      shape,
    ) as ArrayImpl;
  const args = [draw([2, 14, 14, 130]), draw([3, 3, 130, 24])];
  const f: F = (x, k) => lax.convGeneralDilated(x, k, { windowStrides: [1, 1], padding: "SAME", ...nhwc });
  const [expected] = reference(f, args);
  expect(firstDifference(plain(f(...args) as A), expected as number[], 1e-6, 3e-5)).toBeNull();
});
