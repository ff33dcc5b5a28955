// The page: buttons, numbers, curves and the pad. All computation is in trainer.worker.ts.

import { Chart, logarithmic, share } from "./chart.ts";
import { normalizeDigit } from "./normalize.ts";
import { Pad, paint } from "./pad.ts";
import type { FromWorker, Mistake, ToWorker, WebSettings } from "./protocol.ts";

function find<T extends Element>(id: string): T {
  const element = document.querySelector<T>(`#${id}`);
  if (element === null) throw new Error(`the page has no element #${id}`);
  return element;
}

const batch = 128;
const toggle = find<HTMLButtonElement>("toggle");
const reset = find<HTMLButtonElement>("reset");
const selects = {
  layers: find<HTMLSelectElement>("layers"),
  lr: find<HTMLSelectElement>("lr"),
  epochs: find<HTMLSelectElement>("epochs"),
};
const status = find("status");
const progress = find<HTMLProgressElement>("progress");
const lossChart = new Chart(find("loss-chart"), logarithmic, 4);
const accuracyChart = new Chart(find("accuracy-chart"), share, 0);

type Phase = "loading" | "ready" | "training" | "stopping" | "stopped" | "finished" | "failed";
let phase: Phase = "loading";
let stepsPerEpoch = 1;
let trainImages = 0;
/** Images per second, smoothed; 0 before the first reading. */
let speed = 0;
let settings = readSettings();

const worker = new Worker(new URL("./trainer.worker.ts", import.meta.url), { type: "module" });
const send = (message: ToWorker): void => worker.postMessage(message);

function readSettings(): WebSettings {
  return {
    epochs: Number(selects.epochs.value),
    batch,
    lr: Number(selects.lr.value),
    seed: 0,
    layers: selects.layers.value.split(",").map(Number),
  };
}

function show(id: string, text: string): void {
  find(id).textContent = text;
}

function enter(next: Phase, text: string): void {
  phase = next;
  document.body.dataset.phase = next;
  status.textContent = text;
  const labels: Record<Phase, string> = {
    loading: "Start training",
    ready: "Start training",
    training: "Stop",
    stopping: "Stop",
    stopped: "Continue",
    finished: "Train again",
    failed: "Try again",
  };
  toggle.textContent = labels[next];
  toggle.disabled = next === "loading" || next === "stopping";
  reset.disabled = next === "loading" || next === "ready" || next === "stopping";
  for (const select of Object.values(selects)) select.disabled = next === "loading" || next === "stopping";
}

/** A new network with the chosen settings. */
function begin(): void {
  settings = readSettings();
  enter("loading", "Loading the images …");
  send({ kind: "reset", folder: new URL("./mnist/", document.baseURI).href, settings });
}

let startWhenReady = false;

toggle.addEventListener("click", () => {
  if (phase === "training") {
    enter("stopping", "Stopping …");
    send({ kind: "stop" });
  } else if (phase === "finished" || phase === "failed") {
    startWhenReady = true;
    begin();
  } else {
    enter("training", "Compiling …");
    send({ kind: "start" });
  }
});
reset.addEventListener("click", begin);
for (const select of Object.values(selects)) select.addEventListener("change", begin);

