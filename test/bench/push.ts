import { setTimeout as sleep } from "node:timers/promises";
import { localRequest } from "../../scripts/local/http.ts";
import { whyNoLab } from "../../scripts/local/namespaces.ts";
import type { System } from "../support/harness.ts";
import { type Mesh, startMesh, type TestAgent, until } from "../support/mesh.ts";
import { atMost, type BenchResult, type Goal, median, percentile } from "./support/result.ts";

const ROUNDS = 50;
const PERSON = "mover@example.com";
/** How often the client sends, and how long nothing must pass until the traffic counts as cut. */
const EVERY_MS = 5;
const QUIET_MS = 300;

export const whyNot = () => whyNoLab();

/**
 * How long after a changed fact the last packet passes that it forbids, on machines with WireGuard and nftables of their
 * own: a datagram each five milliseconds, and a TCP connection that was open before. From the request that changes the
 * fact, and from its answer.
 */
export default async function push(): Promise<BenchResult> {
  const mesh = await startMesh(2, 60);
  try {
    const { desk, server } = await begin(mesh);
    const results: Record<string, number> = { rounds: ROUNDS };
    const goals: Goal[] = [];
    for (const [port, cause] of (await causesOf(mesh.system, desk)).entries()) {
      const cuts: Cut[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        cuts.push(await cutBy(desk, `${server.address}`, FIRST_PORT + port, cause));
      }
      for (const kind of ["udp", "tcp"] as const) {
        const times = cuts.map((cut) => cut[kind]);
        results[`${cause.name}_${kind}_p50_ms`] = median(times);
        results[`${cause.name}_${kind}_p99_ms`] = percentile(times, 0.99);
        goals.push(
          atMost(`${cause.name} to the last ${kind} packet p99`, percentile(times, 0.99), "ms", 1_000),
        );
      }
      results[`${cause.name}_answer_p50_ms`] = median(cuts.map(({ answer }) => answer));
    }
    return { metrics: results, goals };
  } finally {
    await mesh.remove();
  }
}

const FIRST_PORT = 7_001;

/** A fact of the node `desk` or its owner, which one microsegment goes by. */
interface Cause {
  readonly name: string;
  /** Makes the fact such that the traffic passes, or such that it does not. */
  set(passes: boolean): Promise<unknown>;
}

/** Milliseconds from the request: to the last packet of each kind that passed, and to the answer. */
interface Cut {
  readonly udp: number;
  readonly tcp: number;
  readonly answer: number;
}

const SERVER = `
  const net = require("node:net"), dgram = require("node:dgram");
  for (const port of [7001, 7002, 7003]) {
    net.createServer((s) => { s.setNoDelay(); s.on("error", () => {}); s.on("data", (d) => s.write(d)); }).listen(port, "0.0.0.0");
    const u = dgram.createSocket("udp4"); u.on("message", (m, r) => u.send(m, r.port, r.address)); u.bind(port);
  }
`;

/** Sends the moment by both protocols, and prints those that come back. The clock is the same for all processes. */
const CLIENT = `
  const net = require("node:net"), dgram = require("node:dgram");
  const [host, port] = process.argv.slice(1);
  const now = () => String(process.hrtime.bigint() / 1000n);
  const u = dgram.createSocket("udp4"); u.on("message", (m) => console.log("udp " + m)); u.on("error", () => {});
  let s = null, isOpen = false, rest = "";
  // Sooner than TCP itself would try again, since the traffic may not pass yet.
  const open = () => {
    s?.destroy(); s = net.connect({ host, port }); s.setNoDelay(); s.on("error", () => {});
    s.on("connect", () => { isOpen = true; clearInterval(opening); });
    s.on("data", (d) => { const lines = (rest + d).split("\\n"); rest = lines.pop(); for (const l of lines) console.log("tcp " + l); });
  };
  open(); const opening = setInterval(open, 100);
  setInterval(() => { u.send(now(), port, host); if (isOpen) s.write(now() + "\\n"); }, ${EVERY_MS});
`;

const now = (): number => Number(process.hrtime.bigint() / 1_000n);

