/** The number of letters to insert, drop, replace or swap with a neighbour that turn one word into another. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
      }
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/** Of the known names the one that a misspelled one probably means, or undefined. Case and underscores do not count. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (s: string) => s.replaceAll("_", "").toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(plain(name), plain(candidate));
    if (d < least) [best, least] = [candidate, d];
  }
  return best;
}

/** The message about an argument whose name a function does not know. */
export function unknownArgument(where: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  const hint = meant === undefined ? "it takes" : `did you mean '${meant}'? It takes`;
  return `${where}() got an unexpected keyword argument '${name}'; ${hint} ${known.join(", ") || "none"}.`;
}
