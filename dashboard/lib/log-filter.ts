import { isMeant } from "../../shared/audit/terms.ts";
import { parsePast } from "../../shared/base/past.ts";
import type { Filters } from "./router.ts";

/** What the decisions and the audit log are searched by, as it stands in the address. */
export const LOG_FILTERS = ["user", "app", "path", "decision", "reason", "since", "until", "id"] as const;

/** What the API is asked: times as numbers. A time that is none is left out. */
export function logQuery(filters: Filters, now: number): Record<string, string | number> {
  const query: Record<string, string | number> = {};
  for (const name of [...LOG_FILTERS, "kinds", "target"]) {
    const value = filters[name]?.trim();
    if (value === undefined || value === "") continue;
    const isTime = name === "since" || name === "until";
    const at = isTime ? parsePast(value, now) : value;
    if (at !== null) query[name] = at;
  }
  return query;
}

/** What the export takes of it. */
export function exportQuery(filters: Filters): { format: "csv" } & Record<string, string | number> {
  const { id: _, kinds: __, target: ___, ...query } = logQuery(filters, Date.now());
  return { ...query, format: "csv" };
}

/** Whether what is made from now on can belong to what is shown. */
export const isLive = ({ until, id }: Filters): boolean => !until && !id;

interface Live {
  readonly decision: string;
  readonly reason: string;
  readonly appId: string;
  readonly appName: string;
  readonly facts: object;
}

/** Whether a decision that was just made belongs to what is shown; as the search itself would judge. */
export function belongs(row: Live, { user, app, path, decision, reason }: Filters): boolean {
  const { principal, request } = row.facts as {
    principal?: { id?: string; email?: string; name?: string; type?: string };
    request?: { path?: string };
  };
  const who = principal?.type === "Anonymous" ? "anyone" : (principal?.email ?? principal?.name ?? "");
  return (
    (!user || principal?.id === user || who.toLowerCase().includes(user.toLowerCase())) &&
    (!app || row.appId === app || row.appName.includes(app.toLowerCase())) &&
    (!path || (request?.path ?? "").startsWith(path)) &&
    (!decision || row.decision === decision) &&
    (!reason || isMeant(row.reason, reason))
  );
}
