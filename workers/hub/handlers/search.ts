import type { FoundKind } from "../../../shared/api/search.ts";
import { meaningOf } from "../../../shared/audit/meanings.ts";
import type { AuditQuery, AuditRow } from "../../../shared/audit/types.ts";
import { whoActed } from "../../../shared/audit/who.ts";
import type { Bindings } from "../../platform/env.ts";
import { auditObject } from "../../platform/objects.ts";
import type { Handlers } from "../call.ts";
import { logQuery } from "../log-query.ts";

interface Found {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
}

const AT_MOST = 5;

/** The SQL that searches each kind of thing in the registry. ?1 is the text, and ?2 the text in lower case. */
const LOOK_UPS: readonly (readonly [FoundKind, string])[] = [
  [
    "user",
    `SELECT id, email AS title, CASE status WHEN 'disabled' THEN 'disabled' ELSE coalesce(role, name) END AS detail
     FROM users WHERE id = ?1 OR instr(email, ?2) > 0 OR instr(lower(name), ?2) > 0 ORDER BY email`,
  ],
  [
    "app",
    `SELECT id, name AS title, host AS detail FROM apps
     WHERE id = ?1 OR instr(name, ?2) > 0 OR instr(lower(title), ?2) > 0 OR instr(host, ?2) > 0 ORDER BY name`,
  ],
  [
    "node",
    `SELECT id, name AS title, status AS detail FROM nodes
     WHERE id = ?1 OR instr(name, ?2) > 0 OR instr(lower(hostname), ?2) > 0 ORDER BY name`,
  ],
  [
    "group",
    "SELECT id, name AS title, description AS detail FROM groups WHERE id = ?1 OR instr(lower(name), ?2) > 0 ORDER BY name",
  ],
  [
    "policy",
    `SELECT id, name AS title, CASE enabled WHEN 1 THEN '' ELSE 'switched off' END AS detail FROM policies
     WHERE id = ?1 OR instr(lower(name), ?2) > 0 ORDER BY name`,
  ],
  [
    "session",
    `SELECT s.id, u.email AS title, CASE WHEN s.ended_at IS NULL THEN 'live' ELSE 'ended' END AS detail
     FROM sessions_index s JOIN users u ON u.id = s.user_id
     WHERE s.id = ?1 OR (s.ended_at IS NULL AND instr(u.email, ?2) > 0) ORDER BY s.created_at DESC`,
  ],
  [
    "serviceToken",
    "SELECT id, name AS title, '' AS detail FROM service_tokens WHERE id = ?1 OR instr(lower(name), ?2) > 0 ORDER BY name",
  ],
  [
    "segment",
    "SELECT id, name AS title, description AS detail FROM segments WHERE id = ?1 OR instr(lower(name), ?2) > 0 ORDER BY name",
  ],
  [
    "microsegment",
    "SELECT id, name AS title, description AS detail FROM microsegments WHERE id = ?1 OR instr(lower(name), ?2) > 0 ORDER BY name",
  ],
  [
    "identityProvider",
    `SELECT id, name AS title, coalesce(issuer, kind) AS detail FROM identity_providers
     WHERE id = ?1 OR instr(lower(name), ?2) > 0 ORDER BY name`,
  ],
  [
    "meshRule",
    `SELECT id, name AS title, CASE enabled WHEN 1 THEN '' ELSE 'switched off' END AS detail FROM mesh_rules
     WHERE id = ?1 OR instr(lower(name), ?2) > 0 ORDER BY name`,
  ],
  [
    "enrolmentKey",
    `SELECT id, name AS title, CASE WHEN revoked_at IS NULL THEN '' ELSE 'revoked' END AS detail FROM enrolment_keys
     WHERE id = ?1 OR instr(lower(name), ?2) > 0 ORDER BY id DESC`,
  ],
];

async function inRegistry(db: D1Database, text: string): Promise<[FoundKind, Found[]][]> {
  const statements = LOOK_UPS.map(([, sql]) =>
    db.prepare(`${sql} LIMIT ${AT_MOST}`).bind(text, text.toLowerCase()),
  );
  const results = await db.batch<Found>(statements);
  return LOOK_UPS.map(([kind], n) => [kind, results[n]?.results ?? []]);
}

/**
 * If the text is an entry's id, finds that entry. Otherwise searches decisions by person or path, and events
 * by person or by the words that explain them.
 */
async function inLog(bindings: Bindings, text: string): Promise<[FoundKind, Found[]][]> {
  const log = auditObject(bindings);
  const one = /^(dec|aud)_/.test(text) ? await log.get(text) : null;
  if (one) return [[one.entry.kind === "decision" ? "decision" : "event", [rowView(one)]]];
  const ask = async (query: Omit<AuditQuery, "limit">) =>
    (await log.query({ ...query, limit: AT_MOST })).rows.map(rowView);
  if (text.startsWith("/")) return [["decision", await ask({ path: text, kinds: ["decision"] })]];
  const { who } = await logQuery(bindings, { user: text });
  const events = { kinds: ["admin", "login", "session", "system"] as const };
  const [decisions, byPerson, byWord] = await Promise.all([
    ask({ ...(who ? { who } : {}), kinds: ["decision"] }),
    ask({ ...(who ? { who } : {}), ...events }),
    ask({ reason: text, ...events }),
  ]);
  const all = new Map([...byWord, ...byPerson].map((found) => [found.id, found]));
  return [
    ["decision", decisions],
    ["event", [...all.values()].slice(0, AT_MOST)],
  ];
}

function rowView({ entry }: AuditRow): Found {
  const at = new Date(entry.at).toISOString().slice(0, 16).replace("T", " ");
  if (entry.kind !== "decision") {
    const who = whoActed(entry);
    return { id: entry.id, title: `${who} ${meaningOf(entry.action)}`, detail: `${entry.target}, ${at} UTC` };
  }
  const { principal, request } = entry.facts;
  const who =
    principal.type === "Anonymous" ? "anyone" : principal.type === "User" ? principal.email : principal.name;
  const outcome = entry.decision === "allow" ? "allowed" : "denied";
  return {
    id: entry.id,
    title: `${who} ${outcome} at ${entry.appName}${request.path}`,
    detail: `${meaningOf(entry.reason)}, ${at} UTC`,
  };
}

export const SEARCH_HANDLERS: Handlers<"search.all"> = {
  "search.all": async ({ bindings, query }) => {
    const text = query.q.trim();
    const all = text === "" ? [] : await Promise.all([inRegistry(bindings.db, text), inLog(bindings, text)]);
    const groups = all.flat().filter(([, items]) => items.length > 0);
    return { body: { groups: groups.map(([kind, items]) => ({ kind, items: [...items] })) } };
  },
};
