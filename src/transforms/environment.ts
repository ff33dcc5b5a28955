import { config } from "../core/config.ts";
import { version } from "../version.ts";
import { threadCount } from "./misc.ts";

/** The part of Node's `process` that is read; other hosts have none. */
interface NodeProcess {
  readonly version?: string;
  readonly platform?: string;
  readonly arch?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Prints the version of the package and what it runs on: what to include when a fault is reported.
 *
 * @param options.returnString return the text instead of printing it
 * @example
 * ```ts
 * printEnvironmentInfo({ returnString: true }).includes("fluxion:"); // => true
 * ```
 */
export function printEnvironmentInfo(options: { returnString: true }): string;
export function printEnvironmentInfo(options?: { returnString?: boolean }): string | undefined;
export function printEnvironmentInfo(options: { returnString?: boolean } = {}): string | undefined {
  const host = globalThis as {
    process?: NodeProcess;
    navigator?: { userAgent?: string };
    crossOriginIsolated?: boolean;
  };
  const { process: node } = host;
  const engine =
    node?.version === undefined
      ? (host.navigator?.userAgent ?? "unknown")
      : `Node ${node.version} (${node.platform}, ${node.arch})`;
  const shared = node?.version !== undefined || host.crossOriginIsolated === true;
  const lines = [
    `fluxion: ${version}`,
    `engine: ${engine}`,
    `device info: cpu, ${threadCount()} of ${config.numThreads} threads, shared memory ${shared ? "allowed" : "not allowed"}`,
    ...Object.entries(node?.env ?? {})
      .filter(([name]) => name.startsWith("FLUXION_"))
      .map(([name, value]) => `${name}=${value}`),
  ];
  const text = lines.join("\n");
  if (options.returnString === true) return text;
  console.log(text);
  return undefined;
}
