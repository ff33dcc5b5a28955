import { RuntimeError } from "../../../errors.ts";
import { Allocator, type AllocatorOptions } from "./allocator.ts";
import { lastingRegistry } from "./finalization.ts";
import { HostCopies } from "./hostCopies.ts";
import { ScratchArenas } from "./scratch.ts";
import { Slot, Storage } from "./storage.ts";
import { copyBytes, Views } from "./views.ts";

const MEBIBYTE = 1 << 20;

export interface DeviceMemoryOptions extends AllocatorOptions {
  /** Device bytes at which the least recently used storages move to the host; default 256 MiB. It rises when live data need it. */
  readonly softLimit?: number;
  /** The highest value the soft limit rises to; default 3 GiB. */
  readonly hardLimit?: number;
  /** Resident storages at which the same happens, whatever their size; default 8,192. It rises likewise. */
  readonly softCount?: number;
}

export interface MemoryStatistics {
  /** Bytes of storages in device memory. */
  readonly residentBytes: number;
  /** Storages in device memory. */
  readonly count: number;
  /** Bytes moved to the host so far, and how many of them came back. */
  readonly evictedBytes: number;
  readonly returnedBytes: number;
  /** The present soft limits. */
  readonly softLimit: number;
  readonly softCount: number;
  /** Bytes of the scratch arenas. */
  readonly scratchBytes: number;
  /** Size of the WebAssembly memory. */
  readonly capacity: number;
}

/** How many new bytes pass between two hints to the engine, and the size of a hint: V8 looks for garbage when its buffers grow by that much. */
const hintEvery = 32 * MEBIBYTE;
const hintBytes = 64 * MEBIBYTE;

/**
 * The memory of the CPU device. Nobody frees anything by hand, and yet neither kind of program leaks:
 *
 * - A program that returns to the event loop: the storages made in a job are registered for finalization when the job
 *   ends (a microtask), and a storage that the garbage collector finds unreachable gives its block back.
 * - A program that never returns gets no finalizers. When the resident bytes reach the soft limit, the least recently used
 *   storages are copied to ordinary ArrayBuffers that only the arrays refer to, so those that are garbage vanish like any
 *   object; the others come back when they are touched.
 *
 * Registering is put off to the end of the job because it costs more than an allocation, and because a registration
 * itself stays in memory until the event loop turns. Until then the table holds the storage itself ("young"), afterwards
 * only its slot.
 */
export class DeviceMemory {
  readonly allocator: Allocator;
  readonly views: Views;
  readonly #scratch: ScratchArenas;
  readonly #hardLimit: number;
  #softLimit: number;
  #softCount: number;
  /** Residency at which the next eviction round starts: the soft limits, or more when the last round could not get below them. */
  #evictAtBytes: number;
  #evictAtCount: number;

  #tick = 0;
  #depth = 0;
  /** The tick at which the outermost running operation began, above those that are held: nothing touched since may be moved. */
  #pinnedFrom = Number.POSITIVE_INFINITY;
  /** The tick at which that operation called JavaScript first, having touched all that it uses; -1 before. */
  #pinnedTo = -1;
  /** Ticks of what the operations that wait for a call of JavaScript use: it may not be moved, freed or given away. */
  readonly #held: { readonly from: number; readonly to: number }[] = [];
  #heldFrom = Number.POSITIVE_INFINITY;
  /** How deep those operations are nested. */
  #heldDepth = 0;
  /** Slots that were freed while they were held. */
  readonly #freedLater: Slot[] = [];

  readonly #young: Slot[] = [];
  readonly #old: Slot[] = [];
  #registerScheduled = false;
  /** Bytes of new storages of which the engine has not heard. */
  #unreportedBytes = 0;
  readonly #registry: FinalizationRegistry<Slot>;

  #residentBytes = 0;
  #evictedBytes = 0;
  #returnedBytes = 0;
  /** Bytes and storages of the last eviction round, and how many returned since: a large share means that live data were moved. */
  #lastRound = { bytes: 0, count: 0, returnedBytes: 0, returnedCount: 0 };

