import { isDeepStrictEqual } from "node:util";
import { parse, type TomlTable } from "smol-toml";
import { messageOf } from "../../shared/base/errors/cause.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** Changes of `wrangler.toml` that leave its comments and its order as they are. */

/** What a deployment of one's own sets in it; null where the repository's example stands. */
export interface Settings {
  readonly accountId: string | null;
  readonly databaseId: string | null;
  readonly authOrigin: string | null;
  readonly hubOrigin: string | null;
  readonly routes: readonly Route[];
}

/** A host of its own, or a pattern in a zone. */
export type Route =
  | { readonly pattern: string; readonly custom_domain: true }
  | { readonly pattern: string; readonly zone_name: string };

interface File {
  readonly account_id?: string;
  readonly routes?: readonly Route[];
  readonly vars: Readonly<Record<string, string>>;
  readonly d1_databases: readonly { readonly database_id?: string; readonly database_name: string }[];
}

const NO_DATABASE = /^[0-]*$/;
const isExample = (origin: string): boolean => new URL(origin).hostname.endsWith(".example.com");

export function readSettings(text: string): Settings & { readonly databaseName: string } {
  const file = parsed(text) as unknown as File;
  const { AUTH_ORIGIN: auth = "", HUB_ORIGIN: hub = "" } = file.vars;
  const [database] = file.d1_databases;
  const id = database?.database_id ?? "";
  const own = (origin: string) => (URL.canParse(origin) && !isExample(origin) ? origin : null);
  return {
    accountId: file.account_id ?? null,
    databaseId: NO_DATABASE.test(id) ? null : id,
    databaseName: database?.database_name ?? "rustronaut",
    authOrigin: own(auth),
    hubOrigin: own(hub),
    routes: file.routes ?? [],
  };
}

/**
 * The text with these settings in it; routes that it has already stay.
 * @throws Failure where the file is written in a way that leaves no safe place for one of them.
 */
export function writeSettings(text: string, wanted: Partial<Settings>): string {
  const now = readSettings(text);
  const missing = (wanted.routes ?? []).filter(
    (route) => !now.routes.some(({ pattern }) => pattern === route.pattern),
  );
  const changed = [
    (t: string) => setString(t, "account_id", wanted.accountId, atTop),
    (t: string) => setString(t, "database_id", wanted.databaseId),
    (t: string) => setString(t, "AUTH_ORIGIN", wanted.authOrigin),
    (t: string) => setString(t, "HUB_ORIGIN", wanted.hubOrigin),
    (t: string) => addRoutes(t, missing),
  ].reduce((sofar, change) => change(sofar), text);
  const expected = { ...now, ...wanted, routes: [...missing, ...now.routes] };
  if (!isDeepStrictEqual(plain(readSettings(changed)), plain(expected)) || !isSameElsewhere(text, changed)) {
    throw new Failure(EXIT.failure, "wrangler.toml is written in a way that this command can't change", {
      hint: "Set AUTH_ORIGIN, HUB_ORIGIN, routes and database_id by hand (docs/deploy.md), then run it again.",
    });
  }
  return changed;
}

function setString(
  text: string,
  key: string,
  value: string | null | undefined,
  add = (t: string, _line: string) => t,
): string {
  if (value === null || value === undefined) return text;
  const line = new RegExp(`^(\\s*${key}\\s*=\\s*)(?:"[^"\\n]*"|'[^'\\n]*')`, "m");
  if (!line.test(text)) return add(text, `${key} = ${JSON.stringify(value)}`);
  return text.replace(line, (_, before: string) => before + JSON.stringify(value));
}

/** Before the first table: what stands behind it belongs to a table. */
function atTop(text: string, lines: string): string {
  const table = text.search(/^(?:[ \t]*#.*\n)*[ \t]*\[/m);
  const at = table < 0 ? text.length : table;
  return `${text.slice(0, at)}${lines}\n\n${text.slice(at)}`;
}

function addRoutes(text: string, routes: readonly Route[]): string {
  if (routes.length === 0) return text;
  const lines = routes.map(
    (route) =>
      `  { ${Object.entries(route)
        .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
        .join(", ")} },`,
  );
  const list = /^routes\s*=\s*\[/m;
  if (!list.test(text)) return atTop(text, ["routes = [", ...lines, "]"].join("\n"));
  return text.replace(list, (begin) => `${begin}\n${lines.join("\n")}`);
}

/** Whether nothing but the settings differs. */
function isSameElsewhere(before: string, after: string): boolean {
  const rest = (text: string) => {
    const { account_id: _a, routes: _r, vars, d1_databases, ...others } = parsed(text) as TomlTable;
    const { AUTH_ORIGIN: _o, HUB_ORIGIN: _h, ...otherVars } = vars as TomlTable;
    const databases = (d1_databases as TomlTable[]).map(({ database_id: _, ...other }) => other);
    return plain({ others, otherVars, databases });
  };
  return isDeepStrictEqual(rest(before), rest(after));
}

/** Without the prototypes, which tell equal tables apart. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function parsed(text: string): TomlTable {
  try {
    return parse(text);
  } catch (error) {
    throw new Failure(EXIT.failure, "wrangler.toml can't be read", {
      detail: messageOf(error),
    });
  }
}
