import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { startAgentApi } from "../e2e/mesh-api/setup.ts";
import type { TestNode } from "../support/node-client.ts";
import { childrenNamed, cpuOf } from "./support/cpu.ts";
import { type Load, load } from "./support/load.ts";
import { atLeast, atMost, type BenchResult, median, percentile } from "./support/result.ts";

const ROUNDS = 3;
const SECONDS = 2;
const CONNECTIONS = 16;
/** Signed beforehand for each connection, so that the load itself costs no cryptography. */
const SIGNED_AHEAD = 4_000;

/** What a poll would be without its job, and with a signature on each poll in place of the ticket's MACs. */
const PEERS = `
  import { Hono } from "hono";
  const app = new Hono();
  const message = new Uint8Array(256);
  let signature;
  app.get("/constant", (c) => c.body(null, 304));
  app.get("/signature", async (c) => {
    const { publicKey, privateKey } = await key();
    signature ??= await crypto.subtle.sign("Ed25519", privateKey, message);
    const holds = await crypto.subtle.verify("Ed25519", publicKey, signature, message);
    return c.body(null, holds ? 304 : 401);
  });
  let made;
  const key = async () => (made ??= await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]));
  export default app;
`;

/**
 * Polls per second through workerd, and the CPU of its process for each: unchanged (304) and with everything (200), against
 * two peers in turn.
 */
export default async function agentPoll(): Promise<BenchResult> {
  const api = await startAgentApi();
  const [hubProcess] = childrenNamed("workerd");
  const nodes: TestNode[] = [];
  for (let i = 0; i < CONNECTIONS; i++) nodes.push(await api.member({ tags: ["bench"] }));
  await api.system.admin.call("meshRules.create", {
    body: { name: "bench", from: ["tag:bench"], to: ["tag:bench"], traffic: ["any"] },
  });
  const etags = await Promise.all(nodes.map(async (node) => String((await node.poll()).headers.etag)));
  const bundle = await build({
    stdin: { contents: PEERS, resolveDir: process.cwd() },
    bundle: true,
    format: "esm",
    write: false,
  });
  const peers = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: bundle.outputFiles[0]?.text ?? "",
      compatibilityDate: "2026-10-01",
      host: "127.0.0.1",
      cf: false,
    }),
  );
  const peerPort = Number((await peers.ready).port);
  const peerProcess = childrenNamed("workerd").find((pid) => pid !== hubProcess);
  const host = new URL(api.system.hubOrigin).host;
  const polls = async (isUnchanged: boolean) => {
    const queues = await Promise.all(
      nodes.map((node, i) =>
        Promise.all(
          Array.from({ length: SIGNED_AHEAD }, async () => ({
            host,
            ...(await node.signed("GET", "/agent/v1/config", isUnchanged ? { applied: etags[i] ?? "" } : {})),
          })),
        ),
      ),
    );
    return (connection: number) => queues[connection]?.shift() ?? {};
  };
  const path = "/agent/v1/config";
  const { port } = api.system;
  const targets = {
    constant: async () => ({ port: peerPort, path: "/constant", headers: {}, status: 304 }),
    signature: async () => ({ port: peerPort, path: "/signature", headers: {}, status: 304 }),
    unchanged: async () => ({ port, path, headers: await polls(true), status: 304 }),
    full: async () => ({ port, path, headers: await polls(false), status: 200 }),
  };
  const runs: Record<keyof typeof targets, Run[]> = { constant: [], signature: [], unchanged: [], full: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, target] of Object.entries(targets)) {
      const wanted = await target();
      const pid = wanted.port === port ? hubProcess : peerProcess;
      const before = cpuOf(pid);
      const run = await load({ ...wanted, connections: CONNECTIONS, seconds: SECONDS });
      const after = cpuOf(pid);
      const cpuMs = before === null || after === null ? null : (after - before) / run.latencies.length;
      if (round > 0) runs[name as keyof typeof targets].push({ ...run, cpuMs });
    }
  }
  await peers.dispose();
  await api.stop();
  const perSecond = (name: keyof typeof targets) => median(runs[name].map((run) => run.perSecond));
  const ratio = (a: keyof typeof targets, b: keyof typeof targets) =>
    median(runs[a].map((run, i) => run.perSecond / (runs[b][i]?.perSecond ?? Number.NaN)));
  const cpu = (name: keyof typeof targets) => {
    const each = runs[name].flatMap(({ cpuMs }) => (cpuMs === null ? [] : [cpuMs]));
    return each.length > 0 ? median(each) : null;
  };
  const unchangedCpu = cpu("unchanged");
  return {
    metrics: {
      bare_route_per_s: perSecond("constant"),
      ed25519_verified_per_s: perSecond("signature"),
      poll_304_per_s: perSecond("unchanged"),
      poll_200_per_s: perSecond("full"),
      poll_304_p99_ms: percentile(
        runs.unchanged.flatMap(({ latencies }) => latencies),
        0.99,
      ),
      poll_304_vs_ed25519_ratio: ratio("unchanged", "signature"),
      ...measured({
        bare_route_cpu_ms: cpu("constant"),
        poll_304_cpu_ms: unchangedCpu,
        poll_200_cpu_ms: cpu("full"),
      }),
    },
    goals: [
      atLeast("304 poll vs bare route throughput", ratio("unchanged", "constant"), "ratio", 0.6),
      ...(unchangedCpu === null ? [] : [atMost("CPU per 304 poll", unchangedCpu, "ms", 0.35)]),
    ],
  };
}

interface Run extends Load {
  /** Of the answering process, for each request; null where it can't be told. */
  readonly cpuMs: number | null;
}

/** What could be measured here. */
const measured = (figures: Readonly<Record<string, number | null>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
