import type { StatedFact } from "../access/device/device.ts";
import { fallsTo, scoreAt } from "../access/risk/score.ts";
import type { RiskSignal } from "../access/risk/signal.ts";
import type { Claims } from "../node/claims.ts";
import type { FactValue, FactValues } from "../segments/criteria/facts.ts";
import type { nodes } from "./mesh-schema.ts";
import type { RowOf } from "./rows.ts";

/** What criteria of microsegments may read of a node: the columns of a query, and their meaning. */

/** What others state about the node `n`, as a JSON list of `StatedFact`. */
export const STATED = `(SELECT json_group_array(json_object(
    'source', f.source, 'fact', f.fact, 'at', f.at, 'expiresAt', f.expires_at))
  FROM (SELECT * FROM device_facts WHERE node_id = n.id ORDER BY source, fact) f)`;

/**
 * The names of the groups of the owner of the node `n`, with the groups that hold those, as a JSON list. A provider that is
 * disabled vouches for no group.
 */
const OWNER_GROUPS = `(WITH RECURSIVE held(name) AS (
    SELECT g.name FROM group_members m JOIN groups g ON g.id = m.group_id
      LEFT JOIN identity_providers p ON p.id = g.provider_id
      WHERE m.member_kind = 'user' AND m.member_id = n.user_id AND (g.provider_id IS NULL OR p.enabled = 1)
    UNION SELECT j.value FROM identities i JOIN identity_providers p ON p.id = i.provider_id AND p.enabled = 1,
      json_each(i.groups) j WHERE i.user_id = n.user_id
    UNION SELECT above.name FROM held h JOIN groups g ON g.name = h.name
      JOIN group_members m ON m.member_kind = 'group' AND m.member_id = g.id JOIN groups above ON above.id = m.group_id
  ) SELECT json_group_array(name) FROM held)`;

const ENTERPRISE = '"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"';

/** What providers state by SCIM of the owner of the node `n`, as a JSON list of `SentPerson`. */
const OWNER_SENT = `(SELECT json_group_array(json_object(
    'department', json_extract(s.document, '$.${ENTERPRISE}.department'),
    'division', json_extract(s.document, '$.${ENTERPRISE}.division'),
    'organization', json_extract(s.document, '$.${ENTERPRISE}.organization'),
    'title', json_extract(s.document, '$.title'), 'type', json_extract(s.document, '$.userType'),
    'roles', json_extract(s.document, '$.roles')))
  FROM scim_users s JOIN identity_providers p ON p.id = s.provider_id AND p.enabled = 1 WHERE s.user_id = n.user_id)`;

/** What speaks for risk about the owner of the node `n`, as a JSON list of `RiskSignal`. */
const OWNER_RISKS = `(SELECT json_group_array(json_object('source', r.source, 'kind', r.kind, 'score', r.score, 'at', r.at,
    'halfLifeSeconds', r.half_life_seconds))
  FROM (SELECT * FROM user_risks WHERE user_id = n.user_id AND score > 0 ORDER BY source, kind) r)`;

const OWNER_COLUMNS = `CASE WHEN u.id IS NULL THEN NULL ELSE ${OWNER_RISKS} END AS owner_risks,
  CASE WHEN u.id IS NULL THEN NULL ELSE ${OWNER_GROUPS} END AS owner_groups,
  CASE WHEN u.id IS NULL THEN NULL ELSE ${OWNER_SENT} END AS owner_sent`;

/** The columns, for a query with the node as `n` and its owner as `u`. */
export const FACT_COLUMNS = `n.facts, n.claims, n.country, ${STATED} AS stated, ${OWNER_COLUMNS}`;

/** What criteria may read of an owner. The parameter is the user's id, or null. */
export const OWNER_QUERY = `SELECT u.email AS user, ${OWNER_COLUMNS}
  FROM (SELECT ? AS user_id) n LEFT JOIN users u ON u.id = n.user_id`;

