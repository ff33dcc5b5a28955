/** One process per peer: prepares rows and times them on request from main.ts. */
import type { Peer, Prepared } from "./peer.ts";
import { rows } from "./rows.ts";

export type Request =
  | { readonly kind: "prepare"; readonly row: string }
  | { readonly kind: "time"; readonly runs: number };
export type Reply =
  | { readonly kind: "prepared"; readonly error: number; readonly message?: string }
  | { readonly kind: "time"; readonly seconds: number };

const { peer } = (await import(`./peers/${process.argv[2]}.ts`)) as { peer: Peer };
let prepared: Prepared | null = null;

/** Largest difference from the expected answer, relative to its largest magnitude. */
async function verify(id: string): Promise<number> {
  const row = rows.find((r) => r.id === id);
  if (row === undefined) throw new Error(`no row ${id}`);
  const inputs = row.inputs();
  prepared = await peer.prepare(id, inputs);
  const expected = row.expected(inputs);
  const answer = await prepared.result();
  if (expected === null) return 0;
  if (answer.length !== expected.length)
    throw new Error(`${peer.name} gave ${answer.length} numbers for ${expected.length}`);
  const scale = expected.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return expected.reduce((m, v, i) => Math.max(m, Math.abs(v - answer[i]) / scale), 0);
}

process.on("message", async (request: Request) => {
  try {
    if (request.kind === "prepare") {
      const error = await verify(request.row);
      process.send?.({ kind: "prepared", error } satisfies Reply);
    } else {
      const start = performance.now();
      await prepared?.run(request.runs);
      process.send?.({ kind: "time", seconds: (performance.now() - start) / 1000 } satisfies Reply);
    }
  } catch (error) {
    process.send?.({
      kind: "prepared",
      error: Number.POSITIVE_INFINITY,
      message: String(error),
    } satisfies Reply);
  }
});
process.send?.({ kind: "time", seconds: 0 } satisfies Reply);
