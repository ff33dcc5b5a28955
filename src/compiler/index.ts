/** The compiler's front end: from jaxprs to programs of kernels. */
export { type CompiledProgram, type CompileToProgramOptions, compileToProgram } from "./compile.ts";
export { interpretProgram } from "./interpret.ts";
export { printKernel, printNode, printProgram } from "./print.ts";
export { validateProgram } from "./validate.ts";
