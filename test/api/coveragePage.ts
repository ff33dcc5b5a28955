// docs/coverage.md from the list of JAX's names and the reasons of those that are not here.

import { spelled } from "./spelled.ts";

/** Sections of the page, in its order: a prefix of names with its dot, the heading, and what it is of. Longer prefixes win. */
const sections: readonly (readonly [prefix: string, title: string, of: string])[] = [
  ["", "jax", "transformations, devices, settings"],
  ["Array.", "Array", "methods of arrays"],
  ["jnp.", "jnp", "jax.numpy"],
  ["jnp.linalg.", "jnp.linalg", "jax.numpy.linalg"],
  ["jnp.fft.", "jnp.fft", "jax.numpy.fft"],
  ["lax.", "lax", "jax.lax"],
  ["lax.linalg.", "lax.linalg", "jax.lax.linalg"],
  ["random.", "random", "jax.random"],
  ["nn.", "nn", "jax.nn"],
  ["nn.initializers.", "nn.initializers", "jax.nn.initializers"],
  ["ops.", "ops", "jax.ops"],
  ["image.", "image", "jax.image"],
  ["scipy.", "scipy", "jax.scipy"],
  ["scipy.linalg.", "scipy.linalg", "jax.scipy.linalg"],
  ["scipy.signal.", "scipy.signal", "jax.scipy.signal"],
  ["scipy.sparse.linalg.", "scipy.sparse.linalg", "jax.scipy.sparse.linalg"],
  ["scipy.special.", "scipy.special", "jax.scipy.special"],
  ["scipy.stats.", "scipy.stats", "jax.scipy.stats"],
  ["optim.", "optim", "optax"],
  ["exampleLibraries.", "exampleLibraries", "jax.example_libraries"],
  ["tree.", "tree", "jax.tree"],
  ["treeUtil.", "treeUtil", "jax.tree_util"],
  ["debug.", "debug", "jax.debug"],
  ["sharding.", "sharding", "jax.sharding"],
  ["stages.", "stages", "jax.stages"],
  ["dtypes.", "dtypes", "jax.dtypes"],
  ["errors.", "errors", "jax.errors"],
  ["core.", "core", "jax.core and jax.extend.core"],
  ["config.", "config", "jax.config"],
  ["custom", "custom rules", "jax.custom_jvp, custom_vjp, custom_batching, custom_derivatives"],
  ["testUtil.", "testUtil", "jax.test_util"],
];

function sectionOf(name: string): string {
  let longest = "";
  for (const [prefix] of sections)
    if (name.startsWith(prefix) && prefix.length > longest.length) longest = prefix;
  return longest;
}

/** Compares by character codes: the same page whatever the language of the machine. */
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
const percent = (part: number, whole: number): string => `${Math.floor((100 * part) / whole)} %`;

/** The whole page. `missing` maps reasons to names. */
export function coveragePage(
  names: readonly string[],
  missing: Readonly<Record<string, readonly string[]>>,
): string {
  const absent = new Set(Object.values(missing).flat());
  const rows: string[] = [];
  const lists: string[] = [];
  for (const [prefix, title, of] of sections) {
    const all = names.filter((name) => sectionOf(name) === prefix);
    const here = all.filter((name) => !absent.has(name));
    if (all.length === 0) throw new Error(`no name of JAX is in the section ${title}`);
    rows.push(`| ${title} | ${of} | ${all.length} | ${here.length} | ${percent(here.length, all.length)} |`);
    const ours = here.map((name) => (spelled[name] ?? name).replace(/^Array\b/, "NDArray")).sort(byCode);
    const cut = prefix === "custom" ? "" : prefix === "Array." ? "NDArray." : prefix;
    // Behaviour that has no name, such as `NDArray[index]=`, is counted only.
    const shown = ours
      .filter((name) => !/[ [/]/.test(name))
      .map((name) => (name.startsWith(cut) ? name.slice(cut.length) : name));
    lists.push(`### ${title}\n\n${here.length === 0 ? "None yet." : `${code([...new Set(shown)])}`}\n`);
  }
  const total = names.length;
  const found = names.filter((name) => !absent.has(name)).length;
  const reasons = Object.entries(missing)
    .filter(([, list]) => list.length > 0)
    .map(([reason, list]) => `- **${reason}**: ${code(list)}`);
  return `# Coverage

What is here of the public names of JAX 0.10 (and of optax, as \`optim\`), in camelCase. A test compares the list of names with the exports of the
package, and this page with both; \`npm run docs:coverage\` writes it.

| namespace | of | names | here | |
| --- | --- | ---: | ---: | ---: |
${rows.join("\n")}
| **together** | | **${total}** | **${found}** | **${percent(found, total)}** |

## What is missing, and why

${reasons.length === 0 ? "Nothing." : reasons.join("\n")}

Names of JAX outside this list are not meant to be here: those for TPUs, Pallas, exporting to StableHLO, and deprecated ones.
[for-jax-users.md](for-jax-users.md) says what differs in those that are.

## Names

${lists.join("\n")}`;
}
