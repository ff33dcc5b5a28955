/** Where the time goes: traces for Chrome and Perfetto, and annotations in them. */
export { annotateFunction, StepTraceAnnotation, TraceAnnotation } from "./annotations.ts";
export { deviceMemoryProfile, saveDeviceMemoryProfile } from "./memoryProfile.ts";
export { startTrace, stopTrace, trace } from "./recording.ts";
export { type ChromeEvent, type KernelTotal, Trace } from "./trace.ts";
