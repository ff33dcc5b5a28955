/** What the harness and the processes of the peers say to each other: one JSON object per line, arrays in files of little-endian float32. */
import type { Kernel, Parameters } from "../rows/row.ts";

export interface InputFile {
  readonly name: string;
  readonly shape: readonly number[];
  readonly file: string;
}

export type Request =
  | {
      readonly kind: "prepare";
      readonly kernel: Kernel;
      readonly inputs: readonly InputFile[];
      readonly parameters: Parameters;
      /** Answer k goes to this path with k and ".f32" appended. */
      readonly answers: string;
    }
  | { readonly kind: "time"; readonly runs: number };

/** A peer's first line. */
export interface Hello {
  readonly kind: "hello";
  readonly version: string;
  readonly threads: number;
}
export type Reply =
  | Hello
  /** How many answers were written, and how long the run that gave them took. */
  | { readonly kind: "prepared"; readonly answers: number; readonly seconds: number }
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "time"; readonly seconds: number }
  | { readonly kind: "error"; readonly message: string };
