import { FileError } from "../mnist/errors.ts";
import { type Digits, type NamedBytes, parseDigits } from "../mnist/idx.ts";

/** The files that the build puts beside the page. */
export const files = {
  train: ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
  test: ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
} as const;

export interface Mnist {
  readonly train: Digits;
  readonly test: Digits;
}

/**
 * Fetches the images and labels from `folder`.
 *
 * @param onProgress called with the bytes that have come and how many there will be
 * @throws FileError with one line that names the file and what is wrong with it
 */
export async function fetchMnist(
  folder: URL,
  onProgress: (loaded: number, total: number) => void,
): Promise<Mnist> {
  const names = [...files.train, ...files.test];
  const loaded = names.map(() => 0);
  const total = names.map(() => 0);
  const sum = (xs: number[]): number => xs.reduce((a, b) => a + b, 0);
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
    names.map((name, i) =>
      fetchFile(new URL(`${name}.gz`, folder), name, (bytes, of) => {
        [loaded[i], total[i]] = [bytes, of];
        onProgress(sum(loaded), sum(total));
      }),
    ),
  );
  return { train: parseDigits(trainImages, trainLabels), test: parseDigits(testImages, testLabels) };
}

async function fetchFile(
  url: URL,
  name: string,
  onProgress: (loaded: number, total: number) => void,
): Promise<NamedBytes> {
  const response = await fetch(url).catch((error: Error) => {
    throw new FileError(`cannot load ${name}: ${error.message}`);
  });
  if (!response.ok || response.body === null) {
    throw new FileError(`cannot load ${name}: the server answered ${response.status}`);
  }
  const total = Number(response.headers.get("content-length") ?? 0);
  let loaded = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        loaded += chunk.length;
        onProgress(loaded, Math.max(loaded, total));
        controller.enqueue(chunk);
      },
    }),
  );
  const bytes = new Uint8Array(await new Response(counted).arrayBuffer());
  return { name, bytes: isGzip(bytes) ? await gunzip(bytes) : bytes };
}

/** Some servers say that a .gz file is encoded, and the browser has decoded it already. */
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
