import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ask } from "../../../agent/control/client.ts";
import type { ControlRequest } from "../../../agent/control/protocol.ts";
import type { Status } from "../../../agent/core/status.ts";
import { NOTHING, type Observed } from "../../../agent/tunnel/tunnel.ts";
import { until } from "../../support/mesh.ts";
import type { TestNode } from "../../support/node-client.ts";
import { type AgentApi, startAgentApi } from "../mesh-api/setup.ts";
import { type Door, openDoor } from "./door.ts";
import type { MachineFile } from "./worker.ts";

/**
 * The agent's loop without root: the real agent with its HTTP client, its verification and its state directory, and a real
 * hub. Only what is under the tunnel is a model (`support/model-machine`). The tests follow each other in one life.
 */
const here = dirname(fileURLToPath(import.meta.url));
const HOUR_MS = 3_600_000;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
/** A report as it travels, packed or not. */
const reportOf = (body: Buffer): object =>
  JSON.parse((body[0] === 0x1f ? gunzipSync(body) : body).toString("utf8")) as object;

class LoopAgent {
  readonly directory = mkdtempSync(join(tmpdir(), "rustronaut-loop-"));
  readonly state = join(this.directory, "state");
  readonly #file = join(this.directory, "machine.json");
  readonly #hub: string;
  readonly #door: Door;
  #process: ChildProcess | null = null;
  #ended: Promise<number | null> = Promise.resolve(null);
  log = "";

  constructor(hub: string, door: Door) {
    this.#hub = hub;
    this.#door = door;
    this.#write({ system: NOTHING, refuses: [], hangsAt: [] });
  }

