/** Three significant digits, without an exponent. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

/** A time in seconds, in the unit of a row. */
export const formatTime = (seconds: number, unit: "ms" | "us"): string =>
  `${threeDigits(seconds * (unit === "ms" ? 1e3 : 1e6))} ${unit}`;
