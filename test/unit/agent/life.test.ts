import { beforeEach, describe, expect, it } from "vitest";
import { pollOf } from "../../../agent/core/life.ts";
import { AWAY, configOf, LEASE_SECONDS, QUARANTINED, REVOKED, ROOT, TestShell } from "./life-shell.ts";

const LEASE_MS = LEASE_SECONDS * 1_000;
const START = { wall: Date.UTC(2026, 10, 30), steady: 1_000 };
const EMPTY = { type: "opened", next: null, good: null, floor: null, fresh: null } as const;

let node: TestShell;
beforeEach(() => {
  node = new TestShell(START);
});

const fresh = () => ({ at: node.now.wall, skewMs: 0 });
const running = (counter = 1) => {
  node.happen(EMPTY);
  node.accept(configOf(counter), "config");
  node.did();
};

describe("I8: a node that starts", () => {
  it("holds its exit and lets nobody stay when nothing on the disk counts", () => {
    node.happen(EMPTY);
    expect(node.did()).toEqual(["hold_exit", "drop_peers"]);
    expect(pollOf(node.life)).toEqual({ tag: null, waits: false, hinted: null });
  });

  it("brings back what was in force, and reports nothing of being in touch", () => {
    node.happen({ ...EMPTY, good: configOf(4), fresh: fresh() });
    expect(node.did()).toEqual(["enforce", "keep_config", "forget", "settle_keys", "tell"]);
    expect([node.tunnel, node.life.standing]).toMatchObject([{ hasPeers: true }, "starting"]);
    expect(pollOf(node.life)).toMatchObject({ tag: "1.1.4.hash-4", waits: false });
  });

  it("brings back no peers after the lease, until the hub has answered", () => {
    node.happen({ ...EMPTY, good: configOf(4), fresh: { at: node.now.wall - LEASE_MS - 1, skewMs: 0 } });
    expect(node.tunnel?.hasPeers).toBe(false);
    node.unchanged();
    expect(node.tunnel?.hasPeers).toBe(true);
  });

  it("tries what was being applied first, and falls back on the last good one", () => {
    const [next, good] = [configOf(5), configOf(4)];
    node.canApply = false;
    node.happen({ ...EMPTY, next, good, floor: next.serial, fresh: fresh() });
    const tried = node.done.flatMap((effect) => (effect.type === "enforce" ? [effect.config] : []));
    expect(tried).toEqual([next, good]);
    expect(node.life).toMatchObject({ applyError: "the system says no", config: { applied: null } });
  });

  it.each([
    ["the hub takes them away", () => node.fail(QUARANTINED)],
    ["the lease ends", () => node.wait(LEASE_MS + 1)],
  ])("drops the peers of an earlier run when %s, though no config could be enforced", (_, comesAbout) => {
    node.tunnel = { config: configOf(1), hasPeers: true };
    node.canApply = false;
    node.happen({ ...EMPTY, next: null, good: configOf(1), floor: null, fresh: fresh() });
    node.fail(AWAY);
    node.happen({ type: "ticked" });
    expect(node.tunnel.hasPeers).toBe(true);
    comesAbout();
    node.happen({ type: "ticked" });
    expect(node.tunnel.hasPeers).toBe(false);
    node.canApply = true;
    node.accept(configOf(2), "config");
    expect(node.tunnel).toEqual({ config: configOf(2), hasPeers: true });
  });

  it("takes nothing older than what it could not read", () => {
    node.happen({ ...EMPTY, floor: configOf(9).serial });
    node.accept(configOf(8), "config");
    expect(node.life).toMatchObject({ standing: "unapplied", detail: expect.stringMatching(/^SERIAL_OLD/) });
    expect([node.tunnel, node.disk.get("next")]).toEqual([null, undefined]);
    node.accept(configOf(9), "config");
    expect(node.life.standing).toBe("running");
  });
});

