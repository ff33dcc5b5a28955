import "../../../../src/tools/all.ts";
import { describe, expect, it } from "vitest";
import type { Body, ValType } from "../../../../src/backends/wasm/asm/index.ts";
import { ModuleBuilder } from "../../../../src/backends/wasm/asm/index.ts";
import { forEachInstruction } from "../../../../src/backends/wasm/asm/namespaces.ts";
import {
  LANE_OPS,
  MEMORY_LANE_OPS,
  MEMORY_OPS,
  PLAIN_OPS,
} from "../../../../src/backends/wasm/asm/opcodes.ts";
import { enableRelaxedSimd } from "../../../../src/backends/wasm/features.ts";

type Numeric = (...args: number[]) => number;

function instantiate(mb: ModuleBuilder, imports: WebAssembly.Imports = {}): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(mb.toBytes()), imports).exports;
}

/** Assembles, runs and returns one function of numbers. */
function compile(params: ValType[], result: ValType, body: Body): Numeric {
  const mb = new ModuleBuilder({ debug: true });
  mb.memory({ initial: 1 }, "memory");
  mb.exportFunction(mb.function("main", params, [result], body));
  return instantiate(mb)["main"] as Numeric;
}

describe("instruction tables", () => {
  const relaxed = enableRelaxedSimd();
  const rows: [string, number][] = [];
  for (const table of [PLAIN_OPS, MEMORY_OPS, MEMORY_LANE_OPS, LANE_OPS]) {
    forEachInstruction(table, (prefix, name, opcode) => rows.push([`${prefix}.${name}`, opcode]));
  }

  it("has no opcode twice", () => {
    expect(new Set(rows.map(([, opcode]) => opcode)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(430);
  });

  it("writes every instruction so that the engine accepts it", () => {
    for (const [path] of rows) {
      if (path.includes("relaxed") && !relaxed) continue;
      const [prefix = "", name = ""] = path.split(".");
      const mb = new ModuleBuilder();
      mb.memory({ initial: 1, maximum: 1, shared: path.includes("atomic") });
      mb.function("main", [], [], (f) => {
        // After `unreachable` the stack has whatever types the next instruction wants.
        f.unreachable();
        const namespace = f[prefix as "i32"] as unknown as Record<string, () => void>;
        namespace[name]?.call(namespace);
        f.unreachable();
      });
      expect(WebAssembly.validate(mb.toBytes()), path).toBe(true);
    }
  });
});

describe("scalars", () => {
  it("encodes constants at the edges of LEB128", () => {
    for (const value of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)]) {
      expect(compile([], "i32", (f) => f.i32.const(value))()).toBe(value);
    }
    expect(compile([], "i32", (f) => f.i32.const(0xffffffff))()).toBe(-1);
    for (const value of [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, 64n, -64n]) {
      expect(compile([], "i64", (f) => f.i64.const(value))()).toBe(value);
    }
    for (const value of [0, -0, 1.5, Infinity, NaN, 1e-310]) {
      expect(compile([], "f64", (f) => f.f64.const(value))()).toBe(value);
      expect(compile([], "f32", (f) => f.f32.const(value))()).toBe(Math.fround(value));
    }
  });

  it("computes", () => {
    expect(compile(["i32", "i32"], "i32", (f, a, b) => f.get(a).get(b).i32.rem_u())(17, 5)).toBe(2);
    expect(compile(["f32"], "f32", (f, x) => f.get(x).f32.sqrt())(9)).toBe(3);
    expect(compile(["f64"], "i32", (f, x) => f.get(x).i32.trunc_sat_f64_s())(1e20)).toBe(2 ** 31 - 1);
    expect(compile(["f32"], "i32", (f, x) => f.get(x).i32.reinterpret_f32())(1)).toBe(0x3f800000);
    expect(compile(["i32"], "i32", (f, x) => f.get(x).i32.extend8_s())(255)).toBe(-1);
    const pick = compile(["i32"], "f32", (f, c) => f.f32.const(1).f32.const(2).get(c).select());
    expect([pick(1), pick(0)]).toEqual([1, 2]);
  });
});

