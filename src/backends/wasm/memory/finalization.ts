const kept: FinalizationRegistry<never>[] = [];

/**
 * A FinalizationRegistry that is never garbage itself. V8 (as in Node 20) loses the task that runs finalizers when a registry dies between
 * the collection of its targets and that task, and then runs no finalizer of any registry again. `owner` is not kept alive.
 */
export function lastingRegistry<O extends WeakKey, T>(
  owner: O,
  finalize: (owner: O, held: T) => void,
): FinalizationRegistry<T> {
  const weak = new WeakRef(owner);
  const registry = new FinalizationRegistry<T>((held) => {
    const living = weak.deref();
    if (living !== undefined) finalize(living, held);
  });
  kept.push(registry as FinalizationRegistry<never>);
  return registry;
}
