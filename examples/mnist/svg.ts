type Attributes = Record<string, string | number>;

/** An element of an SVG drawing as text; numbers are rounded to hundredths. */
export function element(
  name: string,
  attributes: Attributes,
  children: readonly string[] | string = [],
): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(show(value))}"`);
  const content = typeof children === "string" ? escape(children) : children.join("");
  return content === "" ? `<${name}${list.join("")}/>` : `<${name}${list.join("")}>${content}</${name}>`;
}
const show = (x: string | number): string => (typeof x === "number" ? String(Math.round(x * 100) / 100) : x);
const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);

export const colors = {
  ink: "#1c2130",
  muted: "#6b7385",
  faint: "#9aa1b0",
  grid: "#e7e9ef",
  paper: "#ffffff",
  panel: "#f7f8fa",
  blue: "#2f5fd0",
  paleBlue: "#b9caf3",
  red: "#d33a2c",
  paleRed: "#fdecea",
};

export const fontFamily = "Inter, 'Helvetica Neue', Arial, sans-serif";

/** Text at a point; `size` in pixels. */
export function text(
  content: string,
  x: number,
  y: number,
  size: number,
  attributes: Attributes = {},
): string {
  return element("text", { x, y, "font-size": size, fill: colors.ink, ...attributes }, content);
}

/** A whole drawing on white paper. */
export function drawing(width: number, height: number, title: string, children: readonly string[]): string {
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      "font-family": fontFamily,
    },
    [
      element("title", {}, title),
      element("rect", { width, height, fill: colors.paper }),
      ...children.map((child) => `\n${child}`),
    ],
  )}\n`;
}

/** A line through points. */
export function polyline(points: readonly (readonly [number, number])[], attributes: Attributes): string {
  const round = (v: number): string => show(v);
  const d = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
  return element("path", {
    d,
    fill: "none",
    "stroke-linejoin": "round",
    "stroke-linecap": "round",
    ...attributes,
  });
}
