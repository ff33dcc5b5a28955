// Traces, annotations, stages.

import {
  config,
  grad,
  jit,
  jnp,
  lax,
  makeJaxpr,
  type NDArray,
  namedCall,
  namedScope,
  profiler,
  RuntimeError,
  ShapeDtypeStruct,
  stages,
} from "fluxion";
import { afterEach, describe, expect, test } from "vitest";
import { errorOf } from "./helpers.ts";

type A = NDArray;
const x = jnp.ones([32, 32]);
afterEach(() => config.update("debugLevel", 0));

describe("traces", () => {
  const f = jit((a: A) => jnp.tanh(a.matmul(a)).sum(), { name: "layer" });

  test("hold compilations, runs and kernels, one inside the other, in Chrome's format", () => {
    const trace = profiler.trace(null, () => {
      f(x);
      f(x);
    });
    const of = (track: string) => trace.events.filter((event) => event.track === track);
    expect(of("host").map((event) => event.name)).toEqual(["trace layer", "compile layer"]);
    expect(of("programs").map((event) => event.name)).toEqual(["layer", "layer"]);
    expect(of("kernels").map((event) => event.name)).toEqual([
      "dot_general",
      "fused_tanh_reduce_sum",
      "dot_general",
      "fused_tanh_reduce_sum",
    ]);
    const [first, second] = of("programs");
    expect(first.start).toBeGreaterThanOrEqual(0);
    expect(second.start).toBeGreaterThanOrEqual(first.start + first.duration);
    for (const kernel of of("kernels").slice(0, 2)) {
      expect(kernel.start).toBeGreaterThanOrEqual(first.start);
      expect(kernel.start + kernel.duration).toBeLessThanOrEqual(first.start + first.duration + 1e-6);
      expect(kernel.args?.program).toBe("layer");
    }
    const { displayTimeUnit, traceEvents } = JSON.parse(JSON.stringify(trace)) as ReturnType<
      profiler.Trace["toJSON"]
    >;
    expect(displayTimeUnit).toBe("ms");
    expect(traceEvents.filter((event) => event.ph === "M").map((event) => event.args?.name)).toEqual([
      "Fluxion",
      "host",
      "programs",
      "kernels",
    ]);
    const spans = traceEvents.filter((event) => event.ph === "X");
    expect(spans).toHaveLength(trace.events.length);
    for (const { ts, dur, pid, tid, name } of spans) {
      expect([typeof ts, typeof dur, pid, typeof tid, typeof name]).toEqual([
        "number",
        "number",
        1,
        "number",
        "string",
      ]);
    }
    expect(
      trace
        .kernels()
        .map(({ kernel, calls }) => `${kernel} ${calls}`)
        .sort(),
    ).toEqual(["dot_general 2", "fused_tanh_reduce_sum 2"]);
    expect(String(trace)).toMatch(/^trace: 2 runs of programs in .*\n +ms +share +runs {2}kernel\n/);
    expect(trace.file).toBeNull();
  });

  test("change nothing of results, and programs run without clocks afterwards and with them in the next trace", () => {
    const before = f(x).item();
    const first = profiler.trace(null, () => expect(f(x).item()).toBe(before));
    expect(f(x).item()).toBe(before);
    const next = profiler.trace(null, () => expect(f(x).item()).toBe(before));
    const compiled = (trace: profiler.Trace) => trace.events.some((event) => event.name === "compile layer");
    expect([compiled(first), compiled(next)]).toEqual([false, false]);
    expect(next.events.filter((event) => event.name === "layer")).toHaveLength(1);
    config.update("debugLevel", 0);
  });

  test("of loops and gradients, and together with the debug ladder", () => {
    const reports: string[] = [];
    const writer = config.debugWriter;
    config.update("debugWriter", (text) => void reports.push(text));
    config.update("debugLevel", 2);
    try {
      const loop = jit(
        grad((a: A) => lax.foriLoop(0, 3, (_: A, c: A) => jnp.sin(c), a).sum()),
        { name: "looped" },
      );
      const trace = profiler.trace(null, () => loop(x));
      expect(trace.events.some(({ name, track }) => name === "scan" && track === "kernels")).toBe(true);
      expect(reports.some((text) => text.startsWith("looped: "))).toBe(true);
    } finally {
      config.update("debugWriter", writer);
    }
  });

  test("await what they record, and end with it", async () => {
    const trace = await profiler.trace(null, async () => {
      await Promise.resolve();
      f(x);
    });
    expect(trace.events.some((event) => event.name === "layer")).toBe(true);
    await expect(profiler.trace(null, () => Promise.reject(new RangeError("no")))).rejects.toThrow("no");
    expect(errorOf(() => profiler.trace(null, () => errorOf(() => 1))).message).toBe("nothing was thrown");
    expect(errorOf(() => profiler.stopTrace())).toBeInstanceOf(RuntimeError);
    profiler.startTrace();
    expect(errorOf(() => profiler.startTrace()).message).toMatch(/^Profile has already been started/);
    expect(profiler.stopTrace().events).toEqual([]);
  });

  test("hold annotations", () => {
    const named = profiler.annotateFunction((a: A) => a.shape, { name: "shapes" });
    const trace = profiler.trace(null, () => {
      named(x);
      {
        using _span = new profiler.TraceAnnotation("block", { size: 2 });
      }
      expect(new profiler.StepTraceAnnotation("step", { stepNum: 3, phase: "a" }).run(() => 5)).toBe(5);
    });
    expect(trace.events.map(({ name, args }) => [name, args])).toEqual([
      ["shapes", undefined],
      ["block", { size: 2 }],
      ["step", { step_num: 3, phase: "a" }],
    ]);
    expect(named.name).toBe("<lambda>");
  });

  test("hold named parts of functions, of which programs and results do not depend", () => {
    const plain = (a: A) => jnp.sin(a).mul(2);
    const inner = namedCall((a: A) => jnp.sin(a), { name: "sine" });
    const named = (a: A) => namedScope("twice", () => inner(a).mul(2));
    expect(String(makeJaxpr(named)(x))).toBe(String(makeJaxpr(plain)(x)));
    const trace = profiler.trace(null, () => jit(named)(x));
    const [sine, twice] = ["sine", "twice"].map((name) => trace.events.find((event) => event.name === name));
    expect(sine?.start).toBeGreaterThanOrEqual(twice?.start as number);
    expect(errorOf(() => namedScope(3 as never)).message).toMatch(/must be a string/);
    expect(errorOf(() => namedCall(3 as never)).message).toMatch(/Expected a callable value/);
  });

  test("the profile of the device's memory is a message of protocol buffers with the names of its parts", () => {
    const bytes = profiler.deviceMemoryProfile();
    const text = new TextDecoder("latin1").decode(bytes);
    for (const part of ["allocations", "space", "arrays", "scratch"]) expect(text).toContain(part);
    // Field 1, a message of 4 bytes: the first value type.
    expect([...bytes.slice(0, 6)]).toEqual([10, 4, 8, 1, 16, 2]);
  });
});