export type FactRow = Pick<RowOf<typeof nodes>, "name" | "tags" | "facts" | "claims" | "country"> & {
  /** The owner's address. */
  readonly user: string | null;
  /** A JSON list of `StatedFact`. */
  readonly stated: string;
  /** JSON lists. Null for a node without an owner. */
  readonly owner_groups: string | null;
  readonly owner_sent: string | null;
  /** A JSON list of `RiskSignal`. */
  readonly owner_risks: string | null;
};

export type OwnerRow = Pick<FactRow, "user" | "owner_groups" | "owner_sent" | "owner_risks">;

/** A person as one provider sends them. */
interface SentPerson {
  readonly department: string | null;
  readonly division: string | null;
  readonly organization: string | null;
  readonly title: string | null;
  readonly type: string | null;
  readonly roles: readonly { readonly value?: string }[] | null;
}

/**
 * What is known of a node at `now` (milliseconds since the Unix epoch).
 * @param home The name of its home segment.
 */
export function factValuesOf(row: FactRow, home: string, now: number): FactValues {
  const facts = new Map<string, FactValue>();
  const add = (name: string, value: FactValue | null | undefined) => {
    if (value !== null && value !== undefined && value !== "") facts.set(name, value);
  };
  add("node.name", row.name);
  add("node.tags", JSON.parse(row.tags) as string[]);
  add("node.home", home);
  for (const [name, value] of Object.entries(JSON.parse(row.facts) as Record<string, string>))
    add(name, value);
  for (const [name, value] of Object.entries(JSON.parse(row.claims) as Claims)) add(`claims.${name}`, value);
  add("observed.country", row.country);
  add("device.stated", statedWords(JSON.parse(row.stated) as StatedFact[], now));
  add("user.email", row.user);
  if (row.owner_groups !== null) add("user.groups", (JSON.parse(row.owner_groups) as string[]).toSorted());
  if (row.owner_risks !== null) add("user.risk", String(riskStep(risksOf(row), now)));
  const sent = JSON.parse(row.owner_sent ?? "[]") as SentPerson[];
  for (const name of ["department", "division", "organization", "title", "type"] as const) {
    add(`user.${name}`, agreed(sent.map((person) => person[name])));
  }
  if (sent.length > 0)
    add(
      "user.roles",
      sent.flatMap(({ roles }) => (roles ?? []).flatMap(({ value }) => value ?? [])).toSorted(),
    );
  return facts;
}

/** When a fact ends or falls by time alone, in milliseconds since the Unix epoch. Null when none will. */
export function nextEndOf(row: Pick<FactRow, "stated" | "owner_risks">, now: number): number | null {
  const ends = (JSON.parse(row.stated) as StatedFact[]).map(({ expiresAt }) => expiresAt);
  const risks = risksOf(row);
  const step = riskStep(risks, now);
  const falls = step === 0 ? null : fallsTo(risks, step - RISK_STEP + 1, now);
  const coming = [...ends, ...(falls === null ? [] : [falls])].filter((at) => at > now);
  return coming.length === 0 ? null : Math.min(...coming);
}

const risksOf = ({ owner_risks }: Pick<FactRow, "owner_risks">): RiskSignal[] =>
  JSON.parse(owner_risks ?? "[]") as RiskSignal[];

/** Risk falls all the time, and each step of it costs a look at the criteria that read it. */
const RISK_STEP = 5;

const riskStep = (risks: readonly RiskSignal[], now: number): number =>
  Math.ceil(scoreAt(risks, now) / RISK_STEP) * RISK_STEP;

/** Each word alone and with its source. Missing while nobody states anything, since silence says nothing. */
function statedWords(stated: readonly StatedFact[], now: number): string[] | null {
  const words = stated.flatMap(({ source, fact, expiresAt }) =>
    now < expiresAt ? [fact, `${source}:${fact}`] : [],
  );
  return words.length === 0 ? null : [...new Set(words)].sort();
}

/** What all who say something say. Providers that contradict each other say nothing. */
function agreed(values: readonly (string | null)[]): string | null {
  const said = new Set(values.filter((value) => value !== null));
  return said.size === 1 ? ([...said][0] ?? null) : null;
}
