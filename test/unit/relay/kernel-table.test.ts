import { describe, expect, it } from "vitest";
import { renderRelayTable } from "../../../shared/relay/kernel-table.ts";

const leg = {
  port: 40_000,
  places: ["192.0.2.1:51820", "198.51.100.2:1001"],
  sources: ["203.0.113.5", "203.0.113.6"],
  notAfter: 61_000,
} as const;
const render = (legs: Parameters<typeof renderRelayTable>[0]["legs"]) =>
  renderRelayTable({ interfaceName: "rustronaut0", bytesPerSecond: 1_000_000, legs, now: 1_000 });

describe("the kernel's table of a relay", () => {
  it("leads each end to the other, and names the relay's own port to both", () => {
    const text = render([leg]);
    expect(text).toContain("192.0.2.1 . 51820 . 40000 : 198.51.100.2");
    expect(text).toContain("192.0.2.1 . 51820 . 40000 : 1001");
    expect(text).toContain("198.51.100.2 . 1001 . 40000 : 192.0.2.1");
    expect(text).toContain("192.0.2.1 . 51820 . 198.51.100.2 . 1001 : 40000");
    expect(text).toContain("elements = { 198.51.100.2 : 203.0.113.6, 192.0.2.1 : 203.0.113.5 }");
    expect(text).toContain("192.0.2.1 . 51820 . 40000 timeout 60000ms");
  });

  it("holds nothing of a leg whose time is over", () => {
    expect(render([{ ...leg, notAfter: 1_000 }])).not.toContain("192.0.2.1");
  });

  it("takes nothing but addresses and ports into the script", () => {
    for (const place of ["192.0.2.1", "$(x):1", "192.0.2.1:1 }; flush ruleset", "[::1%eth0]:5", ""])
      expect(() => render([{ ...leg, places: [place, leg.places[1]] }]), place).toThrow("no place");
  });
});