describe("vectors", () => {
  it("adds, shuffles and extracts", () => {
    const main = compile([], "f32", (f) =>
      f.f32x4
        .const(1, 2, 3, 4)
        .f32x4.const(10)
        .f32x4.add()
        .f32x4.const(0)
        .i32x4.shuffle(3, 2, 5, 6)
        .f32x4.extract_lane(0),
    );
    expect(main()).toBe(14);
    expect(compile([], "i32", (f) => f.i8x16.const(-1).i8x16.bitmask())()).toBe(0xffff);
    expect(
      compile([], "f64", (f) => f.f64x2.const(1, 2).f64x2.const(3).f64x2.mul().f64x2.extract_lane(1))(),
    ).toBe(6);
    expect(compile([], "i64", (f) => f.i64x2.const(1n, -5n).i64x2.neg().i64x2.extract_lane(1))()).toBe(5n);
    expect(compile([], "i32", (f) => f.i16x8.const(7).i16x8.extract_lane_s(3))()).toBe(7);
  });

  it("loads and stores", () => {
    const main = compile([], "f32", (f) => {
      f.i32.const(16).f32.const(2.5).f32.store();
      f.i32.const(0).i32.const(8).v128.load32_splat(8).v128.store(32);
      f.i32.const(0).i32.const(32).v128.load(8).f32x4.extract_lane(0).f32.store(4);
      f.i32.const(4).f32.load();
    });
    // Bytes 40..56 hold two splats and two zeros.
    expect(main()).toBe(2.5);
    const lane = compile([], "i32", (f) => {
      f.i32.const(0).i32.const(77).i32.store(64);
      f.i32.const(0).i32x4.const(1, 2, 3, 4).v128.load32_lane(2, 64).i32x4.extract_lane(2);
    });
    expect(lane()).toBe(77);
  });

  it("fuses multiply-add where the engine can", () => {
    if (!enableRelaxedSimd()) return;
    const main = compile([], "f32", (f) =>
      f.f32x4.const(2).f32x4.const(3).f32x4.const(4).f32x4.relaxed_madd().f32x4.extract_lane(0),
    );
    expect(main()).toBe(10);
  });
});

describe("control flow", () => {
  it("counts with for, for all kinds of bounds", () => {
    const count = (start: number, end: number, step: number) => Math.max(0, Math.ceil((end - start) / step));
    for (const [start, end, step] of [
      [0, 0, 1],
      [0, 1, 1],
      [0, 10, 3],
      [5, 5, 2],
      [7, 3, 1],
      [2, 100, 7],
    ] as const) {
      const constant = compile([], "i32", (f) => {
        const i = f.local("i32");
        const n = f.local("i32");
        f.for(i, start, end, step, () => f.get(n).i32.const(1).i32.add().set(n));
        f.get(n);
      });
      const dynamic = compile(["i32", "i32", "i32"], "i32", (f, a, b, s) => {
        const i = f.local("i32");
        const n = f.local("i32");
        f.for(i, a, b, s, () => f.get(n).i32.const(1).i32.add().set(n));
        f.get(n);
      });
      expect(constant()).toBe(count(start, end, step));
      expect(dynamic(start, end, step)).toBe(count(start, end, step));
    }
  });

  it("branches through nested blocks, loops and tables", () => {
    const sum = compile(["i32"], "i32", (f, n) => {
      const total = f.local("i32", "total");
      f.while(
        () => f.get(n),
        (leave) => {
          f.get(n).i32.const(100).i32.gt_s().brIf(leave);
          f.get(total).get(n).i32.add().set(total);
          f.get(n).i32.const(1).i32.sub().set(n);
        },
      );
      f.get(total);
    });
    expect([sum(10), sum(0), sum(101)]).toEqual([55, 0, 0]);

    const choose = compile(["i32"], "i32", (f, i) => {
      f.block((fallback) => {
        f.block((one) => {
          f.block((zero) => f.get(i).brTable([zero, one], fallback));
          f.i32.const(100).return();
        });
        f.i32.const(200).return();
      });
      f.i32.const(300);
    });
    expect([choose(0), choose(1), choose(9)]).toEqual([100, 200, 300]);
  });

  it("leaves values from if and block", () => {
    const max = compile(["f32", "f32"], "f32", (f, a, b) =>
      f
        .get(a)
        .get(b)
        .f32.gt()
        .if(
          () => f.get(a),
          () => f.get(b),
          "f32",
        ),
    );
    expect([max(1, 2), max(3, 2)]).toEqual([2, 3]);
  });

  it("rejects a branch to a block that has ended", () => {
    const mb = new ModuleBuilder();
    expect(() =>
      mb.function("bad", [], [], (f) => {
        let saved = { depth: 0 };
        f.block((outer) => f.block((inner) => void (saved = inner ?? outer)));
        f.br(saved);
      }),
    ).toThrow("has ended");
  });
});

