import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { PeerCommand } from "../peers/registry.ts";
import type { Hello, Reply, Request } from "./protocol.ts";

/** Longer than any answer may take; a peer that hangs is ended. */
const limitSeconds = 120;

/** Processes that are stopped would outlive this one. */
const alive = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** The process of one peer, which answers one request at a time and is stopped in between. */
export class PeerProcess {
  readonly peer: PeerCommand;
  readonly hello: Hello;
  private readonly child: ChildProcess;
  private readonly replies: Replies;

  private constructor(peer: PeerCommand, child: ChildProcess, replies: Replies, hello: Hello) {
    this.peer = peer;
    this.child = child;
    this.replies = replies;
    this.hello = hello;
  }

  /** @throws Error with what the process wrote if it does not start. */
  static async start(peer: PeerCommand): Promise<PeerProcess> {
    const env = { ...process.env, ...peer.env };
    const child = spawn(peer.command, peer.args, { env, stdio: ["pipe", "pipe", "pipe"] });
    const replies = new Replies(child);
    const hello = await replies.next();
    if (hello.kind !== "hello") throw new Error(`${peer.name} did not start`);
    const made = new PeerProcess(peer, child, replies, hello);
    made.pause();
    alive.add(child);
    return made;
  }

  /** Threads that wait by looking, and collectors of garbage, would take the cores of the peer whose turn it is. */
  private pause(): void {
    if (process.platform !== "win32") this.child.kill("SIGSTOP");
  }
  private resume(): void {
    if (process.platform !== "win32") this.child.kill("SIGCONT");
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The reply; an error of the peer, its death and its silence are replies of kind "error". */
  async ask(request: Request): Promise<Reply> {
    try {
      this.resume();
      this.child.stdin?.write(`${JSON.stringify(request)}\n`);
      const reply = await this.replies.next();
      this.pause();
      return reply;
    } catch (error) {
      this.stop();
      return { kind: "error", message: (error as Error).message };
    }
  }

  stop(): void {
    alive.delete(this.child);
    this.child.kill("SIGKILL");
  }
}

/** Lines of a process, taken one at a time; its end and a time-out are errors. */
class Replies {
  private readonly lines: AsyncIterator<string>;
  private noise = "";

  constructor(child: ChildProcess) {
    if (child.stdout === null || child.stderr === null) throw new Error("the process has no output");
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on("data", (text: Buffer) => {
      this.noise = (this.noise + String(text)).slice(-2000);
    });
    // A process that cannot be written to has ended, which the next read reports.
    child.stdin?.on("error", () => {});
    child.on("error", (error) => {
      this.noise += error.message;
    });
  }

  async next(): Promise<Reply> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${limitSeconds} s`)), limitSeconds * 1000);
    });
    try {
      const { value, done } = await Promise.race([this.lines.next(), late]);
      if (done === true) {
        const reason = this.noise.trim().split("\n").slice(-3).join(" | ");
        throw new Error(`the process ended${reason === "" ? "" : `: ${reason}`}`);
      }
      return JSON.parse(value) as Reply;
    } finally {
      clearTimeout(timer);
    }
  }
}
