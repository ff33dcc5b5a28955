import { config } from "../core/config.ts";
import { ValueError } from "../errors.ts";

/** How exactly products are computed. On the CPU every choice computes in the operands' own precision. */
export class Precision {
  /** The fastest mode of the device. */
  static readonly DEFAULT = new Precision("DEFAULT");
  /** More exact than the default where the device has such a mode. */
  static readonly HIGH = new Precision("HIGH");
  /** The full precision of the dtype. */
  static readonly HIGHEST = new Precision("HIGHEST");
  readonly name: string;
  private constructor(name: string) {
    this.name = name;
    Object.freeze(this);
  }
  toString(): string {
    return `Precision.${this.name}`;
  }
  toJSON(): string {
    return this.name;
  }
}

type PrecisionName = "default" | "high" | "highest" | "fastest" | "bfloat16" | "tensorfloat32" | "float32";
/** One choice for both operands, or one for each. */
export type PrecisionLike =
  | null
  | Precision
  | PrecisionName
  | readonly [Precision | PrecisionName, Precision | PrecisionName];
export type PrecisionPair = readonly [Precision, Precision];

const byName: Readonly<Record<PrecisionName, Precision>> = {
  default: Precision.DEFAULT,
  fastest: Precision.DEFAULT,
  bfloat16: Precision.DEFAULT,
  high: Precision.HIGH,
  tensorfloat32: Precision.HIGH,
  highest: Precision.HIGHEST,
  float32: Precision.HIGHEST,
};

function canonicalizeOne(p: unknown): Precision {
  if (p instanceof Precision) return p;
  if (typeof p === "string" && Object.hasOwn(byName, p)) return byName[p as PrecisionName];
  throw new ValueError(
    "Precision argument must be one of:\n- null,\n" +
      `- a string in [${Object.keys(byName)
        .map((n) => `'${n}'`)
        .join(", ")}],\n` +
      `- a lax.Precision value, or\n- a pair of two of these;\nbut got ${String(p)}.`,
  );
}

/** The precision of a product, `config.defaultMatmulPrecision` where none is given. @throws ValueError when it names none. */
export function canonicalizePrecision(given: PrecisionLike | undefined): PrecisionPair | null {
  const precision = given ?? config.defaultMatmulPrecision;
  if (precision === null || precision === undefined) return null;
  if (Array.isArray(precision) && precision.length === 2) {
    return [canonicalizeOne(precision[0]), canonicalizeOne(precision[1])];
  }
  const p = canonicalizeOne(precision);
  return [p, p];
}
