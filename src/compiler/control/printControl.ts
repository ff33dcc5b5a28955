import type { Binding, ControlKernel, InnerProgram, Program } from "../ir.ts";

/** A loop or branch as text: what it does, then the programs that it runs, indented. */
export function printControl(
  kernel: ControlKernel,
  name: (buffer: number) => string,
  printProgram: (program: Program) => string,
): string {
  const carries = kernel.carries.map(({ init, out, spare }, i) => {
    const place = spare === null ? `in ${name(out)}` : `in ${name(out)} and ${name(spare)} in turn`;
    return `carry ${i} from ${name(init)} ${place}`;
  });
  const binding = (b: Binding): string => {
    switch (b.kind) {
      case "fixed":
        return name(b.buffer);
      case "slice":
        return `${name(b.buffer)} + ${b.offset === 0 ? "" : `${b.offset} + `}${b.step} a step`;
      case "carry":
        return `carry ${b.carry}`;
      case "none":
        return "nothing";
    }
  };
  const list = (bindings: readonly Binding[]) => `(${bindings.map(binding).join(", ")})`;
  const inner = (title: string, { program, args, consts, results }: InnerProgram): string[] => {
    const constants = consts.length === 0 ? "" : ` with constants ${list(consts)}`;
    const text = printProgram(program).split("\n").slice(1);
    return [
      `  ${title} ${list(args)}${constants} to ${list(results)}:`,
      ...text.map((line) => `    ${line}`),
    ];
  };
  const head = (what: string) => `${kernel.name} ${[what, ...carries].join("; ")}`;
  switch (kernel.kind) {
    case "forLoop": {
      const order = kernel.reverse ? " from the last" : "";
      const { length, body, rest } = kernel;
      const more = rest === undefined ? [] : inner("rest", rest.body);
      const then = rest === undefined ? "" : `, then ${rest.length} of the rest`;
      return [head(`for ${length} steps${order}${then}`), ...inner("body", body), ...more].join("\n");
    }
    case "whileLoop":
      return [
        head(`while ${name(kernel.predicate)}`),
        ...inner("condition", kernel.cond),
        ...inner("body", kernel.body),
      ].join("\n");
    case "branch":
      return [
        head(`by ${name(kernel.selector)}[0]`),
        ...kernel.branches.flatMap((branch, i) => inner(`case ${i}:`, branch)),
      ].join("\n");
  }
}