  constructor(memory: WebAssembly.Memory, options: DeviceMemoryOptions = {}) {
    this.allocator = new Allocator(memory, options);
    this.views = new Views(memory);
    this.allocator.onGrow = () => this.views.refresh();
    this.#scratch = new ScratchArenas((byteLength) => this.#allocateBlock(byteLength), this.allocator);
    this.#softLimit = options.softLimit ?? 256 * MEBIBYTE;
    this.#hardLimit = Math.max(this.#softLimit, options.hardLimit ?? 3072 * MEBIBYTE);
    this.#softCount = options.softCount ?? 8192;
    this.#evictAtBytes = this.#softLimit;
    this.#evictAtCount = this.#softCount;
    this.#registry = lastingRegistry(this, (memory, slot: Slot) => memory.#release(slot));
  }

  get statistics(): MemoryStatistics {
    return {
      residentBytes: this.#residentBytes,
      count: this.#young.length + this.#old.length,
      evictedBytes: this.#evictedBytes,
      returnedBytes: this.#returnedBytes,
      softLimit: this.#softLimit,
      softCount: this.#softCount,
      scratchBytes: this.#scratch.bytes,
      capacity: this.allocator.capacity,
    };
  }

  /**
   * Begins an operation: until the matching {@link endOperation} no storage that is touched or allocated moves, so the addresses
   * stay valid. Operations nest (a callback of a running program may run others).
   */
  beginOperation(): void {
    if (this.#depth++ !== this.#heldDepth) return;
    this.#pinnedFrom = this.#tick + 1;
    this.#pinnedTo = -1;
  }

  endOperation(): void {
    this.#scratch.leave(this.#depth);
    if (--this.#depth === this.#heldDepth) this.#pinnedFrom = Number.POSITIVE_INFINITY;
    if (this.#depth === 0 && this.#freedLater.length > 0) {
      for (const slot of this.#freedLater) this.#release(slot);
      this.#freedLater.length = 0;
    }
  }

  /**
   * Runs a function that a running operation calls. What the operation uses stays where it is, whatever the function does to the arrays that
   * have it; what the function makes and uses itself may move again, so that an operation may call as often as it likes.
   */
  during<T>(call: () => T): T {
    const [depth, from] = [this.#heldDepth, this.#pinnedFrom];
    if (this.#pinnedTo < 0) this.#pinnedTo = this.#tick;
    const to = this.#pinnedTo;
    this.#held.push({ from, to });
    this.#heldFrom = this.#held[0].from;
    this.#heldDepth = this.#depth;
    this.#pinnedFrom = Number.POSITIVE_INFINITY;
    try {
      return call();
    } finally {
      this.#held.pop();
      this.#heldFrom = this.#held[0]?.from ?? Number.POSITIVE_INFINITY;
      this.#heldDepth = depth;
      this.#pinnedFrom = from;
      this.#pinnedTo = to;
    }
  }

  /** Whether an operation that waits for a call of JavaScript uses a storage. */
  isHeld({ slot }: Storage): boolean {
    return this.#isHeld(slot);
  }

  #isHeld({ lastUse }: Slot): boolean {
    return lastUse >= this.#heldFrom && this.#held.some(({ from, to }) => from <= lastUse && lastUse <= to);
  }

  /**
   * A new resident storage, contents undefined.
   * @throws ResourceExhaustedError when there is no room; nothing has changed then, except that storages may have moved to the host.
   */
  allocate(byteLength: number): Storage {
    const slot = new Slot(byteLength);
    const storage = new Storage(slot);
    slot.ptr = this.#allocateBlock(byteLength);
    this.#enter(slot, storage);
    return storage;
  }

  /** A new storage with a copy of `bytes`. */
  fromHost(bytes: ArrayBufferView): Storage {
    const storage = this.allocate(bytes.byteLength);
    this.views.u8.set(asBytes(bytes), storage.slot.ptr);
    return storage;
  }

  /** A new storage that takes over `bytes`, which must not change any more; they are copied to the device on first touch. */
  adoptHost(bytes: ArrayBufferView): Storage {
    const slot = new Slot(bytes.byteLength);
    slot.host = { bytes: asBytes(bytes), offset: 0 };
    return new Storage(slot);
  }

  /** Makes a storage resident, marks it as just used and returns its address. */
  touch(storage: Storage): number {
    const slot = storage.slot;
    if (slot.ptr === 0) return this.#bringBack(storage);
    this.#use(slot);
    return slot.ptr;
  }

  /** What is held stays so: it must not look as if only the present operation used it. */
  #use(slot: Slot): void {
    if (slot.lastUse < this.#heldFrom || !this.#isHeld(slot)) slot.lastUse = ++this.#tick;
  }

  /** A copy of the bytes; a storage on the host stays there. */
  read(storage: Storage): Uint8Array<ArrayBuffer> {
    const { slot } = storage;
    if (slot.ptr !== 0) {
      this.#use(slot);
      return copyBytes(this.views.u8, slot.ptr, slot.byteLength);
    }
    return hostBytes(slot).slice() as Uint8Array<ArrayBuffer>;
  }

  /** Copies the bytes of a storage, wherever they are, to an address that belongs to the running operation. */
  copyTo({ slot }: Storage, ptr: number): void {
    if (slot.ptr === 0) this.views.u8.set(hostBytes(slot), ptr);
    else this.views.u8.copyWithin(ptr, slot.ptr, slot.ptr + slot.byteLength);
  }

  /** The bytes themselves, in device memory; valid until the next allocation. */
  view(storage: Storage): Uint8Array {
    const ptr = this.touch(storage);
    return this.views.u8.subarray(ptr, ptr + storage.slot.byteLength);
  }

  /** Frees the bytes now. Freeing twice is allowed; any other later use is an error. */
  free(storage: Storage): void {
    const { slot } = storage;
    slot.deleted = true;
    slot.host = null;
    if (slot.ptr !== 0 && this.isHeld(storage)) this.#freedLater.push(slot);
    else this.#release(slot);
  }

  /** Gives the block of a resident or host storage to a new storage and deletes the old one: donation without a copy. */
  transfer(storage: Storage): Storage {
    const from = storage.slot;
    const ptr = this.touch(storage);
    const slot = new Slot(from.byteLength);
    const heir = new Storage(slot);
    this.#leave(from);
    from.ptr = 0;
    from.deleted = true;
    slot.ptr = ptr;
    this.#enter(slot, heir);
    return heir;
  }

  /**
   * The address of at least `byteLength` bytes for temporaries of the running operation, 64-byte aligned, contents undefined. A
   * second call in the same operation may move the arena and so ends the first one's validity.
   */
  scratch(byteLength: number): number {
    if (this.#depth === 0)
      throw new Error("scratch memory belongs to an operation; call beginOperation first");
    return this.#scratch.get(this.#depth, byteLength);
  }

  /** Moves every storage that is not in use by a running operation to the host. */
  evictAll(): void {
    this.#evict(0, 0);
  }

  // ---- residency

  #allocateBlock(byteLength: number): number {
    if (
      this.#residentBytes + byteLength > this.#evictAtBytes ||
      this.#young.length + this.#old.length >= this.#evictAtCount
    ) {
      this.#makeRoom(byteLength);
    }
    const ptr = this.allocator.tryAlloc(byteLength);
    return ptr !== 0 ? ptr : this.#allocateUnderPressure(byteLength);
  }

  #allocateUnderPressure(byteLength: number): number {
    this.#scratch.trim();
    for (const share of [0.5, 0]) {
      this.#evict(this.#residentBytes * share, Number.POSITIVE_INFINITY);
      this.allocator.trim();
      const ptr = this.allocator.tryAlloc(byteLength);
      if (ptr !== 0) return ptr;
    }
    throw this.allocator.exhausted(byteLength);
  }

  #enter(slot: Slot, storage: Storage): void {
    slot.lastUse = ++this.#tick;
    slot.young = storage;
    slot.index = this.#young.length;
    this.#young.push(slot);
    this.#residentBytes += slot.byteLength;
    if (!this.#registerScheduled) {
      this.#registerScheduled = true;
      queueMicrotask(this.#registerYoung);
    }
  }

  /** Takes a resident slot out of its table; the block stays allocated. */
  #leave(slot: Slot): void {
    const table = slot.young !== null ? this.#young : this.#old;
    const last = table.pop() as Slot;
    if (last !== slot) {
      last.index = slot.index;
      table[slot.index] = last;
    }
    slot.young = null;
    this.#residentBytes -= slot.byteLength;
  }

  #release(slot: Slot): void {
    if (slot.ptr === 0) return;
    this.#leave(slot);
    this.allocator.free(slot.ptr, slot.byteLength);
    slot.ptr = 0;
    // A limit that was raised because too much could not move falls with what is there.
    const { max, min } = Math;
    this.#evictAtBytes = max(
      this.#softLimit,
      min(this.#evictAtBytes, this.#residentBytes + this.#softLimit / 2),
    );
  }

  /** At the end of a job: from here on the table keeps the slot alive, not the storage. */
  readonly #registerYoung = (): void => {
    this.#registerScheduled = false;
    for (const slot of this.#young) {
      this.#unreportedBytes += slot.byteLength;
      this.#registry.register(slot.young!, slot, slot);
      slot.young = null;
      slot.index = this.#old.length;
      this.#old.push(slot);
    }
    this.#young.length = 0;
    this.#reportPressure();
  };

