import { GetAttrKey } from "./keys.ts";
import { type Class, registerPytreeWithKeys } from "./registry.ts";

/**
 * Makes a kind of tuples whose items have names, too, as the results of decompositions: `[Q, R]` that is also `{ Q, R }`. Each kind is a kind of
 * node of pytrees, so transformations give back what they are given. The class is made and registered when it is first needed.
 *
 * @param name how the class is called where structures are printed
 * @param fields the names of the items in order
 * @returns makes a tuple of its items
 */
/* @__NO_SIDE_EFFECTS__ */
export function namedTuple<T extends readonly unknown[]>(
  name: string,
  fields: readonly string[],
): (...items: unknown[]) => T {
  let made: Class<unknown[]> | null = null;
  return (...items) => {
    made ??= defineTuple(name, fields);
    return filled(made, items) as unknown as T;
  };
}

function defineTuple(name: string, fields: readonly string[]): Class<unknown[]> {
  class Tuple extends Array<unknown> {
    /** Arrays made of a tuple, by `map` or `slice`, are ordinary ones. */
    static override get [Symbol.species](): ArrayConstructor {
      return Array;
    }
  }
  Object.defineProperty(Tuple, "name", { value: name });
  fields.forEach((field, i) => {
    Object.defineProperty(Tuple.prototype, field, {
      get(this: unknown[]) {
        return this[i];
      },
    });
  });
  const keys = fields.map((field) => new GetAttrKey(field));
  registerPytreeWithKeys(
    Tuple,
    (tuple) => [keys.map((key, i) => [key, tuple[i]] as const), null],
    (_metadata, children) => filled(Tuple, children),
    (tuple) => [tuple, null],
  );
  return Tuple;
}

function filled<T extends unknown[]>(cls: Class<T>, items: readonly unknown[]): T {
  const tuple = new (cls as new () => T)();
  tuple.push(...items);
  return tuple;
}
