import { COPY_SOURCES, type HeaderList, isClosedName, isMethodOverrideName } from "./headers.ts";
import { isDroppedOfAnswers } from "./response.ts";
import { foldedName } from "./trusted-names.ts";

/** Headers that an app's settings write into requests to it and into its answers. */

export interface HeaderRule {
  /** `set`: in place of what is there. `add`: where nothing is there. `remove`: without the header. */
  readonly action: "set" | "add" | "remove";
  /** In lower case. */
  readonly name: string;
  /** What is written, with variables such as `{user.email}`. Missing in a removal. */
  readonly value?: string | undefined;
}

/** The only things that a value may name. None of them opens anything. */
export const HEADER_VARIABLES = [
  "user.id",
  "user.email",
  "user.name",
  "groups",
  "request.id",
  "client.ip",
  "app.name",
  "app.host",
] as const;
type Variable = (typeof HEADER_VARIABLES)[number];
/** What each variable is for one request. Null where nobody has such a thing, such as the address of a program. */
export type HeaderVariables = Readonly<Record<Variable, string | readonly string[] | null>>;

const VARIABLE = /\{([a-z]+(?:\.[a-z]+)?)\}/g;
/** A longer header is left out: half a value would say something else. */
const MAX_VALUE = 4_096;
const TEXT = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Names that decide what a request means: who proves what, how its body is read, which resource or method it is for.
 * They were judged as the client sent them.
 */
const JUDGED =
  /^(?:authorization|cookie|origin|referer|range|destination|overwrite|depth|content-.*|if|if-.*|sec-.*|accept-encoding|access-control-.*)$/;
/** Names by which frameworks take another path or file than the one in the request line. */
const OTHER_PATH =
  /^(?:x-(?:original|rewrite|override|http-(?:path|url|uri)|path|url|uri|request-ur[il]|script|replaced|matched|invoke|middleware|waws|accel|sendfile)(?:-.*)?|path-info|script-name|request-ur[il])$/;
/** What describes or frames the bytes of an answer, leads elsewhere, or is said by other settings. */
const OF_ANSWERS =
  /^(?:content-(?:length|encoding|range|location)|etag|accept-ranges|location|refresh|vary|set-cookie|www-authenticate|clear-site-data|access-control-.*)$/;

const COPIES = new Set<string>(COPY_SOURCES);

/** Why a rule is not acceptable, in words. Null if it is. */
export function ruleProblem({ action, name, value }: HeaderRule, side: "request" | "answer"): string | null {
  const folded = foldedName(name);
  if (name === "" || name !== folded) return "is spelt with letters, digits and single hyphens only";
  if (isForbidden(folded, side, action)) {
    return `is not for rules: ${side === "request" ? "it says who asks, for what, or how the request is read" : "it says how the answer is read, or other settings say it"}`;
  }
  if (action === "remove") return value === undefined ? null : "takes no value when it is removed";
  if (value === undefined) return "needs a value";
  if (value.length > 1_000 || !TEXT.test(value))
    return "needs a value of visible ASCII, at most 1,000 characters";
  const named = [...value.matchAll(VARIABLE)].map(([, variable]) => variable as Variable);
  const unknown = named.find((variable) => !HEADER_VARIABLES.includes(variable));
  if (unknown) return `names {${unknown}}, which is none of {${HEADER_VARIABLES.join("}, {")}}`;
  return side === "request" && action === "add" && named.length > 0
    ? "with a variable must be `set`: what is only added, a client could write itself"
    : null;
}

function isForbidden(folded: string, side: "request" | "answer", action: HeaderRule["action"]): boolean {
  if (folded.startsWith("x-rustronaut-")) return true;
  if (side === "answer") {
    if (isDroppedOfAnswers(folded)) return true;
    return action === "remove" ? /^content-(?!security-policy)|^vary$/.test(folded) : OF_ANSWERS.test(folded);
  }
  if (isClosedName(folded)) return true;
  if (action === "remove") return /^content-|^if$/.test(folded);
  return JUDGED.test(folded) || OTHER_PATH.test(folded) || isMethodOverrideName(folded) || COPIES.has(folded);
}

/**
 * The headers after the rules, one after the other. A header is the same under every spelling that applications fold,
 * so nobody can send a second one beside one that is set.
 */
export function withRules(
  headers: HeaderList,
  rules: readonly HeaderRule[],
  variables: HeaderVariables,
): [string, string][] {
  let list = headers.map(([name, value]): [string, string] => [name, value]);
  for (const { action, name, value = "" } of rules) {
    const isNamed = ([other]: readonly [string, string]) => foldedName(other) === name;
    if (action === "add" && list.some(isNamed)) continue;
    list = list.filter((header) => !isNamed(header));
    const written = action === "remove" ? null : filledIn(value, variables);
    if (written !== null) list.push([name, written]);
  }
  return list;
}

/** Null where a variable has no value, or the whole is too long for a header. */
function filledIn(template: string, variables: HeaderVariables): string | null {
  let isMissing = false;
  const text = template.replace(VARIABLE, (_, variable: Variable) => {
    const value = variables[variable];
    if (value === null) isMissing = true;
    return (typeof value === "string" ? [value] : (value ?? [])).map(encoded).join(",");
  });
  return isMissing || text.length > MAX_VALUE ? null : text;
}

/**
 * A value without anything that could end it, part it or break out of quotes: such characters are percent-encoded as
 * UTF-8, and `%` too, so that the value can be read back (S-18).
 */
const encoded = (value: string): string =>
  value.replace(/[^\x20-\x7e]+|[%",;\\]|^\x20|\x20$/g, (part) =>
    part === " " ? "%20" : /^[\x20-\x7e]$/.test(part) ? hex(part) : encodeURIComponent(part.toWellFormed()),
  );

const hex = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
