import { registerPytreeNode } from "../tree/registry.ts";

/** Stands for the parameters in a state made from it: a node without leaves, which `tree.map` hands through. */
export class ParamsPlaceholder {}
registerPytreeNode(
  ParamsPlaceholder,
  () => [[], null],
  () => new ParamsPlaceholder(),
);
