/** The process of a JavaScript peer: `worker.ts NAME THREADS`. Prepares kernels and times them on request, see protocol.ts. */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Kernels, Peer, Prepared } from "../peers/peer.ts";
import type { Inputs } from "../rows/row.ts";
import type { Reply, Request } from "./protocol.ts";

// Standard output carries the protocol; what libraries print must not get into it.
console.log = console.info = console.debug = console.warn = console.error;

const [name, threads] = process.argv.slice(2);
const say = (reply: Reply): void => void process.stdout.write(`${JSON.stringify(reply)}\n`);

let prepared: Prepared | null = null;

function readInputs(files: Extract<Request, { kind: "prepare" }>["inputs"]): Inputs {
  const inputs: Inputs = {};
  for (const { name, shape, file } of files) {
    const bytes = readFileSync(file);
    inputs[name] = { shape, data: new Float32Array(new Uint8Array(bytes).buffer) };
  }
  return inputs;
}

async function prepare(kernels: Kernels, request: Extract<Request, { kind: "prepare" }>): Promise<Reply> {
  prepared?.release?.();
  prepared = null;
  // What the last row left behind must not be collected while the next is timed.
  globalThis.gc?.();
  const kernel = kernels[request.kernel];
  if ("missing" in kernel) return { kind: "missing", reason: kernel.missing };
  prepared = await kernel(readInputs(request.inputs), request.parameters);
  const start = performance.now();
  const answers = await prepared.answers();
  const seconds = (performance.now() - start) / 1000;
  answers.forEach((answer, k) => {
    writeFileSync(
      `${request.answers}${k}.f32`,
      answer instanceof Float32Array ? answer : Float32Array.from(answer),
    );
  });
  return { kind: "prepared", answers: answers.length, seconds };
}

async function respond(kernels: Kernels, request: Request): Promise<Reply> {
  if (request.kind === "prepare") return await prepare(kernels, request);
  if (prepared === null) throw new Error("nothing is prepared");
  const start = performance.now();
  await prepared.run(request.runs);
  return { kind: "time", seconds: (performance.now() - start) / 1000 };
}

const { peer } = (await import(`../peers/${name}/index.ts`)) as { peer: Peer };
const { kernels, ...started } = await peer.start(Number(threads));
say({ kind: "hello", ...started });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say(await respond(kernels, JSON.parse(line) as Request));
  } catch (error) {
    say({
      kind: "error",
      message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    });
  }
}
// Worker threads of a library would keep the process alive.
process.exit(0);
