import type { PeerCommand } from "../peers/registry.ts";
import type { Outcome } from "./measure.ts";
import { PeerProcess } from "./peerProcess.ts";

/** The processes of all peers. One that dies is started again for the next row. */
export class Team {
  private readonly commands: readonly PeerCommand[];
  private readonly processes = new Map<string, PeerProcess>();
  /** Peers that cannot be started, and why. */
  readonly failures = new Map<string, Outcome>();

  constructor(commands: readonly PeerCommand[]) {
    this.commands = commands;
  }

  /** The running processes, in the order of the peers. */
  async ready(): Promise<PeerProcess[]> {
    await Promise.all(this.commands.map((command) => this.start(command)));
    return this.commands.flatMap(({ name }) => this.processes.get(name) ?? []);
  }

  private async start(command: PeerCommand): Promise<void> {
    if (this.processes.get(command.name)?.running || this.failures.has(command.name)) return;
    try {
      this.processes.set(command.name, await PeerProcess.start(command));
    } catch (error) {
      this.processes.delete(command.name);
      this.failures.set(command.name, { kind: "failed", message: (error as Error).message });
    }
  }

  stop(): void {
    for (const process of this.processes.values()) process.stop();
  }
}
