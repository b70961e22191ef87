import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holderOf, takeLock } from "../../../agent/state/lock.ts";
import { type FileName, type Settings, Store } from "../../../agent/state/store.ts";
import { readSettingsNote } from "../../../agent/system/sysctl.ts";

const SEED = "A".repeat(43);
const CONFIG = {
  serial: { epoch: 1, rootVersion: 1, counter: 7 },
  manifest: "hash",
  proof: { head: "{}", leaf: "", index: 0, path: [] },
  exitNode: null,
  objects: ["e30"],
};
const SETTINGS: Settings = {
  interfaceName: "rn7",
  listenPort: 51_821,
  advertise: ["10.0.0.0/8"],
  exitNode: "gate",
  exitFallback: "none",
  exitFor: "all",
  hostsFile: "/etc/hosts",
};
const WHOLE = {
  identity: { signing: SEED, wireguard: SEED, kem: SEED, pending: null },
  membership: {
    hub: "https://hub.example",
    network: "corp",
    node: "nod_1",
    name: "a",
    joinedWith: SEED,
    ended: null,
  },
  settings: SETTINGS,
  "settings-copy": SETTINGS,
  roots: { pin: SEED, envelopes: ["{}"] },
  handshake: { counter: 42 },
  config: CONFIG,
  next: CONFIG,
  fresh: { at: 1_700_000_000_000, skewMs: -3 },
  "hub-addresses": ["192.0.2.7"],
};

const DAMAGE: Readonly<Record<string, (whole: string) => string | Buffer>> = {
  empty: () => "",
  truncated: (whole) => whole.slice(0, whole.length / 2),
  junk: () => "\u00ff\u0000{]",
  "filled with zeros": (whole) => Buffer.alloc(whole.length),
  "JSON of another kind": () => '{"nothing":"of this"}',
  null: () => "null",
};

const files = Object.keys(WHOLE) as FileName[];
const cases = files.flatMap((name) => Object.keys(DAMAGE).map((kind) => [name, kind] as const));

describe("a file of the state", () => {
  let store: Store;

  beforeEach(async () => {
    store = new Store(mkdtempSync(join(tmpdir(), "rustronaut-store-")));
    for (const name of files) await store.write(name, WHOLE[name] as never);
  });
  afterEach(() => rmSync(store.directory, { recursive: true }));

  const damage = (name: FileName, kind: string) => {
    const path = join(store.directory, `${name}.json`);
    writeFileSync(path, DAMAGE[kind]?.(readFileSync(path, "utf8")) ?? "");
  };

  it("M8: is read as it was written, and nothing is wrong", async () => {
    for (const name of files) expect(await store.recall(name)).toEqual(WHOLE[name]);
    expect(store.conditions).toEqual([]);
  });

  it.each(cases)("M8: %s, %s, costs that file only, and is told", async (name, kind) => {
    damage(name, kind);
    expect(await store.recall(name)).toBeNull();
    expect(store.conditions).toMatchObject([{ code: "state_was_damaged" }]);
    for (const other of files.filter((file) => file !== name))
      expect(await store.recall(other)).toEqual(WHOLE[other]);
  });

  it("M8: comes back with its directory when it can be had from nowhere else, unless it was forgotten", async () => {
    for (const name of files) await store.recall(name);
    await store.remove("membership");
    rmSync(store.directory, { recursive: true });
    await store.restore();
    expect(readdirSync(store.directory).sort()).toEqual([
      "identity.json",
      "settings-copy.json",
      "settings.json",
    ]);
    expect(await store.read("identity")).toEqual(WHOLE.identity);
    expect(store.conditions).toMatchObject([{ code: "state_was_damaged" }]);
  });

  it("M8: a lock that was emptied or taken away comes back, and no second agent starts meanwhile", async () => {
    const lock = await takeLock(store.directory);
    const path = join(store.directory, "agent.lock");
    for (const lose of [() => writeFileSync(path, ""), () => rmSync(path)]) {
      lose();
      await lock.renew();
      expect(await holderOf(store.directory)).toBe(process.pid);
      await expect(takeLock(store.directory)).rejects.toMatchObject({ code: "agent_running" });
    }
    // Process 1 is another agent as far as a lock can tell.
    const start = readFileSync("/proc/1/stat", "utf8").split(") ")[1]?.split(" ")[19];
    writeFileSync(path, `1 ${start}\n`);
    await expect(lock.renew()).rejects.toMatchObject({ code: "agent_running" });
    await lock.release();
    expect(await holderOf(store.directory)).toBe(1);
  });

  it.each(Object.keys(DAMAGE))("M8: makes nobody of a machine without a word when it is %s", async (kind) => {
    for (const name of ["identity", "membership"] as const) {
      damage(name, kind);
      await expect(store.read(name)).rejects.toMatchObject({
        code: "state_damaged",
        hint: expect.any(String),
      });
    }
  });

  it.each(Object.keys(DAMAGE))("M8: keeps what people chose when it is %s", async (kind) => {
    damage("settings", kind);
    expect(await store.settings()).toEqual(SETTINGS);
    damage("settings-copy", kind);
    expect(await store.settings()).toBeNull();
  });

  it.each(Object.keys(DAMAGE))("M8: puts no kernel setting back from a note that is %s", async (kind) => {
    const path = join(store.directory, "kernel-settings.json");
    writeFileSync(path, '{"net/ipv4/ip_forward":"0"}');
    expect(await readSettingsNote(store.directory)).toEqual({ "net/ipv4/ip_forward": "0" });
    writeFileSync(path, DAMAGE[kind]?.(readFileSync(path, "utf8")) ?? "");
    expect(await readSettingsNote(store.directory)).toEqual({});
  });

  it("M9: that can't be written is told until it can be", async () => {
    rmSync(store.directory, { recursive: true });
    await store.keep("fresh", WHOLE.fresh);
    expect(store.conditions).toMatchObject([{ code: "state_unwritten" }]);
    await store.open();
    await store.keep("fresh", WHOLE.fresh);
    expect(store.conditions).toEqual([]);
  });
});
