/**
 * The error classes of the library. They carry the names that JAX and Python give them, so that a program ported
 * from JAX catches the same names; `TypeError` is JavaScript's own. Each page below states the mistake, the reason
 * and the fix.
 *
 * Classes: {@link ValueError}, {@link RuntimeError}, {@link RecursionError}, {@link IndexError}, {@link KeyError}, {@link NameError},
 * {@link AttributeError}, {@link OverflowError}, {@link FloatingPointError}, {@link JaxRuntimeError}, {@link ResourceExhaustedError},
 * {@link JaxprTypeError}, {@link TypePromotionError}, and for traced values {@link ConcretizationTypeError}, {@link TracerBoolConversionError},
 * {@link TracerIntegerConversionError}, {@link TracerArrayConversionError}, {@link NonConcreteBooleanIndexError},
 * {@link UnexpectedTracerError}, {@link KeyReuseError}.
 */

/**
 * An argument has the right type but an impossible value.
 *
 * - **Mistake**: an axis outside the array, trees of different structure in `tree.map`, arguments of `vmap` whose mapped
 *   axes have different sizes, a malformed `einsum` expression, reverse mode through a loop of unknown length.
 * - **Reason**: no result would be right, and guessing one would hide the mistake.
 * - **Fix**: the message names the function, the argument, what it got and what it expected; change that argument.
 *
 * @example
 * ```ts
 * tree.map((x: number, y: number) => x + y, [1, 2], [1]); // throws ValueError: List arity mismatch: 1 != 2; list: [1].
 * ```
 */
export class ValueError extends Error {
  override readonly name: string = "ValueError";
}

/**
 * The program asked for something that the present state does not allow.
 *
 * - **Mistake**: using an array after `x.delete()` or after it was donated to a jitted function; reading a value
 *   synchronously from a device that only answers asynchronously.
 * - **Reason**: the memory behind the array now belongs to another value, or the answer is not there yet.
 * - **Fix**: use the array that the function returned instead of the one that was donated, or do not donate it; read with
 *   `await x.data()` or `await x.js()`.
 */
export class RuntimeError extends Error {
  override readonly name: string = "RuntimeError";
}

/**
 * A compiled program failed on the device while it ran.
 *
 * - **Mistake**: a callback (`debug.callback`, `pureCallback`, `ioCallback`) that throws, or returns something else than it announced; or there
 *   was no memory left, or a thread of the device died.
 * - **Reason**: the program has no result; arrays computed before are intact. The message says what was reported.
 * - **Fix**: look at the `cause`, which is what the callback threw; free memory or use smaller batches, see {@link ResourceExhaustedError},
 *   which is one of these.
 *
 * @example
 * ```ts
 * const fails = (): void => {
 *   throw new RangeError("no");
 * };
 * jit((x: NDArray) => debug.callback(fails, x) ?? x)(1); // throws JaxRuntimeError: INTERNAL: CpuCallback error calling callback: RangeError: no
 * ```
 */
export class JaxRuntimeError extends RuntimeError {
  override readonly name: string = "JaxRuntimeError";
}

/**
 * Functions that are being transformed are nested more deeply than the stack of the JavaScript engine allows.
 *
 * - **Mistake**: a jitted function that calls itself without end, or a chain of many hundreds of jitted functions that each call the next.
 * - **Reason**: a function is traced by running it, and a jitted function that it calls is traced inside; each level needs a part of the stack.
 * - **Fix**: end the recursion by a value that is known while tracing (a number, a shape); call plain functions inside one jitted function, or
 *   a loop instead of a recursion.
 */
export class RecursionError extends RuntimeError {
  override readonly name: string = "RecursionError";
}

/**
 * A combination of options, or an operation, that is not implemented, here or in JAX.
 *
 * - **Mistake**: `f.defvjp(fwd, bwd, { symbolicZeros: true, optimizeRemat: true })`.
 * - **Reason**: each works, but not together.
 * - **Fix**: the message says what is not supported; leave it out.
 *
 * @example
 * ```ts
 * const f = customVjp((x: NDArray) => x);
 * f.defvjp((x) => [x, null], (_, ct) => [ct], { symbolicZeros: true, optimizeRemat: true }); // throws NotImplementedError: remat optimization for custom_vjp does not support symbolic zeros
 * ```
 */
export class NotImplementedError extends RuntimeError {
  override readonly name: string = "NotImplementedError";
}

/**
 * An index does not fit the array it indexes.
 *
 * - **Mistake**: more indices than dimensions, two ellipses, an index that is neither an integer, a slice, `null`, `"..."`
 *   nor an integer or boolean array.
 * - **Reason**: out-of-bounds integers inside compiled code clamp, as in JAX, but the *form* of an index is known while
 *   tracing and is checked there.
 * - **Fix**: give at most one entry per dimension; use `x.at(...)` with a `mode` to say what out-of-bounds indices do.
 */