describe("stages", () => {
  const f = jit((p: { w: A }, n: number, y: A) => y.mul(p.w).add(n), {
    staticArgnums: 1,
    donateArgnums: 2,
    name: "stage",
  });
  const like = new ShapeDtypeStruct([3], "float32");

  test("traced, lowered, compiled", () => {
    const traced = f.trace({ w: like }, 2, like);
    expect(traced).toBeInstanceOf(stages.Traced);
    expect(String(traced.jaxpr)).toBe(
      "{ lambda ; a:f32[3] b:f32[3]. let\n    c:f32[3] = mul b a\n    d:f32[3] = add c 2.0:f32[]\n  in (d,) }",
    );
    const lowered = traced.lower();
    expect(lowered).toBeInstanceOf(stages.Lowered);
    const compiled = lowered.compile();
    expect(compiled).toBeInstanceOf(stages.Compiled);
    for (const stage of [traced, lowered, compiled]) {
      expect(stage.funName).toBe("stage");
      expect(String(stage.inTree)).toBe("PyTreeDef([{'w': *}, *])");
      expect(String(stage.outTree)).toBe("PyTreeDef(*)");
      expect(String(stage.outInfo)).toBe("ShapeDtypeStruct(shape=(3,), dtype=float32)");
      expect(stage.donateArgnums).toEqual([1]);
      const [params, y] = stage.argsInfo as [{ w: stages.ArgInfo }, stages.ArgInfo];
      expect(String(params.w)).toBe("ArgInfo(aval=ShapedArray(float32[3]), donated=False)");
      expect(String(y)).toBe("ArgInfo(aval=ShapedArray(float32[3]), donated=True)");
    }
    expect(String(f.evalShape({ w: like }, 2, like))).toBe("ShapeDtypeStruct(shape=(3,), dtype=float32)");
    expect(String(compiled.call({ w: jnp.ones(3) }, jnp.array([1, 2, 3])))).toBe("[3. 4. 5.]");
    expect(compiled.costAnalysis().flops).toBe(6);
    expect(compiled.memoryAnalysis().outputBytes).toBe(12);
    expect(errorOf(() => compiled.call({ w: jnp.ones(4) }, jnp.ones(4))).message).toMatch(
      /was compiled for float32\[3\]/,
    );
  });

  test("jitted functions are Wrapped, others are not", () => {
    expect(f instanceof stages.Wrapped).toBe(true);
    expect(((a: A) => a) instanceof stages.Wrapped).toBe(false);
  });

  test("what a function closes over is no argument", () => {
    const seen: string[] = [];
    jit((y: A) => {
      const inner = jit((z: A) => z.add(y)).trace(like);
      seen.push(`${inner.inTree} ${inner.argsInfo}`);
      return y;
    })(jnp.ones(3));
    expect(seen).toEqual(["PyTreeDef([*]) ArgInfo(aval=ShapedArray(float32[3]), donated=False)"]);
  });
});
