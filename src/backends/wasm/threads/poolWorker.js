// @ts-check
/**
 * A worker of the pool (pool.ts). Plain JavaScript that imports nothing, so that Node and every bundler can load it as it is. It waits in
 * shared memory for regions to open, takes part in those whose module it has, and turns to its event loop when a message was sent.
 */

/** @type {any} */
const scope = globalThis;
const port = scope.process?.getBuiltinModule?.("node:worker_threads")?.parentPort ?? scope;

/** About 50 microseconds of looking before a worker goes to sleep: longer than the gap between two regions of a program. */
const SPINS = 20_000;

/** @type {Map<number, (thread: number) => void>} */
const modules = new Map();
/** @type {Int32Array} */
let words;
/** @type {WebAssembly.Memory} */
let memory;
/** @type {Record<"generation" | "active" | "gate" | "limit" | "sleepers" | "failed" | "joined" | "mail" | "present", number>} Positions in `words`. */
let at;
/** The functions that modules import. @type {Record<string, any>} */
const common = {};
let thread = 0;
/** Which workers it is one of. */
let crew = 0;
let received = 0;

/** Whether the main thread still counts on this worker. */
const belongs = () => Atomics.load(words, at.active) >>> 16 === crew;

/**
 * Adds to the number of workers inside the region, unless this worker's crew was told to end; tells whether it did.
 * @param {number} change
 */
function count(change) {
  for (;;) {
    const active = Atomics.load(words, at.active);
    if (active >>> 16 !== crew) return false;
    if (Atomics.compareExchange(words, at.active, active, active + change) !== active) continue;
    if ((active & 0xffff) + change === 0) Atomics.notify(words, at.active);
    return true;
  }
}

/** Takes part in the open region, if there is one. @param {number} generation */
function takePart(generation) {
  if (!count(1)) return generation;
  try {
    // Read after `active` was raised: from here on the main thread does not end the region without this worker.
    const work = modules.get(Atomics.load(words, at.gate));
    if (work !== undefined && thread <= Atomics.load(words, at.limit)) {
      Atomics.add(words, at.joined, 1);
      work(thread);
    }
  } catch (error) {
    if (belongs()) Atomics.store(words, at.failed, 1);
    port.postMessage({ kind: "failed", message: String(error) });
  } finally {
    count(-1);
  }
  return generation;
}

function serve() {
  // A region that opened while messages were read is not missed: one look before the first wait.
  let seen = takePart(Atomics.load(words, at.generation));
  while (Atomics.load(words, at.mail) === received && belongs()) {
    let spins = 0;
    while (Atomics.load(words, at.generation) === seen && spins < SPINS) spins++;
    if (Atomics.load(words, at.generation) === seen) {
      Atomics.add(words, at.sleepers, 1);
      Atomics.wait(words, at.generation, seen);
      if (belongs()) Atomics.sub(words, at.sleepers, 1);
    }
    seen = takePart(Atomics.load(words, at.generation));
  }
}

/** @param {any} data */
function receive(data) {
  received++;
  switch (data.kind) {
    case "start":
      memory = data.memory;
      at = data.positions;
      thread = data.thread;
      crew = data.crew;
      words = new Int32Array(memory.buffer, 0, data.length);
      if (belongs()) Atomics.add(words, at.present, 1);
      port.postMessage({ kind: "ready" });
      break;
    case "common":
      Object.assign(common, new WebAssembly.Instance(data.module, { env: { memory } }).exports);
      break;
    case "load": {
      const instance = new WebAssembly.Instance(data.module, {
        common,
        env: {
          memory,
          id: data.id,
          mark: () => {},
          hostCall: () => {
            throw new Error("a worker does not call JavaScript");
          },
          stalled: () => {
            throw new Error("a worker does not open regions");
          },
        },
      });
      modules.set(data.id, /** @type {(thread: number) => void} */ (instance.exports.work));
      break;
    }
    case "drop":
      for (const id of data.ids) modules.delete(id);
      break;
  }
  if (Atomics.load(words, at.mail) === received) serve();
}

if (port === scope)
  scope.addEventListener("message", (/** @type {MessageEvent} */ event) => receive(event.data));
else port.on("message", receive);
