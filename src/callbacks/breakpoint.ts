import { callback } from "./debugCallback.ts";

/**
 * Stops in the debugger, where one is attached (the developer tools of a browser, `node --inspect`), when a transformed or compiled
 * function comes here. `values` holds the values that were passed, as concrete arrays: JavaScript cannot show the variables of the function, which
 * ended when it was traced. Without a debugger nothing happens.
 *
 * @param values trees of arrays and other leaves
 * @example
 * ```ts
 * String(jit((x: NDArray) => debug.breakpoint(x) ?? x.mul(2))(3)); // => "6"
 * ```
 */
export function breakpoint(...values: unknown[]): void {
  callback(stop, values);
}

function stop(values: readonly unknown[]): void {
  // biome-ignore lint/suspicious/noDebugger: that is what was asked for
  debugger;
  void values;
}
