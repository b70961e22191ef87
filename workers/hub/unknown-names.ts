import { type Mention, mentionsIn, type NamedKind, placeOf } from "../../shared/access/policy/mentions.ts";
import type { InputIssue } from "../../shared/base/errors/catalogue.ts";
import { nearest } from "../../shared/base/nearest.ts";
import type { SnapshotPolicy } from "../../shared/registry/snapshot.ts";
import { HOSTS_OF_APPS } from "../registry/app-hosts.ts";

/**
 * Groups that nobody must create: the groups that providers sent for people who signed in, and the groups of
 * service tokens.
 */
const CLAIMED = `SELECT claimed.value AS name FROM identities, json_each(identities.groups) AS claimed
  UNION SELECT given.value FROM service_tokens, json_each(service_tokens.groups) AS given`;

/** Where the names of each kind are found. */
const SOURCES: Readonly<Record<NamedKind, string>> = {
  App: "SELECT name FROM apps",
  Segment: "SELECT name FROM segments",
  Group: `SELECT name FROM groups UNION ${CLAIMED}`,
  User: "SELECT email AS name FROM users",
  ServiceToken: "SELECT name FROM service_tokens",
  tag: "SELECT tag.value AS name FROM apps, json_each(apps.tags) AS tag",
  host: `SELECT host AS name FROM (${HOSTS_OF_APPS})`,
  provider: "SELECT id AS name FROM identity_providers",
};

const NOUNS: Readonly<Record<NamedKind, string>> = {
  App: "app",
  Segment: "segment",
  Group: "group",
  User: "user",
  ServiceToken: "service token",
  tag: "app with the tag",
  host: "app with the host",
  provider: "identity provider with the id",
};

/** The most names that are compared to find the name that was meant. */
const MOST_CANDIDATES = 5_000;
/** A longer list would not help anybody. */
const MOST_WARNINGS = 20;

/** The names that a document adds and removes, compared with the registry. */
export interface ComingNames {
  readonly come: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
}
const NOTHING_COMES: ComingNames = { come: new Set(), gone: new Set() };

/** A kind and a name as one text. */
export const nameKey = (kind: NamedKind, name: string): string => `${kind} ${name}`;

/**
 * The names in a policy that nothing has. Such a thing may be created later, but mostly the name is a typing
 * error, and a forbid with a wrong name protects nothing. Each name comes with its place and the name that
 * may have been meant.
 */
export async function unknownNames(
  d1: D1Database,
  source: string,
  statements: readonly SnapshotPolicy[],
  coming: ComingNames = NOTHING_COMES,
): Promise<InputIssue[]> {
  const mentions = mentionsIn(statements.map(({ policy }) => policy));
  const kinds = [...new Set(mentions.map(({ kind }) => kind))];
  const warnings = await Promise.all(
    kinds.map(async (kind) => {
      const named = mentions.filter((mention) => mention.kind === kind);
      const unknown = await unknownOf(d1, kind, named, coming);
      if (unknown.length === 0) return [];
      const candidates = await candidatesOf(d1, kind, coming);
      return unknown.map((mention) => warningOf(mention, source, candidates));
    }),
  );
  return warnings
    .flat()
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
    .slice(0, MOST_WARNINGS);
}

async function unknownOf(
  d1: D1Database,
  kind: NamedKind,
  mentions: readonly Mention[],
  { come, gone }: ComingNames,
): Promise<Mention[]> {
  const open = mentions.filter(({ name }) => !come.has(nameKey(kind, name)));
  const goes = ({ name }: Mention) => gone.has(nameKey(kind, name));
  const stays = await presentOf(d1, SOURCES[kind], open);
  // Providers or tokens may still name a group that was removed from the registry.
  const claimed = kind === "Group" && open.some(goes) ? await presentOf(d1, CLAIMED, open) : new Set();
  return open.filter((mention) => !(goes(mention) ? claimed : stays).has(mention.name));
}

async function presentOf(
  d1: D1Database,
  source: string,
  mentions: readonly Mention[],
): Promise<ReadonlySet<string>> {
  const { results } = await d1
    .prepare(`SELECT DISTINCT name FROM (${source}) WHERE name IN (SELECT value FROM json_each(?))`)
    .bind(JSON.stringify(mentions.map(({ name }) => name)))
    .all<{ name: string }>();
  return new Set(results.map(({ name }) => name));
}

async function candidatesOf(
  d1: D1Database,
  kind: NamedKind,
  { come, gone }: ComingNames,
): Promise<readonly string[]> {
  // Policies name a provider by its id, but people know it by its name. So no similar name is suggested.
  if (kind === "provider") return [];
  const { results } = await d1
    .prepare(`SELECT DISTINCT name FROM (${SOURCES[kind]}) LIMIT ?`)
    .bind(MOST_CANDIDATES)
    .all<{ name: string }>();
  const prefix = nameKey(kind, "");
  const added = [...come].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  return [...results.map(({ name }) => name), ...added].filter((name) => !gone.has(nameKey(kind, name)));
}

function warningOf(mention: Mention, source: string, candidates: readonly string[]): InputIssue {
  const { kind, name, text } = mention;
  const near = nearest(name, candidates);
  const meant =
    near === null ? "" : `; did you mean ${text.replace(JSON.stringify(name), () => JSON.stringify(near))}?`;
  const lines = source.slice(0, placeOf(mention, source)).split("\n");
  return {
    path: "/source",
    message: `${text}: there is no ${NOUNS[kind]} ${JSON.stringify(name)}, so this holds for nothing now${meant}`,
    line: lines.length,
    column: (lines.at(-1)?.length ?? 0) + 1,
    code: "unknown_name",
  };
}
