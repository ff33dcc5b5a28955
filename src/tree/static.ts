import type { Class } from "./registry.ts";

/** What stands for a class or its metadata and for those that it extends, these first. */
function inherited(own: object | undefined): object[] {
  return own === undefined || own === null ? [] : [...inherited(Object.getPrototypeOf(own) as object), own];
}

/** The fields of classes that are marked. */
const marked = new WeakMap<object, Set<string>>();

/** The key at which standard decorators leave the metadata of a class. */
const metadataKey = (): symbol =>
  (Symbol as { readonly metadata?: symbol }).metadata ?? Symbol.for("Symbol.metadata");

/** What a decorator of a field is told, as far as it is needed here. */
interface FieldContext {
  readonly kind: string;
  readonly name: string | symbol;
  readonly metadata?: object;
}

/**
 * Marks a field of a class as static, for {@link registerDataclass}: part of the structure of a tree and of the cache key of `jit`, not a leaf.
 * A decorator of fields, in TypeScript's older form (`experimentalDecorators`) and the standard one; or a function of class and name.
 *
 * @throws TypeError for something else than a class, or a context of a field, and a name
 * @example
 * ```ts
 * class Operation { x = jnp.ones(3); op = "add"; } // with decorators: @tree.static op = "add"
 * tree.static(Operation, "op");
 * tree.registerDataclass(Operation, { dataFields: ["x"] });
 * String(tree.structure(new Operation())); // => "PyTreeDef(CustomNode(Operation[('add',)], [*]))"
 * ```
 */
function staticField(cls: Class<object>, name: string): void;
function staticField(_value: undefined, context: FieldContext): void;
function staticField(prototype: object, name: string): void;
function staticField(target: unknown, field: string | FieldContext): void {
  if (typeof field === "object" && field !== null && field.kind === "field") {
    if (field.metadata === undefined) {
      throw new TypeError(
        "tree.static: decorators have no metadata here. Define Symbol.metadata before the class, or call tree.static(Class, name).",
      );
    }
    mark(field.metadata, String(field.name));
    return;
  }
  if (typeof field !== "string") throw new TypeError("tree.static requires a class and the name of a field.");
  if (typeof target === "function") mark(target, field);
  else if (typeof target === "object" && target !== null) mark(target.constructor, field);
  else throw new TypeError("tree.static requires a class and the name of a field.");
}

export { staticField as static };

function mark(key: object, name: string): void {
  const names = marked.get(key);
  if (names === undefined) marked.set(key, new Set([name]));
  else names.add(name);
}

/** The fields of a class that are marked as static, those of the classes that it extends first. */
export function staticFields(cls: Class<object>): string[] {
  const metadata = (cls as unknown as Record<symbol, object | undefined>)[metadataKey()];
  return [...new Set([cls, metadata].flatMap(inherited).flatMap((key) => [...(marked.get(key) ?? [])]))];
}
