import { DType } from "../dtypes/index.ts";
import { ClosedJaxpr, Jaxpr } from "./jaxpr.ts";
import type { Params } from "./primitive.ts";

const objectIds = new WeakMap<object, number>();
let nextObjectId = 1;

/** A number that stands for an object's identity in cache keys. */
export function objectId(x: object): number {
  let id = objectIds.get(x);
  if (id === undefined) {
    id = nextObjectId++;
    objectIds.set(x, id);
  }
  return id;
}

/** Equal strings exactly for parameters that mean the same; programs and functions count by identity. */
export function paramsKey(params: Params): string {
  let key = "";
  for (const name in params) key += `${name}=${valueKey(params[name])};`;
  return key;
}

function valueKey(v: unknown): string {
  switch (typeof v) {
    case "number":
      return Object.is(v, -0) ? "-0" : String(v);
    case "string":
      return JSON.stringify(v);
    case "bigint":
      return `${v}n`;
    case "object": {
      if (v === null) return "null";
      if (Array.isArray(v)) return `[${v.map(valueKey).join(",")}]`;
      if (v instanceof DType) return v.name;
      if (v instanceof Jaxpr) return `j${v.id}`;
      if (v instanceof ClosedJaxpr) return `J${objectId(v)}`;
      const proto = Object.getPrototypeOf(v);
      if (proto === Object.prototype || proto === null) return `{${paramsKey(v as Params)}}`;
      return `#${objectId(v)}`;
    }
    case "function":
      return `#${objectId(v)}`;
    default:
      return String(v);
  }
}