async function begin(mesh: Mesh): Promise<{ desk: TestAgent; server: TestAgent }> {
  const { admin } = mesh.system;
  const rule = (name: string, from: string, traffic: string) =>
    admin.call("meshRules.create", { body: { name, from: [from], to: ["tag:server"], traffic: [traffic] } });
  // The nodes stay peers whatever the fact is, so that the filter alone decides.
  await rule("peers", "tag:desk", "icmp");
  for (const [at, where] of [
    'user.department == "Finance"',
    "device.osVersion >= 13",
    'place.country == "DE"',
  ].entries()) {
    const type = (["user", "device", "geographic"] as const)[at] ?? "user";
    await admin.call("microsegments.create", { body: { name: `set-${at}`, type, where } });
    for (const protocol of ["tcp", "udp"])
      await rule(`${protocol} ${at}`, `segment:set-${at}`, `${protocol}/${FIRST_PORT + at}`);
  }
  const server = mesh.agent(1, await mesh.enrolmentKey("main", ["server"]));
  const desk = mesh.agent(0, await mesh.enrolmentKey("main", ["desk"]));
  for (const agent of [server, desk]) agent.start();
  server.spawn(process.execPath, "-e", SERVER);
  await until("they are peers", () => desk.status()?.peers.length === 1);
  return { desk, server };
}

async function causesOf(system: System, desk: TestAgent): Promise<readonly Cause[]> {
  const node = desk.status()?.node ?? "";
  const facts: Record<string, string> = { "device.osVersion": "13.1", "place.country": "DE" };
  const state = async (name: string, value: string) => {
    facts[name] = value;
    const { etag } = await system.admin.call("nodes.get", { params: { node } });
    return () =>
      system.admin.call("nodes.update", { params: { node }, body: { facts }, ifMatch: etag ?? "" });
  };
  const moves = await personOf(system, node);
  return [
    { name: "department", set: async (passes) => moves(passes ? "Finance" : "Sales") },
    {
      name: "os_version",
      set: async (passes) => (await state("device.osVersion", passes ? "13.1" : "12.9"))(),
    },
    { name: "country", set: async (passes) => (await state("place.country", passes ? "DE" : "FR"))() },
  ];
}

/** The owner of the node, as a provider says by SCIM who that is. @returns Moves them to a department. */
async function personOf(system: System, node: string): Promise<(department: string) => Promise<unknown>> {
  const { data } = await system.admin.call("scimTokens.issue", { params: { provider: "main" }, body: {} });
  const send = async (method: string, path: string, body: object) => {
    const answer = await localRequest(`${system.hubOrigin}/scim/v2${path}`, {
      ...{ method, body: JSON.stringify(body) },
      headers: { authorization: `Bearer ${data.secret}`, "content-type": "application/scim+json" },
    });
    if (answer.status >= 300) throw new Error(`SCIM was answered ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as { id: string };
  };
  const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
  const { id } = await send("POST", "/Users", {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise],
    ...{ userName: PERSON, externalId: "mover", active: true },
    emails: [{ primary: true, value: PERSON, type: "work" }],
    [enterprise]: { department: "Finance" },
  });
  const { etag } = await system.admin.call("nodes.get", { params: { node } });
  const facts = { "device.osVersion": "13.1", "place.country": "DE" };
  await system.admin.call("nodes.update", {
    params: { node },
    body: { user: PERSON, facts },
    ifMatch: etag ?? "",
  });
  return (department) =>
    send("PATCH", `/Users/${id}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", path: `${enterprise}:department`, value: department }],
    });
}

async function cutBy(desk: TestAgent, host: string, port: number, cause: Cause): Promise<Cut> {
  const last = { udp: 0, tcp: 0 };
  const heard = { at: 0 };
  const client = desk.listen(
    (line) => {
      const [kind, sentAt] = line.split(" ") as ["udp" | "tcp", string];
      last[kind] = Math.max(last[kind], Number(sentAt));
      heard.at = performance.now();
    },
    ...([process.execPath, "-e", CLIENT, host, String(port)] as [string, ...string[]]),
  );
  try {
    await until("both pass", () => last.udp > 0 && last.tcp > 0, 30, 20);
    // The agents have acknowledged the change before by then.
    await sleep(150);
    const began = now();
    await cause.set(false);
    const answered = now();
    await until("neither passes", () => performance.now() - heard.at > QUIET_MS, 30, 20);
    const since = (at: number) => Math.max(0, at - began) / 1_000 + EVERY_MS;
    const cut = { udp: since(last.udp), tcp: since(last.tcp), answer: (answered - began) / 1_000 };
    await cause.set(true);
    return cut;
  } finally {
    client.kill();
  }
}
