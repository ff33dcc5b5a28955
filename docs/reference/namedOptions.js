import { Converter, ReflectionKind } from "typedoc";

/**
 * Shows `@param` tags of options, which functions take in an object or in a list of rest arguments. They would be left out, since the
 * signature has no parameter of their name.
 */
export function load(app) {
  const show = ({ project }) => {
    for (const item of project.getReflectionsByKind(ReflectionKind.SomeSignature | ReflectionKind.Variable)) {
      const names = item.parameters?.map((parameter) => parameter.name);
      const isOption = ({ tag, name }) =>
        tag === "@param" && (name.startsWith("options.") || names?.includes(name) === false);
      const options = item.comment?.blockTags.filter(isOption) ?? [];
      options.forEach(({ name, content }, i) => {
        const label = `${i === 0 ? "\n\n" : "\n"}- \`${name.replace(/^options\./, "")}\`: `;
        item.comment.summary.push({ kind: "text", text: label }, ...content);
      });
      if (options.length > 0) item.comment.blockTags = item.comment.blockTags.filter((tag) => !isOption(tag));
    }
  };
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, show, 1e9);
}
