// Reads the files of test/goldens, in Node and in browsers: Vite serves them to both.

/// <reference types="vite/types/importMeta.d.ts" />

const files = import.meta.glob<string>("../goldens/*.json", { query: "?raw", import: "default" });

/** The contents of `test/goldens/<name>.json`. */
export async function readGolden<T>(name: string): Promise<T> {
  const load = files[`../goldens/${name}.json`];
  if (load === undefined) throw new Error(`there is no file test/goldens/${name}.json`);
  return JSON.parse(await load()) as T;
}
