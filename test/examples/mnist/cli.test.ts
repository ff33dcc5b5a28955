import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { makeMnist, temporaryFolder, writeMnist } from "./digits.ts";

const program = fileURLToPath(new URL("../../../examples/mnist/main.ts", import.meta.url));

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the program; `onOutput` sees what it has printed so far and may send a signal. */
function start(
  args: string[],
  onOutput: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
) {
  return new Promise<Ended>((resolve) => {
    const child = spawn(process.execPath, ["--import", "tsx", program, ...args]);
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
      onOutput(out, (signal) => child.kill(signal));
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

describe("the MNIST program", () => {
  test("--help", async () => {
    const { code, out } = await start(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Usage: npm start");
  });

  test("a wrong flag: one line, exit code 2", async () => {
    const { code, out, err } = await start(["--epoch", "3"]);
    expect({ code, out, err }).toEqual({
      code: 2,
      out: "",
      err: "mnist: unknown option --epoch; did you mean --epochs?\n",
    });
  });

  test("missing data: one line, exit code 1", async () => {
    const folder = temporaryFolder();
    const { code, err } = await start(["--data", folder, "--out", folder]);
    expect(code).toBe(1);
    expect(err).toBe(
      `mnist: cannot read ${join(folder, "train-images-idx3-ubyte")}: no such file or folder\n`,
    );
  });

  test("Ctrl-C saves and leaves with exit code 130; --resume goes on", async () => {
    const folder = writeMnist(makeMnist());
    const out = temporaryFolder();
    const flags = ["--data", folder, "--out", out, "--batch", "16", "--layers", "16", "--epochs", "10000"];
    let sent = false;
    const first = await start(flags, (text, kill) => {
      if (sent || !text.includes("epoch 2/10000")) return;
      sent = true;
      kill("SIGINT");
    });
    expect(first.err).toBe("");
    expect(first.code).toBe(130);
    expect(first.out).toContain(`Continue with: npm start -- --resume --out ${out}`);
    const [, epochs] = /Stopped after (\d+) epochs?/.exec(first.out) ?? [];
    expect(readFileSync(join(out, "checkpoint.safetensors")).length).toBeGreaterThan(1000);
    const second = await start([
      "--data",
      folder,
      "--out",
      out,
      "--resume",
      "--epochs",
      String(Number(epochs) + 1),
    ]);
    expect(second.err).toBe("");
    expect(second.code).toBe(0);
    expect(second.out).toContain("Parameters");
  });
});
