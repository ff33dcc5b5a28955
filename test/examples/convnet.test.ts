import { grad, jnp, type NDArray, random } from "fluxion";
import { expect, test } from "vitest";
import { accuracy, initNetwork, logits, loss, train } from "../../examples/convnet.ts";
import { loadMnist } from "../../examples/mnist/data.ts";
import { makeMnist } from "./mnist/digits.ts";

test("the convolutional network learns MNIST", () => {
  const { train: digits, test: unseen } = loadMnist();
  const losses: number[] = [];
  const network = train(digits, 200, (_step, value) => losses.push(value));
  expect(losses).toHaveLength(2);
  expect(losses[1]).toBeLessThan(0.5);
  expect(accuracy(network, unseen)).toBeGreaterThan(0.94);
});

test("images of other sizes", () => {
  const { train: digits, test: unseen } = makeMnist();
  expect(
    accuracy(
      train(digits, 100, () => {}),
      unseen,
    ),
  ).toBeGreaterThan(0.95);
  const network = initNetwork(random.key(0), 7);
  expect(logits(network, jnp.ones([3, 7, 7, 1])).shape).toEqual([3, 10]);
});

test("the gradient of a weight is a difference quotient", () => {
  const network = initNetwork(random.key(0), 6);
  const images = random.uniform(random.key(1), [4, 6, 6, 1]);
  const labels = jnp.array([1, 2, 3, 4], "int32");
  const at = (move: number): NDArray => {
    const kernel = network.first.kernel.at(1, 0, 0, 5).add(move);
    return loss({ ...network, first: { ...network.first, kernel } }, images, labels);
  };
  const slope = grad(loss)(network, images, labels).first.kernel.get(1, 0, 0, 5);
  expect(Number(slope)).toBeCloseTo((Number(at(0.002)) - Number(at(-0.002))) / 0.004, 3);
});
