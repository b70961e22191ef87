import { existsSync } from "node:fs";
import { type HeardAt, type Mapping, mappingOf } from "../../shared/node/hearing.ts";
import { ask } from "../control/client.ts";
import type { Status } from "../core/status.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { messageOf } from "../failure.ts";
import { wayTo } from "../hub/http.ts";
import { parseAnswer, trustAnswer } from "../hub/schemas.ts";
import { details } from "../output/table.ts";
import { run } from "../system/exec.ts";
import { otherFirewalls } from "../system/firewalls.ts";
import { findTool } from "../system/preflight.ts";
import { hasIpv6 } from "../system/sysctl.ts";
import { ownEndpoints } from "../telemetry/own-endpoints.ts";
import { type Context, settingsOf } from "./context.ts";

/** Examines everything between this machine and its network: the hub, the clock, addresses, WireGuard. */
export async function netcheck(context: Context): Promise<ExitCode> {
  const settings = await settingsOf(context);
  const membership = await context.store.recall("membership");
  const origin = context.line.up.hub ?? membership?.hub ?? null;
  const { interfaceName, listenPort } = settings;
  const passage = { interfaceName, listenPort, forwards: settings.advertise.length > 0 };
  const [hub, ipv4, ipv6, firewalls, running] = await Promise.all([
    origin === null ? null : reach(origin),
    hasDefaultRoute("-4"),
    hasDefaultRoute("-6"),
    otherFirewalls(passage).catch(() => null),
    ask<Status>(context.store.directory, { do: "status" }).catch(() => null),
  ]);
  const endpoints = await ownEndpoints({
    interfaceName: settings.interfaceName,
    port: settings.listenPort,
    hub: (await context.store.recall("hub-addresses")) ?? [],
    peers: [],
    seenByHub: [],
    heardAt: [],
    mapped: null,
  });
  const report = {
    hub,
    defaultRoute: { ipv4, ipv6 },
    endpoints,
    translator: {
      mapping: running && mappingOf(running.heardAt, new Set(endpoints)),
      heardAt: running?.heardAt ?? [],
      opened: running?.mapped ?? null,
    },
    paths: running && pathsOf(running),
    ipv6: await hasIpv6(settings.interfaceName),
    listenPort: settings.listenPort,
    wireguard: wireguard(),
    tun: existsSync("/dev/net/tun"),
    firewalls: firewalls?.map(({ detail }) => detail) ?? null,
    tools: Object.fromEntries(
      ["wg", "ip", "nft", "wireguard-go", "ping"].map((tool) => [tool, findTool(tool)]),
    ),
  };
  context.emit(report, () => text(report));
  return hub?.error ? EXIT.unavailable : EXIT.ok;
}

interface HubReach {
  readonly origin: string;
  /** The proxy on the way to the hub, or null. */
  readonly proxy: string | null;
  readonly roundTripMs: number | null;
  /** Hub time minus node time. */
  readonly clockSkewMs: number | null;
  readonly error: string | null;
}

async function reach(origin: string): Promise<HubReach> {
  const { send, proxy } = wayTo(origin);
  const request = {
    method: "GET",
    target: "/agent/v1/trust",
    timeoutMs: 10_000,
    maxBytes: 8 * 1024 * 1024,
  } as const;
  try {
    await send(request);
    // The time counts for the second request, because that request uses an open connection.
    const began = performance.now();
    const answer = await send(request);
    const roundTripMs = Math.round((performance.now() - began) * 10) / 10;
    const { hubTime } = parseAnswer(trustAnswer, answer.body, request.maxBytes);
    return { origin, proxy, roundTripMs, clockSkewMs: hubTime - Date.now(), error: null };
  } catch (error) {
    return { origin, proxy, roundTripMs: null, clockSkewMs: null, error: messageOf(error) };
  }
}

