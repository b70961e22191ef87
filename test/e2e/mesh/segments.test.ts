import { afterAll, beforeAll, expect, it } from "vitest";
import { settleAll } from "../../../shared/base/async/pool.ts";
import { type Mesh, startMesh, type TestAgent, until } from "../../support/mesh.ts";
import { MACHINES, where } from "../../support/needs.ts";

const SEGMENTS = ["office", "servers", "lab"];
const PORT = 7_000;

/** Office may reach servers by TCP and UDP at one port; the nodes of the lab may reach each other; nobody else. */
const allowed = (from: number, to: number): boolean => {
  const [source, target] = [from % 3, to % 3];
  return (source === 0 && target === 1) || (source === 2 && target === 2);
};

/** Answers on TCP and UDP with one byte, on every address. */
const SERVER = `
  const net = require("node:net"), dgram = require("node:dgram");
  net.createServer((s) => { s.on("error", () => {}); s.end("x"); }).listen(${PORT}, "0.0.0.0");
  const u = dgram.createSocket("udp4"); u.on("message", (_, r) => u.send("x", r.port, r.address)); u.bind(${PORT});
`;

/** Tries all addresses at once, by both protocols, and prints which answered. */
const CLIENT = `
  const net = require("node:net"), dgram = require("node:dgram");
  const tcp = (host) => new Promise((done) => {
    const s = net.connect({ host, port: ${PORT} }); s.on("data", () => done(true)); s.on("error", () => done(false));
    setTimeout(() => { s.destroy(); done(false); }, 1500);
  });
  const udp = (host) => new Promise((done) => {
    const u = dgram.createSocket("udp4"); u.on("message", () => done(true)); u.on("error", () => done(false));
    const send = () => u.send("x", ${PORT}, host); send(); const again = setInterval(send, 400);
    setTimeout(() => { clearInterval(again); u.close(); done(false); }, 1500);
  });
  const hosts = process.argv.slice(1);
  Promise.all(hosts.map((h) => Promise.all([tcp(h), udp(h)]))).then((all) => console.log(JSON.stringify(all)));
`;

where(...MACHINES).describe("twenty machines", () => {
  let mesh: Mesh;
  const agents: TestAgent[] = [];
  let addresses: string[] = [];

  beforeAll(async () => {
    mesh = await startMesh(20, 62, ["main", ...SEGMENTS]);
    const rule = (name: string, from: string, to: string, traffic: string[]) =>
      mesh.system.admin.call("meshRules.create", { body: { name, from: [from], to: [to], traffic } });
    await rule("office to servers", "segment:office", "segment:servers", [`tcp/${PORT}`, `udp/${PORT}`]);
    await rule("inside the lab", "segment:lab", "segment:lab", ["any"]);
    const keys: string[] = [];
    for (const segment of SEGMENTS) keys.push(await mesh.enrolmentKey(segment));
    for (let index = 0; index < 20; index++) {
      const agent = mesh.agent(index, keys[index % 3] ?? "");
      agents.push(agent);
      agent.start();
      agent.spawn(process.execPath, "-e", SERVER);
    }
    const peers = (index: number) =>
      agents.filter((_, other) => other !== index && (allowed(index, other) || allowed(other, index))).length;
    const ready = new Set<number>();
    await until(
      "every node has its peers",
      () => {
        for (const [index, agent] of agents.entries()) {
          if (!ready.has(index) && agent.status()?.peers.length === peers(index)) ready.add(index);
        }
        return ready.size === 20;
      },
      280,
    );
    addresses = agents.map((agent) => agent.address);
  }, 300_000);

  afterAll(() => mesh?.remove());

  /** Which pairs answer, by both protocols, out of all 380; a few machines ask at a time. */
  async function reachable(): Promise<string[]> {
    const asked = await settleAll(agents, 4, (agent) =>
      agent.output(process.execPath, "-e", CLIENT, ...addresses),
    );
    return asked.flatMap((asking, from) => {
      if (asking.status === "rejected") throw asking.reason;
      const answers = JSON.parse(asking.value) as [boolean, boolean][];
      return answers.flatMap(([tcp, udp], to) =>
        from === to || (!tcp && !udp) ? [] : [`${from}-${to}${tcp ? " tcp" : ""}${udp ? " udp" : ""}`],
      );
    });
  }

  it("reach each other where a rule lets them, and nowhere else: every pair, TCP and UDP", async () => {
    const expected = agents.flatMap((_, from) =>
      agents.flatMap((_other, to) => (from !== to && allowed(from, to) ? [`${from}-${to} tcp udp`] : [])),
    );
    expect(await reachable()).toEqual(expected);
  }, 180_000);

  it("lose the one that is revoked, all of them, with a receipt", async () => {
    const node = agents[1]?.status()?.node ?? "";
    await mesh.system.admin.call("nodes.revoke", { params: { node } });
    const began = Date.now();
    await until("all have dropped it", async () => {
      const { data } = await mesh.system.admin.call("nodes.revocation", { params: { node } });
      return data.concerned === 7 && data.acknowledged === 7;
    });
    console.log(`revoked on 7 of 7 nodes after ${Date.now() - began} ms`);
    const asked = [0, 3, 18].map((index) =>
      agents[index]?.output(process.execPath, "-e", CLIENT, addresses[1] ?? ""),
    );
    for (const answer of await Promise.all(asked)) expect(JSON.parse(answer ?? "")).toEqual([[false, false]]);
  });
});
