import { lax, type NDArray, nn } from "fluxion";

/** 3 x 3, stride 1, NHWC. */
export const conv = (x: NDArray, k: NDArray): NDArray =>
  lax.convGeneralDilated(x, k, [1, 1], "SAME", { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] });

export const network = (x: NDArray, k1: NDArray, k2: NDArray): NDArray =>
  nn.relu(conv(nn.relu(conv(x, k1)), k2));
