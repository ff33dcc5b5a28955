/** What happens while a trace is recorded: on the host, in programs, and in their kernels. */
export interface TimelineEvent {
  readonly name: string;
  readonly track: "host" | "programs" | "kernels";
  /** Milliseconds of `performance.now()`. */
  readonly start: number;
  readonly duration: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

let events: TimelineEvent[] | null = null;

/** Whether a trace is being recorded: then programs are compiled with clocks between their kernels. */
export function isRecording(): boolean {
  return events !== null;
}

/** Begins to record, from nothing. */
export function beginRecording(): void {
  events = [];
}

/** Ends recording. */
export function endRecording(): readonly TimelineEvent[] {
  const recorded = events ?? [];
  events = null;
  return recorded;
}

/** Adds an event, if a trace is being recorded. */
export function record(event: TimelineEvent): void {
  events?.push(event);
}

/** Runs `f` as an event. */
export function recorded<T>(name: string, f: () => T, args?: TimelineEvent["args"]): T {
  if (events === null) return f();
  const start = performance.now();
  try {
    return f();
  } finally {
    record({ name, track: "host", start, duration: performance.now() - start, ...(args && { args }) });
  }
}
