import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row, Verdict, Verifier } from "../rows/row.ts";
import type { InputFile } from "./protocol.ts";

/** A row's inputs on disk, for every peer to read, and the judge of its answers. */
export interface Prepared {
  readonly inputs: readonly InputFile[];
  readonly verify: Verifier;
}

/** A temporary folder with the inputs and answers of the rows under measurement. */
export class Workspace {
  private readonly folder = mkdtempSync(join(tmpdir(), "fluxion-bench-"));
  private readonly rows = new Map<string, Prepared>();

  constructor() {
    process.once("exit", this.remove);
  }

  /** Writes the inputs and computes the reference, once per row. */
  prepare(row: Row): Prepared {
    const known = this.rows.get(row.id);
    if (known !== undefined) return known;
    mkdirSync(join(this.folder, row.id));
    const values = row.inputs();
    const inputs = Object.entries(values).map(([name, { shape, data }]) => {
      const file = join(this.folder, row.id, `${name}.f32`);
      writeFileSync(file, data);
      return { name, shape, file };
    });
    const prepared = { inputs, verify: row.reference(values) };
    this.rows.set(row.id, prepared);
    return prepared;
  }

  /** Where a peer writes its answers. */
  answersOf(row: Row): string {
    return join(this.folder, row.id, "answer-");
  }

  /** Judges the answers that a peer has written; a wrong size is an error. */
  judge(row: Row, count: number): Verdict {
    const answers = Array.from({ length: count }, (_, k) => {
      const bytes = readFileSync(`${this.answersOf(row)}${k}.f32`);
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    });
    return this.prepare(row).verify(answers);
  }

  forget(row: Row): void {
    this.rows.delete(row.id);
    rmSync(join(this.folder, row.id), { recursive: true, force: true });
  }

  /** Also done when the process ends before its time. */
  readonly remove = (): void => {
    process.off("exit", this.remove);
    rmSync(this.folder, { recursive: true, force: true });
  };
}
