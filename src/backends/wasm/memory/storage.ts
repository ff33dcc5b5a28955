import type { HostCopy } from "./hostCopies.ts";

/**
 * Where the bytes of an array are: in device memory (`ptr` not 0), on the host (`host` not null) or, once freed, nowhere.
 * The tables of {@link DeviceMemory} hold slots; only the {@link Storage} that arrays hold is watched by the garbage collector.
 */
export class Slot {
  readonly byteLength: number;
  ptr = 0;
  host: HostCopy | null = null;
  /** The tick of the last touch: orders eviction, and protects what a running operation uses. */
  lastUse = 0;
  /** Position in the table that holds the slot while it is resident. */
  index = -1;
  /** The owner, while the job that made the slot resident still runs; see {@link DeviceMemory}. */
  young: Storage | null = null;
  deleted = false;
  /** It was moved to the host, and has not come back. */
  evicted = false;
  constructor(byteLength: number) {
    this.byteLength = byteLength;
  }
}

/**
 * The bytes of an array, shared by the arrays that have the same contents. When no array refers to it any more its
 * device memory is freed.
 */
export class Storage {
  readonly slot: Slot;
  /** Set once several arrays have it: then none of them may free it or write to it. */
  shared = false;
  constructor(slot: Slot) {
    this.slot = slot;
  }
  get byteLength(): number {
    return this.slot.byteLength;
  }
  /** The address in device memory, 0 when not resident; valid only until the next allocation outside an operation. */
  get ptr(): number {
    return this.slot.ptr;
  }
  get resident(): boolean {
    return this.slot.ptr !== 0;
  }
  get deleted(): boolean {
    return this.slot.deleted;
  }
}
