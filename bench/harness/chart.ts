import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { bestJavaScript, type Ratio, versusJax } from "./compare.ts";
import { threeDigits } from "./format.ts";
import type { Results } from "./results.ts";

/** One dot of the chart. */
interface Dot {
  readonly row: string;
  readonly against: string;
  readonly ratio: number;
  readonly label: string;
}
const colours = ["#4269d0", "#e8590c"];
const series = ["the fastest JavaScript peer", "JAX"];

/** Draws, for the largest number of threads, how many times as fast as its peers Fluxion is on each row. */
export async function writeChart(file: string, { rows }: Results): Promise<void> {
  // Installed in this workspace only, and needed by this option only.
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const threads = Math.max(...rows.map((row) => row.threads));
  const shown = rows.filter((row) => row.threads === threads);
  const dot = (against: string, r: Ratio | null, label: (r: Ratio) => string): Dot[] =>
    r === null ? [] : [{ row: r.row.title, against, ratio: r.value, label: label(r) }];
  const dots = shown.flatMap((row) => [
    ...dot(series[0], bestJavaScript(row), (r) => `${threeDigits(r.value)} ${r.peer}`),
    ...dot(series[1], versusJax(row), () => ""),
  ]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const figure = Plot.plot({
    document,
    width: 900,
    height: 60 + 17 * shown.length,
    marginLeft: 300,
    marginRight: 110,
    marginTop: 52,
    insetLeft: 15,
    style: { background: "white", color: "black", fontFamily: "system-ui, sans-serif", fontSize: "12px" },
    x: {
      type: "log",
      grid: true,
      axis: "top",
      label: `times as fast as the peer, ${threads} ${threads === 1 ? "thread" : "threads"} (left of 1, the peer is faster) →`,
      tickFormat: (x: number) => (Number.isInteger(Math.log10(x)) || x < 10 ? `${x}` : ""),
    },
    y: { label: null, domain: shown.map((row) => row.title) },
    color: { domain: series, range: colours },
    marks: [
      // The legend, in the colours of the dots.
      ...series.map((name, i) =>
        Plot.text([`● ${name}`], {
          frameAnchor: "top-left",
          textAnchor: "start",
          dx: -290,
          dy: -46 + 16 * i,
          fill: colours[i],
          fontWeight: "bold",
        }),
      ),
      Plot.ruleX([1], { stroke: "black", strokeWidth: 1.5 }),
      Plot.dot(dots, { x: "ratio", y: "row", fill: "against", r: 4 }),
      Plot.text(
        dots.filter((d) => d.against === series[0]),
        { x: "ratio", y: "row", text: "label", dx: 8, textAnchor: "start", fill: colours[0], fontSize: 10 },
      ),
    ],
  });
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${figure.outerHTML}\n`);
}
