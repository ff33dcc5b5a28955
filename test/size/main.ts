/**
 * `npm run size`: what pages cost that are bundled and minified, in bytes; what each namespace adds when a page keeps all of it.
 * `npm run size -- --modules [page]`: the bytes of each folder and module in the bundle of a page, each minified alone.
 */
import * as fluxion from "fluxion";
import { minifySync } from "rolldown/utils";
import { bundlePage, pageText, root, type Size, sizeOf } from "./bundle.ts";

/** The namespaces in a namespace, with dots: `jnp`, `jnp.linalg`. */
function namespaces(space: object, prefix = ""): string[] {
  return Object.entries(space).flatMap(([name, value]) => {
    const isNamespace = Object.prototype.toString.call(value) === "[object Module]";
    return isNamespace ? [prefix + name, ...namespaces(value, `${prefix}${name}.`)] : [];
  });
}

function row(name: string, { minified, gzip, brotli }: Size): string {
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`.padStart(12);
  return name.padEnd(40) + kB(minified) + kB(gzip) + kB(brotli);
}

function difference(a: Size, b: Size): Size {
  return { minified: a.minified - b.minified, gzip: a.gzip - b.gzip, brotli: a.brotli - b.brotli };
}

async function printSizes(): Promise<void> {
  console.log("".padEnd(40) + ["minified", "gzip", "brotli"].map((title) => title.padStart(12)).join(""));
  const measure = async (code: string): Promise<Size> => sizeOf(await bundlePage(code));
  console.log(row("jit and grad", await measure(pageText("minimal"))));
  const ten = pageText("tenFunctions");
  const base = await measure(ten);
  console.log(row("jit, grad and ten of jnp", base));
  for (const name of [...namespaces(fluxion), "vmap", "pmap", "checkpoint", "config"]) {
    const [space, ...rest] = name.split(".");
    const code = `${ten}\nimport { ${space} as kept } from "fluxion"; globalThis.kept = ${["kept", ...rest].join(".")};`;
    console.log(row(`  with ${name}`, difference(await measure(code), base)));
  }
  const everything = `import * as everything from "fluxion"; globalThis.kept = everything;`;
  console.log(row("all of the package", await measure(everything)));
}

async function printModules(name: string): Promise<void> {
  const chunk = await bundlePage(pageText(name), false);
  const sizes: [path: string, bytes: number][] = [];
  const folders = new Map<string, number>();
  for (const [id, module] of Object.entries(chunk.modules)) {
    if (module.code === null || !id.startsWith(`${root}src/`)) continue;
    const path = id.slice(`${root}src/`.length);
    const bytes = minifySync(path, module.code, { module: true, compress: { unused: false } }).code.length;
    sizes.push([path, bytes]);
    const parts = path.split("/");
    for (let k = 1; k < parts.length; k++) {
      const folder = `${parts.slice(0, k).join("/")}/`;
      folders.set(folder, (folders.get(folder) ?? 0) + bytes);
    }
  }
  for (const [path, bytes] of [...folders, ...sizes].sort(([, a], [, b]) => b - a)) {
    console.log(String(bytes).padStart(8), path);
  }
}

const [option, page = "tenFunctions"] = process.argv.slice(2);
await (option === "--modules" ? printModules(page) : printSizes());
