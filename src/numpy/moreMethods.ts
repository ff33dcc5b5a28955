/**
 * The methods of arrays that need sorting, gathers, scatters or loops, and indices that are arrays. Imported for its effect, but package.json
 * says that there is none: every program has these methods, save bundles that do not ask for them (`import "fluxion/methods"`).
 */
import type { NDArray } from "../core/array.ts";
import { cumprod, cumsum } from "./cumulative.ts";
import { getItem } from "./indexingGet.ts";
import { take } from "./indexingTake.ts";
import { indexUpdate } from "./indexingUpdate.ts";
import { compress } from "./manipulationCompress.ts";
import { diagonal, trace } from "./manipulationDiagonal.ts";
import { repeat } from "./manipulationRepeat.ts";
import { choose } from "./manipulationSelect.ts";
import { byteswap, view } from "./manipulationView.ts";
import { defineMethod, type Method, method } from "./method.ts";
import { argpartition, argsort, nonzero, searchsorted, sort } from "./sorting.ts";
import { installNonzero } from "./whereOrNonzero.ts";

const methods: Record<string, Method> = {
  argpartition: method(argpartition),
  argsort: method(argsort),
  at: method((x: NDArray, ...index: never[]) => indexUpdate(x, index)),
  byteswap: method(byteswap),
  choose: method(choose),
  compress: method((x: NDArray, condition: never, ...rest: never[]) => compress(condition, x, ...rest)),
  cumprod: method(cumprod),
  cumsum: method(cumsum),
  diagonal: method(diagonal),
  get: method((x: NDArray, ...index: never[]) => getItem(x, index)),
  nonzero: method(nonzero),
  repeat: method(repeat),
  searchsorted: method(searchsorted),
  sort: method(sort),
  take: method(take),
  trace: method(trace),
  view: method(view),
};

/** Gives every array the methods of this file. */
export function installMoreMethods(): void {
  for (const [name, value] of Object.entries(methods)) defineMethod(name, value);
  installNonzero(nonzero);
}
installMoreMethods();
