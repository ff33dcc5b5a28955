import type { ArrayImpl } from "../core/array.ts";
import type { HostFunction } from "../core/lowering.ts";
import { definePrimitive, type Params, type Primitive } from "../core/primitive.ts";
import { bind } from "../core/trace.ts";
import { getPrintOptions, type PrintOptions, printOptions } from "../dtypes/index.ts";
import { ValueError } from "../errors.ts";
import { checkOptions } from "../transforms/options.ts";
import { isPlainObject } from "../tree/descend.ts";
import { quote, repr } from "../tree/repr.ts";
import type { PyTreeDef } from "../tree/treedef.ts";
import { unrolledBatching } from "./batching.ts";
import { callTreeText } from "./callTree.ts";
import { debugEffects, debugOptions } from "./debugCallback.ts";
import { fillIn, type Named } from "./fieldText.ts";
import { argumentOf, type FormatString, fieldsOf, parseFormat, positionsNeeded } from "./formatString.ts";
import { callHost } from "./hostFunction.ts";
import { type MixedLeaves, mergeLeaves, splitLeaves } from "./mixedLeaves.ts";
import { referenceOf } from "./reference.ts";

/** Options of `debug.print`, which may stand among the named arguments. */
export interface DebugPrintOptions {
  /** Keep the order of ordered prints. Prints happen in the order of the program in any case. Default false. */
  ordered?: boolean;
  /** Accepted for compatibility. */
  partitioned?: boolean;
  /** Do not check that arguments and fields of the format string match. Default false. */
  skipFormatCheck?: boolean;
}

interface DebugPrintParams extends Params {
  readonly fmt: string;
  readonly hasPlaceholders: boolean;
  /** The structure of the positional and the named arguments. */
  readonly inTree: PyTreeDef;
  readonly logs: boolean;
  readonly printOptions: PrintOptions;
  readonly ordered: boolean;
  readonly partitioned: boolean;
  readonly staticArgs: MixedLeaves["statics"];
}

/** What prints the values of a program. */
export const debugPrintP: Primitive<DebugPrintParams> = definePrimitive<DebugPrintParams>({
  name: "debug_print",
  abstractEval: () => [],
  effects: debugEffects,
  reference: /* @__PURE__ */ referenceOf(printer),
  lowering: { kind: "hostCall", call: printer },
  printParams: (params) => {
    const [args, named] = params.inTree.children();
    return {
      fmt: params.fmt,
      has_placeholders: params.hasPlaceholders,
      in_tree: callTreeText(args, named),
      logging_record: params.logs ? "<LogRecord: fluxion.debug, 20>" : null,
      np_printoptions: optionsText(params.printOptions),
      ordered: params.ordered,
      partitioned: params.partitioned,
      static_args: params.staticArgs.map(([place, value]) => `(${place}, ${repr(value)})`),
    };
  },
  jvp: (primals, _tangents, params) => [bind(debugPrintP, primals, params), []],
  transpose: (_cotangents, operands) => operands.map(() => null),
  batching: /* @__PURE__ */ unrolledBatching(() => debugPrintP),
});

function printer({
  fmt,
  hasPlaceholders,
  inTree,
  logs,
  printOptions: options,
  staticArgs,
}: DebugPrintParams): HostFunction {
  const format = parseFormat(fmt);
  return (arrays: readonly ArrayImpl[]) => {
    callHost("debug.print", () => {
      const [args, named] = inTree.unflatten(mergeLeaves(arrays, staticArgs)) as [unknown[], Named];
      const text = printOptions(options, () =>
        hasPlaceholders ? fillIn(format, args, named) : [fmt, ...args.map(String)].join(" "),
      );
      if (logs) console.info(text);
      else console.log(text);
    });
    return [];
  };
}

/** Settings of printing as NumPy names and orders them. */
function optionsText(o: PrintOptions): string {
  const text = (value: unknown) => (typeof value === "string" ? quote(value) : repr(value));
  const names = "edgeitems threshold floatmode precision suppress linewidth nanstr infstr sign".split(" ");
  const pairs = names.map((name) => `('${name}', ${text(o[name as keyof PrintOptions])})`);
  return `(${[...pairs, "('formatter', None)", "('legacy', False)", "('override_repr', None)"].join(", ")})`;
}

type Print = (fmt: string, ...args: unknown[]) => void;

