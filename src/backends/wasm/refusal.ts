import { RuntimeError } from "../../errors.ts";

/** What to tell the user whose WebAssembly engine refused the code of a program. */
export function refusal(name: string, byteLength: number, error: unknown): RuntimeError {
  const { message } = error as Error;
  const program = `the program ${JSON.stringify(name)}`;
  if (/disallowed on the main thread/i.test(message)) {
    const megabytes = (byteLength / 2 ** 20).toFixed(1);
    return new RuntimeError(
      `The code of ${program} has ${megabytes} MB, and this browser compiles at most 8 MB at once on the main thread of a page. ` +
        "Call the function in a Web Worker, or split it into several jitted functions.",
      { cause: error },
    );
  }
  if (/disallowed by embedder|blocked by CSP|unsafe-eval|Content Security Policy/i.test(message)) {
    return new RuntimeError(
      `The page's content security policy forbids WebAssembly, which ${program} is compiled to. ` +
        "Add 'wasm-unsafe-eval' to its script-src directive; 'unsafe-eval' is not needed.",
      { cause: error },
    );
  }
  return new RuntimeError(
    `Internal error: the code of ${program} was refused by the WebAssembly engine (${message}). This is a bug of the ` +
      "library; please report it with the program.",
    { cause: error },
  );
}
