// Printed programs of transformed functions, character for character as JAX 0.10.2 prints them.

import {
  customJvp,
  type DTypeLike,
  grad,
  jit,
  jnp,
  jvp,
  linearize,
  makeJaxpr,
  type NDArray,
  nn,
  random,
  ShapeDtypeStruct,
  stopGradient,
  valueAndGrad,
  vjp,
  vmap,
} from "fluxion";
import { expect, test } from "vitest";

type A = NDArray;
type Program = (...args: never[]) => unknown;

const customSquare = customJvp(function custom_square(x: A) {
  return x.mul(x);
});
customSquare.defjvp(function jvp([x], [t]) {
  return [customSquare(x), jnp.multiply(3, x).mul(t)];
});

const twice = (g: (x: A) => A) => (x: A) => g(g(x));
const addConstant = (c: A) => (x: A) => x.add(c);

const dtypes: Record<string, DTypeLike> = {
  f32: "float32",
  i32: "int32",
  bool: "bool",
  "key<fry>": "key<fry>",
};

/** Argument types from their text: arrays `f32[2,3]`, objects `{a:f32[],b:f32[3]}` and lists `[f32[3],f32[]]`. */
function argumentTypes(text: string): unknown[] {
  return text.split(" ").map((word) => {
    if (word.startsWith("[")) return (word.match(/\w+\[[\d,]*\]/g) as string[]).map(arrayType);
    if (!word.startsWith("{")) return arrayType(word);
    const fields = word.match(/\w+:\w+\[[\d,]*\]/g) as string[];
    return Object.fromEntries(
      fields.map((f) => [f.slice(0, f.indexOf(":")), arrayType(f.slice(f.indexOf(":") + 1))]),
    );
  });
}
function arrayType(text: string): ShapeDtypeStruct {
  const open = text.lastIndexOf("[");
  const shape = text
    .slice(open + 1, -1)
    .split(",")
    .filter((n) => n !== "")
    .map(Number);
  return new ShapeDtypeStruct(shape, dtypes[text.slice(0, open)]);
}

