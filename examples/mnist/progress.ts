import { SingleBar } from "cli-progress";

/** Reports a run: a live bar on a terminal, plain lines elsewhere. */
export interface Progress {
  /** @param done steps of the epoch made so far */
  update(done: number, loss: number): void;
  /** Ends the bar, so that ordinary lines can follow. */
  stop(): void;
}

export interface EpochInfo {
  epoch: number;
  epochs: number;
  stepsPerEpoch: number;
  /** The step of the epoch at which this report begins: not 0 after --resume. */
  firstStep: number;
  batch: number;
}

type Write = (line: string) => void;

/** Plain lines per epoch. */
const lines = 4;

/** Follows one epoch; `write` prints a line. */
export function followEpoch(
  info: EpochInfo,
  terminal: boolean,
  write: Write,
  now = performance.now,
): Progress {
  const started = now.call(performance);
  const figures = (done: number): { speed: number; left: number } => {
    const seconds = (now.call(performance) - started) / 1000;
    const perStep = seconds / Math.max(1, done - info.firstStep);
    const remaining = info.stepsPerEpoch - done + (info.epochs - info.epoch) * info.stepsPerEpoch;
    return { speed: perStep === 0 ? 0 : info.batch / perStep, left: remaining * perStep };
  };
  return terminal ? liveBar(info, figures) : plainLines(info, figures, write);
}

type Figures = (done: number) => { speed: number; left: number };

function liveBar(info: EpochInfo, figures: Figures): Progress {
  const bar = new SingleBar({
    format: `epoch ${info.epoch}/${info.epochs} {bar} {percentage}%  loss {loss}  {speed} images/s  {left} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 22,
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is the program's: it saves first.
    gracefulExit: false,
    emptyOnZero: true,
    stream: process.stdout,
  });
  bar.start(info.stepsPerEpoch, info.firstStep, { loss: "...", speed: "...", left: "..." });
  return {
    update(done, loss) {
      const { speed, left } = figures(done);
      bar.update(done, { loss: loss.toFixed(4), speed: thousands(speed), left: clock(left) });
    },
    stop: () => bar.stop(),
  };
}

function plainLines(info: EpochInfo, figures: Figures, write: Write): Progress {
  const every = Math.max(1, Math.ceil(info.stepsPerEpoch / lines));
  let next = (Math.floor(info.firstStep / every) + 1) * every;
  return {
    update(done, loss) {
      if (done < next) return;
      next = (Math.floor(done / every) + 1) * every;
      const { speed, left } = figures(done);
      write(
        `epoch ${info.epoch}/${info.epochs}  step ${done}/${info.stepsPerEpoch}  loss ${loss.toFixed(4)}  ` +
          `${thousands(speed)} images/s  ${clock(left)} left`,
      );
    },
    stop: () => {},
  };
}

/** 12,345 */
export function thousands(x: number): string {
  return Math.round(x).toLocaleString("en-US");
}

/** Seconds as 1:05. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
