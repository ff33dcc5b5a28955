import { defaultBackend } from "../core/backend.ts";
import { RuntimeError } from "../errors.ts";
import { hasFiles, writeFile } from "./files.ts";

/**
 * A profile of the memory of the device in the format of pprof (https://github.com/google/pprof): objects and bytes of arrays, and bytes of scratch memory.
 *
 * @example
 * ```ts
 * profiler.deviceMemoryProfile().length > 50; // => true
 * ```
 */
export function deviceMemoryProfile(): Uint8Array<ArrayBuffer> {
  const uses = defaultBackend().memoryUse();
  const strings = ["", "allocations", "count", "space", "bytes"];
  const text = (s: string): number => {
    const at = strings.indexOf(s);
    return at >= 0 ? at : strings.push(s) - 1;
  };
  const body = new Message();
  for (const [type, unit] of [
    ["allocations", "count"],
    ["space", "bytes"],
  ]) {
    body.message(1, new Message().int(1, text(type)).int(2, text(unit)));
  }
  uses.forEach(({ count, bytes }, i) => {
    body.message(2, new Message().packed(1, [i + 1]).packed(2, [count, bytes]));
  });
  uses.forEach((_, i) => {
    body.message(4, new Message().int(1, i + 1).message(4, new Message().int(1, i + 1)));
  });
  uses.forEach(({ what }, i) => {
    body.message(
      5,
      new Message()
        .int(1, i + 1)
        .int(2, text(what))
        .int(3, text(what)),
    );
  });
  for (const s of strings) body.bytes(6, new TextEncoder().encode(s));
  return body.toBytes();
}

/**
 * Writes {@link deviceMemoryProfile} to a file, in Node: `pprof -top file` prints it.
 * @throws RuntimeError where there are no files
 */
export function saveDeviceMemoryProfile(filename: string): void {
  if (!hasFiles()) {
    throw new RuntimeError(
      "saveDeviceMemoryProfile: there are no files here; deviceMemoryProfile() gives the bytes.",
    );
  }
  writeFile("", filename, deviceMemoryProfile());
}

/** A message of protocol buffers in the making. */
class Message {
  private readonly out: number[] = [];

  int(field: number, value: number): this {
    this.varint(field << 3);
    this.varint(value);
    return this;
  }
  bytes(field: number, value: ArrayLike<number>): this {
    this.varint((field << 3) | 2);
    this.varint(value.length);
    for (let i = 0; i < value.length; i++) this.out.push(value[i]);
    return this;
  }
  message(field: number, value: Message): this {
    return this.bytes(field, value.out);
  }
  packed(field: number, values: readonly number[]): this {
    const inner = new Message();
    for (const value of values) inner.varint(value);
    return this.bytes(field, inner.out);
  }
  toBytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.out);
  }

  private varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.out.push((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.out.push(rest);
  }
}