/** How many peers are reached in each way. */
function pathsOf({ peers }: Status): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { path } of peers) counts[path] = (counts[path] ?? 0) + 1;
  return counts;
}

/** Null when the answer is not known. */
async function hasDefaultRoute(family: "-4" | "-6"): Promise<boolean | null> {
  try {
    return (await run(["ip", family, "route", "show", "default"])).trim() !== "";
  } catch {
    return null;
  }
}

const routeText = (has: boolean | null): string =>
  has === null ? "not known" : has ? "has a default route" : "no default route";

const wireguard = (): "kernel" | "wireguard-go" | "none" => {
  if (existsSync("/sys/module/wireguard")) return "kernel";
  return findTool("wireguard-go") ? "wireguard-go" : "none";
};

type Report = {
  readonly hub: HubReach | null;
  readonly defaultRoute: { readonly ipv4: boolean | null; readonly ipv6: boolean | null };
  readonly endpoints: readonly string[];
  /** Whether the tunnel can carry IPv6. */
  readonly ipv6: boolean;
  readonly translator: {
    readonly mapping: Mapping | null;
    readonly heardAt: readonly HeardAt[];
    /** The endpoint that the router opened. */
    readonly opened: string | null;
  };
  /** Null when no agent runs. */
  readonly paths: Readonly<Record<string, number>> | null;
  readonly listenPort: number;
  readonly wireguard: string;
  readonly tun: boolean;
  /** What other firewalls drop, with a remedy. Null when this is not known. */
  readonly firewalls: readonly string[] | null;
  readonly tools: Readonly<Record<string, string | null>>;
};

const MAPPINGS: Readonly<Record<Mapping, string>> = {
  none: "none: peers hear this machine where it is",
  independent: "one port for all (endpoint-independent mapping): peers that heard of it find it",
  dependent:
    "another port for each peer (address-dependent mapping): peers behind such a one, too, need a relay",
};

function translatorText({ mapping, heardAt, opened }: Report["translator"]): string {
  const heard = heardAt.map(({ endpoint, by }) => `${endpoint} (by ${by})`).join(", ");
  const kind = mapping === null ? "not known: too few peers hear this machine" : MAPPINGS[mapping];
  return [kind, heard && `heard at ${heard}`, opened && `the router opened ${opened}`]
    .filter(Boolean)
    .join("; ");
}

const PATH_WORDS: Readonly<Record<string, string>> = {
  direct: "direct",
  relay: "by a relay",
  edge: "by the edge relay",
  none: "not heard",
};

const pathText = (paths: Readonly<Record<string, number>>): string =>
  Object.entries(paths)
    .map(([path, count]) => `${count} ${PATH_WORDS[path] ?? path}`)
    .join(", ") || "none";

function text({
  hub,
  defaultRoute,
  endpoints,
  translator,
  paths,
  ipv6,
  wireguard: kind,
  tun,
  firewalls,
  tools,
}: Report): string {
  const hubText = hub
    ? `${hub.origin}: ${hub.error ?? `${hub.roundTripMs} ms, clock differs by ${hub.clockSkewMs} ms`}`
    : "none yet";
  const missing = Object.entries(tools).filter(([, path]) => path === null);
  return details([
    ["Hub", hubText],
    ["Proxy", hub?.proxy ?? "none"],
    ["IPv4", routeText(defaultRoute.ipv4)],
    ["IPv6", ipv6 ? routeText(defaultRoute.ipv6) : "switched off: the tunnel carries IPv4 only"],
    ["Endpoints", endpoints.join(", ") || "none"],
    ["Translator", translatorText(translator)],
    ["Peers", paths === null ? "no agent runs" : pathText(paths)],
    ["WireGuard", kind],
    ["TUN device", tun ? "there" : "missing"],
    ["Firewalls", firewalls === null ? "not known" : firewalls.join("; ") || "none in the way"],
    ["Missing tools", missing.map(([tool]) => tool).join(", ") || "none"],
  ]);
}
