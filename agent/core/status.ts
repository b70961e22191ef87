import type { HeardAt } from "../../shared/node/hearing.ts";
import type { Condition } from "../../shared/node/protocol/types.ts";
import type { Membership, Settings } from "../state/store.ts";
import type { TunnelKeeper } from "../tunnel/keeper.ts";
import { isOnEdge, pathOf } from "../tunnel/paths.ts";
import { wgText } from "../tunnel/wg-text.ts";
import { type Life, tagOf } from "./life.ts";

export interface StatusParts {
  readonly membership: Membership;
  readonly settings: Settings;
  readonly keeper: TunnelKeeper;
  readonly conditions: readonly Condition[];
  readonly life: Life;
  readonly heardAt: readonly HeardAt[];
  readonly mapped: string | null;
  readonly clockSkewMs: number;
}

export type Status = Awaited<ReturnType<typeof statusOf>>;

/**
 * Builds the output of `rustronaut-agent status`. `docs/agent.md` promises the names. Times are hub time in
 * milliseconds.
 */
export async function statusOf(parts: StatusParts) {
  const { membership, settings, keeper, conditions, life } = parts;
  const { applied } = life.config;
  const { config } = keeper;
  const device = await keeper.device();
  const found = new Map(device?.peers.map((peer) => [peer.publicKey, peer]));
  const freshAt = life.lease.at > 0 ? life.lease.at : null;
  return {
    standing: life.standing,
    detail: life.detail,
    hub: membership.hub,
    network: membership.network,
    node: membership.node,
    name: config?.manifest.name ?? membership.name,
    domain: config?.manifest.domain ?? null,
    segment: config?.manifest.segment.name ?? null,
    addresses: config ? [config.manifest.ipv4, config.manifest.ipv6] : [],
    interface: settings.interfaceName,
    listenPort: settings.listenPort,
    publicKey: device?.publicKey ?? null,
    serial: applied && tagOf(applied),
    applyError: life.applyError,
    conditions,
    peersHeld: config !== null && !keeper.isApart,
    freshAt,
    leaseEndsAt: config && freshAt !== null ? freshAt + config.manifest.leaseSeconds * 1_000 : null,
    clockSkewMs: Math.round(parts.clockSkewMs),
    heardAt: parts.heardAt,
    mapped: parts.mapped,
    peers: (config?.peers ?? []).map(({ peer, record }) => {
      const now = found.get(wgText(record.wireguard));
      return {
        node: peer.node,
        name: peer.name,
        addresses: [peer.ipv4, peer.ipv6],
        routes: peer.routes,
        path: now ? pathOf(now, peer, Date.now()) : "none",
        endpoint: now && !isOnEdge(now.endpoint) ? now.endpoint : null,
        handshakeAt: now && now.handshake > 0 ? now.handshake * 1_000 : null,
        receivedBytes: now?.receivedBytes ?? 0,
        sentBytes: now?.sentBytes ?? 0,
      };
    }),
  };
}
