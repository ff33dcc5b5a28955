import { ByteBuffer } from "./bytes.ts";

/**
 * The bytes of a function's body, an instruction at a time. Most of an assembler's time goes here, and the engine soon optimises these few
 * methods; those of the hundreds of instructions that call them it may never see often enough.
 */
export class CodeBuffer extends ByteBuffer {
  /** An instruction without immediates. An opcode with a prefix byte is `prefix << 16 | number`. */
  instruction(opcode: number): void {
    if (this.used + 4 > this.data.length) this.reserve(4);
    if (opcode <= 0xff) {
      this.data[this.used++] = opcode;
      return;
    }
    this.data[this.used++] = opcode >>> 16;
    const number = opcode & 0xffff;
    if (number < 0x80) {
      this.data[this.used++] = number;
    } else {
      this.data[this.used++] = (number & 0x7f) | 0x80;
      this.data[this.used++] = number >>> 7;
    }
  }

  /** An instruction with one number: of a local, a label, ... */
  indexed(opcode: number, index: number): void {
    if (opcode <= 0xff && index < 0x80) {
      if (this.used + 2 > this.data.length) this.reserve(2);
      this.data[this.used++] = opcode;
      this.data[this.used++] = index;
      return;
    }
    this.instruction(opcode);
    this.u32(index);
  }

  /** An instruction that reads or writes memory at the address on the stack plus an offset. */
  access(opcode: number, alignLog2: number, offset: number): void {
    this.instruction(opcode);
    this.byte(alignLog2);
    this.u32(offset);
  }
}
