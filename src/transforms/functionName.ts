/** The name that printed jaxprs show for a function: its own, or `<lambda>` for functions without one. */
export function functionName(f: unknown): string {
  const name = (f as { name?: unknown }).name;
  return typeof name === "string" && name !== "" ? name : "<lambda>";
}

/** Gives a wrapper the name of the function it wraps. */
/* @__NO_SIDE_EFFECTS__ */
export function setName<F extends object>(wrapper: F, name: string): F {
  return Object.defineProperty(wrapper, "name", { value: name, configurable: true });
}