worker.addEventListener("message", ({ data: message }: MessageEvent<FromWorker>) => {
  switch (message.kind) {
    case "loading": {
      const megabytes = (message.loaded / 1e6).toFixed(1);
      status.textContent = `Loading the images: ${megabytes} MB`;
      progress.value = message.loaded / message.total;
      return;
    }
    case "ready":
      ({ stepsPerEpoch, trainImages } = message);
      speed = 0;
      lossChart.clear(settings.epochs);
      accuracyChart.clear(settings.epochs);
      progress.value = 0;
      for (const id of ["loss", "accuracy", "speed"]) show(id, "–");
      show("epoch", `0 of ${settings.epochs}`);
      showMistakes([], null);
      enter("ready", `${message.parameters.toLocaleString("en")} parameters, untrained`);
      ask();
      if (startWhenReady) toggle.click();
      startWhenReady = false;
      return;
    case "progress": {
      const done = message.step / stepsPerEpoch;
      progress.value = done / settings.epochs;
      lossChart.push(done, message.loss);
      show("loss", message.loss.toFixed(message.loss < 0.1 ? 4 : 3));
      speed = speed === 0 ? message.imagesPerSecond : 0.8 * speed + 0.2 * message.imagesPerSecond;
      show("speed", Math.round(speed).toLocaleString("en"));
      const secondsLeft = Math.ceil(((settings.epochs - done) * trainImages) / speed);
      if (phase === "training") status.textContent = `Training, ${secondsLeft} s left`;
      show("epoch", `${done.toFixed(1)} of ${settings.epochs}`);
      show("threads", message.threads === 1 ? "one thread" : `${message.threads} threads`);
      ask();
      return;
    }
    case "accuracy":
      accuracyChart.push(message.step / stepsPerEpoch, message.accuracy);
      show("accuracy", `${(100 * message.accuracy).toFixed(message.images < 10_000 ? 1 : 2)}%`);
      showMistakes(message.mistakes, { images: message.images, accuracy: message.accuracy });
      return;
    case "stopped":
      enter(message.finished ? "finished" : "stopped", message.finished ? "Trained" : "Stopped");
      ask();
      return;
    case "prediction":
      waiting = false;
      showPrediction(message.probabilities);
      if (askAgain) ask();
      return;
    case "failed":
      enter("failed", message.message);
  }
});
worker.addEventListener("error", (event) => {
  enter("failed", `The worker stopped: ${event.message || "its script could not be loaded"}`);
  toggle.disabled = true;
});

// The pad

const seen = find<HTMLCanvasElement>("seen");
const hint = find<HTMLElement>("pad-hint");
const bars = Array.from({ length: 10 }, (_, digit) => {
  const item = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { className: "digit", textContent: digit });
  const track = Object.assign(document.createElement("span"), { className: "track" });
  const fill = track.appendChild(Object.assign(document.createElement("span"), { className: "fill" }));
  const value = Object.assign(document.createElement("span"), { className: "value" });
  item.append(name, track, value);
  find("bars").append(item);
  return { item, fill, value };
});

let drawn: Uint8Array | null = null;
/** One question at a time: while one is open, only the newest drawing is remembered. */
let waiting = false;
let askAgain = false;

const pad = new Pad(find("pad"), () => {
  const { width, height } = pad.size;
  drawn = normalizeDigit(pad.ink(), width, height);
  hint.hidden = drawn !== null;
  paint(seen, drawn);
  if (drawn === null) showPrediction(null);
  ask();
});
find("clear").addEventListener("click", () => pad.clear());

/** Asks what the network reads on the pad. */
function ask(): void {
  askAgain = drawn !== null && waiting;
  if (drawn === null || waiting || phase === "loading") return;
  waiting = true;
  send({ kind: "predict", pixels: drawn });
}

function showPrediction(probabilities: Float32Array | null): void {
  const none = probabilities === null || drawn === null;
  const best = none ? -1 : probabilities.indexOf(Math.max(...probabilities));
  show("answer", none ? "–" : String(best));
  show("sureness", none ? "\u00a0" : `${(100 * probabilities[best]).toFixed(1)}%`);
  bars.forEach(({ item, fill, value }, digit) => {
    const probability = none ? 0 : probabilities[digit];
    item.classList.toggle("best", digit === best);
    fill.style.transform = `scaleX(${probability})`;
    value.textContent = none ? "" : `${(100 * probability).toFixed(1)}%`;
  });
}

function showMistakes(
  mistakes: readonly Mistake[],
  seenSoFar: { images: number; accuracy: number } | null,
): void {
  const note =
    seenSoFar === null
      ? "Test digits that the network gets wrong appear here."
      : `${Math.round((1 - seenSoFar.accuracy) * seenSoFar.images).toLocaleString("en")} of ` +
        `${seenSoFar.images.toLocaleString("en")} test images`;
  show("mistakes-note", note);
  find("mistakes").replaceChildren(
    ...mistakes.map(({ pixels, label, predicted }) => {
      const tile = document.createElement("li");
      const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
      paint(canvas, pixels);
      const text = document.createElement("span");
      const wrong = Object.assign(document.createElement("b"), { textContent: predicted });
      text.append(wrong, ` for ${label}`);
      tile.append(canvas, text);
      return tile;
    }),
  );
}

showPrediction(null);
begin();
