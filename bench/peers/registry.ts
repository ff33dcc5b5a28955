import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** How the process of a peer is started. */
export interface PeerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The environment variable that names a Python with JAX. */
export const pythonVariable = "FLUXION_BENCH_PYTHON";

/** Peers with an implementation in JavaScript, ours first. */
const libraries = ["fluxion", "jax-js", "tfjs", "onnxruntime", "numpy-ts"];
export const peerNames: readonly string[] = [...libraries, "jax", "numpy"];

export const peerIsJavaScript = (name: string): boolean => libraries.includes(name);

/** The Python that the user names, if it exists. */
export function jaxPython(): string | null {
  const python = process.env[pythonVariable];
  return python !== undefined && existsSync(python) ? python : null;
}

/** Commands of the named peers that can run here; JAX and NumPy need their Python. */
export function peerCommands(names: readonly string[], threads: number): PeerCommand[] {
  return names.flatMap((name): PeerCommand[] => {
    if (peerIsJavaScript(name)) {
      const args = ["--import", "tsx", "--expose-gc", path("../harness/worker.ts"), name, String(threads)];
      // Fluxion too is measured as the package that users get, not as TypeScript translated on the fly.
      const env = { TSX_TSCONFIG_PATH: path("../tsconfig.package.json") };
      return [{ name, command: process.execPath, args, env }];
    }
    const python = jaxPython();
    if (python === null) return [];
    return [{ name, ...(name === "jax" ? jaxCommand(python, threads) : numpyCommand(python, threads)) }];
  });
}

/** JAX starts a thread per core it may use; so one thread is asked for by name and, on Linux, by confining it to one core. */
function jaxCommand(python: string, threads: number): Pick<PeerCommand, "command" | "args" | "env"> {
  const args = [path("./jax/peer.py"), String(threads)];
  const env = { JAX_PLATFORMS: "cpu" };
  if (threads > 1) return { command: python, args, env };
  const flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1";
  const confined = process.platform === "linux" && existsSync("/usr/bin/taskset");
  return {
    command: confined ? "/usr/bin/taskset" : python,
    args: confined ? ["-c", "0", python, ...args] : args,
    env: { ...env, XLA_FLAGS: flags },
  };
}

/** The libraries that NumPy may have been built with read their number of threads from the environment. */
function numpyCommand(python: string, threads: number): Pick<PeerCommand, "command" | "args" | "env"> {
  const variables = ["OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"];
  return {
    command: python,
    args: [path("./numpy/peer.py"), String(threads)],
    env: Object.fromEntries(variables.map((name) => [name, String(threads)])),
  };
}
