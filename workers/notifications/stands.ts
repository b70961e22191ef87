import { utf8 } from "../../shared/crypto/bytes.ts";
import { parseEnvelope } from "../../shared/crypto/dsse-parse.ts";
import { STOPPED_AFTER } from "../../shared/logs/batch.ts";
import { LIMITS } from "../../shared/node/config/types.ts";
import type { Finding } from "../../shared/notifications/notice.ts";
import type { TopicName } from "../../shared/notifications/topics.ts";
import { askAll } from "../mesh/ask-all.ts";
import { receiptOf } from "../mesh/receipts.ts";
import { newestRoot } from "../mesh/roots.ts";
import type { Bindings } from "../platform/env.ts";

/** How things stand now: what waits for somebody, and what is about to end. Only what a destination wants is looked for. */

type Look = (bindings: Bindings, now: number) => Promise<Finding[]>;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Before a credential ends; of one that lives shorter, a quarter of its life. */
const CREDENTIAL_LEAD_MS = 14 * DAY_MS;
/** Before a token is disabled because nobody uses it; of short times, a quarter. */
const UNUSED_LEAD_MS = 7 * DAY_MS;
/** SQL: when that is. Null if the token may stay unused. */
const UNUSED_END = `(coalesce(last_used_at, created_at) + unused_days * ${DAY_MS})`;
const ROOT_LEAD_MS = 30 * DAY_MS;
/** After a revocation, when whoever has not dropped the node is named; and until when it is looked for. */
const OVERDUE_MS = { from: 15 * MINUTE_MS, to: 30 * MINUTE_MS } as const;
const MOST = 200;

