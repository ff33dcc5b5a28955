import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { packagedData } from "../mnist/data.ts";
import { files } from "./load.ts";

/** Puts the compressed files of MNIST beside the page: served while developing, written by the build. */
export function mnistFiles(): Plugin {
  const names: readonly string[] = [...files.train, ...files.test];
  const cache = new Map<string, Buffer>();
  const compressed = (name: string): Buffer => {
    let bytes = cache.get(name);
    if (bytes === undefined) {
      bytes = gzipSync(readFileSync(join(packagedData(), name)), { level: 6 });
      cache.set(name, bytes);
    }
    return bytes;
  };
  return {
    name: "mnist-files",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = /^\/mnist\/([\w-]+)\.gz$/.exec(request.url ?? "")?.[1];
        if (name === undefined || !names.includes(name)) {
          next();
          return;
        }
        const bytes = compressed(name);
        response.setHeader("Content-Type", "application/gzip");
        response.setHeader("Content-Length", bytes.length);
        response.end(bytes);
      });
    },
    generateBundle() {
      for (const name of names) {
        this.emitFile({ type: "asset", fileName: `mnist/${name}.gz`, source: compressed(name) });
      }
    },
  };
}
