// Stands for node:util where tests run in a browser: how console.log of Node shows a value.

const custom = Symbol.for("nodejs.util.inspect.custom");

/** Shows what says how it is shown, and plain objects of it. */
export function inspect(value: unknown): string {
  if (typeof value === "string") return `'${value}'`;
  if (typeof value !== "object" || value === null) return String(value);
  const show = (value as Record<symbol, unknown>)[custom];
  if (typeof show === "function") {
    const shown: unknown = show.call(value, 2, {}, inspect);
    return typeof shown === "string" ? shown : inspect(shown);
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    throw new TypeError(`inspect is made for tests and cannot show ${Object.prototype.toString.call(value)}`);
  }
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${inspect(field)}`);
  return `{ ${fields.join(", ")} }`;
}
