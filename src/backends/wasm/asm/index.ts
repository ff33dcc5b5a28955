export type { Operand } from "./function.ts";
export { FunctionBuilder } from "./function.ts";
export type { Body, CommonCode } from "./module.ts";
export { COMMON_MODULE, ModuleBuilder } from "./module.ts";
export type { DataRef, FuncRef, GlobalRef, Label, Local, MemoryLimits, ValType } from "./types.ts";
