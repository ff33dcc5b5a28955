// What browsers forbid, as users are told.

import { expect, test } from "vitest";
import { refusal } from "../../src/backends/wasm/refusal.ts";

/** A module with nothing in it but a section that says nothing. */
function largeModule(bytes: number): Uint8Array<ArrayBuffer> {
  const module = new Uint8Array(bytes);
  const size = bytes - 14;
  const length = [0, 7, 14, 21, 28].map((shift, i) => ((size >>> shift) & 0x7f) | (i < 4 ? 0x80 : 0));
  module.set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, ...length]);
  return module;
}

test("large programs on the main thread", () => {
  expect(new WebAssembly.Module(largeModule(7 << 20))).toBeInstanceOf(WebAssembly.Module);
  const large = largeModule(9 << 20);
  expect(WebAssembly.validate(large)).toBe(true);
  let error: unknown;
  try {
    new WebAssembly.Module(large);
  } catch (thrown) {
    error = thrown;
  }
  expect(refusal("f", large.byteLength, error).message).toBe(
    'The code of the program "f" has 9.0 MB, and this browser compiles at most 8 MB at once on the main thread of a page. ' +
      "Call the function in a Web Worker, or split it into several jitted functions.",
  );
});

test("pages whose policy forbids WebAssembly", async () => {
  const page = document.createElement("iframe");
  page.srcdoc =
    "<meta http-equiv='Content-Security-Policy' content=\"script-src 'self' 'unsafe-inline'\"><script>var loaded = 1</script>";
  const loaded = new Promise((resolve) => page.addEventListener("load", resolve));
  document.body.append(page);
  await loaded;
  let error: unknown;
  try {
    const inner = page.contentWindow as unknown as { WebAssembly: typeof WebAssembly };
    new inner.WebAssembly.Module(largeModule(100));
  } catch (thrown) {
    error = thrown;
  }
  page.remove();
  expect(refusal("f", 100, error).message).toBe(
    'The page\'s content security policy forbids WebAssembly, which the program "f" is compiled to. ' +
      "Add 'wasm-unsafe-eval' to its script-src directive; 'unsafe-eval' is not needed.",
  );
});
