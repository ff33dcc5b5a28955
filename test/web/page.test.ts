// A person trains the network on the example page, stops it and draws a digit, in a real browser.

import { readdirSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumFlags, chromiumMissing, findChromium } from "../support/chromium.ts";
import { buildSite, serve } from "./site.ts";

const executablePath = findChromium();
const skip = executablePath === null && !process.env.CI;
if (skip) console.warn(`The page is not tested: ${chromiumMissing}`);

const folder = fileURLToPath(new URL("../../out/test-web/", import.meta.url));
const strict = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'",
};
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

let site: string;
let browser: Browser;
beforeAll(async () => {
  if (skip) return;
  if (executablePath === null) throw new Error(chromiumMissing);
  site = await buildSite(folder);
  browser = await chromium.launch({ executablePath, args: chromiumFlags });
}, 120_000);
afterAll(() => browser?.close());

/** The page as a host serves it that sends the headers. */
function visit(headers: Readonly<Record<string, string>>) {
  let server: Server;
  let page: Page;
  let url: string;
  /** What should not have happened: errors, and requests to other places. */
  const complaints: string[] = [];

  beforeAll(async () => {
    ({ server, url } = await serve(site, headers));
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(url)) complaints.push(`a request to ${request.url()}`);
    });
    page.on("response", (response) => {
      if (!response.ok()) complaints.push(`${response.status()} for ${response.url()}`);
    });
  }, 120_000);

  afterAll(async () => {
    await page?.close();
    server?.close();
  });

  return {
    complaints,
    page: () => page,
    open: () => page.goto(url),
    text: async (id: string): Promise<string> => (await page.locator(`#${id}`).textContent()) ?? "",
    phase: (name: string, timeout = 60_000): Promise<void> =>
      page.locator(`body[data-phase="${name}"]`).waitFor({ timeout }),
    until: (condition: () => boolean, timeout: number): Promise<unknown> =>
      page.waitForFunction(condition, undefined, { timeout }),
  };
}

describe.skipIf(skip)("the example page on any static host", () => {
  const { complaints, page, open, text, phase, until } = visit(strict);

  async function draw(points: readonly (readonly [number, number])[]): Promise<void> {
    const { mouse } = page();
    await page().locator("#clear").click();
    const box = await page().locator("#pad").boundingBox();
    if (box === null) throw new Error("the pad cannot be seen");
    const at = ([x, y]: readonly [number, number]) =>
      [box.x + x * box.width, box.y + y * box.height] as const;
    await mouse.move(...at(points[0]));
    await mouse.down();
    for (const point of points.slice(1)) await mouse.move(...at(point), { steps: 4 });
    await mouse.up();
  }
  const circle = Array.from({ length: 25 }, (_, i): [number, number] => [
    0.5 - 0.2 * Math.sin((i * Math.PI) / 12),
    0.5 - 0.3 * Math.cos((i * Math.PI) / 12),
  ]);
  const bar: [number, number][] = [
    [0.5, 0.2],
    [0.5, 0.8],
  ];

  test("loads its images and waits", async () => {
    await open();
    await phase("ready");
    expect(await page().evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await text("status")).toBe("669,706 parameters, untrained");
    expect(await page().locator("#mistakes li").count()).toBe(0);
  });

  test("learns: the loss falls, more than 90% of the test images are read rightly", async () => {
    await page().locator("#toggle").click();
    await phase("training");
    await until(() => Number(document.querySelector("#loss")?.textContent) > 0, 60_000);
    const first = Number(await text("loss"));
    await until(
      () => Number.parseFloat(document.querySelector("#accuracy")?.textContent ?? "") > 90,
      120_000,
    );
    const last = Number(await text("loss"));
    expect(last).toBeLessThan(first / 2);
    expect(last).toBeLessThan(0.5);
    expect(Number((await text("speed")).replaceAll(",", ""))).toBeGreaterThan(100);
    const points = await page().locator("#loss-chart").getAttribute("data-points");
    expect(Number(points)).toBeGreaterThan(3);
    expect(await page().locator("#loss-chart .line").getAttribute("d")).toMatch(/^M[\d. ]+(L[\d. ]+){3}/);
    expect(await page().locator("#mistakes li").count()).toBeGreaterThan(0);
    expect(await text("threads")).toBe("one thread");
  }, 200_000);

  test("reads a digit while it trains", async () => {
    await draw(circle);
    await until(() => document.querySelector("#answer")?.textContent === "0", 30_000);
  });

  test("stops", async () => {
    if ((await page().locator("body").getAttribute("data-phase")) === "training") {
      await page().locator("#toggle").click();
      await phase("stopped");
    }
    const before = [await text("epoch"), await text("loss")];
    await page().waitForTimeout(500);
    expect([await text("epoch"), await text("loss")]).toEqual(before);
  });

  test("reads what is drawn on the pad", async () => {
    await draw(bar);
    await until(() => document.querySelector("#answer")?.textContent === "1", 30_000);
    const shares = (await page().locator("#bars .value").allTextContents()).map(Number.parseFloat);
    expect(shares).toHaveLength(10);
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(100, 0);
    expect(shares.indexOf(Math.max(...shares))).toBe(1);
    await draw(circle);
    await until(() => document.querySelector("#answer")?.textContent === "0", 30_000);
    await page().locator("#clear").click();
    expect(await text("answer")).toBe("–");
  });

  test("goes on, and starts again with another network", async () => {
    await page().locator("#toggle").click();
    await page().locator("#layers").selectOption("64");
    await page().locator("#epochs").selectOption("1");
    await phase("ready");
    expect(await text("status")).toBe("50,890 parameters, untrained");
    await page().locator("#toggle").click();
    await phase("finished", 120_000);
    expect(Number.parseFloat(await text("accuracy"))).toBeGreaterThan(90);
    expect(await text("epoch")).toBe("1.0 of 1");
  }, 200_000);

  test("asks no other server for anything, and nothing complains", () => {
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(skip)("the example page on a host that allows threads", () => {
  const { complaints, page, open, text, phase, until } = visit({ ...strict, ...isolation });

  test("has the script of the threads beside it", () => {
    expect(readdirSync(join(site, "assets")).filter((name) => /^poolWorker-.*\.js$/.test(name))).not.toEqual(
      [],
    );
  });

  test("learns, on as many threads as the machine has", async () => {
    await open();
    await phase("ready");
    expect(await page().evaluate(() => crossOriginIsolated)).toBe(true);
    const threads = await page().evaluate(() => Math.min(navigator.hardwareConcurrency, 16));
    await page().locator("#toggle").click();
    await until(
      () => Number.parseFloat(document.querySelector("#accuracy")?.textContent ?? "") > 90,
      120_000,
    );
    expect(await text("threads")).toBe(threads === 1 ? "one thread" : `${threads} threads`);
  }, 200_000);

  test("stops, and nothing complains", async () => {
    if ((await page().locator("body").getAttribute("data-phase")) === "training") {
      await page().locator("#toggle").click();
      await phase("stopped");
    }
    expect(complaints).toEqual([]);
  });
});
