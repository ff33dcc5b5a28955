/** The compiler's front end: from jaxprs to programs of kernels. */
export {
  type CompiledProgram,
  type CompileToProgramOptions,
  compileFlat,
  compileToProgram,
  flatProgram,
} from "./compile.ts";
export { innerPrograms } from "./control/access.ts";
export { interpretProgram } from "./interpret.ts";
export { printKernel, printNode, printProgram } from "./print.ts";
export { programKey } from "./programKey.ts";
export { validateProgram } from "./validate.ts";
