import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { buildExecutable } from "../../scripts/build-agent-sea.ts";
import { whyNoLab } from "../../scripts/local/namespaces.ts";
import { type Mesh, startMesh, type TestAgent, until } from "../support/mesh.ts";
import { atMost, type BenchResult, median, percentile } from "./support/result.ts";

const PEERS = 20;
const SECONDS = 120;
const CHANGES = 10;
/** Between two changes: what agents do after one is over by then. */
const SETTLE_MS = 3_000;
/** Of Linux, on every architecture that the agent is built for. */
const TICKS_PER_SECOND = 100;

export const whyNot = () => whyNoLab();

/**
 * What an agent with nothing to do takes of its machine: the single executable as it is installed, with twenty peers on
 * machines of their own that shake hands and keep their paths open. Then how long a change of a rule takes until it is in
 * force on each of them.
 */
export default async function agentIdle(): Promise<BenchResult> {
  const mesh = await startMesh(PEERS + 1, 63);
  try {
    const executable = await buildExecutable();
    const rule = await createRule(mesh);
    const key = await mesh.enrolmentKey("main");
    const measured = mesh.agentOf([executable], 0, key);
    await join(measured);
    const agents = [measured];
    for (let at = 1; at <= PEERS; at++) {
      const agent = mesh.agent(at, key);
      agents.push(agent);
      await join(agent);
    }
    await until("all peers are heard", () => heard(measured) === PEERS, 120);
    const cpu = await cpuOver(measured, SECONDS);
    const memory = memoryOf(measured.pid);
    const changes = await timesOfChanges(mesh, agents, rule);
    const [p50, p99] = [median(changes), percentile(changes, 0.99)];
    return {
      metrics: {
        peers: PEERS,
        resident_mb: memory.resident,
        peak_resident_mb: memory.peak,
        own_memory_mb: memory.own,
        cpu_percent: cpu.all,
        cpu_percent_of_tools: cpu.tools,
        change_to_applied_p50_ms: p50,
        change_to_applied_p99_ms: p99,
      },
      goals: [
        atMost("agent resident memory", memory.resident, "MB", 70),
        atMost("agent idle CPU, with the tools that it runs", cpu.all, "% of a core", 0.5),
        atMost(`change to applied on ${PEERS + 1} agents p50`, p50, "ms", 1_000),
        atMost(`change to applied on ${PEERS + 1} agents p99`, p99, "ms", 3_000),
      ],
    };
  } finally {
    await mesh.remove();
  }
}

async function join(agent: TestAgent): Promise<void> {
  agent.start();
  await until("an agent has joined", () => agent.log.includes("In touch") || !agent.isRunning);
  if (!agent.isRunning) throw new Error(`An agent has ended: ${agent.log}`);
}

const heard = (agent: TestAgent): number =>
  agent.status()?.peers.filter(({ handshakeAt }) => handshakeAt !== null).length ?? 0;

async function createRule({ system }: Mesh): Promise<string> {
  const { data } = await system.admin.call("meshRules.create", {
    body: { name: "all", from: ["any"], to: ["any"], traffic: ["any"] },
  });
  return data.id;
}

async function cpuOver({ pid }: TestAgent, seconds: number) {
  const [own, tools] = ticksOf(pid);
  await sleep(seconds * 1_000);
  const [ownAfter, toolsAfter] = ticksOf(pid);
  const percent = (ticks: number) => (100 * ticks) / TICKS_PER_SECOND / seconds;
  return { all: percent(ownAfter - own + toolsAfter - tools), tools: percent(toolsAfter - tools) };
}

/** User and system time of a process, and of the children that it waited for. */
function ticksOf(pid: number): [own: number, children: number] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
  return [user + system, childUser + childSystem];
}

function memoryOf(pid: number) {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1_000;
  return { resident: megabytes("VmRSS"), peak: megabytes("VmHWM"), own: megabytes("RssAnon") };
}

/** From the administrator's request until a node has another filter in force, of each node and change. */
async function timesOfChanges(
  { system }: Mesh,
  agents: readonly TestAgent[],
  meshRule: string,
): Promise<number[]> {
  const times: number[] = [];
  let loaded = new Map<TestAgent, number>();
  const watchers = agents.map((agent) =>
    watchFilter(agent, (at) => loaded.has(agent) || loaded.set(agent, at)),
  );
  try {
    await sleep(SETTLE_MS);
    for (let change = 0; change < CHANGES; change++) {
      loaded = new Map();
      const began = performance.now();
      await system.admin.call("meshRules.update", {
        params: { meshRule },
        body: { traffic: [change % 2 === 0 ? "icmp" : "any"] },
        ifMatch: `"${change + 1}"`,
      });
      await until("the change is in force everywhere", () => loaded.size === agents.length, 60, 50);
      times.push(...[...loaded.values()].map((at) => at - began));
      await sleep(SETTLE_MS);
    }
  } finally {
    for (const watcher of watchers) watcher.kill();
  }
  return times;
}

/** The kernel itself says when a table is loaded, so that looking costs the two cores nothing. */
function watchFilter(agent: TestAgent, onLoaded: (at: number) => void): ChildProcess {
  const [command, ...words] = agent.machine.enter("nft", "monitor", "tables");
  const watcher = spawn(command, words, { stdio: ["ignore", "pipe", "ignore"] });
  watcher.stdout.on("data", () => onLoaded(performance.now()));
  return watcher;
}