export class IndexError extends Error {
  override readonly name: string = "IndexError";
}

/**
 * A name is not a key of the collection it was looked up in.
 *
 * - **Mistake**: a missing entry of a parameter tree or of a configuration.
 * - **Reason**: usually a misspelt key, or a tree made by another version of a model.
 * - **Fix**: the message lists the key; compare it with `tree.leavesWithPath(t)`.
 */
export class KeyError extends Error {
  override readonly name: string = "KeyError";
}

/**
 * A name has no meaning where it is used.
 *
 * - **Mistake**: a collective such as `lax.psum(x, "i")` outside any `vmap` or `pmap` that names its axis `"i"`.
 * - **Reason**: an axis name exists only while the function that was mapped over it runs.
 * - **Fix**: give the map an axis name: `vmap(f, { axisName: "i" })`.
 */
export class NameError extends Error {
  override readonly name: string = "NameError";
}

/**
 * A check of derivatives (`testUtil.checkGrads`) found that they are wrong.
 *
 * - **Mistake**: a custom rule that is not the derivative of its function.
 * - **Reason**: finite differences give another value; the message says where.
 * - **Fix**: correct the rule; where the function is only ill-conditioned, give other tolerances or another step.
 */
export class AssertionError extends Error {
  override readonly name: string = "AssertionError";
}

/**
 * An object lacks a part that it must have to be used in this way.
 *
 * - **Mistake**: calling a `customJvp` function before its `defjvp`, or a `customVjp` function before its `defvjp`.
 * - **Reason**: the function has no rule, and the rule of its body is exactly what was meant to be replaced.
 * - **Fix**: call `f.defjvp(...)` or `f.defvjp(...)` once, right after the definition.
 */
export class AttributeError extends Error {
  override readonly name: string = "AttributeError";
}

/**
 * A number does not fit the dtype that it was asked to have.
 *
 * - **Mistake**: `jnp.array(3000000000n)`, an integer beyond the range of int32.
 * - **Reason**: wrapping it silently would change the value.
 * - **Fix**: ask for a wider dtype: `jnp.array(3000000000n, { dtype: "int64" })`.
 */
export class OverflowError extends Error {
  override readonly name: string = "OverflowError";
}

/**
 * A computation made a NaN (or an infinity) while `debugNans` (or `debugInfs`) was on.
 *
 * - **Mistake**: division of zero by zero, the logarithm of a negative number, a diverging optimisation.
 * - **Reason**: NaN spreads silently; the option stops at the first operation that makes one.
 * - **Fix**: look at the operation named in the message and its arguments; guard both branches of a `where`, since the
 *   gradient flows through the one that was not chosen too.
 */
export class FloatingPointError extends Error {
  override readonly name: string = "FloatingPointError";
}

/**
 * The device has no memory left for an array.
 *
 * - **Mistake**: arrays alive at one time exceed the memory of the device (4 GiB for one WebAssembly memory).
 * - **Reason**: everything that could be freed or moved to the host was.
 * - **Fix**: drop references to arrays that are no longer needed, donate inputs with `donateArgnums`, work in smaller
 *   batches, or use `checkpoint` to recompute instead of storing.
 */
export class ResourceExhaustedError extends JaxRuntimeError {
  override readonly name: string = "ResourceExhaustedError";
}

/**
 * What the errors about traced values have in common that are errors of type; catch it to catch them all.
 *
 * - **Mistake**: one of {@link ConcretizationTypeError}, {@link TracerArrayConversionError}, {@link TracerIntegerConversionError},
 *   {@link UnexpectedTracerError}, {@link KeyReuseError}.
 * - **Reason**: the message of each says it.
 * - **Fix**: likewise.
 */
export class JAXTypeError extends TypeError {
  override readonly name: string = "JAXTypeError";
}

/**
 * What the errors about traced values have in common that are errors of indexing: {@link NonConcreteBooleanIndexError}.
 *
 * - **Mistake**: see there.
 * - **Reason**: an index decides about the shape of the result.
 * - **Fix**: see there.
 */
export class JAXIndexError extends IndexError {
  override readonly name: string = "JAXIndexError";
}

/**
 * A program is not well formed: a variable that is used before it is defined, or an equation whose results have other types than its
 * operation gives.
 *
 * - **Mistake**: a jaxpr built by hand, or a fault in a transformation.
 * - **Reason**: `core.checkJaxpr`, and `config.update("enableChecks", true)` for everything that is traced, compare each equation with the
 *   rules of its operation.
 * - **Fix**: the message shows the equation.
 */
export class JaxprTypeError extends TypeError {
  override readonly name: string = "JaxprTypeError";
}