export const LOOKS: Readonly<Partial<Record<TopicName, Look>>> = {
  "node.pending": async ({ db }) => {
    const { results } = await db
      .prepare(
        `SELECT id, name, created_at AS at FROM nodes WHERE status = 'pending' ORDER BY id DESC LIMIT ${MOST}`,
      )
      .all<{ id: string; name: string; at: number }>();
    return results.map(({ id, name, at }) => ({
      key: `node.pending:${id}`,
      event: "node.pending",
      at,
      subject: name,
      page: `nodes/${id}`,
    }));
  },

  "access.requested": async ({ db }, now) =>
    grantsFound(db, "access.requested", "g.status = 'pending' AND g.lapses_at > ?", now),

  // Also one that is over by now: what matters is that it was given, and is to be reviewed.
  "access.emergency": async ({ db }, now) =>
    grantsFound(db, "access.emergency", "g.emergency = 1 AND g.reviewed_at IS NULL AND g.asked_at <= ?", now),

  "mesh.held": async (bindings) => {
    const { answers } = await askAll(bindings, (object) => object.holds());
    return answers.flatMap(({ segment, answer }) =>
      answer.map(({ reason, heldAt, detail }) => ({
        key: `mesh.held:${segment.id}:${reason}:${heldAt}`,
        event: "mesh.held",
        at: heldAt,
        subject: `${segment.name}: ${detail}`,
        page: "overview",
      })),
    );
  },

  "revocation.overdue": async (bindings, now) => {
    const { results } = await bindings.db
      .prepare(
        `SELECT id FROM nodes WHERE status = 'revoked' AND ended_at BETWEEN ?1 AND ?2 ORDER BY ended_at DESC LIMIT 20`,
      )
      .bind(now - OVERDUE_MS.to, now - OVERDUE_MS.from)
      .all<{ id: string }>();
    const receipts = await Promise.all(results.map(({ id }) => receiptOf(bindings, id)));
    return receipts.flatMap((receipt) => {
      if (receipt === null || receipt.pending.length === 0) return [];
      const names = receipt.pending.slice(0, 5).map(({ name }) => name);
      return {
        key: `revocation.overdue:${receipt.node}:${receipt.revision}`,
        event: "revocation.overdue",
        at: now,
        subject: `${receipt.name}: not yet dropped by ${receipt.pending.length} (${names.join(", ")})`,
        page: `nodes/${receipt.node}`,
      };
    });
  },

  "credential.ending": async ({ db }, now) => {
    const isNear = `expires_at > ?1 AND expires_at - min(${CREDENTIAL_LEAD_MS}, (expires_at - created_at) / 4) <= ?1`;
    const { results } = await db
      .prepare(
        `SELECT 'The service token' AS what, id, name, expires_at AS end, 'tokens' AS page FROM service_tokens
           WHERE enabled = 1 AND ${isNear}
         UNION ALL SELECT 'The unused service token', id, name, ${UNUSED_END}, 'tokens' FROM service_tokens
           WHERE enabled = 1 AND ${UNUSED_END} > ?1 AND ${UNUSED_END} - min(${UNUSED_LEAD_MS}, unused_days * ${DAY_MS} / 4) <= ?1
         UNION ALL SELECT 'The API token', id, name, expires_at, 'tokens/api' FROM api_tokens WHERE ${isNear}
         UNION ALL SELECT 'The membership of the node', id, name, expires_at, 'nodes/' || id FROM nodes
           WHERE status = 'approved' AND ${isNear}
         ORDER BY end LIMIT ${MOST}`,
      )
      .bind(now)
      .all<{ what: string; id: string; name: string; end: number; page: string }>();
    return results.map(({ what, id, name, end, page }) => ({
      key: `credential.ending:${id}:${end}`,
      event: "credential.ending",
      at: now,
      subject: `${what} ${name} ends on ${dateOf(end)}`,
      page,
    }));
  },

  "logs.stopped": async ({ db }, now) => {
    const { results } = await db
      .prepare(
        `SELECT d.id, d.name, l.last_failure AS why, coalesce(l.last_success_at, 0) AS since
         FROM log_destinations d JOIN log_deliveries l ON l.destination_id = d.id
         WHERE d.enabled = 1 AND l.failures >= ${STOPPED_AFTER} ORDER BY d.id LIMIT ${MOST}`,
      )
      .all<{ id: string; name: string; why: string; since: number }>();
    // The time of the last success tells one stop from the next.
    return results.map(({ id, name, why, since }) => ({
      key: `logs.stopped:${id}:${since}`,
      event: "logs.stopped",
      at: now,
      subject: `${name}: ${why}`,
      page: "logs",
    }));
  },

  "root.ending": async ({ db }, now) => {
    const root = await newestRoot(db);
    const end = root && endOf(root.envelope);
    if (!root || !end || end - ROOT_LEAD_MS > now) return [];
    return [
      {
        key: `root.ending:${root.version}:${end > now ? "soon" : "over"}`,
        event: "root.ending",
        at: now,
        subject: `Version ${root.version} ${end > now ? "ends" : "ended"} on ${dateOf(end)}`,
        page: "trust",
      },
    ];
  },
};

/** Requests and grants, by who asked for which app and why. @param where SQL without user input, with one value. */
async function grantsFound(
  db: D1Database,
  event: "access.requested" | "access.emergency",
  where: string,
  value: number,
): Promise<Finding[]> {
  const { results } = await db
    .prepare(
      `SELECT g.id, u.email, a.name AS app, g.reason, g.asked_at AS at FROM access_grants g
       JOIN users u ON u.id = g.user_id JOIN apps a ON a.id = g.app_id
       WHERE ${where} ORDER BY g.id DESC LIMIT ${MOST}`,
    )
    .bind(value)
    .all<{ id: string; email: string; app: string; reason: string; at: number }>();
  return results.map(({ id, email, app, reason, at }) => ({
    key: `${event}:${id}`,
    ...{ event, at, subject: `${email}, ${app}: ${reason}`, page: `grants/${id}` },
  }));
}

function endOf(envelope: string): number | null {
  const parsed = parseEnvelope(utf8(envelope), { maxPayload: LIMITS.rootBytes, maxSignatures: 16 });
  if (!parsed.ok) return null;
  const { expiresAt } = JSON.parse(new TextDecoder().decode(parsed.value.payload)) as { expiresAt?: unknown };
  return typeof expiresAt === "number" ? expiresAt : null;
}

/** `10 December 2026 at 09:00 UTC`. */
const dateOf = (at: number): string => {
  const text = new Date(at).toLocaleString("en-GB", {
    timeZone: "UTC",
    dateStyle: "long",
    timeStyle: "short",
  });
  return `${text} UTC`;
};
