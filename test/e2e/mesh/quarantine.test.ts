import { afterAll, beforeAll, expect, it } from "vitest";
import { type Mesh, startMesh, type TestAgent, until } from "../../support/mesh.ts";
import { MACHINES, where } from "../../support/needs.ts";

const PORT = 7_000;

/** Answers on TCP and UDP, and goes on to answer. */
const SERVER = `
  const net = require("node:net"), dgram = require("node:dgram");
  net.createServer((s) => { s.on("error", () => {}); s.write("x"); s.on("data", (d) => s.write(d)); }).listen(${PORT}, "0.0.0.0");
  const u = dgram.createSocket("udp4"); u.on("message", (_, r) => u.send("x", r.port, r.address)); u.bind(${PORT});
`;

/** Keeps a TCP connection to the first host and a UDP association with the second open, and prints which answers. */
const KEEPER = `
  const net = require("node:net"), dgram = require("node:dgram");
  const [peer, repair] = process.argv.slice(1);
  const s = net.connect({ host: peer, port: ${PORT} }); s.on("data", () => console.log(peer)); s.on("error", () => {});
  setInterval(() => s.write("x"), 100);
  const u = dgram.createSocket("udp4"); u.on("message", () => console.log(repair)); u.on("error", () => {});
  setInterval(() => u.send("x", ${PORT}, repair), 100);
`;

/** Opens TCP connections to each host and port, and prints which answered. */
const CLIENT = `
  const net = require("node:net");
  const tcp = (place) => new Promise((done) => {
    const [host, port] = place.split(":");
    const s = net.connect({ host, port }); s.on("data", () => done(true)); s.on("error", () => done(false));
    setTimeout(() => { s.destroy(); done(false); }, 1500);
  });
  Promise.all(process.argv.slice(1).map(tcp)).then((all) => { console.log(JSON.stringify(all)); process.exit(); });
`;

