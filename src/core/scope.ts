// What holds for a while.

/**
 * With a body: runs it (until its promise is settled, where it returns one), then restores what was before, and returns its result. Without:
 * returns what restores, for `using`.
 */
export function scoped(restore: () => void, body: (() => unknown) | null | undefined): unknown {
  return body === null || body === undefined ? disposable(restore) : during(body, restore);
}

function disposable(restore: () => void): Disposable {
  return { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: restore } as unknown as Disposable;
}

function during(body: () => unknown, restore: () => void): unknown {
  let isPending = false;
  try {
    const result = body();
    if (!(result instanceof Promise)) return result;
    isPending = true;
    return result.finally(restore);
  } finally {
    if (!isPending) restore();
  }
}
