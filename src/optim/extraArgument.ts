import type { ExtraArgs } from "./types.ts";

/** What `update` got under a name in its fourth argument. @throws TypeError when it is not there */
export function extraArgument(where: string, extra: ExtraArgs | undefined, name: string): unknown {
  const found = extra?.[name];
  if (found === undefined) {
    throw new TypeError(
      `${where} needs \`${name}\`: call update(gradients, state, params, { ${name}, ... }), with \`${name}\` in the fourth argument.`,
    );
  }
  return found;
}
