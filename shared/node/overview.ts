import type { PeerLink } from "../segments/types.ts";
import { claimsOf } from "./claims.ts";
import { type DeviceCheck, printDeviceCheck, resultOf } from "./config/device-check.ts";
import { formatTag } from "./config/serial.ts";
import type { Serial } from "./config/types.ts";
import type { LedgerPath } from "./path-ledger.ts";
import type { Condition, NodeFactsReport, PathKind, PeerReport } from "./protocol/types.ts";
import { isAlive } from "./report.ts";
import type {
  CheckedReport,
  LiveNode,
  MapLink,
  MapNode,
  ReportedChange,
  SegmentMap,
} from "./segment-mesh.ts";

/** What people see of a segment, from the reports of its nodes. */

interface LastReport {
  readonly at: number;
  readonly applied: { readonly serial: Serial; readonly manifest: string } | null;
  readonly applyError: string | null;
  readonly conditions: readonly Condition[];
  readonly facts: NodeFactsReport | null;
  readonly factsAt: number | null;
  readonly clockSkewMs: number;
  readonly leftOut: readonly string[];
  readonly peers: readonly PeerReport[];
  readonly ruleset: LiveNode["ruleset"];
  readonly drifts: LiveNode["drifts"];
}

export function liveNode(
  report: LastReport | null,
  known: Pick<LiveNode, "online" | "lastSeenAt" | "peers"> & {
    readonly edge: { readonly bytes: number; readonly lastAt: number } | null;
    readonly etag: string | null;
    readonly checks: readonly DeviceCheck[];
    /** What the hub finds itself. */
    readonly conditions: readonly Condition[];
    readonly now: number;
  },
): LiveNode {
  const { online, lastSeenAt, peers } = known;
  const { checks = [], ...facts } = report?.facts ?? {};
  const alive = online ? (report?.peers ?? []).filter((peer) => isAlive(peer, known.now)) : [];
  const count = (kind: PathKind) => alive.filter(({ path }) => path === kind).length;
  return {
    online,
    lastSeenAt,
    current: Boolean(report?.applied && formatTag(report.applied) === known.etag),
    appliedSerial: report?.applied?.serial ?? null,
    applyError: report?.applyError ?? null,
    conditions: [...(report?.conditions ?? []), ...known.conditions],
    facts: report?.facts ? (facts as Omit<NodeFactsReport, "checks">) : null,
    factsAt: report?.factsAt ?? null,
    checks: known.checks.map((check) => ({
      check: printDeviceCheck(check),
      result: resultOf(check, checks),
    })),
    clockSkewMs: report?.clockSkewMs ?? null,
    leftOut: report?.leftOut ?? [],
    peers,
    ruleset: report?.ruleset ?? null,
    drifts: report?.drifts ?? { count: 0, lastAt: null },
    directPeers: count("direct"),
    relayedPeers: count("relay"),
    edge: {
      peers: count("edge"),
      bytes: known.edge?.bytes ?? 0,
      lastAt: known.edge?.lastAt ?? null,
    },
  };
}

export function segmentMap(
  nodes: readonly MapNode[],
  linksOf: (node: string) => readonly PeerLink[],
  reportsOf: (node: string) => readonly PeerReport[],
  pathsOf: (node: string) => readonly LedgerPath[],
  truncated: boolean,
): SegmentMap {
  const links = nodes.flatMap(({ id, online }) => {
    const reports = new Map(reportsOf(id).map((report) => [report.node, report]));
    const inUse = pathsOf(id).filter((path) => path.inUse);
    const used = new Map(inUse.map((path) => [path.peer, path]));
    return linksOf(id).map(({ peer, outbound }) => {
      const report = reports.get(peer);
      return {
        node: id,
        peer,
        allows: outbound.map(({ rule }) => rule),
        handshakeAt: report?.handshakeAt ?? null,
        path: pathInUse(report, used.get(peer)),
        measured: online ? measuredOf(used.get(peer)) : null,
        bytes: (report?.receivedBytes ?? 0) + (report?.sentBytes ?? 0),
      };
    });
  });
  return { nodes, links, truncated };
}

/** WireGuard's endpoint says whether packets come straight or through the edge; the agent knows which one is a relay's. */
const pathInUse = (report: PeerReport | undefined, used: LedgerPath | undefined): MapLink["path"] =>
  report?.path === "direct" && used?.kind === "relay" ? "relay" : (report?.path ?? "unknown");

const measuredOf = (used: LedgerPath | undefined): MapLink["measured"] =>
  used === undefined || used.state === "unknown"
    ? null
    : { passes: used.state === "well", rttMicros: used.rttMicros, lossPermille: used.lossPermille };

/** The part of the report that the registry must learn. A missing field is unchanged. */
export function reportedChange(
  report: Pick<CheckedReport, "endpoints" | "routes" | "exitNode" | "facts" | "country">,
  known: {
    readonly endpoints: readonly string[];
    readonly offeredRoutes: readonly string[];
    readonly exitNode: string | null;
    readonly claims: string;
    readonly checks: readonly DeviceCheck[];
    readonly country: string | null;
  },
  idOf: (reference: string) => string | null,
): ReportedChange | null {
  const exitNode = report.exitNode ? idOf(report.exitNode) : report.exitNode;
  const claims = report.facts && claimsOf(report.facts, known.checks);
  const change: ReportedChange = {
    ...(report.endpoints && !same(report.endpoints, known.endpoints) ? { endpoints: report.endpoints } : {}),
    ...(report.routes && !same(report.routes, known.offeredRoutes) ? { offeredRoutes: report.routes } : {}),
    ...(exitNode !== undefined && exitNode !== known.exitNode ? { exitNode } : {}),
    ...(claims && JSON.stringify(claims) !== known.claims ? { claims } : {}),
    ...(report.country !== known.country ? { country: report.country } : {}),
  };
  return Object.keys(change).length > 0 ? change : null;
}

const same = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b);
