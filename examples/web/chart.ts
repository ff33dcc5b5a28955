const namespace = "http://www.w3.org/2000/svg";
const width = 340;
const height = 190;
const box = { left: 40, right: width - 14, top: 14, bottom: height - 26 };

type Point = readonly [x: number, y: number];

export interface Scale {
  /** The values at the bottom and at the top for these data. */
  range(values: readonly number[]): [low: number, high: number];
  ticks(low: number, high: number): number[];
  /** From 0 (low) to 1 (high). */
  place(value: number, low: number, high: number): number;
  label(value: number): string;
}

/** For losses. */
export const logarithmic: Scale = {
  range(values) {
    if (values.length === 0) return [0.02, 3];
    const high = Math.max(...values, 0.5) * 1.15;
    return [Math.min(Math.min(...values) * 0.8, high / 5), high];
  },
  ticks: (low, high) =>
    [10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001].filter((tick) => tick >= low && tick <= high),
  place: (value, low, high) => Math.log(value / low) / Math.log(high / low),
  label: (value) => String(value),
};

/** For shares of a whole near 1. */
export const share: Scale = {
  range: (values) => [Math.max(0, Math.floor((Math.min(...values, 0.95) - 0.01) * 20) / 20), 1],
  ticks(low, high) {
    const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((s) => (high - low) / s <= 5.01) ?? 0.25;
    const count = Math.floor((high - low) / step + 1e-6);
    return Array.from({ length: count + 1 }, (_, i) => high - i * step);
  },
  place: (value, low, high) => (value - low) / (high - low),
  label: (value) => `${Math.round(value * 100)}%`,
};

/** A line through points that arrive over time. */
export class Chart {
  private readonly svg: SVGSVGElement;
  private readonly scale: Scale;
  private readonly smoothing: number;
  private readonly grid: SVGElement;
  private readonly raw: SVGElement;
  private readonly line: SVGElement;
  private readonly dot: SVGElement;
  private points: Point[] = [];
  private end = 0;

  /** @param smoothing the bold line is the mean of each point and so many on either side; the points are drawn faint unless it is 0 */
  constructor(svg: SVGSVGElement, scale: Scale, smoothing: number) {
    this.svg = svg;
    this.scale = scale;
    this.smoothing = smoothing;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.grid = add(svg, "g", {});
    this.raw = add(svg, "path", { class: "raw" });
    this.line = add(svg, "path", { class: "line" });
    this.dot = add(svg, "circle", { class: "dot", r: 3.5 });
    this.draw();
  }

  /** Forgets the points; the axis ends at epoch `end`. */
  clear(end: number): void {
    this.points = [];
    this.end = end;
    this.draw();
  }

  push(x: number, y: number): void {
    this.points.push([x, Math.max(y, 1e-6)]);
    this.draw();
  }

  private draw(): void {
    const { points, scale, smoothing } = this;
    const [low, high] = scale.range(points.map(([, y]) => y));
    const x = (v: number): number => box.left + (v / Math.max(1, this.end)) * (box.right - box.left);
    const y = (v: number): number => box.bottom - scale.place(v, low, high) * (box.bottom - box.top);
    this.grid.replaceChildren();
    for (const tick of scale.ticks(low, high)) {
      add(this.grid, "line", { x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) });
      add(this.grid, "text", { x: box.left - 8, y: y(tick) + 4, "text-anchor": "end" }, scale.label(tick));
    }
    const step = this.end > 6 ? 2 : 1;
    for (let epoch = 0; epoch <= this.end; epoch += step) {
      add(this.grid, "text", { x: x(epoch), y: box.bottom + 20, "text-anchor": "middle" }, String(epoch));
    }
    const smooth = points.map(([px], i): Point => {
      // The same number on either side, so that the line neither lags nor bends at its ends.
      const reach = Math.min(smoothing, i, points.length - 1 - i);
      const near = points.slice(i - reach, i + reach + 1);
      return [px, near.reduce((sum, [, py]) => sum + py, 0) / near.length];
    });
    const path = (list: readonly Point[]): string =>
      list.map(([px, py], i) => `${i === 0 ? "M" : "L"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join("");
    this.raw.setAttribute("d", smoothing === 0 ? "" : path(points));
    this.line.setAttribute("d", path(smooth));
    const last = smooth.at(-1);
    this.dot.setAttribute("visibility", last === undefined ? "hidden" : "visible");
    if (last !== undefined) {
      this.dot.setAttribute("cx", String(x(last[0])));
      this.dot.setAttribute("cy", String(y(last[1])));
    }
    this.svg.dataset.points = String(points.length);
  }
}

function add(
  parent: SVGElement,
  name: string,
  attributes: Record<string, string | number>,
  text?: string,
): SVGElement {
  const element = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return parent.appendChild(element);
}
