import type { NDArray } from "../core/array.ts";

// biome-ignore lint/suspicious/noExplicitAny: the constraint that matches every function type
export type AnyFunction = (...args: any[]) => any;

/** Where a function takes an array, its transformed version takes a lone number too. */
export type WithNumbers<T> = NDArray extends T ? T | number | bigint | boolean : T;

/** The arguments of a transformed function. */
export type ArgsOf<F extends AnyFunction> = AllWithNumbers<Parameters<F>>;
type AllWithNumbers<T extends unknown[]> = { [K in keyof T]: WithNumbers<T[K]> };

/** The arguments of a differentiated function: numbers are arrays only where they are differentiated; the others are passed as they are. */
export type GradArgsOf<F extends AnyFunction, Nums> = AtPositions<Parameters<F>, PositionsIn<Nums>>;
type PositionsIn<Nums> = Nums extends readonly number[] ? Nums[number] : Nums;
type AtPositions<T extends unknown[], I> = {
  [K in keyof T]: `${I & number}` extends `-${string}`
    ? WithNumbers<T[K]>
    : K extends `${I & number}`
      ? WithNumbers<T[K]>
      : number extends I
        ? WithNumbers<T[K]>
        : T[K];
};

/** The gradient's type: the argument's own, with numbers turned into arrays. */
export type GradOf<T> = T extends number | bigint | boolean ? NDArray : T;

/** One cotangent for each argument, as a pullback returns them. */
export type CotangentsOf<F extends AnyFunction> = AllGrads<Parameters<F>>;
type AllGrads<T extends unknown[]> = { [K in keyof T]: GradOf<T[K]> };

/** The gradient with respect to several arguments, in the order of `argnums`. */
export type GradsOf<F extends AnyFunction, Nums extends readonly number[]> = {
  -readonly [K in keyof Nums]: Nums[K] extends number ? GradOf<Parameters<F>[Nums[K]]> : never;
};
