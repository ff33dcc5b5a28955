import { expect, test } from "vitest";
import { ModuleBuilder } from "../../../../src/backends/wasm/asm/index.ts";
import { cutGemm } from "../../../../src/backends/wasm/codegen/cutGemm.ts";
import { dotCode } from "../../../../src/backends/wasm/codegen/dot.ts";
import { Library } from "../../../../src/backends/wasm/codegen/library.ts";
import { sizesOf } from "../../../../src/backends/wasm/codegen/split.ts";
import { usesRelaxedSimd } from "../../../../src/backends/wasm/features.ts";
import { gemmPlan } from "../../../../src/backends/wasm/kernels/gemm.ts";
import type { DotKernel } from "../../../../src/compiler/ir.ts";
import { float32 } from "../../../../src/dtypes/index.ts";

const sizes = [1, 2, 4, 5, 12, 33, 100, 784, 1003, 1025, 1057, 4096];

test("every piece of a product has the scratch memory that it needs, the last one included", () => {
  for (const m of sizes) {
    for (const n of sizes) {
      for (const k of [10, 500, 1024]) {
        const a = { rowStride: k, colStride: 1 };
        const b = { rowStride: n, colStride: 1 };
        const side = (buffer: number, strides: typeof a) => ({
          ...strides,
          view: { buffer, offset: 0, shape: [], strides: [] },
          batch: [],
        });
        const kernel: DotKernel = {
          kind: "dot",
          name: "dot",
          dtype: float32,
          batch: [],
          m,
          n,
          k,
          lhs: side(0, a),
          rhs: side(1, b),
          out: 2,
        };
        const code = dotCode(kernel, new Library(new ModuleBuilder()));
        const cut = cutGemm({ dtype: "float32", m, n, k, a, b, relaxed: usesRelaxedSimd() });
        for (const units of sizesOf(cut)) {
          const needed = gemmPlan(cut.part(units)).scratchBytes;
          expect(code.scratch.perThread, `${m} x ${k} x ${n}`).toBeGreaterThanOrEqual(needed);
        }
      }
    }
  }
});
