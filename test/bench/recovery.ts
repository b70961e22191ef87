import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { whyNoLab } from "../../scripts/local/namespaces.ts";
import { type Mesh, startMesh, type TestAgent, until } from "../support/mesh.ts";
import { atMost, type BenchResult, percentile } from "./support/result.ts";

const PING_MS = 50;
/** How long a fault is watched: longer than the worst recovery that is a success. */
const WATCH_MS = 12_000;
const CALM_MS = 6_000;

export const whyNot = () => whyNoLab();

/**
 * How long a pair's packets don't arrive when something breaks: four machines with the real agent, of which one is a relay.
 * Pings run every 50 ms; a recovery time is the longest gap between two answers around the fault.
 */
export default async function recovery(): Promise<BenchResult> {
  const mesh = await startMesh(4, 66);
  try {
    const [a, b, relay] = await join4(mesh);
    const answers: number[] = [];
    const traffic = a.listen(
      (line) => line.includes("bytes from") && answers.push(performance.now()),
      ...(["ping", "-i", String(PING_MS / 1_000), b.address] as const),
    );
    const address = endpointOf(a);
    const second = address.replace(/\d+$/, "213");
    b.machine.run("ip", "addr", "add", `${second}/24`, "dev", "eth0");
    await until("a knows both endpoints of b, and a relay", async () => {
      const known = await pathsOf(mesh, a, b);
      return (
        known.some(({ inUse, state }) => inUse && state === "well") &&
        known.some(({ kind }) => kind === "relay") &&
        known.some(({ endpoint }) => endpoint.startsWith(`${second}:`))
      );
    });
    const gapAround = async (fault: () => unknown): Promise<number> => {
      await sleep(CALM_MS);
      const from = performance.now();
      await fault();
      await sleep(WATCH_MS);
      return longestGap(answers, from, performance.now());
    };
    const gaps = {
      agent_killed: await gapAround(() => b.end("SIGKILL").then(() => b.start())),
      endpoint_died: await gapAround(() => block(b, `${endpointOf(a)}`)),
      endpoint_back: await gapAround(() => unblock(b)),
      direct_paths_died: await gapAround(() => blockAllBut(a, hostOf(relay))),
      direct_paths_back: await gapAround(() => unblock(a)),
    };
    traffic.kill();
    const all = Object.values(gaps).map((ms) => ms / 1_000);
    const seconds = Object.fromEntries(Object.entries(gaps).map(([fault, ms]) => [`${fault}_s`, ms / 1_000]));
    return {
      metrics: { faults: all.length, ...seconds },
      goals: [
        atMost("packets flow again, p95", percentile(all, 0.95), "s", 5),
        atMost("packets flow again, worst", Math.max(...all), "s", 10),
      ],
    };
  } finally {
    await mesh.remove();
  }
}

async function join4(mesh: Mesh): Promise<readonly [TestAgent, TestAgent, TestAgent]> {
  await mesh.system.admin.call("meshRules.create", {
    body: { name: "all", from: ["tag:all"], to: ["tag:all"], traffic: ["any"] },
  });
  const key = await mesh.enrolmentKey("main", ["all"]);
  const agents = [0, 1, 2, 3].map((index) => mesh.agent(index, key));
  for (const agent of agents) agent.start();
  await until("all are peers", () => agents.every((agent) => agent.status()?.peers.length === 3), 120);
  const [a, b, relay] = agents as [TestAgent, TestAgent, TestAgent];
  const params = { node: relay.status()?.node ?? "" };
  const { etag } = await mesh.system.admin.call("nodes.get", { params });
  await mesh.system.admin.call("nodes.update", { params, body: { relay: "on" }, ifMatch: etag ?? "" });
  await until("a reaches b", () => a.machine.run("ping", "-c1", "-W1", b.address).status === 0);
  return [a, b, relay];
}

async function pathsOf(mesh: Mesh, a: TestAgent, b: TestAgent) {
  const [from, to] = [a.status()?.node ?? "", b.status()?.node ?? ""];
  const { data } = await mesh.system.admin.call("mesh.paths", { query: { from, to } });
  return data.sides.find(({ node }) => node === from)?.paths ?? [];
}

/** The address to which a machine sends for its first peer. */
const endpointOf = (agent: TestAgent): string => {
  const endpoint = agent.status()?.peers.find(({ name }) => name.endsWith("n2"))?.endpoint ?? "";
  return endpoint.slice(0, endpoint.lastIndexOf(":"));
};
const hostOf = (agent: TestAgent): string =>
  /inet (\d+\.\d+\.\d+\.\d+)/.exec(
    agent.machine.run("ip", "-4", "addr", "show", "dev", "eth0").stdout,
  )?.[1] ?? "";

/** Nothing passes to or from this address of the machine any more. */
const block = (agent: TestAgent, address: string) =>
  load(agent, [
    `in ip daddr ${address} udp dport != 53 drop`,
    `out ip saddr ${address} meta l4proto udp drop`,
  ]);

/** UDP passes to and from this one machine alone. */
const blockAllBut = (agent: TestAgent, host: string) =>
  load(agent, [
    `in iifname eth0 ip saddr != ${host} meta l4proto udp drop`,
    `out oifname eth0 ip daddr != ${host} meta l4proto udp drop`,
  ]);

const unblock = (agent: TestAgent) => agent.machine.run("nft", "delete", "table", "inet", "broken");

function load(agent: TestAgent, rules: readonly string[]): void {
  const lines = [
    "add table inet broken",
    "add chain inet broken in { type filter hook prerouting priority raw; }",
    "add chain inet broken out { type filter hook output priority raw; }",
    ...rules.map((rule) => `add rule inet broken ${rule}`),
  ];
  const file = join(agent.tools, "broken.nft");
  writeFileSync(file, lines.join("\n"));
  const { status, stderr } = agent.machine.run("nft", "-f", file);
  if (status !== 0) throw new Error(`The fault was not made: ${stderr}`);
}

/** The longest time without an answer that began or lasted after `from`: ms. */
function longestGap(answers: readonly number[], from: number, until: number): number {
  const before = answers.findLast((at) => at <= from) ?? from;
  const times = [before, ...answers.filter((at) => at > from && at <= until), until];
  return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}
