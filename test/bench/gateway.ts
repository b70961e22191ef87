import { createServer } from "node:http";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { signIn } from "../support/attack.ts";
import { closeServer, freePort, startSystem } from "../support/harness.ts";
import { type Load, load } from "./support/load.ts";
import { atLeast, type BenchResult, median, percentile } from "./support/result.ts";

/** A proxy in workerd that checks nothing: what the gateway would be without its job. */
const BARE_PROXY = (upstream: string) => `export default {
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    return fetch(${JSON.stringify(upstream)} + pathname + search, { method: request.method, headers: request.headers, body: request.body, redirect: "manual" });
  }
}`;

const ROUNDS = 3;
const SECONDS = 2;
const CONNECTIONS = 16;

/** Requests per second and added latency of the gateway, against the bare upstream and a bare proxy, taken in turn. */
export default async function gateway(): Promise<BenchResult> {
  const upstreamPort = await freePort();
  const upstream = createServer((_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => upstream.listen(upstreamPort, "127.0.0.1", resolve));
  // The peer has no asset router in front of it either; in production that is not part of the Worker.
  const system = await startSystem({
    developmentHosts: [`127.0.0.1:${upstreamPort}`],
    withoutDashboard: true,
  });
  await system.admin.call("apps.create", {
    body: {
      name: "fast",
      title: "Fast",
      host: "fast.localhost",
      segment: "main",
      upstreams: [`http://127.0.0.1:${upstreamPort}`],
    },
  });
  await system.admin.call("policies.create", {
    body: {
      name: "fast",
      source: `permit (principal in Group::"engineering", action, resource == App::"fast");`,
    },
  });
  const origin = `http://fast.localhost:${system.port}`;
  const { visitor } = await signIn(system, "alice", origin);
  const bare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: BARE_PROXY(`http://127.0.0.1:${upstreamPort}`),
      compatibilityDate: "2026-10-01",
      host: "127.0.0.1",
      cf: false,
    }),
  );
  const proxyPort = Number((await bare.ready).port);
  const host = new URL(origin).host;
  const cookie = visitor.cookieHeader(origin);
  const asset = {
    host,
    cookie,
    "sec-fetch-dest": "image",
    "sec-fetch-mode": "no-cors",
    "sec-fetch-site": "same-origin",
  };
  const page = {
    host,
    cookie,
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
    "sec-fetch-site": "none",
  };
  const targets = {
    upstream: { port: upstreamPort, headers: { host } },
    proxy: { port: proxyPort, headers: { host } },
    lease: { port: system.port, headers: asset },
    hop: { port: system.port, headers: page },
  };
  const runs: Record<keyof typeof targets, Load[]> = { upstream: [], proxy: [], lease: [], hop: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, target] of Object.entries(targets)) {
      const run = await load({ ...target, path: "/asset.png", connections: CONNECTIONS, seconds: SECONDS });
      if (round > 0) runs[name as keyof typeof targets].push(run);
    }
  }
  const perSecond = (name: keyof typeof targets) => median(runs[name].map((run) => run.perSecond));
  const ratio = (a: keyof typeof targets, b: keyof typeof targets) =>
    median(runs[a].map((run, i) => run.perSecond / (runs[b][i]?.perSecond ?? Number.NaN)));
  const latency = async (name: keyof typeof targets) =>
    (await load({ ...targets[name], path: "/asset.png", connections: 1, seconds: 1 })).latencies;
  const [alone, leased, hopped] = [await latency("proxy"), await latency("lease"), await latency("hop")];
  await bare.dispose();
  await system.stop();
  closeServer(upstream);
  return {
    metrics: {
      upstream_per_s: perSecond("upstream"),
      bare_proxy_per_s: perSecond("proxy"),
      gateway_lease_per_s: perSecond("lease"),
      gateway_hop_per_s: perSecond("hop"),
      added_p50_ms_lease: percentile(leased, 0.5) - percentile(alone, 0.5),
      added_p99_ms_lease: percentile(leased, 0.99) - percentile(alone, 0.99),
      added_p50_ms_hop: percentile(hopped, 0.5) - percentile(alone, 0.5),
      added_p99_ms_hop: percentile(hopped, 0.99) - percentile(alone, 0.99),
    },
    goals: [
      atLeast("gateway with lease vs bare proxy throughput", ratio("lease", "proxy"), "ratio", 0.7),
      atLeast("gateway with session hop vs bare proxy throughput", ratio("hop", "proxy"), "ratio", 0.45),
    ],
  };
}
