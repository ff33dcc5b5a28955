/** A worker of the host, Node or browser, reduced to what the pool needs. */
export interface WorkerHandle {
  post(message: unknown): void;
  terminate(): void;
  onMessage: (message: { readonly kind: string; readonly message: string }) => void;
  /** The worker ended although nobody asked it to, or could not start. */
  onEnd: () => void;
}

type NodeWorker = {
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref(): void;
  on(event: string, listener: (value: never) => void): void;
};
type WorkerThreads = { Worker: new (url: URL, options: object) => NodeWorker };
type Os = { availableParallelism?(): number; cpus(): unknown[] };
type ProcessLike = {
  readonly env?: Record<string, string | undefined>;
  getBuiltinModule?(name: string): unknown;
};

/** Reached through the global object so that bundlers for the browser see no Node module. */
const host = (globalThis as { process?: ProcessLike }).process;
const nodeModule = <T>(name: string): T | undefined => host?.getBuiltinModule?.(name) as T | undefined;

/** Threads above this many help little with kernels of the size of a training step. */
const MOST_THREADS = 16;

let found: number | undefined;

/** The threads to use unless told otherwise: what the machine runs at once, or the environment variable FLUXION_NUM_THREADS. */
export function hardwareThreads(): number {
  found ??= findThreads();
  return found;
}

function findThreads(): number {
  const wanted = Number(host?.env?.FLUXION_NUM_THREADS);
  if (Number.isInteger(wanted) && wanted >= 1) return wanted;
  const os = nodeModule<Os>("node:os");
  const cores =
    os !== undefined ? (os.availableParallelism?.() ?? os.cpus().length) : navigator.hardwareConcurrency;
  return Math.max(1, Math.min(cores, MOST_THREADS));
}

/** @throws what the host throws when it refuses */
export function startWorker(): WorkerHandle {
  const threads = nodeModule<WorkerThreads>("node:worker_threads");
  return threads === undefined ? startWebWorker() : startNodeWorker(threads);
}

function startNodeWorker({ Worker }: WorkerThreads): WorkerHandle {
  const worker = new Worker(new URL("./poolWorker.js", import.meta.url), { execArgv: [], env: {} });
  const handle: WorkerHandle = {
    post: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
    onMessage: () => {},
    onEnd: () => {},
  };
  worker.on("message", (message) => handle.onMessage(message));
  worker.on("error", () => handle.onEnd());
  worker.on("exit", () => handle.onEnd());
  worker.unref();
  return handle;
}

function startWebWorker(): WorkerHandle {
  // Bundlers find the worker by this very form.
  const worker = new Worker(new URL("./poolWorker.js", import.meta.url), { type: "module" });
  const handle: WorkerHandle = {
    post: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
    onMessage: () => {},
    onEnd: () => {},
  };
  worker.onmessage = ({ data }) => handle.onMessage(data);
  worker.onerror = () => handle.onEnd();
  return handle;
}