where(...MACHINES).describe("three machines", () => {
  let mesh: Mesh;
  let web: TestAgent;
  let db: TestAgent;
  let repair: TestAgent;
  const rule = (name: string, from: string, to: string, traffic: string[]) =>
    mesh.system.admin.call("meshRules.create", { body: { name, from: [from], to: [to], traffic } });
  const idOf = (agent: TestAgent) => agent.status()?.node ?? "";
  const answers = async (...places: string[]) =>
    JSON.parse(await web.output(process.execPath, "-e", CLIENT, ...places)) as boolean[];

  beforeAll(async () => {
    mesh = await startMesh(3, 64);
    await rule("web to db", "tag:web", "tag:db", [`tcp/${PORT}`]);
    await rule("web to repair", "tag:web", "tag:repair", [`udp/${PORT}`]);
    await rule("repair", "quarantine", "tag:repair", [`tcp/${PORT}`]);
    const agents = [];
    for (const [index, tag] of ["web", "db", "repair"].entries()) {
      const agent = mesh.agent(index, await mesh.enrolmentKey("main", [tag]));
      agent.start();
      agent.spawn(process.execPath, "-e", SERVER);
      agents.push(agent);
    }
    [web, db, repair] = agents as [TestAgent, TestAgent, TestAgent];
    await until("web has both as peers", () => web.status()?.peers.length === 2, 100);
  }, 120_000);

  afterAll(() => mesh?.remove());

  it("lose the one that is quarantined, with its open connections, and have it back when it is released", async () => {
    const beats = new Map<string, number>();
    const count = (host: string) => beats.set(host, (beats.get(host) ?? 0) + 1);
    const open = web.listen(count, process.execPath, "-e", KEEPER, db.address, repair.address);
    await until("both answer", () => [db, repair].every(({ address }) => (beats.get(address) ?? 0) > 3));
    await mesh.system.admin.call("nodes.quarantine", { params: { node: idOf(web) } });
    const began = Date.now();
    await until("it has its one peer left", () => web.status()?.peers.length === 1);
    console.log(`quarantined after ${Date.now() - began} ms`);
    expect(await answers(`${db.address}:${PORT}`, `${repair.address}:${PORT}`)).toEqual([false, true]);
    const cut = new Map(beats);
    // The repair host is still a peer, and the rule by which the open association began does not name a quarantined node.
    expect(await answers(`${db.address}:${PORT}`)).toEqual([false]);
    expect(beats).toEqual(cut);
    await mesh.system.admin.call("nodes.release", { params: { node: idOf(web) } });
    await until("it has its peers back", () => web.status()?.peers.length === 2);
    // WireGuard tries again after five seconds where the other end learnt of it a moment later.
    await until("db answers again", async () => (await answers(`${db.address}:${PORT}`))[0] === true);
    open.kill();
  }, 60_000);

  it("report who opened what to whom, what was denied, and who saw it", async () => {
    // The filter of web denies the one, and repair is a peer for nothing else than its traffic.
    expect(await answers(`${db.address}:${PORT}`, `${db.address}:22`)).toEqual([true, false]);
    const reported = async () => {
      const { data } = await mesh.system.admin.call("mesh.flows", { query: { node: idOf(db) } });
      return data.items.map(
        ({ source, destination, protocol, port, verdict, reportedBy }) =>
          `${source.node === idOf(web)} ${destination.node === idOf(db)} ${protocol}/${port} ${verdict} ${reportedBy.length}`,
      );
    };
    // Nodes report at once when a config has come into force, and else each minute.
    await rule("more", "tag:web", "tag:db", ["tcp/1"]);
    await until("both ends have reported", async () => {
      const flows = await reported();
      return [`true true tcp/${PORT} allowed 2`, "true true tcp/22 denied 1"].every((flow) =>
        flows.includes(flow),
      );
    });
    expect(web.status()?.conditions).toEqual([]);
  }, 90_000);

  it("tell of a filter that somebody flushed, once it is back", async () => {
    await web.output("nft", "flush", "ruleset");
    await until("the hub has recorded it", async () => {
      const { data } = await mesh.system.admin.call("audit.list", { query: { reason: "node.drifted" } });
      return data.items.some(({ entry }) => entry.kind !== "decision" && entry.target === idOf(web));
    });
    expect(await web.output("nft", "list", "tables")).toContain(`rustronaut-${web.interfaceName}\n`);
    const { data } = await mesh.system.admin.call("nodes.get", { params: { node: idOf(web) } });
    expect(data.live?.drifts.count).toBeGreaterThan(0);
    const verdicts = async () => {
      const { data } = await mesh.system.admin.call("nodes.list");
      return data.items.map(({ live }) => live?.ruleset?.verdict);
    };
    // All say that they have what was compiled, and the hub makes the same digest in another runtime.
    await until("all were compared", async () => (await verdicts()).every((one) => one === "as_compiled"));
  }, 90_000);

  it("put back a table into which somebody wrote a rule, element or chain, even when it looks the same then", async () => {
    const table = ["inet", `rustronaut-${web.interfaceName}`];
    const handle = async () => (await web.output("nft", "-a", "list", "table", ...table)).split("\n")[0];
    for (const change of [
      ["insert", "rule", ...table, "input", "accept"],
      ["add", "chain", ...table, "extra"],
      // Nothing is different afterwards, so a comparison alone would not tell.
      [`add chain ${table.join(" ")} extra; delete chain ${table.join(" ")} extra`],
    ]) {
      const before = await handle();
      await web.output("nft", ...change);
      await until(`it was loaded anew after ${change.join(" ")}`, async () => (await handle()) !== before);
      expect(await web.output("nft", "list", "table", ...table)).not.toContain("chain extra");
    }
  });

  it("notice another firewall that drops their traffic, and its end", async () => {
    const firewall = () => web.status()?.conditions.map(({ code }) => code);
    await web.output("nft", "add", "table", "inet", "other");
    const chain = "{ type filter hook input priority 10; policy drop; }";
    await web.output("nft", "add", "chain", "inet", "other", "input", chain);
    await expect.poll(firewall).toContain("firewall_input");
    await web.output("nft", "delete", "table", "inet", "other");
    await expect.poll(firewall).toEqual([]);
  });

  it("count what each rule decided, over changes of the filter", async () => {
    const { data: before } = await mesh.system.admin.call("mesh.hits");
    const packets = (of: typeof before, name: string) =>
      of.items.find((item) => item.name === name)?.packets ?? 0;
    expect(await answers(`${db.address}:${PORT}`)).toEqual([true]);
    await rule("yet another", "tag:web", "tag:db", ["tcp/2"]);
    await until("it is counted", async () => {
      const { data } = await mesh.system.admin.call("mesh.hits");
      return packets(data, "web to db") > packets(before, "web to db") && data.counting === 3;
    });
    const { data } = await mesh.system.admin.call("mesh.hits");
    expect(packets(data, "yet another")).toBe(0);
  }, 90_000);
});
