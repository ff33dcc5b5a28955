/** A canvas to draw on with a mouse, a pen or a finger. */
export class Pad {
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly onChange: () => void;
  private last: { x: number; y: number } | null = null;

  /** @param onChange called after each stroke that was added, and after clearing */
  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.onChange = onChange;
    const { context } = this;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.lineWidth = canvas.width / 13;
    context.strokeStyle = "#fff";
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.last = this.position(event);
      this.lineTo(this.last);
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.last === null) return;
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length > 0 ? events : [event]) this.lineTo(this.position(each));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => {
        this.last = null;
      });
    }
  }

  clear(): void {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.onChange();
  }

  /** How much of each pixel is covered, 0 to 255. */
  ink(): Uint8Array {
    const { width, height } = this.canvas;
    const { data } = this.context.getImageData(0, 0, width, height);
    return Uint8Array.from({ length: width * height }, (_, i) => data[4 * i + 3]);
  }

  get size(): { width: number; height: number } {
    return this.canvas;
  }

  private lineTo(to: { x: number; y: number }): void {
    const { context } = this;
    const from = this.last ?? to;
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    this.last = to;
    this.onChange();
  }

  private position(event: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * this.canvas.width,
      y: ((event.clientY - box.top) / box.height) * this.canvas.height,
    };
  }
}

/** Paints bytes as white ink. */
export function paint(canvas: HTMLCanvasElement, pixels: Uint8Array | null): void {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (pixels === null) return;
  const image = context.createImageData(canvas.width, canvas.height);
  pixels.forEach((value, i) => image.data.set([255, 255, 255, value], 4 * i));
  context.putImageData(image, 0, 0);
}
