import { colors, drawing, element, polyline, text } from "./svg.ts";
import type { History } from "./train.ts";

type Point = readonly [x: number, y: number];

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface CurvesInput {
  history: History;
  stepsPerEpoch: number;
  title: string;
  subtitle: string;
}

const width = 1080;
const height = 470;

/** Training loss (logarithmic) and test accuracy side by side, both by epoch. */
export function drawCurves({ history, stepsPerEpoch, title, subtitle }: CurvesInput): string {
  const losses = history.losses.map(([step, loss]): Point => [step / stepsPerEpoch, Math.max(loss, 1e-6)]);
  const left: Box = { left: 72, top: 132, width: 430, height: 268 };
  const right: Box = { ...left, left: 600 };
  const end = Math.max(1, ...losses.map(([x]) => x), ...history.accuracies.map(([epoch]) => epoch));
  return drawing(width, height, title, [
    text(title, 40, 48, 22, { "font-weight": 600 }),
    text(subtitle, 40, 74, 14, { fill: colors.muted }),
    lossPanel(left, losses, end),
    accuracyPanel(right, history.accuracies, end),
  ]);
}

function lossPanel(box: Box, points: readonly Point[], end: number): string {
  const values = points.map(([, y]) => y);
  const ticks = [10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001];
  const high = points.length === 0 ? 1 : Math.max(...values) * 1.1;
  const low = points.length === 0 ? 0.1 : Math.min(Math.min(...values) * 0.8, high / 3);
  const x = (v: number): number => box.left + (v / end) * box.width;
  const y = (v: number): number =>
    box.top + ((Math.log(high) - Math.log(v)) / (Math.log(high) - Math.log(low))) * box.height;
  const smooth = smoothed(points, Math.max(1, Math.round(points.length / 40)));
  const place = ([px, py]: Point): [number, number] => [x(px), y(py)];
  return element("g", {}, [
    text("Training loss", box.left - 32, box.top - 22, 15, { "font-weight": 600 }),
    ...ticks.filter((t) => t <= high && t >= low).map((t) => gridLine(box, y(t), String(t))),
    epochAxis(box, end),
    points.length < 2 ? "" : polyline(points.map(place), { stroke: colors.paleBlue, "stroke-width": 1.2 }),
    smooth.length < 2 ? "" : polyline(smooth.map(place), { stroke: colors.blue, "stroke-width": 2.4 }),
  ]);
}

function accuracyPanel(box: Box, points: readonly Point[], end: number): string {
  const lowest = Math.min(...points.map(([, y]) => y), 0.99);
  const step = [0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2].find((s) => (1 - lowest) / s <= 5) ?? 0.2;
  const low = Math.max(0, Math.floor(lowest / step - 0.3) * step);
  const x = (v: number): number => box.left + (v / end) * box.width;
  const y = (v: number): number => box.top + ((1 - v) / (1 - low)) * box.height;
  const ticks = Array.from({ length: Math.round((1 - low) / step) + 1 }, (_, i) => 1 - i * step);
  const digits = step < 0.01 ? (step < 0.005 ? 2 : 1) : 0;
  const placed = points.map(([px, py]): [number, number] => [x(px), y(py)]);
  const last = points.at(-1);
  return element("g", {}, [
    text("Test accuracy", box.left - 32, box.top - 22, 15, { "font-weight": 600 }),
    ...ticks.map((t) => gridLine(box, y(t), `${(100 * t).toFixed(digits)}%`)),
    epochAxis(box, end),
    placed.length < 2 ? "" : polyline(placed, { stroke: colors.blue, "stroke-width": 2.4 }),
    ...placed.map(([cx, cy]) =>
      element("circle", { cx, cy, r: 4.5, fill: colors.blue, stroke: colors.paper, "stroke-width": 2 }),
    ),
    last === undefined
      ? ""
      : text(`${(100 * last[1]).toFixed(2)}%`, x(last[0]), y(last[1]) - 14, 14, {
          "text-anchor": "end",
          "font-weight": 600,
          fill: colors.blue,
        }),
  ]);
}

function gridLine(box: Box, y: number, label: string): string {
  return element("g", {}, [
    element("line", { x1: box.left, x2: box.left + box.width, y1: y, y2: y, stroke: colors.grid }),
    text(label, box.left - 10, y + 4, 12, { fill: colors.muted, "text-anchor": "end" }),
  ]);
}

function epochAxis(box: Box, end: number): string {
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => end / n <= 12) ?? 2000;
  const ticks = Array.from({ length: Math.floor(end / every) + 1 }, (_, i) => i * every);
  const base = box.top + box.height;
  return element("g", {}, [
    ...ticks.map((t) =>
      text(String(t), box.left + (t / end) * box.width, base + 22, 12, {
        fill: colors.muted,
        "text-anchor": "middle",
      }),
    ),
    text("epoch", box.left + box.width / 2, base + 44, 12, { fill: colors.faint, "text-anchor": "middle" }),
  ]);
}

/** A running mean over `2 * radius + 1` points, of the logarithms, as the axis is logarithmic. */
export function smoothed(points: readonly Point[], radius: number): Point[] {
  return points.map(([x], i) => {
    const near = points.slice(Math.max(0, i - radius), i + radius + 1);
    return [x, Math.exp(near.reduce((sum, [, y]) => sum + Math.log(y), 0) / near.length)];
  });
}
