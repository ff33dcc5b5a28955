import type { LoadedCode } from "./loadedCode.ts";

/** What keys and modules may take together. An entry's share counts at least {@link entryBytes}, for what the engine makes of it. */
const mostBytes = 32 << 20;
const entryBytes = 16 << 10;

/**
 * The code of the latest programs, by a text of what they compute (programKey.ts): a program that is traced again, by another call of
 * `jit` say, is not compiled again.
 */
export class CodeCache {
  /** In order of use, the latest last. */
  private readonly entries = new Map<string, LoadedCode>();
  private bytes = 0;

  get(key: string, make: () => LoadedCode): LoadedCode {
    let code = this.entries.get(key);
    if (code === undefined) {
      code = make();
      const bytes = sizeOf(key, code);
      if (bytes > mostBytes / 2) return code;
      this.bytes += bytes;
    } else {
      this.entries.delete(key);
    }
    this.entries.set(key, code);
    for (const [oldest, old] of this.entries) {
      if (this.bytes <= mostBytes) break;
      this.entries.delete(oldest);
      this.bytes -= sizeOf(oldest, old);
    }
    return code;
  }

  clear(): void {
    this.entries.clear();
    this.bytes = 0;
  }
}

function sizeOf(key: string, code: LoadedCode): number {
  return key.length + code.codeBytes + entryBytes;
}
