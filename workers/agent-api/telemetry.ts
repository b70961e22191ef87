import { nodeFacts, telemetryReport } from "../../shared/agent-protocol/schemas.ts";
import { verifyStatement } from "../../shared/agent-protocol/statement.ts";
import {
  type NodeFactsReport,
  type SignedStatement,
  WIRE_LIMITS,
} from "../../shared/agent-protocol/types.ts";
import { parseRoute } from "../../shared/mesh/routes.ts";
import { NEXT_REVISION, REVISION } from "../../shared/mesh/statements.ts";
import type { CheckedReport, ReportedChange, ReportVerdict } from "../../shared/mesh/types.ts";
import { parseEndpoint } from "../../shared/node-config/endpoint.ts";
import { contains, parseHost, parsePrefix } from "../../shared/node-config/prefixes.ts";
import type { Bindings } from "../env.ts";
import { meshKeys } from "../mesh/keys.ts";
import { refreshMesh } from "../mesh/notify.ts";
import { type MeshState, meshState } from "../mesh/state.ts";
import { meshObject } from "../objects.ts";
import { bytesOf, gunzip, readDocument } from "./body.ts";
import { json, type Reply, refuse } from "./refused.ts";
import type { AgentSession } from "./session.ts";
import { requireMember } from "./standing.ts";

/** A report may be as old as an agent holds it back, and no newer than the hub's clock allows. */
const MAX_AHEAD_MS = 5 * 60_000;

/** Takes a report: telemetry goes to the segment's object, what other nodes must know to the registry. */
export async function telemetry(
  request: Request,
  bindings: Bindings,
  session: AgentSession,
  body: Uint8Array<ArrayBuffer>,
  now: number,
): Promise<Reply> {
  await requireMember(bindings, session);
  const plain = await unpacked(request, body);
  const report = readDocument(telemetryReport, plain, WIRE_LIMITS.telemetryBytes);
  if (report.at > now + MAX_AHEAD_MS) refuse("invalid_input", "/at lies in the future.");
  for (const peer of report.peers) {
    if (peer.handshakeAt !== null && peer.handshakeAt > now + MAX_AHEAD_MS) {
      refuse("invalid_input", "/peers: a handshake lies in the future.");
    }
    if (peer.node === session.node) refuse("invalid_input", "/peers: a node is no peer of its own.");
  }
  const { overlay } = await meshState(bindings.db);
  const { at: _at, endpoints, routes, facts, exitNode, conditions, ...rest } = report;
  const checked: CheckedReport = {
    ...rest,
    handshake: session.ticket.handshake,
    receivedAt: now,
    ...(endpoints === undefined ? {} : { endpoints: canonicalEndpoints(endpoints ?? [], overlay) }),
    ...(routes === undefined ? {} : { routes: canonicalRoutes(routes ?? [], overlay) }),
    ...(exitNode === undefined ? {} : { exitNode }),
    ...(conditions === undefined ? {} : { conditions: conditions ?? [] }),
    ...(facts === undefined ? {} : { facts: await signedFacts(bindings, session, facts) }),
  };
  const verdict = await meshObject(bindings, session.ticket.segment).telemetry(session.node, checked);
  if (!verdict.ok) {
    if (verdict.reason === "unknown") await requireMember(bindings, session, true);
    return refuseReport(verdict.reason);
  }
  if (verdict.change) await store(bindings, session.node, verdict.change, now);
  return json({});
}

async function unpacked(request: Request, body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const coding = request.headers.get("content-encoding");
  if (coding === null || coding === "identity") return body;
  if (coding !== "gzip") refuse("unsupported_media_type", "Send the body plain or as gzip.");
  return gunzip(body, WIRE_LIMITS.telemetryBytes);
}

function canonicalEndpoints(texts: readonly string[], overlay: MeshState["overlay"]): string[] {
  const ranges = [overlay.ipv4, overlay.ipv6].map(parsePrefix).filter((range) => range !== null);
  const inOverlay = (address: string) => {
    const host = parseHost(address);
    return host !== null && ranges.some((range) => contains(range, host));
  };
  return texts.map((text) => {
    const endpoint = parseEndpoint(text, inOverlay);
    return endpoint.ok ? endpoint.value : refuse("invalid_input", `/endpoints: ${text} ${endpoint.error}.`);
  });
}

function canonicalRoutes(texts: readonly string[], overlay: MeshState["overlay"]): string[] {
  return texts.map((text) => {
    const route = parseRoute(text, overlay);
    return route.ok ? text : refuse("invalid_input", `/routes: ${text} ${route.error}.`);
  });
}

/** Posture is the device's word: taken only under its own signature. */
async function signedFacts(
  bindings: Bindings,
  { node }: AgentSession,
  signed: SignedStatement,
): Promise<NodeFactsReport> {
  const { crypto } = await meshKeys(bindings);
  const row = await bindings.db
    .prepare("SELECT signing_key FROM nodes WHERE id = ?")
    .bind(node)
    .first<{ signing_key: string }>();
  if (!row) return refuse("node_revoked", "The node was removed.");
  const key = bytesOf(row.signing_key, "the stored key");
  if (!(await verifyStatement(crypto, "facts", bindings.hubOrigin, signed, key))) {
    refuse("signature_invalid", "/facts are not signed by the node's signing key.");
  }
  return readDocument(nodeFacts, bytesOf(signed.statement, "/facts/statement"), WIRE_LIMITS.jsonBytes);
}

function refuseReport(reason: Extract<ReportVerdict, { ok: false }>["reason"]): never {
  switch (reason) {
    case "replayed":
      return refuse("request_replayed", "A report with this sequence number came before. Count on.");
    case "applied_ahead":
      return refuse("applied_ahead", "The node claims to have applied what was never issued to it.");
    case "too_often":
      return refuse(
        "rate_limited",
        "Where the node is reached changes too often. Say it again in a minute.",
        {
          retryAfterSeconds: 60,
        },
      );
    case "unknown":
      return refuse("ticket_expired", "The node stands otherwise now. Shake hands again.");
  }
}

/** Where a node is reached and what it offers concerns its peers: a new revision tells them. */
async function store(bindings: Bindings, node: string, change: ReportedChange, now: number): Promise<void> {
  const { db } = bindings;
  const columns: [string, string | null][] = [];
  if (change.endpoints) columns.push(["endpoints", JSON.stringify(change.endpoints)]);
  if (change.offeredRoutes) columns.push(["offered_routes", JSON.stringify(change.offeredRoutes)]);
  if (change.exitNode !== undefined) columns.push(["exit_node", change.exitNode]);
  const assignments = columns.map(([name]) => `${name} = ?`).join(", ");
  await db.batch([
    db.prepare(NEXT_REVISION[0]),
    db
      .prepare(`UPDATE nodes SET ${assignments}, revision = ${REVISION}, updated_at = ? WHERE id = ?`)
      .bind(...columns.map(([, value]) => value), now, node),
  ]);
  await refreshMesh(bindings);
}
