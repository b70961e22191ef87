import { describe, expect, it } from "vitest";
import { isFirstTaken } from "../../../../shared/access/login/passkey/first.ts";

const NETWORKS = ["203.0.113.0/24", "2001:db8:1::/48"];

describe("from where a first passkey is taken", () => {
  it.each([
    ["anywhere", "", true],
    ["networks", "203.0.113.9", true],
    ["networks", "2001:db8:1::7", true],
    ["networks", "203.0.114.9", false],
    ["networks", "2001:db8:2::7", false],
    ["networks", "", false],
    ["networks", "203.0.113.9/0", false],
    ["networks", "::ffff:203.0.113.9", false],
    ["invitation", "203.0.113.9", false],
  ] as const)("%s, at %j: %s", (from, address, taken) => {
    expect(isFirstTaken({ from, networks: NETWORKS }, address)).toBe(taken);
  });

  it("no networks take none", () => {
    expect(isFirstTaken({ from: "networks", networks: [] }, "203.0.113.9")).toBe(false);
  });
});
