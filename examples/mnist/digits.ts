import type { Digits } from "./idx.ts";
import { encodeGray } from "./png.ts";
import { colors, drawing, element, text } from "./svg.ts";
import type { Predictions } from "./train.ts";

const columns = 14;
const tile = 64;
const gap = 10;
const label = 24;
const margin = 40;
/** Test images shown in their order, and mistakes shown below them. */
const shownFirst = columns * 4;
const shownMistakes = columns * 3;

/** A sheet of test digits, each with the prediction below it: the first ones of the test set, then the mistakes made with most confidence. */
export function drawDigits(test: Digits, predicted: Predictions, subtitle: string): string {
  const all = Array.from({ length: test.count }, (_, i) => i);
  const mistakes = all
    .filter((i) => predicted.labels[i] !== test.labels[i])
    .sort((a, b) => predicted.confidence[b] - predicted.confidence[a]);
  const first = all.slice(0, shownFirst);
  const worst = mistakes.slice(0, shownMistakes);
  const width = 2 * margin + columns * (tile + gap) - gap;
  const pitch = tile + label + gap;
  const firstTop = 130;
  const worstTop = firstTop + Math.ceil(first.length / columns) * pitch + 70;
  const height =
    worst.length === 0 ? worstTop - 50 : worstTop + Math.ceil(worst.length / columns) * pitch + 22;
  const place = (top: number) => (image: number, k: number) =>
    drawTile(
      test,
      predicted,
      image,
      margin + (k % columns) * (tile + gap),
      top + Math.floor(k / columns) * pitch,
    );
  const heading = (content: string, y: number): string =>
    text(content, margin, y, 15, { "font-weight": 600 });
  const count = (n: number): string => n.toLocaleString("en-US");
  return drawing(width, height, "Test digits and predictions", [
    text("Test digits and what the network reads", margin, 48, 22, { "font-weight": 600 }),
    text(subtitle, margin, 74, 14, { fill: colors.muted }),
    heading(`The first ${first.length} test images`, firstTop - 16),
    ...first.map(place(firstTop)),
    ...(worst.length === 0
      ? []
      : [
          heading(
            `Mistakes: the ${worst.length} made with most confidence, of ${count(mistakes.length)} in ${count(test.count)} images`,
            worstTop - 36,
          ),
          text("Struck out what the network reads, beside it the right digit.", margin, worstTop - 16, 12.5, {
            fill: colors.muted,
          }),
          ...worst.map(place(worstTop)),
        ]),
  ]);
}

function drawTile(test: Digits, predicted: Predictions, i: number, x: number, y: number): string {
  const size = test.side ** 2;
  const ink = test.pixels.subarray(i * size, (i + 1) * size).map((v) => 255 - v);
  const href = `data:image/png;base64,${Buffer.from(encodeGray(ink, test.side, test.side)).toString("base64")}`;
  const wrong = predicted.labels[i] !== test.labels[i];
  const middle = { "text-anchor": "middle" };
  return element("g", { class: wrong ? "mistake" : "right" }, [
    element("rect", {
      x: x + 0.5,
      y: y + 0.5,
      width: tile - 1,
      height: tile - 1,
      rx: 6,
      fill: colors.paper,
      stroke: wrong ? colors.red : colors.grid,
      "stroke-width": wrong ? 2 : 1,
    }),
    element("image", { x: x + 4, y: y + 4, width: tile - 8, height: tile - 8, href }),
    wrong
      ? element("text", { x: x + tile / 2, y: y + tile + 17, "font-size": 13, ...middle }, [
          element(
            "tspan",
            { fill: colors.red, "text-decoration": "line-through" },
            String(predicted.labels[i]),
          ),
          element("tspan", { fill: colors.ink, "font-weight": 600, dx: 7 }, String(test.labels[i])),
        ])
      : text(String(predicted.labels[i]), x + tile / 2, y + tile + 17, 13, middle),
  ]);
}
