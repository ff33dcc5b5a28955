import { JaxRuntimeError } from "../errors.ts";
import type { ShapedArray } from "./aval.ts";
import { config } from "./config.ts";

/**
 * Called where values pass between host and device although nobody asked for it in so many words.
 * @throws JaxRuntimeError under `config.transferGuard` "disallow"
 */
export function guardTransfer(direction: "host-to-device" | "device-to-host", aval: () => ShapedArray): void {
  if (config.transferGuard === "allow") return;
  const text = `${direction} transfer: aval=ShapedArray(${aval()})`;
  if (config.transferGuard === "log") {
    console.warn(text);
    return;
  }
  const advice =
    direction === "host-to-device"
      ? "Make an array once, with jnp.array(x) or devicePut(x), and pass that"
      : "Read with await x.data() or await x.js()";
  throw new JaxRuntimeError(`INVALID_ARGUMENT: Disallowed ${text}. ${advice}.`);
}

/** Runs `f` with transfers allowed: it is known to read. */
export function withTransfers<T>(f: () => T): T {
  const saved = config.transferGuard;
  if (saved === "allow") return f();
  config.transferGuard = "allow";
  try {
    return f();
  } finally {
    config.transferGuard = saved;
  }
}