  /**
   * The engine does not see the blocks that its small objects hold, and would collect too late. A buffer of the size that was allocated, never
   * touched and dropped at once, costs next to nothing but counts as memory pressure.
   */
  #reportPressure(): void {
    if (this.#unreportedBytes < hintEvery) return;
    this.#unreportedBytes = 0;
    try {
      void new ArrayBuffer(hintBytes);
    } catch {
      // There is no room even for that: the pressure is felt already.
    }
  }

  #bringBack(storage: Storage): number {
    const { slot } = storage;
    const host = hostBytes(slot);
    slot.ptr = this.#allocateBlock(slot.byteLength);
    this.views.u8.set(host, slot.ptr);
    slot.host = null;
    this.#enter(slot, storage);
    // What was made on the host comes here for the first time.
    if (slot.evicted) {
      slot.evicted = false;
      this.#returnedBytes += slot.byteLength;
      this.#lastRound.returnedBytes += slot.byteLength;
      this.#lastRound.returnedCount++;
    }
    return slot.ptr;
  }

  // ---- eviction

  #makeRoom(byteLength: number): void {
    const round = this.#lastRound;
    // When a quarter of what was moved came back, the live data do not fit: moving them again would only copy.
    if (round.returnedBytes * 4 > round.bytes && round.bytes > 0) {
      this.#softLimit = Math.min(this.#softLimit * 2, this.#hardLimit);
    }
    if (round.returnedCount * 4 > round.count && round.count > 0) this.#softCount *= 2;
    this.#lastRound = { bytes: 0, count: 0, returnedBytes: 0, returnedCount: 0 };
    const count = this.#young.length + this.#old.length;
    const half = this.#softLimit / 2;
    if (this.#residentBytes + byteLength > this.#softLimit || count >= this.#softCount) {
      this.#evict(Math.max(0, Math.min(half, this.#softLimit - byteLength)), this.#softCount / 2);
    }
    const remaining = this.#young.length + this.#old.length;
    this.#evictAtBytes = Math.max(this.#softLimit, this.#residentBytes + byteLength + half);
    this.#evictAtCount = Math.max(this.#softCount, remaining + this.#softCount / 2);
  }

  /** Moves storages to the host, least recently used first, until at most `bytes` and `count` remain. */
  #evict(bytes: number, count: number): void {
    const slots = [...this.#young, ...this.#old].sort((a, b) => a.lastUse - b.lastUse);
    const copies = new HostCopies();
    let remaining = slots.length;
    for (const slot of slots) {
      if (this.#isHeld(slot)) continue;
      if (slot.lastUse >= this.#pinnedFrom || (this.#residentBytes <= bytes && remaining <= count)) break;
      const old = slot.young === null;
      try {
        slot.evicted = true;
        slot.host = copies.copy(this.views.u8, slot.ptr, slot.byteLength);
      } catch {
        break; // The host has no memory either: leave the rest where it is.
      }
      this.#release(slot);
      // The registration would keep the slot, and with it the host copy, alive until the event loop turns.
      if (old) this.#registry.unregister(slot);
      remaining--;
      this.#evictedBytes += slot.byteLength;
      this.#lastRound.bytes += slot.byteLength;
      this.#lastRound.count++;
    }
  }
}

function hostBytes(slot: Slot): Uint8Array {
  const { host } = slot;
  if (host !== null) return host.bytes.subarray(host.offset, host.offset + slot.byteLength);
  throw new RuntimeError("Array has been deleted: its memory was freed or donated.");
}

function asBytes(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
