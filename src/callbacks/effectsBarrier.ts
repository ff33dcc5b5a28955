/**
 * Waits until the effects of all programs that were called have happened. Programs run their callbacks before they return, so there is nothing to
 * wait for; it is here so that programs which say when they rely on it can say it.
 *
 * @example
 * ```ts
 * jit((x: NDArray) => debug.callback(() => {}, x) ?? x)(1);
 * effectsBarrier();
 * ```
 */
export function effectsBarrier(): void {}
