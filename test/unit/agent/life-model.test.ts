import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pollOf } from "../../../agent/core/life.ts";
import { compareSerials } from "../../../shared/node/config/serial.ts";
import { drawn, SEED } from "../../support/sample.ts";
import { AWAY, configOf, LEASE_SECONDS, QUARANTINED, REVOKED, TestShell } from "./life-shell.ts";

const LEASE_MS = LEASE_SECONDS * 1_000;

/** What may come about, in any order. */
type Act =
  | { readonly act: "change" | "renew" | "unchanged" | "refuse" | "away" | "quarantine" | "revoke" }
  | { readonly act: "tick" | "hint" | "move" | "signal" | "down" | "restart" }
  | { readonly act: "wait"; readonly ms: number }
  | { readonly act: "jump"; readonly ms: number }
  | { readonly act: "system"; readonly canApply: boolean };

const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom<Act>(
      { act: "change" },
      { act: "renew" },
      { act: "unchanged" },
      { act: "refuse" },
      { act: "away" },
      { act: "quarantine" },
      { act: "tick" },
      { act: "hint" },
      { act: "move" },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Act>(
      { act: "revoke" },
      { act: "signal" },
      { act: "down" },
      { act: "restart" },
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(1_000, 60_000, LEASE_MS / 2, LEASE_MS + 1)
      .map((ms): Act => ({ act: "wait", ms })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-2 * LEASE_MS, LEASE_MS / 4).map((ms): Act => ({ act: "jump", ms })),
  },
  { weight: 3, arbitrary: fc.boolean().map((canApply): Act => ({ act: "system", canApply })) },
);

/** A hub, a node and its disk; beside them what must be true of them, kept by the simplest rules. */
class World {
  node = new TestShell({ wall: Date.UTC(2026, 10, 30), steady: 0 });
  counter = 0;
  /** The newest config that could be applied. */
  best = 0;
  /** Since when, by the steady clock, no answer has counted; null before the first. */
  heardAt: number | null = null;
  /** Whether the peers must be gone: the hub said so, or nobody proved that they may stay. */
  mayHavePeers = false;
  isOver: "no" | "stopped" | "gone" = "no";

  constructor() {
    this.node.happen({ type: "opened", next: null, good: null, floor: null, fresh: null });
  }

  do(act: Act): void {
    const { node } = this;
    const isOver = this.isOver !== "no";
    switch (act.act) {
      case "wait":
        node.wait(act.ms);
        return;
      case "jump":
        node.now = { ...node.now, wall: node.now.wall + act.ms };
        return;
      case "system":
        node.canApply = act.canApply;
        return;
      case "change": {
        const config = configOf(++this.counter);
        node.accept(config, "config");
        if (isOver) return;
        this.heardAt = node.now.steady;
        if (!node.canApply) return;
        this.best = this.counter;
        this.mayHavePeers = true;
        return;
      }
      case "renew":
      case "unchanged": {
        const { applied } = node.life.config;
        if (act.act === "renew" && applied) node.accept(applied, "renewed");
        else node.unchanged();
        if (isOver || applied === null || (act.act === "unchanged" && node.life.standing === "unreachable"))
          return;
        this.heardAt = node.now.steady;
        if (node.canApply) this.mayHavePeers = true;
        return;
      }
      case "refuse":
        node.happen({ type: "refused", poll: pollOf(node.life), reason: "NOT_INCLUDED" });
        return;
      case "away":
        node.fail(AWAY);
        return;
      case "quarantine":
        node.fail(QUARANTINED);
        if (!isOver) this.mayHavePeers = false;
        return;
      case "revoke":
        node.fail(REVOKED);
        if (!isOver) this.isOver = "gone";
        return;
      case "tick":
        node.happen({ type: "ticked" });
        if (!isOver && this.heardAt !== null && node.now.steady - this.heardAt > LEASE_MS)
          this.mayHavePeers = false;
        return;
      case "hint":
        node.happen({ type: "hinted", directory: "1" });
        return;
      case "move":
        node.happen({ type: "moved" });
        return;
      case "signal":
      case "down":
        node.happen({ type: "ended", ending: act.act });
        if (act.act === "down") this.isOver = "gone";
        else if (!isOver) this.isOver = "stopped";
        return;
      case "restart":
        this.#restart();
        return;
    }
  }

  /** The agent is killed, and started again from what is on the disk: a node that is no member any longer is not. */
  #restart(): void {
    const { disk, now, tunnel, canApply } = this.node;
    if (disk.has("membership")) return;
    const read = <T>(file: string): T | null => (disk.get(file) as T | undefined) ?? null;
    const [next, good] = [
      read<ReturnType<typeof configOf>>("next"),
      read<ReturnType<typeof configOf>>("config"),
    ];
    this.node = new TestShell({ wall: now.wall, steady: 0 });
    Object.assign(this.node, { tunnel, canApply });
    for (const [file, content] of disk) this.node.disk.set(file, content);
    const fresh = read<{ at: number; skewMs: number }>("fresh");
    this.isOver = "no";
    this.node.happen({ type: "opened", next, good, floor: (next ?? good)?.serial ?? null, fresh });
    // What was not written, at most a minute, is lost; a clock that was set back lengthens nothing.
    const heldMs = fresh ? Math.max(0, now.wall - fresh.at) : Number.POSITIVE_INFINITY;
    this.heardAt = fresh ? -heldMs : null;
    if (heldMs > LEASE_MS || !canApply) this.mayHavePeers = this.node.tunnel?.hasPeers === true && !canApply;
    else this.mayHavePeers = good !== null;
  }

  check(): void {
    const { node } = this;
    if (this.isOver === "gone") expect(node.tunnel).toBeNull();
    if (node.tunnel?.hasPeers && !this.mayHavePeers) throw new Error("peers are there that must not be");
    const { applied } = node.life.config;
    if (this.isOver === "no")
      expect(node.life.isApart).toBe(applied !== null && node.tunnel?.hasPeers === false);
    expect(node.disk.has("next")).toBe(false);
    if (applied) expect(node.disk.get("config") ?? applied).toEqual(applied);
  }
}

describe("I8: whatever comes about in the life of a node", () => {
  it("peers are there only while the hub vouches for them, and nothing older comes into force", () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 60 }), (history) => {
        const world = new World();
        let newest = configOf(0).serial;
        for (const act of history) {
          world.do(act);
          world.check();
          const serial = world.node.tunnel?.config.serial ?? newest;
          expect(compareSerials(serial, newest)).toBeGreaterThanOrEqual(0);
          newest = serial;
        }
      }),
      { seed: SEED, numRuns: drawn(3_000, 100_000) },
    );
  });

  it("it is running exactly when the last poll brought what holds and is in force", () => {
    const polls = ["change", "renew", "unchanged", "refuse", "away", "quarantine"];
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 60 }), (history) => {
        const world = new World();
        for (const act of history) {
          if (act.act === "restart" || act.act === "revoke") continue;
          const { life } = world.node;
          world.do(act);
          const { standing, detail, applyError, config } = world.node.life;
          if (world.isOver !== "no") continue;
          if (!polls.includes(act.act)) expect(standing).toBe(life.standing);
          if (standing === "running") expect([detail, config.applied === null]).toEqual([null, false]);
          if (act.act === "change") expect(standing).toBe(world.node.canApply ? "running" : "unapplied");
          if (act.act === "change") expect(applyError === null).toBe(world.node.canApply);
        }
      }),
      { seed: SEED, numRuns: drawn(1_000, 50_000) },
    );
  });
});