describe("I8: a node that is in touch", () => {
  it("notes a config before it is applied, and is running when it is", () => {
    node.happen(EMPTY);
    node.did();
    node.accept(configOf(1), "config");
    expect(node.did()).toEqual([
      "keep_lease",
      "keep_config",
      "enforce",
      "keep_config",
      "forget",
      "settle_keys",
      "tell",
      "tell",
    ]);
    expect([node.life.standing, [...node.disk.keys()].sort()]).toEqual(["running", ["config", "fresh"]]);
  });

  it("keeps what is in force when another can't be applied, and says so", () => {
    running();
    node.canApply = false;
    node.accept(configOf(2), "config");
    expect(node.life).toMatchObject({ standing: "unapplied", applyError: "the system says no" });
    expect([node.tunnel?.config, node.disk.has("next")]).toEqual([configOf(1), false]);
    expect(node.did()).toContain("tell");
    // The hub is asked from the one that is in force, and the next one that works mends it.
    expect(pollOf(node.life)).toMatchObject({ tag: "1.1.1.hash-1", waits: false });
    node.canApply = true;
    node.accept(configOf(3), "config");
    expect(node.life).toMatchObject({ standing: "running", applyError: null });
  });

  it("keeps a newer proof and a newer root of the same config", () => {
    running();
    const root = { ...ROOT, version: 2 };
    const renewed = { ...configOf(1), expiresAt: 7 };
    node.accept(renewed, "renewed", root);
    expect(node.did()).toEqual(["keep_roots", "keep_config", "tell"]);
    expect([node.life.config, node.disk.get("config")]).toEqual([{ root, applied: renewed }, renewed]);
  });

  it("asks for everything after what it had to refuse, and then again for what changed", () => {
    running();
    const refuse = () => node.happen({ type: "refused", poll: pollOf(node.life), reason: "NOT_INCLUDED" });
    refuse();
    expect([pollOf(node.life).tag, node.life.standing]).toEqual([null, "unapplied"]);
    refuse();
    expect(pollOf(node.life).tag).toBe("1.1.1.hash-1");
    refuse();
    node.accept(configOf(1), "none");
    expect(pollOf(node.life)).toMatchObject({ tag: "1.1.1.hash-1", waits: true });
  });

  it("believes no hub that calls unchanged what is not there", () => {
    node.happen(EMPTY);
    node.unchanged();
    expect([node.life.standing, node.life.lease.at]).toEqual(["unreachable", 0]);
  });

  it("names a hint until a poll that named it is answered", () => {
    running();
    node.happen({ type: "hinted", directory: "17" });
    expect(node.did()).toEqual(["wake"]);
    const poll = pollOf(node.life);
    node.happen({ type: "hinted", directory: "18" });
    node.happen({ type: "unchanged", poll, hubTime: node.now.wall, skewMs: 0 });
    expect(pollOf(node.life).hinted).toBe("18");
    node.unchanged();
    expect(pollOf(node.life).hinted).toBeNull();
  });

  it("begins anew when the machine has moved, and tells its parts before it looks for peers", () => {
    running();
    node.happen({ type: "moved" });
    expect(node.did()).toEqual(["start_anew", "tell", "seek"]);
  });

  it("mends once a minute, and looks for silent peers as long as it is worth it", () => {
    running();
    node.wait(60_000);
    node.happen({ type: "ticked" });
    expect(node.did()).toEqual(["mend", "search"]);
    node.happen({ type: "searched", isWorthMore: false });
    node.wait(10_000);
    node.happen({ type: "ticked" });
    expect(node.did()).toEqual([]);
  });
});

describe("I8: a node without its hub", () => {
  it("keeps its tunnel for the lease and not longer, and has its peers back with the hub", () => {
    running();
    node.wait(LEASE_MS);
    node.fail(AWAY);
    node.happen({ type: "ticked" });
    expect(node.tunnel?.hasPeers).toBe(true);
    node.wait(1);
    node.happen({ type: "ticked" });
    expect([node.tunnel?.hasPeers, node.life.isApart]).toEqual([false, true]);
    node.unchanged();
    expect([node.tunnel?.hasPeers, node.life.standing]).toEqual([true, "running"]);
  });

  it("stays without peers when they can't be brought back, and tries again", () => {
    running();
    node.fail(QUARANTINED);
    node.canApply = false;
    node.unchanged();
    expect(node.life).toMatchObject({ isApart: true, standing: "unapplied" });
    node.canApply = true;
    node.unchanged();
    expect(node.life).toMatchObject({ isApart: false, standing: "running" });
  });

  it("warns once of the same trouble", () => {
    running();
    const warnings = () =>
      node.done.filter((effect) => effect.type === "log" && effect.level === "warn").length;
    node.fail(AWAY, "the hub is away");
    node.fail(AWAY, "the hub is away");
    expect(warnings()).toBe(1);
    node.fail(AWAY, "the hub is in trouble");
    expect(warnings()).toBe(2);
  });
});

describe("I8: a node that ends", () => {
  it("is taken down for good when the hub provably says so, but for what holds its exit", () => {
    running();
    node.fail(REVOKED, "The node was revoked");
    expect(node.done).toContainEqual({ type: "remove", keepsExit: true });
    expect([node.tunnel, node.disk.has("config"), node.life.ending]).toEqual([null, false, "revoked"]);
    expect(node.disk.get("membership")).toBe("The node was revoked");
  });

  it.each([
    ["signal", ["wake", "keep_lease"]],
    ["down", ["wake", "remove", "keep_lease"]],
    ["logout", ["wake", "remove", "forget"]],
  ] as const)("by %s does %j", (ending, effects) => {
    running();
    node.happen({ type: "ended", ending });
    expect([node.did(), node.life.ending]).toEqual([effects, ending]);
  });

  it("does what a second ending asks for, and stays ended by the first", () => {
    running();
    node.happen({ type: "ended", ending: "signal" });
    node.happen({ type: "ended", ending: "down" });
    expect([node.tunnel, node.life.ending]).toEqual([null, "signal"]);
  });
});