/**
 * Dtypes have no common dtype that values of both can be converted to without being asked.
 *
 * - **Mistake**: adding a float8 to a float32, or arrays of two 8-bit float formats.
 * - **Reason**: narrow formats lose so much that a conversion should be written down.
 * - **Fix**: `x.astype("float32")`.
 */
export class TypePromotionError extends ValueError {
  override readonly name: string = "TypePromotionError";
}

/**
 * A traced value was used where its actual value is needed.
 *
 * - **Mistake**: `Number(x)`, `x.item()` or a shape, axis or loop bound made from an argument of a jitted function.
 * - **Reason**: while `jit`, `grad` or `vmap` trace a function, its arguments stand for every value of that shape and dtype.
 * - **Fix**: mark the argument static, `jit(f, { staticArgnums: [1] })`; keep shape arithmetic in plain numbers
 *   (`x.shape[0]` is one); or express the choice with `jnp.where`, `lax.cond`, `lax.foriLoop`.
 *
 * @example
 * ```ts
 * jit((x: NDArray) => x.mul(x.item()))(2); // throws ConcretizationTypeError
 * ```
 */
export class ConcretizationTypeError extends JAXTypeError {
  override readonly name: string = "ConcretizationTypeError";
}

/**
 * A traced value was converted to a boolean.
 *
 * - **Mistake**: `if (x.gt(0).item())`, `while (...)` or `&&` on an argument of a jitted function.
 * - **Reason**: the trace must hold for every value, so it cannot follow one branch. (JavaScript never asks an object for its
 *   truth, so `if (x)` itself is always true and cannot be caught here.)
 * - **Fix**: `jnp.where(c, a, b)` to choose between values, `lax.cond(c, f, g, x)` to choose between functions,
 *   `lax.whileLoop` to repeat, or a static argument when the condition is known before the call.
 */
export class TracerBoolConversionError extends ConcretizationTypeError {
  override readonly name: string = "TracerBoolConversionError";
}

/**
 * A traced value was used where a plain integer is needed, such as an index into a JavaScript array.
 *
 * - **Mistake**: `list[i]` or `"ab".at(i)` with a traced `i`.
 * - **Reason**: JavaScript must pick one element now, and the tracer stands for any of them.
 * - **Fix**: make the list an array, `jnp.array(list).get(i)`, use `lax.switch(i, branches)` for functions, or make `i` a
 *   static argument.
 */
export class TracerIntegerConversionError extends JAXTypeError {
  override readonly name: string = "TracerIntegerConversionError";
}

/**
 * A traced value was asked for its elements.
 *
 * - **Mistake**: `x.data()`, `x.tolist()` or a function of another library applied to an argument of a jitted function.
 * - **Reason**: there are no elements while a function is being traced.
 * - **Fix**: stay with `jnp` and `lax` inside the function and read values after it returns; to look at values during the run
 *   use `debug.print` or `pureCallback`.
 */
export class TracerArrayConversionError extends JAXTypeError {
  override readonly name: string = "TracerArrayConversionError";
}

/**
 * A boolean array was used as an index inside a traced function.
 *
 * - **Mistake**: `x.get(x.gt(0))` under `jit`, `grad` or `vmap`.
 * - **Reason**: the shape of the result would depend on the values, and compiled programs have fixed shapes.
 * - **Fix**: keep the shape: `jnp.where(mask, x, 0)`, `jnp.sum(x, { where: mask })`, `x.at(mask).set(0)`, or
 *   `jnp.nonzero(mask, { size: n })`.
 */
export class NonConcreteBooleanIndexError extends JAXIndexError {
  override readonly name: string = "NonConcreteBooleanIndexError";
}

/**
 * A traced value outlived the function it belongs to.
 *
 * - **Mistake**: storing an intermediate value in a global, a closure or `this` inside a transformed function and using it
 *   afterwards.
 * - **Reason**: the value stands for a step of a trace that has ended; it never had a number.
 * - **Fix**: return the value (`grad(f, { hasAux: true })` carries auxiliary results) instead of storing it; the message says
 *   where it was made.
 *
 * @example
 * ```ts
 * let leaked: NDArray | undefined;
 * jit((x: NDArray) => (leaked = x.mul(2)))(1);
 * leaked?.add(1); // throws UnexpectedTracerError
 * ```
 */
export class UnexpectedTracerError extends JAXTypeError {
  override readonly name: string = "UnexpectedTracerError";
}

/**
 * A random key was used twice while `debugKeyReuse` was on.
 *
 * - **Mistake**: two draws from the same key, or a draw from a key that was split.
 * - **Reason**: the same key gives the same numbers, so samples that should be independent are equal.
 * - **Fix**: `const [k1, k2] = random.split(key)` and use each key once.
 */
export class KeyReuseError extends JAXTypeError {
  override readonly name: string = "KeyReuseError";
}
