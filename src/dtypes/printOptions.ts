/** The settings for printing arrays, NumPy's print options. */
import { ValueError } from "../errors.ts";

/** Settings for printing arrays. */
export interface PrintOptions {
  /** Digits after the point of floating point elements, at most (default 8). */
  readonly precision: number;
  /** Arrays of more elements than this are summarised with `...` (default 1000). */
  readonly threshold: number;
  /** Elements shown at each end of each dimension in a summary (default 3). */
  readonly edgeitems: number;
  /** Characters per line (default 75). */
  readonly linewidth: number;
  /** Never use scientific notation because a number is small (default false). */
  readonly suppress: boolean;
  readonly nanstr: string;
  readonly infstr: string;
  /** `"+"` prints the sign of positive numbers, `" "` a space in its place (default `"-"`: neither). */
  readonly sign: "-" | "+" | " ";
  /** How `precision` is read; see NumPy's `floatmode` (default `"maxprec"`). */
  readonly floatmode: "fixed" | "unique" | "maxprec" | "maxprec_equal";
}

const defaults: PrintOptions = {
  precision: 8,
  threshold: 1000,
  edgeitems: 3,
  linewidth: 75,
  suppress: false,
  nanstr: "nan",
  infstr: "inf",
  sign: "-",
  floatmode: "maxprec",
};

let current: PrintOptions = defaults;

/** The settings in force. */
export function getPrintOptions(): PrintOptions {
  return current;
}

/**
 * Changes how arrays are printed; settings that are not named stay.
 *
 * @throws ValueError for an unknown setting or value.
 * @example
 * setPrintOptions({ precision: 3 });
 * String(jnp.array([1 / 3])) // => "[0.333]"
 */
export function setPrintOptions(options: Partial<PrintOptions>): void {
  current = withPrintOptions(current, options);
}

/**
 * Runs a function under other settings, and restores them.
 *
 * @example
 * printOptions({ threshold: 5 }, () => String(jnp.arange(10))) // => "[0 1 2 ... 7 8 9]"
 */
export function printOptions<T>(options: Partial<PrintOptions>, body: () => T): T {
  const saved = current;
  current = withPrintOptions(saved, options);
  try {
    return body();
  } finally {
    current = saved;
  }
}

/** `base` with the settings of `options` that are not undefined, checked. */
export function withPrintOptions(base: PrintOptions, options: Partial<PrintOptions>): PrintOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!(name in defaults)) {
      throw new ValueError(
        `unknown print option '${name}'; the options are ${Object.keys(defaults).join(", ")}`,
      );
    }
    if (typeof value !== typeof defaults[name as keyof PrintOptions]) {
      throw new ValueError(
        `print option ${name} must be a ${typeof defaults[name as keyof PrintOptions]}, got ${value}`,
      );
    }
    if (typeof value === "number" && !(value >= 0 && (Number.isInteger(value) || value === Infinity))) {
      throw new ValueError(`print option ${name} must be an integer >= 0, got ${value}`);
    }
  }
  const merged = { ...base, ...Object.fromEntries(given) } as PrintOptions;
  if (!["-", "+", " "].includes(merged.sign)) {
    throw new ValueError("sign option must be one of ' ', '+', or '-'");
  }
  if (!["fixed", "unique", "maxprec", "maxprec_equal"].includes(merged.floatmode)) {
    throw new ValueError('floatmode option must be one of "fixed", "unique", "maxprec", "maxprec_equal"');
  }
  return merged;
}
