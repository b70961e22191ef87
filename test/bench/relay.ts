import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { missingTools } from "../../scripts/test/tools.ts";
import { buildNetwork, type Machine } from "../e2e/agent-system/namespaces.ts";
import { killed, Node } from "../e2e/agent-system/node.ts";
import { legOf, RelayMachine, tunnelBy } from "../e2e/agent-system/relay-machine.ts";
import { atLeast, type BenchResult } from "./support/result.ts";

const SECONDS = 6;
const ROUNDS = 3;

export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  const missing = missingTools(["iperf3", "wireguard-go", "wg", "nft", "ip"]);
  return missing.length > 0 ? `needs ${missing.join(", ")}` : null;
}

/** TCP through a tunnel between two machines: direct, by a relay's kernel, and by a relay's agent, in turn. */
export default async function relay(): Promise<BenchResult> {
  const network = await buildNetwork(4);
  const [first, second, third, fourth] = network.machines;
  if (!first || !second || !third || !fourth) throw new Error("There are not four machines");
  const [a, b] = [new Node(first, 1), new Node(second, 2)];
  const kernel = new RelayMachine(third, { usesKernel: true });
  const agent = new RelayMachine(fourth, { usesKernel: false });
  const server = spawn("ip", ["netns", "exec", second.namespace, "iperf3", "-s"], { stdio: "ignore" });
  const meetAt = (toB: string, toA: string) => {
    first.run("wg", "set", a.name, "peer", b.key.publicKey, "endpoint", toB);
    second.run("wg", "set", b.name, "peer", a.key.publicKey, "endpoint", toA);
    for (let tries = 0; !(a.pings(b) && b.pings(a)); tries++)
      if (tries > 20) throw new Error("The two do not reach each other");
  };
  const at = (machine: Machine, port: number) => `${machine.address}:${port}`;
  const paths = {
    direct: () => meetAt(at(second, 51_820), at(first, 51_820)),
    kernel: () => meetAt(at(third, 40_000), at(third, 40_000)),
    agent: () => meetAt(at(fourth, 40_000), at(fourth, 40_000)),
  };
  try {
    await kernel.carry([legOf(a, b)]);
    await agent.carry([legOf(a, b)]);
    // The first handshake goes by the relay, which is how it learns where both are.
    a.apply(tunnelBy(a, b, at(third, 40_000)));
    b.apply(tunnelBy(b, a, at(third, 40_000)));
    paths.kernel();
    if (kernel.inKernel() !== 1) throw new Error("The kernel did not take the pair over");
    const speeds: Record<keyof typeof paths, number[]> = { direct: [], kernel: [], agent: [] };
    for (let round = 0; round < ROUNDS; round++)
      for (const path of Object.keys(paths) as (keyof typeof paths)[]) {
        paths[path]();
        speeds[path].push(throughput(a, b));
      }
    const [direct, byKernel, byAgent] = [speeds.direct, speeds.kernel, speeds.agent].map(median);
    return {
      metrics: {
        ...{ direct_mbit_s: direct ?? 0, kernel_mbit_s: byKernel ?? 0, agent_mbit_s: byAgent ?? 0 },
        agent_vs_direct_ratio: (byAgent ?? 0) / (direct ?? 0),
      },
      goals: [atLeast("kernel relay vs direct tunnel", (byKernel ?? 0) / (direct ?? 0), "ratio", 0.8)],
    };
  } finally {
    await killed(server);
    for (const one of [kernel, agent]) await one.stop();
    for (const node of [a, b]) {
      node.down();
      rmSync(node.directory, { recursive: true, force: true });
    }
    await network.remove();
  }
}

/** Mbit/s that the receiver got. */
function throughput(from: Node, to: Node): number {
  const text = from.machine.run("iperf3", "-c", to.overlay, "-t", String(SECONDS), "-J");
  const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } };
  return end.sum_received.bits_per_second / 1e6;
}

const median = (values: readonly number[]): number | undefined =>
  values.toSorted((one, two) => one - two)[values.length >> 1];
