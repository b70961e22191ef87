import type { AuditEntry, AuditQuery, AuditRow, DecisionEntry } from "../../../shared/audit/types.ts";
import { messageOf } from "../../../shared/base/errors/cause.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { Bindings } from "../../platform/env.ts";
import { auditObject } from "../../platform/objects.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { namesOf } from "../../registry/history.ts";
import type { Handlers } from "../call.ts";
import { citedPolicies, reasonsOfEntry } from "../explain.ts";
import { exportLog } from "../export.ts";
import { type Asked, logQuery } from "../log-query.ts";
import { nextOf } from "../paging.ts";
import { notFound } from "../refused.ts";
import { followAudit } from "../streams.ts";

const MAX_LEAVES = 1_000;
const MAX_BUCKETS = 1_000;

const decisionView = ({ leaf, entry }: AuditRow & { entry: DecisionEntry }) => {
  const { kind: _, facts, determining, erroring, shadow, ...rest } = entry;
  return {
    ...{ leaf, ...rest, facts: { ...facts }, determining: [...determining], erroring: [...erroring] },
    ...(shadow ? { shadow: { ...shadow, determining: [...shadow.determining] } } : {}),
  };
};

const isDecision = (row: AuditRow): row is AuditRow & { entry: DecisionEntry } =>
  row.entry.kind === "decision";

/** A page of the log. If the query contains an entry's id, at most this entry is returned. */
async function search(
  bindings: Bindings,
  query: Asked & { readonly id?: string | undefined },
  more: Pick<AuditQuery, "kinds" | "target">,
): Promise<{ items: AuditRow[]; next: string | null; searchedUntil: number | null }> {
  if (query.id !== undefined) {
    const row = await auditObject(bindings).get(query.id.trim());
    return { items: row ? [row] : [], next: null, searchedUntil: null };
  }
  const asked = { ...(await logQuery(bindings, query)), ...more };
  const { rows, next, searchedUntil } = await auditObject(bindings).query(asked);
  return { items: rows, next: nextOf(next), searchedUntil };
}

const kindsOf = ({ kinds }: { readonly kinds?: string | undefined }): Pick<AuditQuery, "kinds"> =>
  kinds === undefined ? {} : { kinds: kinds.split(",") as AuditEntry["kind"][] };

const auditView = ({ leaf, entry }: AuditRow) => ({ leaf, entry: { ...entry } });

export const OBSERVATION_HANDLERS: Handlers<
  | "decisions.list"
  | "decisions.stream"
  | "decisions.export"
  | "decisions.get"
  | "audit.list"
  | "audit.stream"
  | "audit.export"
  | "audit.checkpoint"
  | "audit.publicKey"
  | "audit.inclusion"
  | "audit.consistency"
  | "audit.leaves"
  | "stats.get"
> = {
  "decisions.list": async ({ bindings, query }) => {
    const page = await search(bindings, query, { kinds: ["decision"] });
    return { body: { ...page, items: page.items.filter(isDecision).map(decisionView) } };
  },

  "decisions.stream": async ({ request, bindings }) => followAudit(request, bindings),

  "decisions.export": async ({ bindings, query }) => {
    const asked = { ...(await logQuery(bindings, query)), kinds: ["decision"] as const };
    return exportLog(bindings, asked, query.format, "decisions");
  },

  "decisions.get": async ({ bindings, params }) => {
    const row = isId("decision", params.decision) ? await auditObject(bindings).get(params.decision) : null;
    if (!row || !isDecision(row)) return notFound("decision");
    const { determining, shadow } = row.entry;
    const cited = [...new Set([...determining, ...(shadow?.determining ?? [])])];
    const policies = await citedPolicies(bindings.db, cited, row.entry);
    return {
      body: {
        ...decisionView(row),
        policies: policies.filter(({ id }) => determining.includes(id)),
        ...(shadow ? { shadowPolicies: policies.filter(({ id }) => shadow.determining.includes(id)) } : {}),
        reasons: reasonsOfEntry(row.entry),
      },
    };
  },

  "audit.list": async ({ bindings, query }) => {
    const page = await search(bindings, query, {
      ...kindsOf(query),
      ...(query.target === undefined ? {} : { target: query.target }),
    });
    const named = page.items.flatMap(({ entry }) =>
      entry.kind === "decision" ? [] : [entry.actor.slice(entry.actor.indexOf(":") + 1), entry.target],
    );
    const names = await namesOf(bindings.db, named);
    return { body: { ...page, items: page.items.map(auditView), names } };
  },

  "audit.stream": async ({ request, bindings }) => followAudit(request, bindings),

  "audit.export": async ({ bindings, query }) => {
    const asked = { ...(await logQuery(bindings, query)), ...kindsOf(query) };
    return exportLog(bindings, asked, query.format, "audit");
  },

  "audit.checkpoint": async ({ bindings }) => ({ body: await auditObject(bindings).checkpoint() }),

  "audit.publicKey": async ({ bindings }) => ({ body: await auditObject(bindings).publicKey() }),

  "audit.inclusion": async ({ bindings, query }) => {
    const { size } = await auditObject(bindings).checkpoint();
    if (query.leaf >= query.size || query.size > size) {
      throwRefusal("invalid_input", `leaf must be below size, and size at most ${size}.`);
    }
    return { body: await auditObject(bindings).inclusionProof(query.leaf, query.size) };
  },

  "audit.consistency": async ({ bindings, query }) => {
    const { size } = await auditObject(bindings).checkpoint();
    if (query.first > query.second || query.second > size) {
      throwRefusal("invalid_input", `first must be at most second, and second at most ${size}.`);
    }
    return { body: { proof: await auditObject(bindings).consistencyProof(query.first, query.second) } };
  },

  "audit.leaves": async ({ bindings, query }) => {
    if (query.to < query.from || query.to - query.from > MAX_LEAVES) {
      throwRefusal("invalid_input", `Ask for at most ${MAX_LEAVES} leaves: from inclusive, to exclusive.`);
    }
    const { size } = await auditObject(bindings).checkpoint();
    if (query.to > size) throwRefusal("invalid_input", `The log ends at ${size}.`);
    const leaves = await auditObject(bindings)
      .leaves(query.from, query.to)
      .catch((error: unknown) => {
        if (!messageOf(error).includes("not all kept")) throw error;
        return throwRefusal(
          "invalid_input",
          "The texts of these leaves are past their retention; only hashes remain.",
        );
      });
    return { body: { from: query.from, leaves } };
  },

  "stats.get": async ({ bindings, query, now }) => {
    if (query.to <= query.from || (query.to - query.from) / query.stepMs > MAX_BUCKETS) {
      throwRefusal("invalid_input", `Ask for 1 to ${MAX_BUCKETS} buckets.`);
    }
    const [buckets, counts] = await Promise.all([
      auditObject(bindings).stats(query.from, query.to, query.stepMs),
      bindings.db
        .prepare(
          `SELECT (SELECT count(*) FROM sessions_index WHERE ended_at IS NULL AND expires_at > ?) AS liveSessions,
                  (SELECT count(*) FROM apps) AS apps, (SELECT count(*) FROM users) AS users`,
        )
        .bind(now)
        .first<{ liveSessions: number; apps: number; users: number }>(),
    ]);
    return {
      body: {
        buckets,
        liveSessions: counts?.liveSessions ?? 0,
        apps: counts?.apps ?? 0,
        users: counts?.users ?? 0,
      },
    };
  },
};
