"""The benchmark's kernels in JAX. Each maker takes inputs and parameters and returns (run(n), answers())."""

import jax
import jax.numpy as jnp
from jax import lax, nn, random

BLOCK_INPUTS = ["x", "scale1", "bias1", "wq", "wk", "wv", "wo", "scale2", "bias2", "w1", "c1", "w2", "c2"]


def repeated(f):
    """Work that is one call of f. Short calls are dispatched without waiting, as a program would."""

    def run(n):
        result = None
        for _ in range(n):
            result = f()
        jax.block_until_ready(result)

    return run, lambda: jax.tree.leaves(f())


def jitted(f):
    def make(a, parameters):
        compiled = jax.jit(lambda a: f(a, parameters))
        return repeated(lambda: compiled(a))

    return make


def fused(x):
    return jnp.tanh(x) * nn.sigmoid(x) + 0.5 * x * x


def layer_norm(x, scale, bias):
    return nn.standardize(x) * scale + bias


def conv(x, k):
    return lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def network(x, k1, k2):
    return nn.relu(conv(nn.relu(conv(x, k1)), k2))


def ten_ops(a, p):
    x = a["a"]
    for _ in range(5):
        x = x * p["factor"] + a["b"]
    return x


def grad_of_sum(f):
    return lambda a, p: jax.grad(lambda x: f(x).sum())(a["x"])


def weighted(f, names):
    """Gradients of sum(f * c) in the named inputs."""

    def g(a, p):
        loss = lambda *values: (f(*values) * a["c"]).sum()
        return jax.grad(loss, argnums=tuple(range(len(names))))(*(a[n] for n in names))

    return g


def params_of(a):
    count = sum(1 for name in a if name[0] == "w")
    return [(a[f"w{i}"], a[f"b{i}"]) for i in range(count)]


def loss(params, x, y):
    for i, (w, b) in enumerate(params):
        x = x @ w + b
        if i < len(params) - 1:
            x = nn.relu(x)
    return -jnp.mean(jnp.sum(nn.log_softmax(x) * y, axis=-1))


def make_sgd(rate):
    def step(params, x, y):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        return value, jax.tree.map(lambda p, g: p - rate * g, params, gradients)

    return jax.jit(step)


def sgd_step(a, p):
    step = make_sgd(p["rate"])
    state = [params_of(a)]

    def run(n):
        for _ in range(n):
            value, state[0] = step(state[0], a["x"], a["y"])
        jax.block_until_ready((value, state[0]))

    return run, lambda: jax.tree.leaves(step(params_of(a), a["x"], a["y"]))


def adam_step(a, p):
    b1, b2 = p["beta1"], p["beta2"]

    @jax.jit
    def step(state, x, y):
        params, m, v, count = state
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        count = count + 1
        m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, gradients)
        v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, gradients)
        c1, c2 = 1 - b1**count, 1 - b2**count
        update = lambda q, m, v: q - p["rate"] * (m / c1) / (jnp.sqrt(v / c2) + p["epsilon"])
        return value, (jax.tree.map(update, params, m, v), m, v, count)

    def initial():
        params = params_of(a)
        zeros = lambda: jax.tree.map(jnp.zeros_like, params)
        return params, zeros(), zeros(), jnp.float32(0)

    state = [initial()]

    def run(n):
        for _ in range(n):
            value, state[0] = step(state[0], a["x"], a["y"])
        jax.block_until_ready((value, state[0]))

    def answers():
        value, (params, *_) = step(initial(), a["x"], a["y"])
        return [value, *jax.tree.leaves(params)]

    return run, answers


def first_call(a, p):
    """A step that was never seen is traced, differentiated, compiled and run."""
    return repeated(lambda: make_sgd(p["rate"])(params_of(a), a["x"], a["y"]))


def per_example(a, p):
    return jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params_of(a), a["x"], a["y"])


def drawn(sampler):
    def make(a, p):
        f = jax.jit(lambda key: sampler(key, (p["n"],)))
        key = random.key(1)
        return repeated(lambda: f(key))

    return make