const cases: [name: string, program: Program, args: string, expected: string][] = [
  [
    "grad of sin",
    grad((x: A) => jnp.sin(x)),
    "f32[]",
    `{ lambda ; a:f32[]. let
    _:f32[] = sin a
    b:f32[] = cos a
    c:f32[] = mul 1.0:f32[] b
  in (c,) }`,
  ],
  [
    "grad of grad of sin",
    grad(grad((x: A) => jnp.sin(x))),
    "f32[]",
    `{ lambda ; a:f32[]. let
    _:f32[] = sin a
    _:f32[] = cos a
    b:f32[] = cos a
    c:f32[] = sin a
    _:f32[] = mul 1.0:f32[] b
    d:f32[] = mul 1.0:f32[] 1.0:f32[]
    e:f32[] = neg d
    f:f32[] = mul e c
  in (f,) }`,
  ],
  [
    "grad of cube",
    grad((x: A) => x.pow(3)),
    "f32[]",
    `{ lambda ; a:f32[]. let
    _:f32[] = integer_pow[y=3] a
    b:f32[] = integer_pow[y=2] a
    c:f32[] = mul 3.0:f32[] b
    d:f32[] = mul 1.0:f32[] c
  in (d,) }`,
  ],
  [
    "second derivative of a cube",
    grad(grad((x: A) => x.pow(3))),
    "f32[]",
    `{ lambda ; a:f32[]. let
    _:f32[] = integer_pow[y=3] a
    b:f32[] = integer_pow[y=2] a
    _:f32[] = mul 3.0:f32[] b
    c:f32[] = integer_pow[y=2] a
    d:f32[] = mul 2.0:f32[] a
    e:f32[] = mul 3.0:f32[] c
    _:f32[] = mul 1.0:f32[] e
    f:f32[] = mul 1.0:f32[] 1.0:f32[]
    g:f32[] = mul 3.0:f32[] f
    h:f32[] = mul g d
  in (h,) }`,
  ],
  [
    "grad of a product, both arguments",
    grad((x: A, y: A) => x.mul(y), { argnums: [0, 1] }),
    "f32[] f32[]",
    `{ lambda ; a:f32[] b:f32[]. let
    _:f32[] = mul a b
    c:f32[] = mul a 1.0:f32[]
    d:f32[] = mul 1.0:f32[] b
  in (d, c) }`,
  ],
  [
    "grad of a product, second argument",
    grad((x: A, y: A) => jnp.sin(x).mul(y), { argnums: 1 }),
    "f32[] f32[]",
    `{ lambda ; a:f32[] b:f32[]. let
    c:f32[] = sin a
    _:f32[] = mul c b
    d:f32[] = mul c 1.0:f32[]
  in (d,) }`,
  ],
  [
    "grad of quotient",
    grad((x: A, y: A) => x.div(y), { argnums: [0, 1] }),
    "f32[] f32[]",
    `{ lambda ; a:f32[] b:f32[]. let
    _:f32[] = div a b
    c:f32[] = integer_pow[y=-2] b
    d:f32[] = mul 1.0:f32[] c
    e:f32[] = mul d a
    f:f32[] = neg e
    g:f32[] = div 1.0:f32[] b
  in (g, f) }`,
  ],
  ["grad of identity", grad((x: A) => x), "f32[]", `{ lambda ; a:f32[]. let  in (1.0:f32[],) }`],
  [
    "grad of a constant function",
    grad((_x: A) => jnp.float32(3)),
    "f32[2]",
    `{ lambda ; a:f32[2]. let b:f32[2] = broadcast_in_dim 0.0:f32[] in (b,) }`,
  ],
  [
    "grad of sum of squares",
    grad((x: A) => jnp.sum(x.pow(2))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = integer_pow[y=2] a
    c:f32[3] = mul 2.0:f32[] a
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    d:f32[3] = broadcast_in_dim 1.0:f32[]
    e:f32[3] = mul d c
  in (e,) }`,
  ],
  [
    "grad of mean",
    grad((x: A) => jnp.mean(jnp.exp(x))),
    "f32[2,3]",
    `{ lambda ; a:f32[2,3]. let
    b:f32[2,3] = exp a
    c:f32[] = reduce_sum[axes=(0, 1) out_sharding=None] b
    _:f32[] = div c 6.0:f32[]
    d:f32[] = div 1.0:f32[] 6.0:f32[]
    e:f32[2,3] = broadcast_in_dim d
    f:f32[2,3] = mul e b
  in (f,) }`,
  ],
  [
    "value and grad",
    valueAndGrad((x: A) => jnp.sum(jnp.cos(x).mul(x))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = cos a
    c:f32[3] = sin a
    d:f32[3] = mul b a
    e:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
    f:f32[3] = broadcast_in_dim 1.0:f32[]
    g:f32[3] = mul b f
    h:f32[3] = mul f a
    i:f32[3] = neg h
    j:f32[3] = mul i c
    k:f32[3] = add_any g j
  in (e, k) }`,
  ],
  [
    "grad with aux",
    grad((x: A) => [jnp.sum(jnp.sin(x)), x.mul(2)], { hasAux: true }),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = sin a
    c:f32[3] = cos a
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    d:f32[3] = mul a 2.0:f32[]
    e:f32[3] = broadcast_in_dim 1.0:f32[]
    f:f32[3] = mul e c
  in (f, d) }`,
  ],
  [
    "grad through a broadcast",
    grad((x: A, y: A) => jnp.sum(x.mul(y)), { argnums: [0, 1] }),
    "f32[2,3] f32[3]",
    `{ lambda ; a:f32[2,3] b:f32[3]. let
    c:f32[1,3] = broadcast_in_dim[broadcast_dimensions=(1,)] b
    d:f32[2,3] = mul a c
    _:f32[] = reduce_sum[axes=(0, 1) out_sharding=None] d
    e:f32[2,3] = broadcast_in_dim 1.0:f32[]
    f:f32[2,3] = mul a e
    g:f32[3] = reduce_sum[axes=(0,) out_sharding=None] f
    h:f32[1,3] = reshape[dimensions=None new_sizes=(1, 3) sharding=None] g
    i:f32[2,3] = mul e c
    j:f32[3] = reduce_sum[axes=(0,) out_sharding=None] h
  in (i, j) }`,
  ],
  [
    "grad of dot",
    grad((x: A, y: A) => jnp.dot(x, y), { argnums: [0, 1] }),
    "f32[3] f32[3]",
    `{ lambda ; a:f32[3] b:f32[3]. let
    _:f32[] = dot_general[
      dimension_numbers=(([0], [0]), ([], []))
      preferred_element_type=float32
    ] a b
    c:f32[3] = dot_general[
      dimension_numbers=(([], []), ([], []))
      preferred_element_type=float32
    ] 1.0:f32[] a
    d:f32[3] = dot_general[
      dimension_numbers=(([], []), ([], []))
      preferred_element_type=float32
    ] 1.0:f32[] b
  in (d, c) }`,
  ],
  [
    "grad of matmul",
    grad((x: A, w: A) => jnp.sum(jnp.tanh(x.matmul(w))), { argnums: [0, 1] }),
    "f32[2,3] f32[3,4]",
    `{ lambda ; a:f32[2,3] b:f32[3,4]. let
    c:f32[2,4] = dot_general[
      dimension_numbers=(([1], [0]), ([], []))
      preferred_element_type=float32
    ] a b
    d:f32[2,4] = tanh c
    e:f32[2,4] = sub 1.0:f32[] d
    _:f32[] = reduce_sum[axes=(0, 1) out_sharding=None] d
    f:f32[2,4] = broadcast_in_dim 1.0:f32[]
    g:f32[2,4] = mul f e
    h:f32[2,4] = mul g d
    i:f32[2,4] = add_any g h
    j:f32[4,3] = dot_general[
      dimension_numbers=(([0], [0]), ([], []))
      preferred_element_type=float32
    ] i a
    k:f32[3,4] = transpose[permutation=(1, 0)] j
    l:f32[2,3] = dot_general[
      dimension_numbers=(([1], [1]), ([], []))
      preferred_element_type=float32
    ] i b
  in (l, k) }`,
  ],
  [
    "grad of a squared error",
    grad((p: { w: A; b: A }, x: A, y: A) => jnp.mean(x.matmul(p.w).add(p.b).sub(y).pow(2))),
    "{b:f32[4],w:f32[3,4]} f32[2,3] f32[2,4]",
    `{ lambda ; a:f32[4] b:f32[3,4] c:f32[2,3] d:f32[2,4]. let
    e:f32[2,4] = dot_general[
      dimension_numbers=(([1], [0]), ([], []))
      preferred_element_type=float32
    ] c b
    f:f32[1,4] = broadcast_in_dim[broadcast_dimensions=(1,)] a
    g:f32[2,4] = add e f
    h:f32[2,4] = sub g d
    i:f32[2,4] = integer_pow[y=2] h
    j:f32[2,4] = mul 2.0:f32[] h
    k:f32[] = reduce_sum[axes=(0, 1) out_sharding=None] i
    _:f32[] = div k 8.0:f32[]
    l:f32[] = div 1.0:f32[] 8.0:f32[]
    m:f32[2,4] = broadcast_in_dim l
    n:f32[2,4] = mul m j
    o:f32[4] = reduce_sum[axes=(0,) out_sharding=None] n
    p:f32[1,4] = reshape[dimensions=None new_sizes=(1, 4) sharding=None] o
    q:f32[4] = reduce_sum[axes=(0,) out_sharding=None] p
    r:f32[4,3] = dot_general[
      dimension_numbers=(([0], [0]), ([], []))
      preferred_element_type=float32
    ] n c
    s:f32[3,4] = transpose[permutation=(1, 0)] r
  in (q, s) }`,
  ],
  [
    "grad of max",
    grad((x: A) => jnp.max(x)),
    "f32[4]",
    `{ lambda ; a:f32[4]. let
    b:f32[] = reduce_max[axes=(0,)] a
    c:f32[1] = reshape[dimensions=None new_sizes=(1,) sharding=None] b
    d:bool[4] = eq a c
    e:f32[4] = convert_element_type[new_dtype=float32 weak_type=False] d
    f:f32[] = reduce_sum[axes=(0,) out_sharding=None] e
    g:f32[] = div 1.0:f32[] f
    h:f32[4] = broadcast_in_dim g
    i:f32[4] = mul h e
  in (i,) }`,
  ],
  [
    "grad of maximum",
    grad((x: A) => jnp.sum(jnp.maximum(x, 0.5))),
    "f32[4]",
    `{ lambda ; a:f32[4]. let
    b:f32[4] = max a 0.5:f32[]
    c:bool[4] = eq a b
    d:f32[4] = broadcast_in_dim 1.0:f32[]
    e:f32[4] = broadcast_in_dim 0.0:f32[]
    f:f32[4] = select_n c e d
    g:bool[4] = eq 0.5:f32[] b
    h:f32[4] = broadcast_in_dim 2.0:f32[]
    i:f32[4] = broadcast_in_dim 1.0:f32[]
    j:f32[4] = select_n g i h
    k:f32[4] = div f j
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    l:f32[4] = broadcast_in_dim 1.0:f32[]
    m:f32[4] = mul l k
  in (m,) }`,
  ],
  [
    "grad of reshape and transpose",
    grad((x: A) => jnp.sum(jnp.sin(x.reshape(3, 2).T))),
    "f32[6]",
    `{ lambda ; a:f32[6]. let
    b:f32[3,2] = reshape[dimensions=None new_sizes=(3, 2) sharding=None] a
    c:f32[2,3] = transpose[permutation=(1, 0)] b
    d:f32[2,3] = sin c
    e:f32[2,3] = cos c
    _:f32[] = reduce_sum[axes=(0, 1) out_sharding=None] d
    f:f32[2,3] = broadcast_in_dim 1.0:f32[]
    g:f32[2,3] = mul f e
    h:f32[3,2] = transpose[permutation=(1, 0)] g
    i:f32[6] = reshape[dimensions=None new_sizes=(6,) sharding=None] h
  in (i,) }`,
  ],
  [
    "grad of concatenate",
    grad((x: A, y: A) => jnp.sum(jnp.concatenate([x, y]).pow(2)), { argnums: [0, 1] }),
    "f32[2] f32[3]",
    `{ lambda ; a:f32[2] b:f32[3]. let
    c:f32[5] = concatenate[dimension=0] a b
    d:f32[5] = integer_pow[y=2] c
    e:f32[5] = mul 2.0:f32[] c
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
    f:f32[5] = broadcast_in_dim 1.0:f32[]
    g:f32[5] = mul f e
    h:f32[2] i:f32[3] = split[axis=0 sizes=(2, 3)] g
  in (h, i) }`,
  ],
  [
    "grad of a slice",
    grad((x: A) => jnp.sum(jnp.sin(x.get("1:3")))),
    "f32[5]",
    `{ lambda ; a:f32[5]. let
    b:f32[2] = slice[limit_indices=(3,) start_indices=(1,) strides=None] a
    c:f32[2] = sin b
    d:f32[2] = cos b
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] c
    e:f32[2] = broadcast_in_dim 1.0:f32[]
    f:f32[2] = mul e d
    g:f32[5] = pad[padding_config=((1, np.int64(2), 0),)] f 0.0:f32[]
  in (g,) }`,
  ],
  [
    "grad of an element",
    grad((x: A) => x.get(1).mul(x.get(0))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[1] = slice[limit_indices=(2,) start_indices=(1,) strides=None] a
    c:f32[] = squeeze[dimensions=(0,)] b
    d:f32[1] = slice[limit_indices=(1,) start_indices=(0,) strides=None] a
    e:f32[] = squeeze[dimensions=(0,)] d
    _:f32[] = mul c e
    f:f32[] = mul c 1.0:f32[]
    g:f32[] = mul 1.0:f32[] e
    h:f32[1] = broadcast_in_dim f
    i:f32[3] = pad[padding_config=((0, np.int64(2), 0),)] h 0.0:f32[]
    j:f32[1] = broadcast_in_dim g
    k:f32[3] = pad[padding_config=((1, np.int64(1), 0),)] j 0.0:f32[]
    l:f32[3] = add_any i k
  in (l,) }`,
  ],
  [
    "grad of where",
    grad((x: A) => jnp.sum(jnp.where(x.gt(0), x, 0.5))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:bool[3] = gt a 0.0:f32[]
    c:f32[3] d:f32[3] = jit[
      name=_where
      jaxpr={ lambda ; b:bool[3] a:f32[3] e:f32[]. let
          f:f32[] = convert_element_type[new_dtype=float32 weak_type=False] e
          g:f32[3] = broadcast_in_dim f
          c:f32[3] = select_n b g a
          d:f32[3] = broadcast_in_dim 0.0:f32[]
        in (c, d) }
    ] b a 0.5:f32[]
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] c
    h:f32[3] = broadcast_in_dim 1.0:f32[]
    i:f32[3] = jit[
      name=_where
      jaxpr={ lambda ; b:bool[3] d:f32[3] h:f32[3]. let
          j:f32[3] = broadcast_in_dim 0.0:f32[]
          i:f32[3] = select_n b j h
        in (i,) }
    ] b d h
  in (i,) }`,
  ],
  [
    "grad of logsumexp",
    grad((x: A) => nn.logsumexp(x)),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[] = reduce_max[axes=(0,)] a
    c:f32[1] = reshape[dimensions=None new_sizes=(1,) sharding=None] b
    d:bool[3] = eq a c
    e:f32[3] = convert_element_type[new_dtype=float32 weak_type=False] d
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] e
    f:f32[] = max -inf:f32[] b
    g:bool[] = eq b f
    h:f32[] = select_n g 0.0:f32[] 1.0:f32[]
    i:bool[] = eq -inf:f32[] f
    j:f32[] = select_n i 1.0:f32[] 2.0:f32[]
    _:f32[] = div h j
    k:bool[] = is_finite f
    l:f32[] = select_n k 0.0:f32[] f
    m:f32[] = stop_gradient l
    n:f32[1] = broadcast_in_dim m
    o:f32[3] = sub a n
    p:f32[3] = exp o
    q:f32[] = reduce_sum[axes=(0,) out_sharding=None] p
    _:f32[] = sign q
    r:f32[] = abs q
    s:bool[] = ge q 0.0:f32[]
    t:f32[] = log r
    _:f32[] = add t m
    u:f32[] = div 1.0:f32[] r
    v:f32[] = select_n s u 0.0:f32[]
    w:f32[] = select_n s 0.0:f32[] u
    x:f32[] = neg v
    y:f32[] = add_any w x
    z:f32[3] = broadcast_in_dim y
    ba:f32[3] = mul z p
  in (ba,) }`,
  ],
  [
    "grad of relu",
    grad((x: A) => jnp.sum(nn.relu(x))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = custom_jvp_call[
      name=relu
      call_jaxpr={ lambda ; c:f32[3]. let
          d:f32[3] = jit[
            name=relu
            jaxpr={ lambda ; c:f32[3]. let d:f32[3] = max c 0.0:f32[] in (d,) }
          ] c
        in (d,) }
      jvp=jvp
      symbolic_zeros=False
    ] a
    e:bool[3] = gt a 0.0:f32[]
    _:f32[3] = broadcast_in_dim 0.0:f32[]
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    f:f32[3] = broadcast_in_dim 1.0:f32[]
    g:f32[3] = broadcast_in_dim 0.0:f32[]
    h:f32[3] = select_n e g f
  in (h,) }`,
  ],
  [
    "grad of prod",
    grad((x: A) => jnp.prod(x)),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[2] = slice[limit_indices=(2,) start_indices=(0,) strides=(1,)] a
    c:f32[1] = slice[limit_indices=(3,) start_indices=(2,) strides=(1,)] a
    d:f32[2] = pad[padding_config=((0, 1, 0),)] c 1.0:f32[]
    e:f32[2] = mul b d
    f:f32[1] = slice[limit_indices=(1,) start_indices=(0,) strides=(1,)] e
    g:f32[1] = slice[limit_indices=(2,) start_indices=(1,) strides=(1,)] e
    h:f32[1] = mul f g
    _:f32[] = squeeze[dimensions=(0,)] h
    i:f32[1] = broadcast_in_dim 1.0:f32[]
    j:f32[1] = mul f i
    k:f32[1] = mul i g
    l:f32[2] = pad[padding_config=((1, np.int64(0), 0),)] j 0.0:f32[]
    m:f32[2] = pad[padding_config=((0, np.int64(1), 0),)] k 0.0:f32[]
    n:f32[2] = add_any l m
    o:f32[2] = mul b n
    p:f32[2] = mul n d
    q:f32[1] = pad[padding_config=((np.int64(0), np.int64(-1), np.int64(0)),)] o
      0.0:f32[]
    r:f32[1] = slice[
      limit_indices=(1,)
      start_indices=(np.int64(0),)
      strides=(np.int64(1),)
    ] q
    s:f32[3] = pad[padding_config=((2, np.int64(0), 0),)] r 0.0:f32[]
    t:f32[3] = pad[padding_config=((0, np.int64(1), 0),)] p 0.0:f32[]
    u:f32[3] = add_any s t
  in (u,) }`,
  ],
  [
    "grad of cumsum",
    grad((x: A) => jnp.sum(jnp.cumsum(x).pow(2))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = jit[
      name=cumsum
      jaxpr={ lambda ; a:f32[3]. let
          b:f32[3] = cumsum[axis=0 reverse=False] a
        in (b,) }
    ] a
    c:f32[3] = integer_pow[y=2] b
    d:f32[3] = mul 2.0:f32[] b
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] c
    e:f32[3] = broadcast_in_dim 1.0:f32[]
    f:f32[3] = mul e d
    g:f32[3] = jit[
      name=cumsum
      jaxpr={ lambda ; f:f32[3]. let
          g:f32[3] = cumsum[axis=0 reverse=True] f
        in (g,) }
    ] f
  in (g,) }`,
  ],
  [
    "grad with stopped gradient",
    grad((x: A) => x.mul(stopGradient(x))),
    "f32[]",
    `{ lambda ; a:f32[]. let
    b:f32[] = stop_gradient a
    _:f32[] = mul a b
    c:f32[] = mul 1.0:f32[] b
  in (c,) }`,
  ],
  [
    "grad of astype round trip",
    grad((x: A) => jnp.sum(x.mul(jnp.arange(3)))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:i32[3] = iota[dimension=0 dtype=int32 shape=(3,) sharding=None] 
    c:f32[3] = convert_element_type[new_dtype=float32 weak_type=False] b
    d:f32[3] = mul a c
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
    e:f32[3] = broadcast_in_dim 1.0:f32[]
    f:f32[3] = mul e c
  in (f,) }`,
  ],
  [
    "jvp of sin times x",
    (x: A, t: A) => jvp((y: A) => jnp.sin(y).mul(y), [x], [t]),
    "f32[3] f32[3]",
    `{ lambda ; a:f32[3] b:f32[3]. let
    c:f32[3] = sin a
    d:f32[3] = cos a
    e:f32[3] = mul b d
    f:f32[3] = mul c a
    g:f32[3] = mul e a
    h:f32[3] = mul c b
    i:f32[3] = add_any g h
  in (f, i) }`,
  ],
  [
    "jvp with a constant operand",
    (x: A, t: A) => jvp((y: A) => jnp.multiply(2, y).add(1), [x], [t]),
    "f32[3] f32[3]",
    `{ lambda ; a:f32[3] b:f32[3]. let
    c:f32[3] = mul 2.0:f32[] a
    d:f32[3] = mul 2.0:f32[] b
    e:f32[3] = add c 1.0:f32[]
  in (e, d) }`,
  ],
  [
    "jvp of a jitted function",
    (x: A, t: A) =>
      jvp(
        jit((y: A) => jnp.sin(y).mul(y)),
        [x],
        [t],
      ),
    "f32[] f32[]",
    `{ lambda ; a:f32[] b:f32[]. let
    c:f32[] d:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[] b:f32[]. let
          e:f32[] = sin a
          f:f32[] = cos a
          g:f32[] = mul b f
          c:f32[] = mul e a
          h:f32[] = mul g a
          i:f32[] = mul e b
          d:f32[] = add_any h i
        in (c, d) }
    ] a b
  in (c, d) }`,
  ],
  [
    "jvp of jvp",
    (x: A, t: A) => jvp((a: A) => jvp(jnp.sin, [a], [t])[1], [x], [t]),
    "f32[] f32[]",
    `{ lambda ; a:f32[] b:f32[]. let
    _:f32[] = sin a
    c:f32[] = cos a
    _:f32[] = mul b c
    d:f32[] = cos a
    e:f32[] = sin a
    f:f32[] = mul b e
    g:f32[] = neg f
    h:f32[] = mul b d
    i:f32[] = mul b g
  in (h, i) }`,
  ],
  [
    "linearize",
    (x: A, t: A) => linearize((y: A) => jnp.sin(y).mul(y), x)[1](t),
    "f32[] f32[]",
    `{ lambda ; a:f32[] b:f32[]. let
    c:f32[] = sin a
    d:f32[] = cos a
    _:f32[] = mul c a
    e:f32[] = mul b d
    f:f32[] = mul e a
    g:f32[] = mul c b
    h:f32[] = add_any f g
  in (h,) }`,
  ],
  [
    "linearize of a jitted function",
    (x: A, t: A) =>
      linearize(
        jit((y: A) => jnp.exp(jnp.sin(y))),
        x,
      )[1](t),
    "f32[] f32[]",
    `{ lambda ; a:f32[] b:f32[]. let
    c:f32[] d:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[]. let
          e:f32[] = sin a
          d:f32[] = cos a
          c:f32[] = exp e
        in (c, d) }
    ] a
    f:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; d:f32[] c:f32[] b:f32[]. let
          g:f32[] = mul b d
          f:f32[] = mul g c
        in (f,) }
    ] d c b
  in (f,) }`,
  ],
  [
    "vjp",
    (x: A, y: A, ct: A) => vjp((a: A, b: A) => jnp.sin(a).matmul(b), x, y)[1](ct),
    "f32[2,3] f32[3] f32[2]",
    `{ lambda ; a:f32[2,3] b:f32[3] c:f32[2]. let
    d:f32[2,3] = sin a
    e:f32[2,3] = cos a
    _:f32[2] = dot_general[
      dimension_numbers=(([1], [0]), ([], []))
      preferred_element_type=float32
    ] d b
    f:f32[3] = dot_general[
      dimension_numbers=(([0], [0]), ([], []))
      preferred_element_type=float32
    ] c d
    g:f32[2,3] = dot_general[
      dimension_numbers=(([], []), ([], []))
      preferred_element_type=float32
    ] c b
    h:f32[2,3] = mul g e
  in (h, f) }`,
  ],
  [
    "hessian-vector product",
    (x: A, v: A) =>
      jvp(
        grad((y: A) => jnp.sum(y.pow(3))),
        [x],
        [v],
      )[1],
    "f32[3] f32[3]",
    `{ lambda ; a:f32[3] b:f32[3]. let
    c:f32[3] = integer_pow[y=3] a
    d:f32[3] = integer_pow[y=2] a
    e:f32[3] = mul 3.0:f32[] d
    f:f32[3] = mul b e
    g:f32[3] = integer_pow[y=2] a
    h:f32[3] = mul 2.0:f32[] a
    i:f32[3] = mul b h
    j:f32[3] = mul 3.0:f32[] g
    k:f32[3] = mul 3.0:f32[] i
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] c
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] f
    l:f32[3] = broadcast_in_dim 1.0:f32[]
    _:f32[3] = mul l j
    m:f32[3] = mul l k
  in (m,) }`,
  ],
  [
    "reverse over reverse",
    (x: A, v: A) => grad((y: A) => jnp.vdot(grad((z: A) => jnp.sum(jnp.sin(z)))(y), v))(x),
    "f32[3] f32[3]",
    `{ lambda ; a:f32[3] b:f32[3]. let
    c:f32[3] = sin a
    _:f32[3] = cos a
    d:f32[3] = cos a
    e:f32[3] = sin a
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] c
    f:f32[3] = broadcast_in_dim 1.0:f32[]
    g:f32[3] = mul f d
    _:f32[] = dot_general[
      dimension_numbers=(([0], [0]), ([], []))
      preferred_element_type=float32
    ] g b
    h:f32[3] = dot_general[
      dimension_numbers=(([], []), ([], []))
      preferred_element_type=float32
    ] 1.0:f32[] b
    i:f32[3] = mul f h
    j:f32[3] = neg i
    k:f32[3] = mul j e
  in (k,) }`,
  ],
  [
    "jit",
    jit((x: A) => jnp.sin(x).add(1)),
    "f32[]",
    `{ lambda ; a:f32[]. let
    b:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[]. let
          c:f32[] = sin a
          b:f32[] = add c 1.0:f32[]
        in (b,) }
    ] a
  in (b,) }`,
  ],
  [
    "named jit called twice",
    twice(jit((y: A) => y.mul(2), { name: "g" })),
    "f32[3]",
    `let g = { lambda ; a:f32[3]. let b:f32[3] = mul a 2.0:f32[] in (b,) } in
{ lambda ; c:f32[3]. let
    d:f32[3] = jit[name=g jaxpr=g] c
    e:f32[3] = jit[name=g jaxpr=g] d
  in (e,) }`,
  ],
  [
    "jit of jit",
    jit((x: A) => jit((y: A) => jnp.cos(y), { name: "g" })(x).add(x), { name: "f" }),
    "f32[]",
    `{ lambda ; a:f32[]. let
    b:f32[] = jit[
      name=f
      jaxpr={ lambda ; a:f32[]. let
          c:f32[] = jit[
            name=g
            jaxpr={ lambda ; a:f32[]. let c:f32[] = cos a in (c,) }
          ] a
          b:f32[] = add c a
        in (b,) }
    ] a
  in (b,) }`,
  ],
  [
    "grad of jit",
    grad(jit((x: A) => jnp.sin(x).mul(x))),
    "f32[]",
    `{ lambda ; a:f32[]. let
    _:f32[] b:f32[] c:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[]. let
          c:f32[] = sin a
          b:f32[] = cos a
          _:f32[] = mul c a
        in (_, b, c) }
    ] a
    d:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; b:f32[] a:f32[] c:f32[] e:f32[]. let
          f:f32[] = mul c e
          g:f32[] = mul e a
          h:f32[] = mul g b
          d:f32[] = add_any f h
        in (d,) }
    ] b a c 1.0:f32[]
  in (d,) }`,
  ],
  [
    "grad of grad of jit",
    grad(grad(jit((x: A) => jnp.sin(x)))),
    "f32[]",
    `{ lambda ; a:f32[]. let
    _:f32[] b:f32[] _:f32[] c:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[]. let
          _:f32[] = sin a
          _:f32[] = cos a
          b:f32[] = cos a
          c:f32[] = sin a
        in (_, b, _, c) }
    ] a
    _:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; b:f32[] d:f32[]. let _:f32[] = mul d b in (_,) }
    ] b 1.0:f32[]
    e:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; f:f32[] g:f32[]. let e:f32[] = mul f g in (e,) }
    ] 1.0:f32[] 1.0:f32[]
    h:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; c:f32[] e:f32[]. let
          i:f32[] = neg e
          h:f32[] = mul i c
        in (h,) }
    ] c e
  in (h,) }`,
  ],
  [
    "jit of grad of jit",
    jit(grad(jit((x: A) => jnp.sum(jnp.tanh(x)), { name: "f" }))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = jit[
      name=f
      jaxpr={ lambda ; a:f32[3]. let
          c:f32[] d:f32[3] e:f32[3] = jit[
            name=f
            jaxpr={ lambda ; a:f32[3]. let
                d:f32[3] = tanh a
                e:f32[3] = sub 1.0:f32[] d
                c:f32[] = reduce_sum[axes=(0,) out_sharding=None] d
              in (c, d, e) }
          ] a
          b:f32[3] = jit[
            name=f
            jaxpr={ lambda ; d:f32[3] e:f32[3] f:f32[]. let
                g:f32[3] = broadcast_in_dim f
                h:f32[3] = mul g e
                i:f32[3] = mul h d
                b:f32[3] = add_any h i
              in (b,) }
          ] d e 1.0:f32[]
        in (b,) }
    ] a
  in (b,) }`,
  ],
  [
    "jit closing over a tracer of grad",
    grad((x: A) => jit((y: A) => y.mul(x))(2.5)),
    "f32[]",
    `{ lambda ; a:f32[]. let
    _:f32[] b:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[] c:f32[]. let
          b:f32[] = convert_element_type[new_dtype=float32 weak_type=False] c
          _:f32[] = mul b a
        in (_, b) }
    ] a 2.5:f32[]
    d:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; b:f32[] e:f32[]. let d:f32[] = mul b e in (d,) }
    ] b 1.0:f32[]
  in (d,) }`,
  ],
  [
    "jit of grad closing over an outer argument",
    grad((x: A) => jit(grad((y: A) => x.mul(y).mul(y)))(x)),
    "f32[]",
    `{ lambda ; a:f32[]. let
    _:f32[] b:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[] c:f32[]. let
          d:f32[] = mul a c
          e:f32[] = mul d 1.0:f32[]
          b:f32[] = mul 1.0:f32[] c
          f:f32[] = mul a b
          _:f32[] = add_any e f
        in (_, b) }
    ] a a
    g:f32[] h:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[] i:f32[] b:f32[] j:f32[]. let
          k:f32[] = mul i j
          l:f32[] = mul j b
          m:f32[] = mul 1.0:f32[] k
          n:f32[] = mul j 1.0:f32[]
          o:f32[] = mul i n
          h:f32[] = add_any m o
          p:f32[] = mul n a
          g:f32[] = add_any l p
        in (g, h) }
    ] a a b 1.0:f32[]
    q:f32[] = add_any g h
  in (q,) }`,
  ],
  [
    "jit with a tree in and out",
    jit((d: { a: A; b: A }) => ({ s: d.a.add(d.b), u: d.b }), { name: "f" }),
    "{a:f32[3],b:f32[]}",
    `{ lambda ; a:f32[3] b:f32[]. let
    c:f32[3] d:f32[] = jit[
      name=f
      jaxpr={ lambda ; a:f32[3] b:f32[]. let c:f32[3] = add a b in (c, b) }
    ] a b
  in (c, d) }`,
  ],
  [
    "vmap of add",
    vmap((x: A, y: A) => x.add(y), { inAxes: [0, null] }),
    "f32[3,2] f32[2]",
    `{ lambda ; a:f32[3,2] b:f32[2]. let
    c:f32[1,2] = broadcast_in_dim[broadcast_dimensions=(np.int64(1),)] b
    d:f32[3,2] = add a c
  in (d,) }`,
  ],
  [
    "vmap of a scalar function over two axes",
    vmap(
      vmap((x: A, y: A) => x.mul(y), { inAxes: [null, 0] }),
      { inAxes: [0, null] },
    ),
    "f32[3] f32[2]",
    `{ lambda ; a:f32[3] b:f32[2]. let
    c:f32[1,2] = broadcast_in_dim[broadcast_dimensions=(np.int64(1),)] b
    d:f32[3,1] = broadcast_in_dim[broadcast_dimensions=(0,)] a
    e:f32[3,2] = mul d c
  in (e,) }`,
  ],
  [
    "vmap of matmul with a shared right side",
    vmap((x: A, y: A) => x.matmul(y), { inAxes: [0, null] }),
    "f32[5,2,3] f32[3,4]",
    `{ lambda ; a:f32[5,2,3] b:f32[3,4]. let
    c:f32[5,2,4] = dot_general[
      dimension_numbers=(([2], [0]), ([], []))
      preferred_element_type=float32
    ] a b
  in (c,) }`,
  ],
  [
    "vmap of matmul with a shared left side",
    vmap((x: A, y: A) => x.matmul(y), { inAxes: [null, 0] }),
    "f32[2,3] f32[5,3,4]",
    `{ lambda ; a:f32[2,3] b:f32[5,3,4]. let
    c:f32[2,5,4] = dot_general[
      dimension_numbers=(([1], [1]), ([], []))
      preferred_element_type=float32
    ] a b
    d:f32[5,2,4] = transpose[permutation=(1, 0, 2)] c
  in (d,) }`,
  ],
  [
    "vmap of matmul of both",
    vmap((x: A, y: A) => x.matmul(y)),
    "f32[5,2,3] f32[5,3,4]",
    `{ lambda ; a:f32[5,2,3] b:f32[5,3,4]. let
    c:f32[5,2,4] = dot_general[
      dimension_numbers=(([2], [1]), ([0], [0]))
      preferred_element_type=float32
    ] a b
  in (c,) }`,
  ],
  [
    "vmap of dot along axis 1",
    vmap(jnp.dot, { inAxes: [1, 0] }),
    "f32[3,5] f32[5,3]",
    `{ lambda ; a:f32[3,5] b:f32[5,3]. let
    c:f32[5] = dot_general[
      dimension_numbers=(([0], [1]), ([1], [0]))
      preferred_element_type=float32
    ] a b
  in (c,) }`,
  ],
  [
    "vmap of sum with out axis 1",
    vmap((x: A) => x.mul(jnp.sum(x)), { outAxes: 1 }),
    "f32[2,3]",
    `{ lambda ; a:f32[2,3]. let
    b:f32[2] = reduce_sum[axes=(np.int64(1),) out_sharding=None] a
    c:f32[2,1] = broadcast_in_dim[broadcast_dimensions=(0,)] b
    d:f32[2,3] = mul a c
    e:f32[3,2] = transpose[permutation=(1, 0)] d
  in (e,) }`,
  ],
  [
    "vmap of reductions",
    vmap((x: A) => [jnp.max(x, { axis: 0 }), jnp.sum(x, { axis: 1 }), jnp.argmax(x)], { inAxes: 1 }),
    "f32[3,2,4]",
    `{ lambda ; a:f32[3,2,4]. let
    b:f32[2,4] = reduce_max[axes=(np.int64(0),)] a
    c:f32[3,2] = reduce_sum[axes=(np.int64(2),) out_sharding=None] a
    d:f32[2,3,4] = transpose[permutation=(1, 0, 2)] a
    e:f32[2,12] = reshape[dimensions=None new_sizes=(2, 12) sharding=None] d
    f:i32[2] = argmax[axes=(np.int64(1),) index_dtype=int32] e
    g:f32[2,3] = transpose[permutation=(1, 0)] c
  in (b, g, f) }`,
  ],
  [
    "vmap of softmax",
    vmap((x: A) => nn.softmax(x)),
    "f32[2,3]",
    `{ lambda ; a:f32[2,3]. let
    b:f32[2] = reduce_max[axes=(np.int64(1),)] a
    c:f32[2] = max -inf:f32[] b
    d:f32[2,1] = broadcast_in_dim[broadcast_dimensions=(0,)] c
    e:f32[2,1] = stop_gradient d
    f:f32[2,3] = sub a e
    g:f32[2,3] = exp f
    h:f32[2] = reduce_sum[axes=(np.int64(1),) out_sharding=None] g
    i:f32[2,1] = broadcast_in_dim[broadcast_dimensions=(0,)] h
    j:f32[2,3] = div g i
  in (j,) }`,
  ],
  [
    "vmap of shapes",
    vmap((x: A) => [x.T, x.reshape(-1), jnp.expandDims(x, 0), jnp.squeeze(x.get(":", ":1"), 1)]),
    "f32[2,3,4]",
    `{ lambda ; a:f32[2,3,4]. let
    b:f32[2,4,3] = transpose[permutation=(0, 2, 1)] a
    c:f32[2,12] = reshape[dimensions=None new_sizes=(2, 12) sharding=None] a
    d:f32[2,1,3,4] = broadcast_in_dim[
      broadcast_dimensions=(0, np.int64(2), np.int64(3))
    ] a
    e:f32[2,3,1] = slice[
      limit_indices=(2, 3, 1)
      start_indices=(0, 0, 0)
      strides=None
    ] a
    f:f32[2,3] = squeeze[dimensions=(2,)] e
  in (b, c, d, f) }`,
  ],
  [
    "vmap of concatenate",
    vmap((x: A, y: A) => jnp.concatenate([x, y]), { inAxes: [0, null] }),
    "f32[5,2] f32[3]",
    `{ lambda ; a:f32[5,2] b:f32[3]. let
    c:f32[5,3] = broadcast_in_dim[broadcast_dimensions=(1,)] b
    d:f32[5,5] = concatenate[dimension=1] a c
  in (d,) }`,
  ],
  [
    "vmap of where",
    vmap((c: A, x: A) => jnp.where(c, x, 0.5), { inAxes: [0, null] }),
    "bool[4] f32[3]",
    `{ lambda ; a:bool[4] b:f32[3]. let
    c:f32[4,3] = jit[
      name=_where
      jaxpr={ lambda ; a:bool[4] b:f32[3] d:f32[]. let
          e:f32[] = convert_element_type[new_dtype=float32 weak_type=False] d
          f:f32[3] = broadcast_in_dim e
          g:f32[4,3] = broadcast_in_dim[broadcast_dimensions=(np.int64(1),)] f
          h:f32[4,3] = broadcast_in_dim[broadcast_dimensions=(np.int64(1),)] b
          i:bool[4,3] = broadcast_in_dim[broadcast_dimensions=(0,)] a
          c:f32[4,3] = select_n i g h
        in (c,) }
    ] a b 0.5:f32[]
  in (c,) }`,
  ],
  [
    "vmap of indexing",
    vmap((x: A, i: A) => x.get(i), { inAxes: [null, 0] }),
    "f32[5,2] i32[3]",
    `{ lambda ; a:f32[5,2] b:i32[3]. let
    c:bool[3] = lt b 0:i32[]
    d:i32[3] = add b 5:i32[]
    e:i32[3] = select_n c b d
    f:bool[] = lt 0:i32[] 0:i32[]
    g:i32[] = add 0:i32[] 2:i32[]
    h:i32[] = select_n f 0:i32[] g
    i:i32[3,1] = broadcast_in_dim[broadcast_dimensions=(0,)] e
    j:i32[3,1] = broadcast_in_dim h
    k:i32[3,2] = concatenate[dimension=1] i j
    l:f32[3,1,2] = gather[
      dimension_numbers=GatherDimensionNumbers(offset_dims=(1, 2), collapsed_slice_dims=(), start_index_map=(0, 1), operand_batching_dims=(), start_indices_batching_dims=())
      fill_value=None
      indices_are_sorted=False
      mode=GatherScatterMode.CLIP
      slice_sizes=(1, 2)
      unique_indices=False
    ] a k
    m:f32[3,2] = squeeze[dimensions=(1,)] l
  in (m,) }`,
  ],
  [
    "vmap of a function that ignores its argument",
    vmap((_x: A) => jnp.ones(2)),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[2] = broadcast_in_dim 1.0:f32[]
    c:f32[3,2] = broadcast_in_dim[broadcast_dimensions=(np.int64(1),)] b
  in (c,) }`,
  ],
  [
    "vmap of cumsum and sort",
    vmap((x: A) => [jnp.cumsum(x), jnp.sort(x)]),
    "f32[2,3]",
    `{ lambda ; a:f32[2,3]. let
    b:f32[2,3] = jit[
      name=cumsum
      jaxpr={ lambda ; a:f32[2,3]. let
          b:f32[2,3] = cumsum[axis=1 reverse=False] a
        in (b,) }
    ] a
    c:f32[2,3] = jit[
      name=sort
      jaxpr={ lambda ; a:f32[2,3]. let
          c:f32[2,3] = sort[dimension=1 is_stable=True num_keys=1] a
        in (c,) }
    ] a
  in (b, c) }`,
  ],
  [
    "vmap of jit",
    vmap(
      jit((x: A, y: A) => x.matmul(y)),
      { inAxes: [0, null] },
    ),
    "f32[5,3] f32[3]",
    `{ lambda ; a:f32[5,3] b:f32[3]. let
    c:f32[5] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[5,3] b:f32[3]. let
          c:f32[5] = dot_general[
            dimension_numbers=(([1], [0]), ([], []))
            preferred_element_type=float32
          ] a b
        in (c,) }
    ] a b
  in (c,) }`,
  ],
  [
    "vmap of grad",
    vmap(grad((x: A) => jnp.sin(x).mul(x))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = sin a
    c:f32[3] = cos a
    _:f32[3] = mul b a
    d:f32[3] = mul b 1.0:f32[]
    e:f32[3] = mul 1.0:f32[] a
    f:f32[3] = mul e c
    g:f32[3] = add_any d f
  in (g,) }`,
  ],
  [
    "grad of vmap of jit",
    grad((x: A) => jnp.sum(vmap(jit((y: A) => jnp.sin(y).mul(y)))(x))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] c:f32[3] d:f32[3] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[3]. let
          d:f32[3] = sin a
          c:f32[3] = cos a
          b:f32[3] = mul d a
        in (b, c, d) }
    ] a
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    e:f32[3] = broadcast_in_dim 1.0:f32[]
    f:f32[3] = jit[
      name=<lambda>
      jaxpr={ lambda ; c:f32[3] a:f32[3] d:f32[3] e:f32[3]. let
          g:f32[3] = mul d e
          h:f32[3] = mul e a
          i:f32[3] = mul h c
          f:f32[3] = add_any g i
        in (f,) }
    ] c a d e
  in (f,) }`,
  ],
  [
    "per-example gradients",
    vmap(
      grad((v: A, x: A) => jnp.sum(jnp.tanh(x.matmul(v)))),
      { inAxes: [null, 0] },
    ),
    "f32[3,4] f32[5,3]",
    `{ lambda ; a:f32[3,4] b:f32[5,3]. let
    c:f32[5,4] = dot_general[
      dimension_numbers=(([1], [0]), ([], []))
      preferred_element_type=float32
    ] b a
    d:f32[5,4] = tanh c
    e:f32[5,4] = sub 1.0:f32[] d
    _:f32[5] = reduce_sum[axes=(np.int64(1),) out_sharding=None] d
    f:f32[4] = broadcast_in_dim 1.0:f32[]
    g:f32[1,4] = broadcast_in_dim[broadcast_dimensions=(np.int64(1),)] f
    h:f32[5,4] = mul g e
    i:f32[5,4] = mul h d
    j:f32[5,4] = add_any h i
    k:f32[5,4,3] = dot_general[
      dimension_numbers=(([], []), ([0], [0]))
      preferred_element_type=float32
    ] j b
    l:f32[5,3,4] = transpose[permutation=(0, 2, 1)] k
  in (l,) }`,
  ],
  [
    "forward jacobian",
    (x: A) => vmap((v: A) => jvp((y: A) => jnp.sin(y).mul(2), [x], [v])[1])(jnp.eye(2)),
    "f32[2]",
    `{ lambda ; a:f32[2]. let
    b:i32[2,2] = iota[dimension=0 dtype=int32 shape=(2, 2) sharding=None] 
    c:i32[2,2] = iota[dimension=1 dtype=int32 shape=(2, 2) sharding=None] 
    d:i32[2,2] = add b 0:i32[]
    e:bool[2,2] = eq d c
    f:f32[2,2] = convert_element_type[new_dtype=float32 weak_type=False] e
    g:f32[2] = sin a
    h:f32[2] = cos a
    i:f32[1,2] = broadcast_in_dim[broadcast_dimensions=(np.int64(1),)] h
    j:f32[2,2] = mul f i
    _:f32[2] = mul g 2.0:f32[]
    k:f32[2,2] = mul j 2.0:f32[]
  in (k,) }`,
  ],
  [
    "a custom derivative in place",
    customSquare,
    "f32[]",
    `{ lambda ; a:f32[]. let
    b:f32[] = custom_jvp_call[
      name=custom_square
      call_jaxpr={ lambda ; c:f32[]. let d:f32[] = mul c c in (d,) }
      jvp=jvp
      symbolic_zeros=False
    ] a
  in (b,) }`,
  ],
  [
    "grad of a custom derivative",
    grad(customSquare),
    "f32[]",
    `{ lambda ; a:f32[]. let
    _:f32[] = custom_jvp_call[
      name=custom_square
      call_jaxpr={ lambda ; b:f32[]. let c:f32[] = mul b b in (c,) }
      jvp=jvp
      symbolic_zeros=False
    ] a
    d:f32[] = mul 3.0:f32[] a
    e:f32[] = mul d 1.0:f32[]
  in (e,) }`,
  ],
  [
    "vmap of a custom derivative",
    vmap(customSquare),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = custom_jvp_call[
      name=custom_square
      call_jaxpr={ lambda ; c:f32[3]. let d:f32[3] = mul c c in (d,) }
      jvp=jvp
      symbolic_zeros=False
    ] a
  in (b,) }`,
  ],
  [
    "jit of grad of a custom derivative",
    jit(grad((x: A) => customSquare(x).add(x))),
    "f32[]",
    `{ lambda ; a:f32[]. let
    b:f32[] = jit[
      name=<lambda>
      jaxpr={ lambda ; a:f32[]. let
          c:f32[] = custom_jvp_call[
            name=custom_square
            call_jaxpr={ lambda ; d:f32[]. let e:f32[] = mul d d in (e,) }
            jvp=jvp
            symbolic_zeros=False
          ] a
          f:f32[] = mul 3.0:f32[] a
          g:f32[] = add c a
          h:f32[] = mul f 1.0:f32[]
          b:f32[] = add_any 1.0:f32[] h
        in (b,) }
    ] a
  in (b,) }`,
  ],
  [
    "closing over an array",
    addConstant(jnp.array([0, 1, 2])),
    "f32[3]",
    `{ lambda a:f32[3]; b:f32[3]. let c:f32[3] = add b a in (c,) }`,
  ],
  [
    "jit closing over an array",
    jit(addConstant(jnp.array([0, 1, 2])), { name: "<lambda>" }),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = jit[
      name=<lambda>
      jaxpr={ lambda c:f32[3]; a:f32[3]. let b:f32[3] = add a c in (b,) }
    ] a
  in (b,) }`,
  ],
  [
    "a loss of a two-layer network",
    grad((p: [A, A], x: A, y: A) =>
      jnp.mean(jnp.sum(nn.logSoftmax(nn.relu(x.matmul(p[0])).matmul(p[1])).mul(y), { axis: -1 })).neg(),
    ),
    "[f32[3,4],f32[4,2]] f32[5,3] f32[5,2]",
    `{ lambda ; a:f32[3,4] b:f32[4,2] c:f32[5,3] d:f32[5,2]. let
    e:f32[5,4] = dot_general[
      dimension_numbers=(([1], [0]), ([], []))
      preferred_element_type=float32
    ] c a
    f:f32[5,4] = custom_jvp_call[
      name=relu
      call_jaxpr={ lambda ; g:f32[5,4]. let
          h:f32[5,4] = jit[
            name=relu
            jaxpr={ lambda ; g:f32[5,4]. let
                h:f32[5,4] = max g 0.0:f32[]
              in (h,) }
          ] g
        in (h,) }
      jvp=jvp
      symbolic_zeros=False
    ] e
    i:bool[5,4] = gt e 0.0:f32[]
    _:f32[5,4] = broadcast_in_dim 0.0:f32[]
    j:f32[5,2] = dot_general[
      dimension_numbers=(([1], [0]), ([], []))
      preferred_element_type=float32
    ] f b
    k:f32[5,2] l:f32[5,2] m:f32[5,1] = jit[
      name=log_softmax
      jaxpr={ lambda ; j:f32[5,2]. let
          n:f32[5] = reduce_max[axes=(1,)] j
          o:f32[5] = max -inf:f32[] n
          p:f32[5,1] = broadcast_in_dim[broadcast_dimensions=(0,)] o
          q:f32[5,1] = stop_gradient p
          r:f32[5,2] = sub j q
          l:f32[5,2] = exp r
          s:f32[5] = reduce_sum[axes=(1,) out_sharding=None] l
          m:f32[5,1] = broadcast_in_dim[broadcast_dimensions=(0,)] s
          t:f32[5,1] = log m
          k:f32[5,2] = sub r t
        in (k, l, m) }
    ] j
    u:f32[5,2] = mul k d
    v:f32[5] = reduce_sum[axes=(1,) out_sharding=None] u
    w:f32[] = reduce_sum[axes=(0,) out_sharding=None] v
    x:f32[] = div w 5.0:f32[]
    _:f32[] = neg x
    y:f32[] = neg 1.0:f32[]
    z:f32[] = div y 5.0:f32[]
    ba:f32[5] = broadcast_in_dim z
    bb:f32[5,2] = broadcast_in_dim[broadcast_dimensions=(np.int64(0),)] ba
    bc:f32[5,2] = mul bb d
    bd:f32[5,2] = jit[
      name=log_softmax
      jaxpr={ lambda ; l:f32[5,2] m:f32[5,1] bc:f32[5,2]. let
          be:f32[5,2] = neg bc
          bf:f32[5] = reduce_sum[axes=(1,) out_sharding=None] be
          bg:f32[5,1] = reshape[dimensions=None new_sizes=(5, 1) sharding=None] bf
          bh:f32[5,1] = div bg m
          bi:f32[5] = reduce_sum[axes=(1,) out_sharding=None] bh
          bj:f32[5,2] = broadcast_in_dim[broadcast_dimensions=(np.int64(0),)] bi
          bk:f32[5,2] = mul bj l
          bd:f32[5,2] = add_any bc bk
        in (bd,) }
    ] l m bc
    bl:f32[2,4] = dot_general[
      dimension_numbers=(([0], [0]), ([], []))
      preferred_element_type=float32
    ] bd f
    bm:f32[4,2] = transpose[permutation=(1, 0)] bl
    bn:f32[5,4] = dot_general[
      dimension_numbers=(([1], [1]), ([], []))
      preferred_element_type=float32
    ] bd b
    bo:f32[5,4] = broadcast_in_dim 0.0:f32[]
    bp:f32[5,4] = select_n i bo bn
    bq:f32[4,3] = dot_general[
      dimension_numbers=(([0], [0]), ([], []))
      preferred_element_type=float32
    ] bp c
    br:f32[3,4] = transpose[permutation=(1, 0)] bq
  in (br, bm) }`,
  ],
  [
    "integer arithmetic is not differentiated",
    grad((x: A) => jnp.sum(x.mul(jnp.sign(x)).add(jnp.floor(x)))),
    "f32[3]",
    `{ lambda ; a:f32[3]. let
    b:f32[3] = sign a
    c:f32[3] = mul a b
    d:f32[3] = floor a
    e:f32[3] = add c d
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] e
    f:f32[3] = broadcast_in_dim 1.0:f32[]
    g:f32[3] = mul f b
  in (g,) }`,
  ],
  [
    "grad of an einsum",
    grad((x: A, y: A) => jnp.sum(jnp.einsum("ij,kj->ik", x, y).pow(2)), { argnums: [0, 1] }),
    "f32[2,3] f32[4,3]",
    `{ lambda ; a:f32[2,3] b:f32[4,3]. let
    c:f32[2,4] = dot_general[
      dimension_numbers=(([1], [1]), ([], []))
      preferred_element_type=float32
    ] a b
    d:f32[2,4] = integer_pow[y=2] c
    e:f32[2,4] = mul 2.0:f32[] c
    _:f32[] = reduce_sum[axes=(0, 1) out_sharding=None] d
    f:f32[2,4] = broadcast_in_dim 1.0:f32[]
    g:f32[2,4] = mul f e
    h:f32[4,3] = dot_general[
      dimension_numbers=(([0], [0]), ([], []))
      preferred_element_type=float32
    ] g a
    i:f32[2,3] = dot_general[
      dimension_numbers=(([1], [0]), ([], []))
      preferred_element_type=float32
    ] g b
  in (i, h) }`,
  ],
  [
    "grad of an indexed update",
    grad((x: A, y: A) => jnp.sum(x.at(1).set(y).pow(2)), { argnums: [0, 1] }),
    "f32[3] f32[]",
    `{ lambda ; a:f32[3] b:f32[]. let
    c:i32[1] = broadcast_in_dim 1:i32[]
    d:f32[3] = scatter[
      dimension_numbers=ScatterDimensionNumbers(update_window_dims=(), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,), operand_batching_dims=(), scatter_indices_batching_dims=())
      indices_are_sorted=True
      mode=GatherScatterMode.FILL_OR_DROP
      unique_indices=True
      update_consts=()
      update_jaxpr=None
    ] a c b
    e:f32[3] = integer_pow[y=2] d
    f:f32[3] = mul 2.0:f32[] d
    _:f32[] = reduce_sum[axes=(0,) out_sharding=None] e
    g:f32[3] = broadcast_in_dim 1.0:f32[]
    h:f32[3] = mul g f
    i:f32[3] = scatter[
      dimension_numbers=ScatterDimensionNumbers(update_window_dims=(), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,), operand_batching_dims=(), scatter_indices_batching_dims=())
      indices_are_sorted=True
      mode=GatherScatterMode.FILL_OR_DROP
      unique_indices=True
      update_consts=()
      update_jaxpr=None
    ] h c 0.0:f32[]
    j:f32[] = gather[
      dimension_numbers=GatherDimensionNumbers(offset_dims=(), collapsed_slice_dims=(0,), start_index_map=(0,), operand_batching_dims=(), start_indices_batching_dims=())
      fill_value=0
      indices_are_sorted=False
      mode=GatherScatterMode.FILL_OR_DROP
      slice_sizes=(1,)
      unique_indices=False
    ] h c
  in (i, j) }`,
  ],
  [
    "grad of pow with a traced exponent",
    grad((x: A, y: A) => x.pow(y), { argnums: [0, 1] }),
    "f32[] f32[]",
    `{ lambda ; a:f32[] b:f32[]. let
    c:f32[] = pow a b
    d:f32[] = sub b 1.0:f32[]
    e:f32[] = pow a d
    f:f32[] = mul b e
    g:bool[] = eq a 0.0:f32[]
    h:f32[] = select_n g a 1.0:f32[]
    i:f32[] = log h
    j:f32[] = mul i c
    k:f32[] = mul 1.0:f32[] j
    l:f32[] = mul 1.0:f32[] f
  in (l, k) }`,
  ],
  [
    "random under vmap",
    vmap((k: A) => random.uniform(k)),
    "key<fry>[3]",
    `let _uniform = { lambda ; a:key<fry>[3] b:f32[] c:f32[]. let
    d:f32[] = convert_element_type[new_dtype=float32 weak_type=False] b
    e:f32[] = convert_element_type[new_dtype=float32 weak_type=False] c
    f:u32[3] = random_bits[bit_width=32 shape=()] a
    g:u32[3] = shift_right_logical f 9:u32[]
    h:u32[3] = or g 1065353216:u32[]
    i:f32[3] = bitcast_convert_type[new_dtype=float32] h
    j:f32[3] = sub i 1.0:f32[]
    k:f32[] = sub e d
    l:f32[3] = mul j k
    m:f32[3] = add l d
    n:f32[3] = max d m
  in (n,) } in
{ lambda ; o:key<fry>[3]. let
    p:f32[3] = jit[name=_uniform jaxpr=_uniform] o 0.0:f32[] 1.0:f32[]
  in (p,) }`,
  ],
];

test.each(cases)("%s", (_name, program, args, expected) => {
  expect(String(makeJaxpr(program)(...argumentTypes(args)))).toBe(expected);
});
