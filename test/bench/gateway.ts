import { createServer } from "node:http";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { signIn } from "../support/attack.ts";
import { closeServer, freePort, startSystem } from "../support/harness.ts";
import { startApache, whyNoApache } from "./support/apache.ts";
import { type Load, load } from "./support/load.ts";
import { atLeast, type BenchResult, median, percentile } from "./support/result.ts";

/** A proxy in workerd that checks nothing: what the gateway would be without its job. */
const BARE_PROXY = (upstream: string) => `export default {
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    return fetch(${JSON.stringify(upstream)} + pathname + search, { method: request.method, headers: request.headers, body: request.body, redirect: "manual" });
  }
}`;

const ROUNDS = 10;
const SECONDS = 1;
const WARM_UP_SECONDS = 3;
const CONNECTIONS = 16;

/**
 * Requests per second and added latency of the gateway, against the bare upstream, a bare proxy that gets the same
 * requests, and Apache with mod_auth_openidc, taken in turn.
 */
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
  const missing = whyNoApache();
  if (missing !== null) process.stderr.write(`Apache with mod_auth_openidc was left out: no ${missing}\n`);
  const apache = missing === null ? await startApache(`http://127.0.0.1:${upstreamPort}`) : null;
  const targets = {
    upstream: { port: upstreamPort, headers: { host } },
    proxy: { port: proxyPort, headers: asset },
    lease: { port: system.port, headers: asset },
    hop: { port: system.port, headers: page },
    ...(apache ? { apache: { port: apache.port, headers: { ...asset, ...apache.headers } } } : {}),
  };
  const runs = new Map(Object.keys(targets).map((name): [string, Load[]] => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    const seconds = round === 0 ? WARM_UP_SECONDS : SECONDS;
    for (const [name, target] of Object.entries(targets)) {
      const run = await load({ ...target, path: "/asset.png", connections: CONNECTIONS, seconds });
      if (round > 0) runs.get(name)?.push(run);
    }
  }
  const rates = (name: string) => (runs.get(name) ?? []).map((run) => run.perSecond);
  const perSecond = (name: string) => median(rates(name));
  const ratio = (a: string, b: string) =>
    median(rates(a).map((rate, i) => rate / (rates(b)[i] ?? Number.NaN)));
  const latency = async (name: "proxy" | "lease" | "hop") =>
    (await load({ ...targets[name], path: "/asset.png", connections: 1, seconds: 1 })).latencies;
  const [alone, leased, hopped] = [await latency("proxy"), await latency("lease"), await latency("hop")];
  await apache?.stop();
  await bare.dispose();
  await system.stop();
  closeServer(upstream);
  return {
    metrics: {
      upstream_per_s: perSecond("upstream"),
      bare_proxy_per_s: perSecond("proxy"),
      gateway_lease_per_s: perSecond("lease"),
      gateway_hop_per_s: perSecond("hop"),
      ...(apache
        ? {
            apache_oidc_per_s: perSecond("apache"),
            lease_vs_apache_ratio: ratio("lease", "apache"),
            hop_vs_apache_ratio: ratio("hop", "apache"),
          }
        : {}),
      added_p50_ms_lease: percentile(leased, 0.5) - percentile(alone, 0.5),
      added_p99_ms_lease: percentile(leased, 0.99) - percentile(alone, 0.99),
      added_p50_ms_hop: percentile(hopped, 0.5) - percentile(alone, 0.5),
      added_p99_ms_hop: percentile(hopped, 0.99) - percentile(alone, 0.99),
    },
    goals: [
      atLeast("gateway with lease vs bare proxy throughput", ratio("lease", "proxy"), "ratio", 0.7),
      atLeast("gateway with session hop vs bare proxy throughput", ratio("hop", "proxy"), "ratio", 0.55),
    ],
  };
}
