import { describe, expect, it } from "vitest";
import { parseOptions, UsageError } from "../../bench/harness/options.ts";
import { selectGroups } from "../../bench/rows/index.ts";

describe("arguments of the benchmark", () => {
  it("has all rows, peers and both numbers of threads by default", () => {
    const options = parseOptions([]);
    expect(options).toMatchObject({ only: [], quick: false, threads: [1, 2], from: [] });
    expect(options?.peers[0]).toBe("fluxion");
  });
  it("takes lists", () => {
    const options = parseOptions(["--only", "w1,w3", "--threads", "2", "--peers", "numpy-ts,fluxion"]);
    expect(options).toMatchObject({ only: ["w1", "w3"], threads: [2], peers: ["fluxion", "numpy-ts"] });
  });
  it("answers null for --help", () => expect(parseOptions(["--help"])).toBeNull());
  it.each([
    [["--fast"], /'--fast'/],
    [["row"], /row/],
    [["--threads", "0"], /--threads takes positive integers/],
    [["--threads", ""], /--threads takes positive integers/],
    [["--peers", "scipy"], /no "scipy"/],
    [["--from", "no/such/file"], /no file "no\/such\/file"/],
  ])("refuses %j in one line", (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
    expect(() => parseOptions(args)).not.toThrow(/\n/);
  });
  it("selects a group by its id, rows by part of theirs", () => {
    expect(selectGroups(["w1"]).map(({ id }) => id)).toEqual(["w1"]);
    const rows = selectGroups(["softmax", "w5-eager"]).flatMap((group) => group.rows.map(({ id }) => id));
    expect(rows).toEqual(["w3-softmax", "w3-softmax-grad", "w5-eager-add"]);
    expect(selectGroups(["nothing"])).toEqual([]);
  });
});
