import { existsSync, readFileSync, renameSync } from "node:fs";
import { jnp, type NDArray, type optim, tree } from "fluxion";
import { FileError, systemReason } from "./errors.ts";
import { writeAtomically } from "./files.ts";
import type { Params } from "./model.ts";
import { decode, encode, type Tensor, type TensorData, type TensorType } from "./safetensors.ts";
import type { History, RunState, Settings } from "./train.ts";

const typeNames: Record<string, TensorType> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  uint32: "U32",
  uint8: "U8",
};

/** A saved run: where it stands, how it was started, and its arrays by name. */
export interface Checkpoint {
  settings: Settings;
  epoch: number;
  step: number;
  history: History;
  tensors: Map<string, Tensor>;
}

interface Saved {
  params: Params;
  optState: optim.OptState;
}

/** The arrays of a pytree by key path: `layers.0.w`. */
export function toTensors(arrays: unknown): Map<string, Tensor> {
  return new Map(
    tree.leavesWithPath(arrays).map(([path, leaf]) => {
      const x = leaf as NDArray;
      return [
        nameOf(path),
        { type: typeNames[x.dtype.name], shape: x.shape, data: x.dataSync() as TensorData },
      ];
    }),
  );
}

function nameOf(path: tree.KeyPath): string {
  return tree.keystr(path, { simple: true, separator: "." });
}

/**
 * A pytree like `like` with the arrays of a file.
 *
 * @throws FileError when an array is missing, superfluous or of another type
 */
export function fromTensors<T>(like: T, tensors: ReadonlyMap<string, Tensor>, file: string): T {
  const missing = new Set(tensors.keys());
  const result = tree.mapWithPath((path, leaf) => {
    const name = nameOf(path);
    const x = leaf as unknown as NDArray;
    const tensor = tensors.get(name);
    missing.delete(name);
    if (tensor === undefined) throw new FileError(`${file}: has no tensor ${name}`);
    if (tensor.type !== typeNames[x.dtype.name] || tensor.shape.join() !== x.shape.join()) {
      throw new FileError(
        `${file}: tensor ${name} is ${tensor.type}[${tensor.shape}], expected ${typeNames[x.dtype.name]}[${x.shape}]`,
      );
    }
    return jnp.array(tensor.data).reshape(x.shape) as never;
  }, like);
  const [extra] = missing;
  if (extra !== undefined)
    throw new FileError(`${file}: has a tensor ${extra} that does not belong to this network`);
  return result;
}

/** The learnt parameters alone. */
export function saveModel(file: string, params: Params, metadata: Record<string, string>): void {
  writeAtomically(file, encode({ tensors: toTensors(params), metadata }));
}

/** Everything that is needed to continue. */
export function saveCheckpoint(file: string, settings: Settings, state: RunState): void {
  const { params, optState, epoch, step, history } = state;
  const run = JSON.stringify({ settings, epoch, step, history });
  writeAtomically(file, encode({ tensors: toTensors({ params, optState }), metadata: { run } }));
}

/** @throws FileError with one line when there is no checkpoint, or a damaged one */
export function loadCheckpoint(file: string): Checkpoint {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new FileError(`nothing to resume: cannot read ${file}: ${systemReason(error)}`);
  }
  const { tensors, metadata } = decode(bytes, file);
  try {
    const run = JSON.parse(metadata.run) as Omit<Checkpoint, "tensors">;
    const { settings, history } = run;
    const numbers = [settings.epochs, settings.batch, settings.lr, settings.seed, run.epoch, run.step];
    const lists = [settings.layers, history.losses.flat(), history.accuracies.flat()];
    if (![...numbers, ...lists.flat()].every((x) => typeof x === "number")) throw new TypeError();
    return { ...run, tensors };
  } catch {
    throw new FileError(
      `${file}: damaged or not a checkpoint of this program: the state of the run is missing`,
    );
  }
}

/** Puts the arrays of a checkpoint in a fresh state. */
export function restore(checkpoint: Checkpoint, fresh: RunState, file: string): RunState {
  const like: Saved = { params: fresh.params, optState: fresh.optState };
  const { params, optState } = fromTensors(like, checkpoint.tensors, file);
  return { params, optState, epoch: checkpoint.epoch, step: checkpoint.step, history: checkpoint.history };
}

/** Moves the checkpoint of an earlier run aside, so that a new one does not destroy it. */
export function keepOld(file: string): string | null {
  if (!existsSync(file)) return null;
  const old = file.replace(/(\.[^.]*)?$/, ".old$1");
  try {
    renameSync(file, old);
  } catch (error) {
    throw new FileError(`cannot rename ${file}: ${systemReason(error)}`);
  }
  return old;
}
