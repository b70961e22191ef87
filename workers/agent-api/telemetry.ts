import { formatAddress, parseAddress } from "../../shared/net/address.ts";
import { formatTag } from "../../shared/node/config/serial.ts";
import { nodeFacts, telemetryReport } from "../../shared/node/protocol/schemas.ts";
import { verifyStatement } from "../../shared/node/protocol/statement.ts";
import { type NodeFactsReport, type SignedStatement, WIRE_LIMITS } from "../../shared/node/protocol/types.ts";
import type { CheckedReport, ReportedChange, ReportVerdict } from "../../shared/node/segment-mesh.ts";
import { knownPeers, oddPeers, usableEndpoints, usableRoutes } from "../../shared/node/usable.ts";
import { type NodeColumns, updateNode } from "../../shared/registry/node-statements.ts";
import { carryOut } from "../mesh/changes.ts";
import { meshKeys } from "../mesh/keys.ts";
import { meshState } from "../mesh/state.ts";
import type { Bindings } from "../platform/env.ts";
import { networkOf } from "../platform/network.ts";
import { meshObject } from "../platform/objects.ts";
import { throwRefusal } from "../platform/refused.ts";
import { bytesOf, gunzip, readTold } from "./body.ts";
import { json, type Reply, refuseNews } from "./refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";

/**
 * The time of a report may be at most this far (milliseconds) ahead of the hub's clock. The age of a report has no
 * limit here, because an agent may hold a report back.
 */
const MAX_AHEAD_MS = 5 * 60_000;

/** Takes a report. The telemetry goes to the segment's object. What other nodes must know goes to the registry. */
export async function telemetry(
  request: Request,
  bindings: Bindings,
  session: AgentSession,
  body: Uint8Array<ArrayBuffer>,
  now: number,
): Promise<Reply> {
  await requireMember(bindings, session);
  const plain = await unpacked(request, body);
  const { taken: report, unknown } = readTold(telemetryReport, plain, WIRE_LIMITS.telemetryBytes);
  if (report.at > now + MAX_AHEAD_MS) throwRefusal("invalid_input", "/at lies in the future.");
  const { overlay, reportsFlows } = await meshState(bindings.db);
  const {
    at: _at,
    endpoints,
    routes,
    facts,
    exitNode,
    conditions,
    peers,
    flows,
    hits,
    ruleset,
    drifts,
    paths,
    moves,
    ...rest
  } = report;
  const places = usableEndpoints(endpoints ?? [], overlay);
  const offers = usableRoutes(routes ?? [], overlay);
  const known = knownPeers(peers);
  const told = facts && (await signedFacts(bindings, session, facts));
  const leftOut = [
    ...places.leftOut,
    ...offers.leftOut,
    ...known.leftOut,
    ...oddPeers(session.node, known.taken, now),
    ...unknown,
    ...(told?.unknown ?? []).map((place) => `/facts${place}`),
  ];
  const checked: CheckedReport = {
    ...rest,
    peers: known.taken,
    address: addressOf(request),
    country: networkOf(request).country,
    handshake: session.ticket.handshake,
    receivedAt: now,
    // A report with neither endpoints nor routes keeps the list of what was left out before.
    ...(endpoints === undefined && routes === undefined ? {} : { leftOut }),
    ...(endpoints === undefined ? {} : { endpoints: places.taken }),
    ...(routes === undefined ? {} : { routes: offers.taken }),
    ...(exitNode === undefined ? {} : { exitNode }),
    ...(conditions === undefined ? {} : { conditions: conditions ?? [] }),
    ...(told === undefined ? {} : { facts: told.taken }),
    ...(flows === undefined || !reportsFlows ? {} : { flows }),
    ...(hits === undefined || !reportsFlows ? {} : { hits }),
    ...(ruleset === undefined ? {} : { ruleset }),
    ...(drifts === undefined ? {} : { drifts }),
    ...(paths === undefined ? {} : { paths }),
    ...(moves === undefined ? {} : { moves }),
  };
  const verdict = await meshObject(bindings, session.ticket.segment).telemetry(session.node, checked);
  if (!verdict.ok) {
    if (verdict.reason === "unknown") await requireMember(bindings, session, true);
    return refuseReport(verdict);
  }
  if (verdict.change) await store(bindings, session.node, verdict.change, now);
  if (verdict.difference) await recordDifference(bindings, session.node, checked, now);
  if (verdict.drifts > 0) await recordDrift(bindings, session.node, report.drifts ?? [], verdict.drifts, now);
  return json({
    address: addressOf(request),
    flows: reportsFlows,
    ...(verdict.ruleset === "differs" ? { differs: true } : {}),
    ...(verdict.heardAt.length > 0 ? { heardAt: verdict.heardAt } : {}),
    ...(leftOut.length > 0 ? { leftOut } : {}),
  });
}

