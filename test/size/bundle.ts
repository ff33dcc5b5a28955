import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type OutputChunk, type RolldownOutput, rolldown } from "rolldown";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Bytes of a bundle. */
export interface Size {
  readonly minified: number;
  readonly gzip: number;
  readonly brotli: number;
}

const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
  readonly sideEffects: readonly string[];
};

/** The patterns of `sideEffects` in package.json, which are about what `tsc` writes, for the sources. */
const withSideEffects = manifest.sideEffects.map((pattern) => {
  const source = pattern.replace(/^\.\/dist\//, `${root}src/`).replace(/\.js$/, ".ts");
  const expression = source.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*\*|\*/g, (stars) => {
    return stars === "**" ? ".*" : "[^/]*";
  });
  return new RegExp(`^${expression}$`);
});

/** Whether package.json says that importing a module of the sources does something. */
export function hasSideEffects(path: string): boolean {
  return withSideEffects.some((side) => side.test(path));
}

const page = `${root}test/size/page.ts`;

/** Bundles a page, given as a module's text, as bundlers for the web do with the published package, and minifies it. */
export async function bundlePage(code: string, minify = true): Promise<OutputChunk> {
  const build = await rolldown({
    input: page,
    cwd: root,
    platform: "browser",
    logLevel: "warn",
    treeshake: { moduleSideEffects: (id) => id === page || hasSideEffects(id) },
    plugins: [
      {
        name: "the page, and the package as its sources",
        resolveId(id) {
          if (id === page) return id;
          if (id === "fluxion") return `${root}src/index.ts`;
          return id.startsWith("fluxion/") ? `${root}src/${id.slice("fluxion/".length)}/index.ts` : null;
        },
        load: (id) => (id === page ? code : null),
      },
    ],
  });
  const { output }: RolldownOutput = await build.generate({ format: "esm", minify });
  await build.close();
  return output[0];
}

export function sizeOf(chunk: OutputChunk): Size {
  const bytes = Buffer.from(chunk.code);
  return {
    minified: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes).length,
  };
}

/** The text of a page of `pages/`. */
export function pageText(name: string): string {
  return readFileSync(`${root}test/size/pages/${name}.ts`, "utf8");
}
