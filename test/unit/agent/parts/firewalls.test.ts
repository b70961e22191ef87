import { describe, expect, it } from "vitest";
import { Firewalls } from "../../../../agent/parts/firewalls.ts";
import type { TunnelKeeper } from "../../../../agent/tunnel/keeper.ts";
import { nodeView, worksOf } from "./node-view.ts";

describe("I8: the look for other firewalls", () => {
  const found = [{ code: "firewall_input", detail: "Another firewall drops what comes in" }];

  it("begins with a config in force, asks about what that forwards, and keeps what it found", async () => {
    const asked: unknown[] = [];
    const tunnel = {
      config: null as { manifest: { forwards: string[] } } | null,
      otherFirewalls: async (passage: unknown) => {
        asked.push(passage);
        return found;
      },
    };
    const part = new Firewalls(nodeView({ tunnel: tunnel as unknown as TunnelKeeper }).node);
    const [look] = worksOf(part);
    await look?.();
    expect([asked, part.health()]).toEqual([[], []]);
    tunnel.config = { manifest: { forwards: ["10.0.0.0/8"] } };
    await look?.();
    expect([asked, part.health()]).toEqual([[{ listenPort: 51_820, forwards: true }], found]);
  });
});
