import {
  AssertionError,
  AttributeError,
  ConcretizationTypeError,
  FloatingPointError,
  IndexError,
  KeyError,
  KeyReuseError,
  NameError,
  NonConcreteBooleanIndexError,
  NotImplementedError,
  OverflowError,
  RecursionError,
  ResourceExhaustedError,
  RuntimeError,
  TracerArrayConversionError,
  TracerBoolConversionError,
  TracerIntegerConversionError,
  UnexpectedTracerError,
  ValueError,
} from "fluxion";
import { expect, test } from "vitest";

test("error classes carry their names and kinds", () => {
  const rows = [
    [ValueError, Error, "ValueError"],
    [RuntimeError, Error, "RuntimeError"],
    [NotImplementedError, RuntimeError, "NotImplementedError"],
    [IndexError, Error, "IndexError"],
    [KeyError, Error, "KeyError"],
    [NameError, Error, "NameError"],
    [AssertionError, Error, "AssertionError"],
    [AttributeError, Error, "AttributeError"],
    [OverflowError, Error, "OverflowError"],
    [FloatingPointError, Error, "FloatingPointError"],
    [ResourceExhaustedError, RuntimeError, "ResourceExhaustedError"],
    [ConcretizationTypeError, TypeError, "ConcretizationTypeError"],
    [TracerBoolConversionError, ConcretizationTypeError, "TracerBoolConversionError"],
    [TracerIntegerConversionError, TypeError, "TracerIntegerConversionError"],
    [TracerArrayConversionError, TypeError, "TracerArrayConversionError"],
    [NonConcreteBooleanIndexError, IndexError, "NonConcreteBooleanIndexError"],
    [UnexpectedTracerError, TypeError, "UnexpectedTracerError"],
    [KeyReuseError, TypeError, "KeyReuseError"],
    [RecursionError, RuntimeError, "RecursionError"],
  ] as const;
  for (const [Class, kind, name] of rows) {
    const error = new Class("text", { cause: 1 });
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toBe(`${name}: text`);
    expect(error.cause).toBe(1);
  }
});
