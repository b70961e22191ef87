import type { AppliedConfig } from "../../shared/node/config/accept.ts";
import { formatTag } from "../../shared/node/config/serial.ts";
import type { Standing } from "../hub/consequence.ts";
import { wgText } from "../state/keys.ts";
import type { Membership, Settings } from "../state/store.ts";
import type { TunnelKeeper } from "../tunnel/keeper.ts";
import type { Health } from "./health.ts";
import type { Lease } from "./lease.ts";

export interface StatusParts {
  readonly membership: Membership;
  readonly settings: Settings;
  readonly keeper: TunnelKeeper;
  readonly health: Health;
  readonly lease: Lease | null;
  readonly applied: AppliedConfig | null;
  readonly standing: Standing;
  readonly detail: string | null;
  readonly applyError: string | null;
  readonly clockSkewMs: number;
}

export type Status = Awaited<ReturnType<typeof statusOf>>;

/** What `rustronaut-agent status` shows; `docs/agent.md` promises the names. Times are in milliseconds of the hub. */
export async function statusOf(parts: StatusParts) {
  const { membership, settings, keeper, lease, applied } = parts;
  const { config } = keeper;
  const device = await keeper.device();
  const found = new Map(device?.peers.map((peer) => [peer.publicKey, peer]));
  const freshAt = lease?.freshAt ? lease.freshAt : null;
  return {
    standing: parts.standing,
    detail: parts.detail,
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
    serial: applied ? formatTag({ serial: applied.serial, manifest: applied.manifestHash }) : null,
    applyError: parts.applyError,
    conditions: parts.health.conditions,
    peersHeld: config !== null && !keeper.isApart,
    freshAt,
    leaseEndsAt: config && freshAt !== null ? freshAt + config.manifest.leaseSeconds * 1_000 : null,
    clockSkewMs: Math.round(parts.clockSkewMs),
    peers: (config?.peers ?? []).map(({ peer, record }) => {
      const now = found.get(wgText(record.wireguard));
      return {
        node: peer.node,
        name: peer.name,
        addresses: [peer.ipv4, peer.ipv6],
        routes: peer.routes,
        endpoint: now?.endpoint ?? null,
        handshakeAt: now && now.handshake > 0 ? now.handshake * 1_000 : null,
        receivedBytes: now?.receivedBytes ?? 0,
        sentBytes: now?.sentBytes ?? 0,
      };
    }),
  };
}
