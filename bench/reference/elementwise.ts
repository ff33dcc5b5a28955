/** Functions of one number, and their derivatives, in float64. */

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** tanh(x) sigmoid(x) + x^2 / 2 */
export const fused = (x: number): number => Math.tanh(x) * sigmoid(x) + 0.5 * x * x;
export function fusedGrad(x: number): number {
  const t = Math.tanh(x);
  const s = sigmoid(x);
  return (1 - t * t) * s + t * s * (1 - s) + x;
}

const geluScale = Math.sqrt(2 / Math.PI);

/** The approximation with tanh. */
export const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(geluScale * (x + 0.044715 * x ** 3)));
export function geluGrad(x: number): number {
  const t = Math.tanh(geluScale * (x + 0.044715 * x ** 3));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * geluScale * (1 + 3 * 0.044715 * x * x);
}
