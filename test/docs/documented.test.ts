// Every exported function has a doc comment.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fluxion from "fluxion";
import { describe, expect, test } from "vitest";

const src = fileURLToPath(new URL("../../src/", import.meta.url));
const read = (file: string): string => readFileSync(file, "utf8");

interface Declaration {
  readonly file: string;
  /** The name under which the file declares it. */
  readonly name: string;
}

/** Where the exports of a module are declared, following re-exports. */
function declarations(file: string): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  const text = read(file);
  for (const [, keyword, name] of text.matchAll(
    /^export (?:declare )?(?:abstract )?(?:async )?(function|const|class|let) (\w+)/gm,
  )) {
    if (keyword !== undefined && name !== undefined) found.set(name, { file, name });
  }
  for (const [, list, from] of text.matchAll(/^export \{([^}]*)\}(?: from "(.*)")?;/gm)) {
    const source = from === undefined ? undefined : declarations(join(dirname(file), from));
    for (const item of (list as string).split(",")) {
      const [, local, exported] = /^\s*(?:type )?(\w+)(?: as (\w+))?\s*$/.exec(item) ?? [];
      if (local === undefined || /^\s*type /.test(item)) continue;
      const declaration = source === undefined ? { file, name: local } : source.get(local);
      if (declaration !== undefined) found.set(exported ?? local, declaration);
    }
  }
  for (const [, from] of text.matchAll(/^export \* from "(.*)";/gm)) {
    for (const [name, declaration] of declarations(join(dirname(file), from as string))) {
      if (!found.has(name)) found.set(name, declaration);
    }
  }
  return found;
}

/** Whether a doc comment ends right before a declaration; an alias counts through what it names. */
function isDocumented({ file, name }: Declaration, depth = 0): boolean {
  const lines = read(file).split("\n");
  const pattern = new RegExp(
    `^(?:export )?(?:declare )?(?:abstract )?(?:async )?(?:function|const|class|let) ${name}\\b`,
  );
  const at = lines.findIndex((line) => pattern.test(line));
  const above = lines.slice(0, Math.max(at, 0)).filter((line) => !line.startsWith("// biome-ignore"));
  if (/\*\/\s*$/.test(above.at(-1) ?? "")) return true;
  const alias = /= (\w+);$/.exec(lines[at] ?? "")?.[1];
  if (alias !== undefined && depth < 3) return isDocumented({ file, name: alias }, depth + 1);
  const imported = new RegExp(`import \\{[^}]*\\b(?:(\\w+) as )?${name}\\b[^}]*\\} from "(.*)";`).exec(
    read(file),
  );
  if (imported === null || depth >= 3) return false;
  const target = join(dirname(file), imported[2] as string);
  const declaration = existsSync(target) ? declarations(target).get(imported[1] ?? name) : undefined;
  return declaration !== undefined && isDocumented(declaration, depth + 1);
}

const spaces: [name: string, module: object, file: string][] = [
  ["the root", fluxion, "index.ts"],
  ["jnp", fluxion.jnp, "numpy/index.ts"],
  ["jnp.fft", fluxion.jnp.fft, "numpy/fft/index.ts"],
  ["jnp.linalg", fluxion.jnp.linalg, "numpy/linalg/index.ts"],
  ["lax", fluxion.lax, "lax/index.ts"],
  ["lax.linalg", fluxion.lax.linalg, "lax/linalg/index.ts"],
  ["random", fluxion.random, "random/index.ts"],
  ["nn", fluxion.nn, "nn/index.ts"],
  ["nn.initializers", fluxion.nn.initializers, "nn/initializersPublic.ts"],
  ["optim", fluxion.optim, "optim/index.ts"],
  ["scipy.special", fluxion.scipy.special, "scipy/special/index.ts"],
  [
    "exampleLibraries.optimizers",
    fluxion.exampleLibraries.optimizers,
    "exampleLibraries/optimizers/index.ts",
  ],
  ["exampleLibraries.stax", fluxion.exampleLibraries.stax, "exampleLibraries/stax/index.ts"],
  ["experimental.ode", fluxion.experimental.ode, "experimental/ode/index.ts"],
  ["image", fluxion.image, "image/index.ts"],
  ["ops", fluxion.ops, "ops/index.ts"],
  ["scipy.optimize", fluxion.scipy.optimize, "scipy/optimize/index.ts"],
  ["scipy.signal", fluxion.scipy.signal, "scipy/signal/index.ts"],
  ["scipy.ndimage", fluxion.scipy.ndimage, "scipy/ndimage/index.ts"],
  ["scipy.interpolate", fluxion.scipy.interpolate, "scipy/interpolate/index.ts"],
  ["scipy.stats", fluxion.scipy.stats, "scipy/stats/index.ts"],
  ["scipy.fft", fluxion.scipy.fft, "scipy/fft/index.ts"],
  ["optim.losses", fluxion.optim.losses, "optim/losses/index.ts"],
  ["optim.contrib", fluxion.optim.contrib, "optim/contrib/index.ts"],
  ["scipy.linalg", fluxion.scipy.linalg, "scipy/linalg/index.ts"],
  ["scipy.sparse.linalg", fluxion.scipy.sparse.linalg, "scipy/sparse/linalg/index.ts"],
  ["tree", fluxion.tree, "tree/index.ts"],
  ["customDerivatives", fluxion.customDerivatives, "transforms/customDerivatives.ts"],
  ["customBatching", fluxion.customBatching, "transforms/customBatching.ts"],
  ["adCheckpoint", fluxion.adCheckpoint, "transforms/adCheckpoint.ts"],
  ["checkpointPolicies", fluxion.checkpointPolicies, "transforms/checkpointPolicies.ts"],
  ["testUtil", fluxion.testUtil, "testUtil/index.ts"],
];

describe.each(spaces)("%s", (_name, module, file) => {
  test("every function and class has a doc comment", () => {
    const known = declarations(join(src, file));
    const missing: string[] = [];
    for (const [name, value] of Object.entries(module)) {
      if (typeof value !== "function") continue;
      const declaration = known.get(name);
      if (declaration === undefined) missing.push(`${name} (declaration not found)`);
      else if (!isDocumented(declaration)) missing.push(`${name} in ${declaration.file.slice(src.length)}`);
    }
    expect(missing).toEqual([]);
  });
});
