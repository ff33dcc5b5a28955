// What programs print and call, and in which order, under transformations and in loops and branches, against JAX 0.10.2.

import {
  checkpoint,
  debug,
  evalShape,
  grad,
  ioCallback,
  jacfwd,
  jacrev,
  jit,
  jnp,
  jvp,
  lax,
  linearize,
  makeJaxpr,
  pureCallback,
  ShapeDtypeStruct,
  tree,
  type VmapMethod,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { beforeAll, expect, test, vi } from "vitest";
import { readGolden } from "../support/goldens.ts";
import { type A, expectClose } from "../transforms/helpers.ts";

type Golden = Record<string, { lines: string[]; result?: unknown[]; error?: string; message?: string }>;
let golden: Golden;
beforeAll(async () => {
  golden = await readGolden<Golden>("effects");
});

const x = jnp.array([1, 2, 3]);
const m = jnp.arange(6).astype("float32").reshape([2, 3]);
const one = jnp.float32(1);
const scalar = new ShapeDtypeStruct([], "float32");
const ordered = { ordered: true };
const say = (...texts: unknown[]): void => console.log(texts.map(String).join(" "));
const sq = (v: A): A => {
  debug.print("in {}", v);
  return v.mul(v).sum();
};
const sqo = (v: A): A => {
  debug.print("in {}", v, ordered);
  return v.mul(v).sum();
};
const scanning = (isOrdered: boolean) => (v: A) =>
  lax.scan(
    (c: A, a: A) => {
      debug.print("c {} a {}", c, a, { ordered: isOrdered });
      return [c.add(a), c.mul(a)];
    },
    jnp.float32(0),
    v,
  );
const whiled = (v: A): A =>
  lax.whileLoop(
    (c: A) => c.lt(10),
    (c: A) => {
      debug.print("w {}", c);
      return c.mul(2);
    },
    v,
  );
const branched = (p: A, v: A): A =>
  lax.cond(
    p.gt(0),
    (a: A) => {
      debug.print("pos {}", a);
      return a.mul(2);
    },
    (a: A) => {
      debug.print("neg {}", a);
      return a.sub(1);
    },
    v,
  );
const callback = (v: A, vmapMethod?: VmapMethod): A =>
  pureCallback(
    (a: A) => a.mul(2),
    new ShapeDtypeStruct(v.shape, v.dtype),
    v,
    vmapMethod === undefined ? {} : { vmapMethod },
  ) as A;
const tuple = (s: readonly number[]): string => (s.length === 1 ? `(${s[0]},)` : `(${s.join(", ")})`);
const shapes = (vmapMethod: VmapMethod) => () =>
  vmap(
    (a: A) =>
      pureCallback(
        (a: A, b: A) => {
          console.log(`(${tuple(a.shape)}, ${tuple(b.shape)})`);
          return a.add(b);
        },
        scalar,
        a,
        one,
        { vmapMethod },
      ) as A,
  )(x);
const io = (v: A, options = {}): A =>
  ioCallback(
    (a: A) => {
      say("io", a);
      return a;
    },
    scalar,
    v,
    options,
  ) as A;

const programs: Record<string, () => unknown> = {
  "jit print": () => jit(sq)(x),
  eager: () => sq(x),
  ordered: () => jit(sqo)(x),
  grad: () => grad(sq)(x),
  "grad ordered": () => grad(sqo)(x),
  "jit grad": () => jit(grad(sq))(x),
  value_and_grad: () => valueAndGrad(sq)(x),
  jvp: () => jvp(sq, [x], [x]),
  hessian: () => jacfwd(grad(sq))(x),
  vmap: () => vmap(sq)(m),
  "vmap ordered": () => vmap(sqo)(m),
  "jit vmap": () => jit(vmap(sq))(m),
  "vmap grad": () => vmap(grad(sq))(m),
  "jit vmap grad": () => jit(vmap(grad(sq)))(m),
  "vmap unmapped": () =>
    vmap((a: A) => {
      debug.print("u {}", x.sum());
      return a;
    })(m),
  scan: () => jit(scanning(false))(x),
  "scan ordered": () => jit(scanning(true))(x),
  "grad scan": () => grad((v: A) => scanning(false)(v)[0])(x),
  "grad scan ordered": () => grad((v: A) => scanning(true)(v)[0])(x),
  "vmap scan": () => vmap((v: A) => scanning(false)(v)[0])(m),
  "vmap scan ordered": () => vmap((v: A) => scanning(true)(v)[0])(m),
  "jit grad scan": () => jit(grad((v: A) => scanning(false)(v)[0]))(x),
  while: () => jit(whiled)(jnp.float32(3)),
  "vmap while": () => vmap(whiled)(jnp.array([3, 6])),
  "jvp while": () => jvp(whiled, [jnp.float32(3)], [one]),
  cond: () => jit(branched)(one, jnp.float32(2)),
  "vmap cond same": () => vmap(branched, { inAxes: [null, 0] })(one, x),
  "vmap cond batched": () => vmap(branched)(jnp.array([1, -1]), jnp.array([5, 6])),
  "grad cond": () => grad((v: A) => branched(v, v))(jnp.float32(3)),
  remat: () => grad(checkpoint(sq))(x),
  "jit remat": () => jit(grad(checkpoint(sq)))(x),
  "two prints": () =>
    jit((v: A) => {
      debug.print("a {}", v);
      debug.print("b {}", v.add(1));
      debug.print("c");
      return v;
    })(one),
  "two ordered": () =>
    jit((v: A) => {
      debug.print("a {}", v, ordered);
      debug.print("b {}", v.add(1), ordered);
      return v;
    })(one),
  fori: () =>
    jit((v: A) =>
      lax.foriLoop(
        0,
        3,
        (i: A, c: A) => {
          debug.print("i {}", i);
          return c.add(i);
        },
        v,
      ),
    )(jnp.float32(0)),
  map: () =>
    lax.map((a: A) => {
      debug.print("m {}", a);
      return a.mul(2);
    }, x),
  "pure none": () => vmap((a: A) => callback(a))(x),
  "pure jit": () => jit((v: A) => callback(v))(x),
  "pure grad": () => grad((v: A) => callback(v).sum())(x),
  "pure jvp": () => jvp((v: A) => callback(v), [x], [x]),
  "pure sequential": shapes("sequential"),
  "pure sequential_unrolled": shapes("sequential_unrolled"),
  "pure expand_dims": shapes("expand_dims"),
  "pure broadcast_all": shapes("broadcast_all"),
  "pure dead": () =>
    jit((v: A) => {
      pureCallback(
        (a: A) => {
          console.log("called");
          return a;
        },
        scalar,
        v,
      );
      return v;
    })(one),
  io: () => jit((v: A) => io(v))(one),
  "io vmap": () => vmap((v: A) => io(v))(x),
  "io vmap ordered": () => vmap((v: A) => io(v, ordered))(x),
  "io grad": () => grad((v: A) => io(v))(one),
  "io dead": () =>
    jit((v: A) => {
      io(v);
      return v;
    })(one),
  "io cond": () =>
    jit((v: A) =>
      lax.cond(
        v.gt(0),
        () => ioCallback(() => say("io"), null) as null,
        () => null,
      ),
    )(one),
  "io scan": () => jit((v: A) => lax.scan((c: number, a: A) => [c, io(a, ordered)], 0, v))(x),
  "io while cond": () =>
    jit((v: A) =>
      lax.whileLoop(
        (c: A) => {
          ioCallback((b: A) => say("p", b), null, c, ordered);
          return c.lt(3);
        },
        (c: A) => c.add(1),
        v,
      ),
    )(one),
  "ordered vmap of while": () =>
    vmap((v: A) =>
      lax.whileLoop(
        (c: A) => c.lt(5),
        (c: A) => {
          debug.print("o {}", c, ordered);
          return c.mul(2);
        },
        v,
      ),
    )(jnp.array([3, 1])),
  "debug callback": () =>
    jit((v: A) => {
      debug.callback((a: A) => say("cb", a), v);
      return v;
    })(one),
  "debug callback raises": () =>
    jit((v: A) => {
      debug.callback(() => {
        throw new RangeError("division by zero");
      }, v);
      return v;
    })(one),
  linearize: () => linearize(sq, x)[1](x),
  vjp: () => vjp(sq, x)[1](one),
  make_jaxpr: () => {
    makeJaxpr(sq)(x);
    return 0;
  },
  eval_shape: () => {
    evalShape(sq, x);
    return 0;
  },
  "vmap jit": () => vmap(jit(sq))(m),
  "nested vmap": () =>
    vmap(
      vmap((a: A) => {
        debug.print("{}", a);
        return a;
      }),
    )(m),
  "vmap in_axes 1": () => vmap(sq, { inAxes: 1 })(m),
  jacrev: () =>
    jacrev((v: A) => {
      debug.print("{}", v);
      return v.mul(v);
    })(x),
  assoc: () =>
    lax.associativeScan((a: A, b: A) => {
      debug.print("{}", a);
      return a.add(b);
    }, x),
};

/** Callbacks that are not ordered happen in any order in JAX; here they keep that of the program. */
const otherOrder: Readonly<Record<string, readonly string[]>> = { "two prints": ["a 1.0", "b 2.0", "c"] };

for (const [name, program] of Object.entries(programs)) {
  test(name, () => {
    const { lines, result, error, message } = golden[name];
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    let printed: string[];
    try {
      if (error === undefined) {
        const leaves = tree.leaves(program()) as A[];
        expect(leaves).toHaveLength((result as unknown[]).length);
        leaves.forEach((leaf, i) => {
          expectClose(jnp.asarray(leaf), (result as never[])[i]);
        });
      } else {
        let raised: Error | null = null;
        try {
          program();
        } catch (e) {
          raised = e as Error;
        }
        expect(raised?.name).toBe(error);
        // The spelling of options and functions is ours.
        const words = (text: string): string => text.replace(/[`'_.,()]/g, "").toLowerCase();
        expect(words(raised?.message ?? "")).toContain(words(message as string).slice(0, 24));
      }
    } finally {
      printed = log.mock.calls.map(([text]) => String(text));
      log.mockRestore();
    }
    expect(printed).toEqual(otherOrder[name] ?? lines);
  });
}

test("every program of the golden file is run", () => {
  expect(Object.keys(programs).sort()).toEqual(Object.keys(golden).sort());
});
