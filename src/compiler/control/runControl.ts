import type { Cells, Place, Places } from "../interpret.ts";
import type { Binding, Carry, ControlKernel, InnerProgram, Program } from "../ir.ts";

import { loopParts, stepCount } from "./access.ts";

/** Runs a program in the given memory. */
type RunProgram = (program: Program, places: Places) => void;

/** Where a carry is read and where it is written at the next step. */
interface Position {
  current: Place;
  next: Place;
}

/** Loops and branches in plain TypeScript, in memory as the plan says. */
export function runControl(kernel: ControlKernel, memory: readonly Cells[], run: RunProgram): void {
  switch (kernel.kind) {
    case "forLoop": {
      const { reverse, carries } = kernel;
      const positions = carries.map((carry) => begin(carry, memory, stepCount(kernel) % 2 === 0));
      for (const { length, body } of loopParts(kernel)) {
        for (let step = 0; step < length; step++) {
          runInner(body, reverse ? length - 1 - step : step, positions);
          advance(carries, positions);
        }
      }
      finish(carries, positions);
      return;
    }
    case "whileLoop": {
      const { carries } = kernel;
      const positions = carries.map((carry) => begin(carry, memory, true));
      const goesOn = (): boolean => {
        runInner(kernel.cond, 0, positions);
        return memory[kernel.predicate].data[0] !== 0;
      };
      while (goesOn()) {
        runInner(kernel.body, 0, positions);
        advance(carries, positions);
      }
      finish(carries, positions);
      return;
    }
    case "branch":
      runInner(
        kernel.branches[memory[kernel.selector].data[0] as number],
        0,
        kernel.carries.map((carry) => begin(carry, memory, true)),
      );
  }

  function runInner(inner: InnerProgram, step: number, positions: readonly Position[]): void {
    const place = (binding: Binding, of: "current" | "next"): Place => {
      switch (binding.kind) {
        case "fixed":
          return placeOf(memory[binding.buffer]);
        case "slice": {
          const [buffer, offset] = placeOf(memory[binding.buffer]);
          const elements = binding.offset + step * binding.step;
          return [buffer, offset + elements * memory[binding.buffer].dtype.itemsize];
        }
        case "carry":
          return positions[binding.carry][of];
        case "none":
          throw new Error("an operand without memory is accessed");
      }
    };
    run(inner.program, {
      argument: (i) => place(inner.args[i], "current"),
      const: (i) => place(inner.consts[i], "current"),
      result: (i) => place(inner.results[i], "next"),
    });
  }

  function begin(carry: Carry, cells: readonly Cells[], spareFirst: boolean): Position {
    const [init, out] = [placeOf(cells[carry.init]), placeOf(cells[carry.out])];
    if (carry.spare === null) {
      copy(init, out, cells[carry.init].data.byteLength);
      return { current: out, next: out };
    }
    return { current: init, next: spareFirst ? placeOf(cells[carry.spare]) : out };
  }

  function advance(carries: readonly Carry[], positions: readonly Position[]): void {
    positions.forEach((position, i) => {
      const { spare, out } = carries[i];
      if (spare === null) return;
      position.current = position.next;
      const home = placeOf(memory[out]);
      position.next = isSame(position.next, home) ? placeOf(memory[spare]) : home;
    });
  }

  function finish(carries: readonly Carry[], positions: readonly Position[]): void {
    positions.forEach(({ current }, i) => {
      copy(current, placeOf(memory[carries[i].out]), memory[carries[i].out].data.byteLength);
    });
  }
}

function placeOf({ data }: Cells): Place {
  return [data.buffer, data.byteOffset];
}

function isSame(a: Place, b: Place): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function copy(from: Place, to: Place, bytes: number): void {
  if (!isSame(from, to)) new Uint8Array(to[0], to[1], bytes).set(new Uint8Array(from[0], from[1], bytes));
}
