/**
 * The library's threads are Web Workers made from a Blob, which browsers have and Node has not. This gives them to it on top of
 * worker_threads, so that it need not be measured without its threads.
 */
import { resolveObjectURL } from "node:buffer";
import { Worker as Thread } from "node:worker_threads";

/** What the source of a Web Worker expects around it. */
const prelude = `
const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => self.onmessage({ data }));
`;

class WebWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  private readonly thread: Promise<Thread>;

  constructor(url: string) {
    this.thread = this.start(url);
  }

  private async start(url: string): Promise<Thread> {
    const source = await resolveObjectURL(url)?.text();
    if (source === undefined) throw new Error(`${url} is not a blob`);
    const thread = new Thread(`${prelude}${source}`, { eval: true });
    thread.on("message", (data) => this.onmessage?.({ data }));
    thread.on("error", ({ message }) => this.onerror?.({ message }));
    return thread;
  }

  /** Messages keep their order: all wait for the same promise. */
  postMessage(message: unknown): void {
    void this.thread.then((thread) => thread.postMessage(message));
  }
}

/** Must be called before the library is started. */
export function installWorkers(threads: number): void {
  Object.assign(globalThis, { Worker: WebWorker, navigator: { hardwareConcurrency: threads } });
}