describe("modules", () => {
  it("lets functions recurse and call imports declared after them", () => {
    const mb = new ModuleBuilder();
    const factorial = mb.declare("factorial", ["f64"], ["f64"]);
    const log = mb.importFunction("env", "log", ["f64"], []);
    mb.define(factorial, (f, n) => {
      f.get(n).call(log);
      f.get(n).f64.const(1).f64.le();
      f.if(
        () => f.f64.const(1),
        () => f.get(n).get(n).f64.const(1).f64.sub().call(factorial).f64.mul(),
        "f64",
      );
    });
    mb.exportFunction(factorial);
    const seen: number[] = [];
    const exports = instantiate(mb, { env: { log: (x: number) => seen.push(x) } });
    expect((exports["factorial"] as Numeric)(4)).toBe(24);
    expect(seen).toEqual([4, 3, 2, 1]);
  });

  it("has globals, active and passive data, and a start function", () => {
    const mb = new ModuleBuilder();
    mb.memory({ initial: 1, maximum: 1, shared: true }, "memory");
    const base = mb.importGlobal("env", "base", "i32");
    const counter = mb.global("counter", "i32", 41);
    mb.data(new Uint8Array([1, 2, 3, 4]), base);
    const passive = mb.data(new Uint8Array([9, 8, 7, 6]));
    mb.start(
      mb.function("init", [], [], (f) => f.i32.const(64).i32.const(0).i32.const(4).memory.init(passive)),
    );
    mb.exportFunction(
      mb.function("next", [], ["i32"], (f) =>
        f.globalGet(counter).i32.const(1).i32.add().globalSet(counter).globalGet(counter),
      ),
    );
    const exports = instantiate(mb, { env: { base: 32 } });
    expect((exports["next"] as Numeric)()).toBe(42);
    const bytes = new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer);
    expect([...bytes.subarray(32, 36), ...bytes.subarray(64, 68)]).toEqual([1, 2, 3, 4, 9, 8, 7, 6]);
  });

  it("emits a shared helper once and refuses what cannot be", () => {
    const mb = new ModuleBuilder();
    const make = () => mb.function("one", [], ["i32"], (f) => f.i32.const(1));
    expect(mb.shared("one", make)).toBe(mb.shared("one", make));
    const declared = mb.declare("later", [], []);
    expect(() => mb.toBytes()).toThrow("later is declared but not defined");
    mb.define(declared, () => {});
    expect(() => mb.define(declared, () => {})).toThrow("defined twice");
    expect(() => new ModuleBuilder().importMemory("env", "memory", { initial: 1, shared: true })).toThrow(
      "maximum",
    );
  });

  it("reuses scratch locals", () => {
    const mb = new ModuleBuilder();
    mb.function("main", [], [], (f) => {
      const a = f.temp("i32");
      f.release(a);
      expect(f.temp("i32")).toBe(a);
      expect(f.temp("v128")).not.toBe(a);
      f.release(a);
      expect(() => f.release(a)).toThrow("released twice");
    });
    expect(WebAssembly.validate(mb.toBytes())).toBe(true);
  });

  it("prints text", () => {
    const mb = new ModuleBuilder();
    mb.importMemory("env", "memory", { initial: 1, maximum: 16, shared: true });
    const log = mb.importFunction("env", "log", ["f32"], []);
    const scale = mb.function("scale", ["i32", "i32"], [], (f, p, end) => {
      const x = f.local("v128", "x");
      f.f32x4.const(0.5).set(x);
      f.for(p, p, end, 16, () => {
        f.get(p).get(p).v128.load(32, 0).get(x).f32x4.mul().v128.store();
        f.f32.const(-0).call(log);
      });
      f.get(p)
        .i32.eqz()
        .if(
          () => f.nop(),
          () => f.return(),
        );
    });
    mb.exportFunction(scale, "main");
    expect(mb.toText()).toMatchInlineSnapshot(`
      "(module
        (import "env" "memory" (memory 1 16 shared))
        (import "env" "log" (func $log (param f32)))
        (func $scale (param $0 i32) (param $1 i32)
          (local $x v128)
          v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000
          local.set $x
          local.get $0
          local.set $0
          local.get $0
          local.get $1
          i32.lt_u
          if
            loop
              local.get $0
              local.get $0
              v128.load offset=32 align=1
              local.get $x
              f32x4.mul
              v128.store
              f32.const -0
              call $log
              local.get $0
              i32.const 16
              i32.add
              local.tee $0
              local.get $1
              i32.lt_u
              br_if 0
            end
          end
          local.get $0
          i32.eqz
          if
            nop
          else
            return
          end
        )
        (export "main" (func $scale))
      )"
    `);
  });
});
