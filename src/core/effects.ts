/**
 * What an operation does besides computing its results. Operations with effects are kept though nobody reads what they return, are never made
 * one with an equal operation, and happen in the order of the program.
 */
export class Effect {
  /** The name in printed programs. */
  readonly name: string;
  /** The effect only shows what a program does, so a transformation may show it again or leave it out. */
  readonly isDebug: boolean;
  constructor(name: string, isDebug: boolean) {
    this.name = name;
    this.isDebug = isDebug;
  }
  /** @inheritDoc */
  toString(): string {
    return this.name;
  }
}

export const debugEffect = /* @__PURE__ */ new Effect("Debug", true);
export const orderedDebugEffect = /* @__PURE__ */ new Effect("OrderedDebug", true);
export const ioEffect = /* @__PURE__ */ new Effect("IO", false);
export const orderedIoEffect = /* @__PURE__ */ new Effect("OrderedIO", false);

export type Effects = ReadonlySet<Effect>;
export const noEffects: Effects = new Set();

/** Whether there are effects that must happen exactly as often as the program says. */
export function hasIo(effects: Effects): boolean {
  for (const effect of effects) if (!effect.isDebug) return true;
  return false;
}
