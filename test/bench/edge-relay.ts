import { spawn } from "node:child_process";
import { whyNoLab } from "../../scripts/local/namespaces.ts";
import { startMesh, type TestAgent, until } from "../support/mesh.ts";
import { type BenchResult, median } from "./support/result.ts";

const SECONDS = 4;
const ROUNDS = 3;
const NO_UDP =
  'add table inet blocked; add chain inet blocked in { type filter hook input priority -300; }; add rule inet blocked in iifname "eth0" meta l4proto udp drop';

export const whyNot = (): string | null => whyNoLab("iperf3");

/** Two agents through the edge relay of a local run-time: TCP, round trips, and how soon they take it. */
export default async function edgeRelay(): Promise<BenchResult> {
  const mesh = await startMesh(2, 88);
  try {
    const key = await mesh.enrolmentKey("main", ["server"]);
    await mesh.system.admin.call("meshRules.create", {
      body: { name: "servers", from: ["tag:server"], to: ["tag:server"], traffic: ["any"] },
    });
    const [a, b] = [mesh.agent(0, key), mesh.agent(1, key)];
    const both = [a, b];
    for (const agent of both) agent.start();
    const are = (path: string) => both.every((agent) => agent.status()?.peers[0]?.path === path);
    await until("they are connected directly", () => are("direct"));
    const direct = await measure(a, b);
    const pinged = a.output("ping", "-i", "0.1", "-w", "30", b.address);
    const from = performance.now();
    for (const { machine } of both) machine.run("nft", NO_UDP);
    await until("they are on the edge relay", () => are("edge"), 60, 50);
    const taken = (performance.now() - from) / 1_000;
    await pinged;
    const edge = await measure(a, b);
    return {
      metrics: {
        ...{ direct_mbit_s: direct.speed, edge_mbit_s: edge.speed },
        ...{ direct_round_trip_ms: direct.roundTrip, edge_round_trip_ms: edge.roundTrip },
        ...{ taken_after_s: taken },
      },
      goals: [],
    };
  } finally {
    await mesh.remove();
  }
}

/** Mbit/s of TCP, and milliseconds of a ping: medians. */
async function measure(from: TestAgent, to: TestAgent) {
  const [command, ...args] = to.machine.enter("iperf3", "-s", "-B", to.address);
  const server = spawn(command, args, { stdio: "ignore" });
  try {
    const pings = await from.output("ping", "-i", "0.05", "-c", "60", to.address);
    const times = [...pings.matchAll(/time=([\d.]+)/g)].map(([, ms]) => Number(ms));
    const speeds: number[] = [];
    while (speeds.length < ROUNDS) {
      const text = await from.output("iperf3", "-c", to.address, "-t", String(SECONDS), "-J");
      const { end } = JSON.parse(text) as { end: { sum_received?: { bits_per_second: number } } };
      if (end.sum_received) speeds.push(end.sum_received.bits_per_second / 1e6);
    }
    return { speed: median(speeds), roundTrip: median(times) };
  } finally {
    server.kill();
  }
}