  start(key?: string): void {
    const words = ["--hub", this.#hub, "--state-dir", this.state, "--hostname", "loop"];
    const { HTTPS_PROXY: _, ALL_PROXY: __, ...env } = process.env;
    const flags = ["--disable-warning=ExperimentalWarning"];
    const running = spawn(process.execPath, [...flags, join(here, "worker.ts"), this.#file, "up", ...words], {
      env: { ...env, HTTP_PROXY: this.#door.url, NO_PROXY: "", RUSTRONAUT_KEY: key ?? "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [running.stdout, running.stderr])
      stream.on("data", (chunk: Buffer) => {
        this.log += chunk.toString();
      });
    this.#ended = new Promise((resolve) => running.once("exit", resolve));
    this.#process = running;
  }

  /** The exit code; null after a signal that it did not catch. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#process?.kill(signal);
    return this.#ended;
  }

  ask<T>(request: ControlRequest): Promise<T> {
    return ask<T>(this.state, request);
  }

  status(): Promise<Status | null> {
    return this.ask<Status>({ do: "status" }).catch(() => null);
  }

  get machine(): MachineFile {
    return JSON.parse(readFileSync(this.#file, "utf8")) as MachineFile;
  }

  set(machine: Partial<MachineFile>): void {
    this.#write({ ...this.machine, ...machine });
  }

  #write(machine: MachineFile): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(machine));
    renameSync(`${this.#file}.new`, this.#file);
  }

  get system(): Observed {
    return this.machine.system;
  }

  /** Public keys of the peers in the tunnel, base64url. */
  get peers(): string[] {
    const keys = this.system.device?.peers.map(({ publicKey }) => publicKey) ?? [];
    return keys.map((key) => Buffer.from(key, "base64").toString("base64url")).sort();
  }
}

describe("I8: the agent's loop", () => {
  let api: AgentApi;
  let door: Door;
  let agent: LoopAgent;
  let key: string;
  let rule: { readonly id: string };
  let others: TestNode[];

  const keysOf = (nodes: readonly TestNode[]) => nodes.map(({ publicKeys }) => publicKeys.wireguard).sort();
  const is = (standing: Status["standing"]) =>
    until(`the agent is ${standing}`, async () => (await agent.status())?.standing === standing);
  const hasPeers = (nodes: readonly TestNode[]) =>
    until(`the tunnel has ${nodes.length} peers`, () => agent.peers.join() === keysOf(nodes).join());
  const changeRule = async (body: object) => {
    const params = { meshRule: rule.id };
    const { etag } = await api.system.admin.call("meshRules.get", { params });
    await api.system.admin.call("meshRules.update", { params, body, ifMatch: etag ?? "" });
  };
  const live = async () => {
    const { node = "" } = (await agent.status()) ?? {};
    return (await api.system.admin.call("nodes.get", { params: { node } })).data.live;
  };

  beforeAll(async () => {
    api = await startAgentApi();
    door = await openDoor(api.system.port);
    agent = new LoopAgent(api.hub.origin, door);
    key = (await api.key({ tags: ["server"] })).secret;
    others = [await api.member({ tags: ["server"] })];
    const { data } = await api.system.admin.call("meshRules.create", {
      body: { name: "servers", from: ["tag:server"], to: ["tag:server"], traffic: ["tcp/443"] },
    });
    rule = data;
  });

  afterEach(({ task }) => {
    if (task.result?.state === "fail") console.error(agent.log);
  });

  afterAll(async () => {
    await agent?.end("SIGKILL");
    door?.stop();
    await api?.stop();
    if (agent) rmSync(agent.directory, { recursive: true });
  });

  it("joins, brings its first config into force, and tells the hub so", async () => {
    agent.start(key);
    await is("running");
    await hasPeers(others);
    const { addresses = [], serial, conditions } = (await agent.status()) ?? {};
    expect(agent.system.link?.addresses).toEqual([`${addresses[0]}/32`, `${addresses[1]}/128`]);
    expect([agent.system.fence, conditions]).toEqual([51_820, []]);
    await until("the hub knows it", async () => (await live())?.current);
    expect(serial).toMatch(/^\d+\.\d+\.\d+\./);
  });

  it("hears that a rule has changed, asks by the name of the news, and applies it", async () => {
    await until("it listens", () => door.passed.some(({ line }) => line === "GET /agent/v1/socket"));
    const { filter } = agent.system;
    await changeRule({ traffic: ["tcp/22"] });
    await until("the filter is another", () => agent.system.filter !== filter);
    await until("the hub knows it", async () => (await live())?.current);
    const named = door.passed.filter(({ headers }) => headers["rustronaut-directory"] !== undefined);
    expect(named.map(({ line }) => line)).toContain("GET /agent/v1/config");
  });

  it("is not asked to give up many peers before somebody has confirmed it", async () => {
    const more: TestNode[] = [];
    for (let at = 0; at < 3; at++) more.push(await api.member({ tags: ["other"] }));
    await changeRule({ from: ["any"], to: ["any"] });
    await hasPeers([...others, ...more]);
    await changeRule({ from: ["tag:server"], to: ["tag:server"] });
    const { data } = await api.system.admin.call("mesh.holds");
    expect([data.items.length, agent.peers.length]).toEqual([1, 4]);
    const body = { revision: data.items[0]?.revision ?? 0 };
    await api.system.admin.call("mesh.confirmHold", { params: { segment: "main" }, body });
    await hasPeers(others);
  });

  it("keeps what is in force when the system refuses what comes, says so to all, and mends it", async () => {
    agent.set({ refuses: ["load-filter"] });
    const { filter } = agent.system;
    await changeRule({ traffic: ["tcp/23"] });
    await is("unapplied");
    expect(agent.system.filter).toBe(filter);
    await until("the hub knows it", async () => /load-filter/.test((await live())?.applyError ?? ""));
    agent.set({ refuses: [] });
    await is("running");
    await until("the hub knows it", async () => (await live())?.applyError === null);
    expect(agent.system.filter).not.toBe(filter);
  });

  it("goes without what the tunnel can do without, and names it here and there", async () => {
    agent.set({ refuses: ["write-hosts"] });
    others.push(await api.member({ tags: ["server"] }));
    await hasPeers(others);
    await until("it says so", async () =>
      (await agent.status())?.conditions.some(({ code }) => code === "names_unwritten"),
    );
    await until("the hub knows it", async () =>
      (await live())?.conditions.some(({ code }) => code === "names_unwritten"),
    );
    agent.set({ refuses: [] });
    expect(await agent.ask({ do: "mend" })).toEqual({ steps: ["write-hosts"] });
    expect((await agent.status())?.conditions).toEqual([]);
  });

  it("tells an older hub nothing that it does not know, and a newer one all", async () => {
    const reports: object[] = [];
    let isOlder = true;
    door.rewrite = (line, answer, body) => {
      if (line === "POST /agent/v1/telemetry") reports.push(reportOf(body));
      if (!isOlder || !isRecord(answer) || !("ticket" in answer)) return null;
      const { capability: _, ...older } = answer;
      return { status: 200, body: older };
    };
    await agent.end();
    agent.set({ refuses: ["write-hosts"], system: { ...agent.system, hosts: [] } });
    agent.start();
    await until("it has reported", () => reports.length > 0);
    expect((await agent.status())?.conditions).toMatchObject([{ code: "names_unwritten" }]);
    expect(reports.filter((report) => "conditions" in report)).toEqual([]);
    isOlder = false;
    await agent.end();
    agent.start();
    await until("it has reported all", () => reports.some((report) => "conditions" in report));
    agent.set({ refuses: [] });
    await agent.ask({ do: "mend" });
    door.rewrite = null;
  });

  it("keeps its tunnel while the hub is away, and learns what has changed when it is back", async () => {
    const { system } = agent;
    door.isShut = true;
    await is("unreachable");
    await changeRule({ traffic: ["udp/53"] });
    expect(agent.system).toEqual(system);
    door.isShut = false;
    await is("running");
    await until("the change is in force", () => agent.system.filter !== system.filter);
  });

  it("comes back from its own disk when it restarts without a hub, but for the peers after the lease", async () => {
    const { system } = agent;
    expect(await agent.end()).toBe(0);
    expect(agent.system).toEqual(system);
    door.isShut = true;
    agent.start();
    await is("unreachable");
    expect([agent.peers, agent.system.filter]).toEqual([keysOf(others), system.filter]);
    expect(await agent.end()).toBe(0);
    // As if it had been off for two days.
    const fresh = join(agent.state, "fresh.json");
    const { at, skewMs } = JSON.parse(readFileSync(fresh, "utf8")) as { at: number; skewMs: number };
    writeFileSync(fresh, JSON.stringify({ at: at - 48 * HOUR_MS, skewMs }));
    agent.start();
    await is("unreachable");
    expect([agent.peers, (await agent.status())?.peersHeld]).toEqual([[], false]);
    door.isShut = false;
    await is("running");
    await hasPeers(others);
  });

  it("finishes what it was at when it is killed in the middle", async () => {
    agent.set({ hangsAt: ["set-peers"] });
    others.push(await api.member({ tags: ["server"] }));
    await until("it is in the middle", () => agent.log.includes("hangs at set-peers"));
    await agent.end("SIGKILL");
    agent.set({ hangsAt: [] });
    door.isShut = true;
    agent.start();
    // Without a word of the hub: what was accepted was on the disk.
    await hasPeers(others);
    door.isShut = false;
    await is("running");
    expect(await agent.ask({ do: "mend" })).toEqual({ steps: [] });
  });

  it("keeps what it has when a hub calls it too old", async () => {
    const { system } = agent;
    door.headers = { "rustronaut-capability": "0" };
    await changeRule({ traffic: ["tcp/80"] });
    await is("refused");
    expect((await agent.status())?.detail).toMatch(/too old.* curl -fsSL http\S+\/install\.sh \| sudo sh/);
    expect(agent.system).toEqual(system);
    door.headers = {};
    await is("running");
    await until("the change is in force", () => agent.system.filter !== system.filter);
  });

  it("is another node when its state directory is lost, and leaves nothing of the one before", async () => {
    const before = await agent.status();
    await agent.end("SIGKILL");
    rmSync(agent.state, { recursive: true });
    agent.start();
    expect(await agent.ended()).toBe(2);
    agent.start(key);
    await is("running");
    await until("the tunnel is the new node's", () => {
      const { link } = agent.system;
      return link?.addresses.length === 2 && !link.addresses.includes(`${before?.addresses[0]}/32`);
    });
    expect((await agent.status())?.node).not.toBe(before?.node);
  });

  it("takes its tunnel down when it is revoked, for good", async () => {
    const { node = "" } = (await agent.status()) ?? {};
    await api.system.admin.call("nodes.revoke", { params: { node } });
    expect(await agent.ended()).toBe(4);
    expect(agent.system).toEqual(NOTHING);
    agent.start(key);
    expect([await agent.ended(), agent.log]).toEqual([
      4,
      expect.stringMatching(/ended this node's membership/),
    ]);
  });
});