/** The filter that a node says it has is not the one that was compiled for it. An administrator must hear of it. */
async function recordDifference(
  bindings: Bindings,
  node: string,
  { ruleset, applied }: CheckedReport,
  now: number,
): Promise<void> {
  const event = {
    actor: `node:${node}`,
    action: "node.ruleset_differs",
    target: node,
    detail: { ruleset: ruleset?.digest ?? null, config: applied ? formatTag(applied) : null },
  };
  await carryOut(bindings, event, [], now);
}

/** Somebody on the machine changed what protects it. The agent has mended it, and an administrator must hear of it. */
async function recordDrift(
  bindings: Bindings,
  node: string,
  drifts: NonNullable<CheckedReport["drifts"]>,
  times: number,
  now: number,
): Promise<void> {
  const mended = [...new Set(drifts.flatMap(({ steps }) => steps))].sort();
  const lastAt = Math.min(now, Math.max(...drifts.map(({ at }) => at)));
  const event = {
    actor: `node:${node}`,
    action: "node.drifted",
    target: node,
    detail: { mended, times, lastAt },
  };
  await carryOut(bindings, event, [], now);
}

/** The node's address as the platform states it. Null when the platform states none. */
function addressOf(request: Request): string | null {
  const address = parseAddress(request.headers.get("cf-connecting-ip") ?? "");
  return address && formatAddress(address);
}

async function unpacked(request: Request, body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const coding = request.headers.get("content-encoding");
  if (coding === null || coding === "identity") return body;
  if (coding !== "gzip") throwRefusal("unsupported_media_type", "Send the body plain or as gzip.");
  return gunzip(body, WIRE_LIMITS.telemetryBytes);
}

/** The device itself states its posture. So the hub takes these facts only under the device's own signature. */
async function signedFacts(
  bindings: Bindings,
  { node }: AgentSession,
  signed: SignedStatement,
): Promise<{ readonly taken: NodeFactsReport; readonly unknown: readonly string[] }> {
  const { crypto } = await meshKeys(bindings);
  const row = await bindings.db
    .prepare("SELECT signing_key FROM nodes WHERE id = ?")
    .bind(node)
    .first<{ signing_key: string }>();
  if (!row) return throwRefusal("node_revoked", "The node was removed.");
  const key = bytesOf(row.signing_key, "the stored key");
  if (!(await verifyStatement(crypto, "facts", bindings.hubOrigin, signed, key))) {
    throwRefusal("signature_invalid", "/facts are not signed by the node's signing key.");
  }
  return readTold(nodeFacts, bytesOf(signed.statement, "/facts/statement"), WIRE_LIMITS.jsonBytes);
}

function refuseReport(verdict: Extract<ReportVerdict, { ok: false }>): never {
  switch (verdict.reason) {
    case "replayed":
      return throwRefusal("request_replayed", "A report with this sequence number came before. Count on.");
    case "applied_ahead":
      return throwRefusal("applied_ahead", "The node claims to have applied what was never issued to it.");
    case "too_often":
      return refuseNews(verdict.waitMs);
    case "unknown":
      return throwRefusal("ticket_expired", "The node stands otherwise now. Shake hands again.");
  }
}

/**
 * Stores where a node can be reached and what it offers. Both matter to the node's peers, so a new revision tells them.
 */
async function store(bindings: Bindings, node: string, change: ReportedChange, now: number): Promise<void> {
  const columns: NodeColumns = {
    ...(change.endpoints ? { endpoints: JSON.stringify(change.endpoints) } : {}),
    ...(change.offeredRoutes ? { offered_routes: JSON.stringify(change.offeredRoutes) } : {}),
    ...(change.exitNode === undefined ? {} : { exit_node: change.exitNode }),
    ...(change.claims ? { claims: JSON.stringify(change.claims) } : {}),
    ...(change.country === undefined ? {} : { country: change.country }),
  };
  await carryOut(bindings, null, [updateNode(node, columns, now, "no version")], now);
}
