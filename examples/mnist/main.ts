import { parseOptions, usage } from "./args.ts";
import { loadMnist } from "./data.ts";
import { FileError, TrainingError, UsageError } from "./errors.ts";
import { run } from "./run.ts";

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** The program; returns its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  let signal: keyof typeof exitCodes | null = null;
  let asked = 0;
  const onSignal = (received: keyof typeof exitCodes): void => {
    // Asked again while it saves: leave at once. Files are replaced whole, so nothing saved can break. What comes within a second is the
    // same Ctrl-C, passed on by npm.
    if (signal !== null && performance.now() - asked > 1000) process.exit(exitCodes[received]);
    if (signal === null) asked = performance.now();
    signal ??= received;
  };
  try {
    const options = parseOptions(argv);
    if (options.help) {
      console.log(usage);
      return 0;
    }
    const data = options.data === null ? loadMnist() : loadMnist(options.data);
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
    const { finished } = await run(options, data, {
      write: (line) => console.log(line),
      terminal: process.stdout.isTTY === true,
      interrupted: () => signal !== null,
    });
    return finished || signal === null ? 0 : exitCodes[signal];
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`mnist: ${error.message}`);
      return 2;
    }
    if (error instanceof FileError || error instanceof TrainingError) {
      console.error(`mnist: ${error.message}`);
      return 1;
    }
    throw error;
  }
}

// A reader that closes the pipe early (`| head`) must not cost a trained network.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
process.exitCode = await main(process.argv.slice(2));