def block(a, heads):
    def attention(x):
        width = x.shape[-1]
        split = lambda v: v.reshape(*x.shape[:2], heads, width // heads)
        q, k, v = (split(x @ a[w]) for w in ("wq", "wk", "wv"))
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(width // heads)
        return jnp.einsum("bhqk,bkhd->bqhd", nn.softmax(scores), v).reshape(x.shape) @ a["wo"]

    h = a["x"] + attention(layer_norm(a["x"], a["scale1"], a["bias1"]))
    inner = nn.gelu(layer_norm(h, a["scale2"], a["bias2"]) @ a["w1"] + a["c1"])
    return h + inner @ a["w2"] + a["c2"]


def block_grad(a, p):
    c = a["c"]
    gradients = jax.grad(lambda v: (block(v, p["heads"]) * c).sum())({n: a[n] for n in BLOCK_INPUTS})
    return [gradients[n] for n in BLOCK_INPUTS]


LSTM_WEIGHTS = ["w", "wx", "wh", "b"]


def lstm(a):
    x, b = a["x"], a["b"]
    zero = jnp.zeros((x.shape[1], b.shape[0] // 4))

    def step(state, x):
        h, c = state
        sums = jnp.concatenate([x, h], 1) @ a["w"] if "w" in a else x @ a["wx"] + h @ a["wh"]
        enter, forget, show, candidate = jnp.split(sums + b, 4, axis=1)
        c = nn.sigmoid(forget) * c + nn.sigmoid(enter) * jnp.tanh(candidate)
        h = nn.sigmoid(show) * jnp.tanh(c)
        return (h, c), h

    return lax.scan(step, (zero, zero), x)[1]


def lstm_grad(a, p):
    weights = {n: a[n] for n in LSTM_WEIGHTS if n in a}
    gradients = jax.grad(lambda w: (lstm({"x": a["x"], **w}) * a["c"]).sum())(weights)
    return [gradients[n] for n in weights]


kernels = {
    "matmul": jitted(lambda a, p: a["a"] @ a["b"]),
    "matmulTransposed": jitted(lambda a, p: a["a"] @ a["b"].T),
    "sgdStep": sgd_step,
    "adamStep": adam_step,
    "fused": jitted(lambda a, p: fused(a["x"])),
    "fusedGrad": jitted(grad_of_sum(fused)),
    "softmax": jitted(lambda a, p: nn.softmax(a["x"])),
    "softmaxGrad": jitted(weighted(nn.softmax, ["x"])),
    "layerNorm": jitted(lambda a, p: layer_norm(a["x"], a["scale"], a["bias"])),
    "layerNormGrad": jitted(weighted(layer_norm, ["x", "scale", "bias"])),
    "gelu": jitted(lambda a, p: nn.gelu(a["x"])),
    "geluGrad": jitted(grad_of_sum(nn.gelu)),
    "sum": jitted(lambda a, p: a["x"].sum()),
    "sumRows": jitted(lambda a, p: a["x"].sum(0)),
    "sumColumns": jitted(lambda a, p: a["x"].sum(1)),
    "argmax": jitted(lambda a, p: a["x"].argmax()),
    "cumsum": jitted(lambda a, p: jnp.cumsum(a["x"])),
    "sort": jitted(lambda a, p: jnp.sort(a["x"])),
    "transpose": jitted(lambda a, p: a["x"].T),
    "eagerAdd": lambda a, p: repeated(lambda: a["a"] + a["b"]),
    "tenOps": jitted(ten_ops),
    "firstCall": first_call,
    "convNet": jitted(lambda a, p: network(a["x"], a["k1"], a["k2"])),
    "convNetGrad": jitted(
        lambda a, p: jax.grad(lambda k1, k2: (network(a["x"], k1, k2) * a["c"]).sum(), argnums=(0, 1))(a["k1"], a["k2"])
    ),
    "conv": jitted(lambda a, p: conv(a["x"], a["k"])),
    "convGrad": jitted(weighted(conv, ["x", "k"])),
    "perExampleGrads": jitted(per_example),
    "cholesky": jitted(lambda a, p: lax.linalg.cholesky(a["a"])),
    "qr": jitted(lambda a, p: lax.linalg.qr(a["a"])),
    "eigh": jitted(lambda a, p: lax.linalg.eigh(a["a"])),
    "svd": jitted(lambda a, p: lax.linalg.svd(a["a"])),
    "uniform": drawn(random.uniform),
    "normal": drawn(random.normal),
    "transformer": jitted(lambda a, p: block(a, p["heads"])),
    "transformerGrad": jitted(block_grad),
    "lstm": jitted(lambda a, p: lstm(a)),
    "lstmGrad": jitted(lstm_grad),
}
