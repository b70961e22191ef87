import { describe, expect, it } from "vitest";
import { Firewalls } from "../../../../agent/parts/firewalls.ts";
import type { TunnelKeeper } from "../../../../agent/tunnel/keeper.ts";
import { nodeView, worksOf } from "./node-view.ts";

describe("I8: the look for other firewalls", () => {
  const found = [{ code: "firewall_input", detail: "Another firewall drops what comes in" }];

  it("begins with a config in force, asks about what that forwards, and keeps what it found", async () => {
    const asked: unknown[] = [];
    const otherFirewalls = async (passage: unknown) => {
      asked.push(passage);
      return found;
    };
    const tunnel = {
      config: null as { manifest: { forwards: string[] } } | null,
      firewallChanges: 0,
      machine: { otherFirewalls },
    };
    const part = new Firewalls(nodeView({ tunnel: tunnel as unknown as TunnelKeeper }).node);
    const [look, lookAfterChange] = worksOf(part);
    await look?.();
    expect([asked, part.health()]).toEqual([[], []]);
    tunnel.config = { manifest: { forwards: ["10.0.0.0/8"] } };
    await look?.();
    expect([asked, part.health()]).toEqual([[{ listenPort: 51_820, forwards: true }], found]);
    // It costs nothing while the kernel reports nothing, and one look for many changes in a row.
    await lookAfterChange?.();
    expect(asked).toHaveLength(1);
    tunnel.firewallChanges += 3;
    await lookAfterChange?.();
    await lookAfterChange?.();
    expect(asked).toHaveLength(2);
  });
});
