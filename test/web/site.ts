// The example page as a static site: built from the package as it is published, served by a plain file server.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../../", import.meta.url));
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".gz": "application/gzip",
};

/** Compiles the package to a folder of its own, bundles the page with it, and returns the folder of the page. */
export async function buildSite(folder: string): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  const packaged = join(folder, "package");
  const site = join(folder, "site");
  mkdirSync(packaged, { recursive: true });
  cpSync(join(root, "package.json"), join(packaged, "package.json"));
  execFileSync(process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    ...["-p", join(root, "tsconfig.build.json"), "--outDir", join(packaged, "dist")],
  ]);
  await build({
    configFile: join(root, "examples/web/vite.config.ts"),
    logLevel: "warn",
    resolve: { alias: [{ find: /^fluxion$/, replacement: join(packaged, "dist/index.js") }] },
    build: { outDir: site },
  });
  return site;
}

/** Serves a folder below `/some/where/`, every file with the given headers. */
export async function serve(
  folder: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ server: Server; url: string }> {
  const base = "/some/where/";
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const name = pathname === base ? "index.html" : pathname.slice(base.length);
    const file = join(folder, name);
    if (!pathname.startsWith(base) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": types[extname(file)] ?? "application/octet-stream",
      ...headers,
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}` };
}
