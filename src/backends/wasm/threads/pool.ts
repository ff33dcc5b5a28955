import { config } from "../../../core/config.ts";
import { JaxRuntimeError } from "../../../errors.ts";
import { lastingRegistry } from "../memory/finalization.ts";
import { ACTIVE_COUNT, CONTROL, CONTROL_BYTES } from "./control.ts";
import { hardwareThreads, startWorker, type WorkerHandle } from "./hostWorker.ts";

/** How long the main thread waits for workers that do not finish, in milliseconds, once all pieces are taken. */
const PATIENCE = 20_000;

/** How long it waits without sleeping: as long as the pieces of a kernel may end one after the other. */
const SPIN_MILLISECONDS = 0.1;

const positions = Object.fromEntries(Object.entries(CONTROL).map(([name, address]) => [name, address >> 2]));

/**
 * The worker threads that share the device's memory and help with the pieces of kernels (region.ts). They start with the first program that has
 * pieces, never keep the process alive, and are not needed: what none of them takes, the calling thread does, with the same result.
 */
export class Pool {
  /** How long to wait for a worker that has taken a piece. */
  patience = PATIENCE;
  private readonly memory: WebAssembly.Memory;
  private readonly words: Int32Array;
  private workers: WorkerHandle[] = [];
  /** The number of threads that the present workers were started for; 0 before the first start. */
  private started = 0;
  /** The number of the present workers together. */
  private crew = 0;
  private readonly common: WebAssembly.Module[] = [];
  private readonly modules = new Map<number, WeakRef<WebAssembly.Module>>();
  private lastId = 0;
  private readonly registry = lastingRegistry(this, (pool, id: number) => pool.forget(id));
  private forgotten: number[] = [];
  /** The region whose end is waited for, and since when. */
  private waitingFor = -1;
  private waitingSince = 0;
  private maySleep = true;
  private lastFailure = "";
  /** Set when a worker could not even start: trying again would not help. */
  private refused = false;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.words = new Int32Array(memory.buffer, 0, CONTROL_BYTES >> 2);
  }

  /** Threads that take part in a region at most, the calling one included. */
  get threads(): number {
    return 1 + this.words[positions.limit];
  }
  /** Threads that take part at present: workers count from when they have started. */
  get present(): number {
    return Math.min(this.threads, 1 + Atomics.load(this.words, positions.present));
  }
  /** Threads that are to take part, by the setting. */
  get wanted(): number {
    return config.numThreads === "auto" ? hardwareThreads() : config.numThreads;
  }
  /** Workers at present. */
  get size(): number {
    return this.workers.length;
  }

  /** How often workers have taken part in a region so far. */
  get joined(): number {
    return Atomics.load(this.words, positions.joined);
  }

  /** Gives the workers a module whose functions others import. It stays as long as the pool. */
  addCommon(module: WebAssembly.Module): void {
    this.common.push(module);
    if (this.workers.length > 0) this.send({ kind: "common", module });
  }

  /** Makes a module known to the workers, and gives its id. */
  add(module: WebAssembly.Module): number {
    const id = ++this.lastId;
    this.modules.set(id, new WeakRef(module));
    this.registry.register(module, id);
    if (this.workers.length > 0) this.send({ kind: "load", id, module });
    return id;
  }

  /** Called before a program with pieces runs: follows the setting of the number of threads. */
  prepare(): void {
    const threads = this.wanted;
    if (threads === this.started) return;
    // More workers than are wanted just look on.
    if (this.workers.length < threads - 1 && !this.refused) this.restart(threads - 1);
    this.started = threads;
    Atomics.store(this.words, positions.limit, Math.min(threads - 1, this.workers.length));
  }

  /** What a program calls while it waits for workers, every few microseconds, and when one has failed. */
  readonly stalled = (failed: number): void => {
    if (failed === 0) {
      const now = performance.now();
      const region = Atomics.load(this.words, positions.generation);
      if (region !== this.waitingFor) {
        this.waitingFor = region;
        this.waitingSince = now;
      }
      const waited = now - this.waitingSince;
      if (waited < this.patience) {
        if (waited > SPIN_MILLISECONDS) this.sleep();
        return;
      }
    }
    this.stop();
    const reason = failed === 0 ? `did not finish within ${this.patience / 1000} seconds` : "failed";
    throw new JaxRuntimeError(
      `A worker thread ${reason}${this.lastFailure === "" ? "" : ` (${this.lastFailure})`}; the results of this call are lost. ` +
        "Everything computed before is intact, and the next call starts new threads.",
    );
  };

  /** Leaves the processor to the workers for a moment: there may be fewer processors than threads. */
  private sleep(): void {
    const active = Atomics.load(this.words, positions.active);
    if ((active & ACTIVE_COUNT) === 0 || !this.maySleep) return;
    try {
      Atomics.wait(this.words, positions.active, active, 1);
    } catch {
      // The main thread of a page must not sleep.
      this.maySleep = false;
    }
  }

  /** Ends all workers. The next program starts new ones. */
  stop(): void {
    for (const worker of this.workers) worker.terminate();
    this.workers = [];
    this.started = 0;
    // From here on no worker of the old crew enters a region, however long it lives.
    this.crew = (this.crew + 1) & 0x7fff;
    Atomics.store(this.words, positions.active, this.crew << 16);
    for (const word of ["limit", "gate", "sleepers", "failed", "mail", "present"]) {
      Atomics.store(this.words, positions[word], 0);
    }
  }

  private restart(count: number): void {
    this.settle();
    this.stop();
    try {
      for (let i = 0; i < count; i++) this.workers.push(startWorker());
    } catch {
      // A page may forbid workers, and a machine may have no room for more: the calling thread does what they would.
      this.refused = true;
    }
    this.workers.forEach((worker, i) => {
      let ready = false;
      worker.onMessage = (message) => {
        if (message.kind === "ready") ready = true;
        else this.lastFailure = message.message;
      };
      worker.onEnd = () => {
        if (!this.workers.includes(worker)) return;
        if (!ready) this.refused = true;
        this.stop();
      };
      const { memory, crew } = this;
      worker.post({ kind: "start", memory, positions, crew, thread: i + 1, length: this.words.length });
    });
    if (this.workers.length > 0) this.announce();
    for (const module of this.common) this.send({ kind: "common", module });
    for (const [id, reference] of this.modules) {
      const module = reference.deref();
      if (module !== undefined) this.send({ kind: "load", id, module });
    }
  }

  /** Waits for workers that still look into the last region. */
  private settle(): void {
    const until = performance.now() + 1000;
    const inside = () => (Atomics.load(this.words, positions.active) & ACTIVE_COUNT) !== 0;
    while (inside() && performance.now() < until);
  }

  private send(message: unknown): void {
    for (const worker of this.workers) worker.post(message);
    this.announce();
  }

  /** Tells the workers that there is one message more for each. */
  private announce(): void {
    Atomics.add(this.words, positions.mail, 1);
    Atomics.add(this.words, positions.generation, 1);
    Atomics.notify(this.words, positions.generation);
  }

  private forget(id: number): void {
    this.modules.delete(id);
    this.forgotten.push(id);
    if (this.forgotten.length < 32 || this.workers.length === 0) return;
    this.send({ kind: "drop", ids: this.forgotten });
    this.forgotten = [];
  }
}
