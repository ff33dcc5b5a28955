import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Arguments with which Chromium runs without a display, as root, and with the leak tests' `gc`. */
export const chromiumFlags = ["--headless=new", "--no-sandbox", "--js-flags=--expose-gc"];

/**
 * The path of a Chromium: `CHROMIUM_PATH` if set, else the first on the search path, else the one that Playwright has
 * downloaded; null where there is none.
 */
export function findChromium(): string | null {
  const { CHROMIUM_PATH, PATH } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  const folders = (PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, chromium.executablePath()].find((path) => existsSync(path)) ?? null;
}

/** What to do about it, in one sentence. */
export const chromiumMissing =
  "no Chromium was found: install one (on Debian, apt-get install chromium; elsewhere, npx playwright install chromium), " +
  "or give its path in the environment variable CHROMIUM_PATH";
