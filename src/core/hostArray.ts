import type { DType, HostData } from "../dtypes/index.ts";

/** An array in plain JavaScript memory, row-major: what reference evaluations read and write. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: HostData;
}