/**
 * Prints values of a transformed or compiled function, each time that it is reached, in the order of the program.
 *
 * The format string is one of Python's `str.format`: `{}` and `{0}` stand for positional arguments, `{name}` for those in an object that comes last,
 * and a field may have a conversion and a specification (`{x!r:>10}`, `{:.3f}`), attributes and items (`{0.shape}`, `{0[1]}`). Do not put
 * the values into a template string: while the function is traced they are not known.
 *
 * Under `vmap` it prints for each example, in the forward pass of a derivative once, in a checkpointed function again in the backward pass.
 * It prints with `console.log`, and arrays as `jnp.setPrintoptions` said when the function was traced.
 *
 * @param fmt the format string
 * @param args values, trees of arrays and other leaves; the last may be an object of named ones and the options `ordered`, `partitioned`,
 * `skipFormatCheck`. Given only options, returns a function of format string and values
 * @throws ValueError for arguments that no field uses; IndexError and KeyError for fields without argument
 * @example
 * ```ts
 * const f = jit((x: NDArray) => {
 *   debug.print("x is {} and its sum {total:.2f}", x, { total: x.sum() });
 *   return x.mul(2);
 * });
 * String(f(jnp.array([1, 2]))); // => "[2. 4.]"
 * ```
 */
export function print(fmt: string, ...args: unknown[]): void;
export function print(options: DebugPrintOptions): Print;
export function print(first: string | DebugPrintOptions, ...args: unknown[]): Print | undefined {
  return printOrLog(first, args, false);
}

/**
 * {@link print} by way of `console.info`.
 *
 * @example
 * ```ts
 * jit((x: NDArray) => debug.log("x is {}", x) ?? x)(jnp.ones(2)).shape; // => [2]
 * ```
 */
export function log(fmt: string, ...args: unknown[]): void;
export function log(options: DebugPrintOptions): Print;
export function log(first: string | DebugPrintOptions, ...args: unknown[]): Print | undefined {
  return printOrLog(first, args, true);
}

const optionNames = [...debugOptions, "skipFormatCheck"];

function printOrLog(
  first: string | DebugPrintOptions,
  args: readonly unknown[],
  logs: boolean,
): Print | undefined {
  if (typeof first === "string") {
    bindPrint(first, args, {}, logs);
    return undefined;
  }
  if (!isPlainObject(first)) throw new TypeError("debug.print: the first argument must be a format string.");
  checkOptions("debug.print", first, optionNames);
  return (fmt, ...values) => bindPrint(fmt, values, first as DebugPrintOptions, logs);
}

function bindPrint(fmt: string, given: readonly unknown[], options: DebugPrintOptions, logs: boolean): void {
  const format = parseFormat(fmt);
  const last = given[given.length - 1];
  const hasNamed = isPlainObject(last) && given.length > positionsNeeded(format);
  const args = hasNamed ? given.slice(0, -1) : given;
  const named: Record<string, unknown> = hasNamed ? { ...last } : {};
  const o: DebugPrintOptions = { ...options };
  for (const name of optionNames as (keyof DebugPrintOptions)[]) {
    if (!Object.hasOwn(named, name)) continue;
    o[name] = named[name] as boolean;
    delete named[name];
  }
  if (o.skipFormatCheck !== true) checkArguments(format, args, named);
  const { arrays, statics, treedef } = splitLeaves([args, named]);
  bind(debugPrintP, arrays, {
    fmt,
    hasPlaceholders: fieldsOf(format).length > 0,
    inTree: treedef,
    logs,
    printOptions: getPrintOptions(),
    ordered: o.ordered === true,
    partitioned: o.partitioned === true,
    staticArgs: statics,
  });
}

/** @throws ValueError for arguments that nothing prints, IndexError and KeyError for fields that have none */
function checkArguments(format: FormatString, args: readonly unknown[], named: Named): void {
  const fields = fieldsOf(format);
  for (const field of fields) argumentOf(field, args, named);
  const used = new Set(fields.map(({ argument }) => argument));
  const unused = args.filter((_, i) => !used.has(i));
  if (unused.length > 0) {
    throw new ValueError(`Unused positional arguments to \`debug.print\`: ${repr(unused)}`);
  }
  const unusedNames = Object.keys(named).filter((name) => !used.has(name));
  if (unusedNames.length > 0) {
    throw new ValueError(
      `Unused keyword arguments to \`debug.print\`: ${repr(unusedNames)}. You may be passing a template string (i.e, \`\${x}\`) into ` +
        "`debug.print` and instead should pass in a regular string.",
    );
  }
}
