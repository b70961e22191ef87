import { normalEmail } from "../access/login/email.ts";
import { HIDDEN } from "../base/hidden.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { TextError } from "../base/text-error.ts";
import { OVERLAY_IPV4 } from "../net/overlay.ts";
import { contains, formatPrefix, isDefaultRoute, parsePrefix, prefixOf } from "../net/prefix.ts";
import type { Selector } from "./types.ts";

/**
 * Selectors as text: `any`, `segment:NAME`, `tag:NAME`, `user:EMAIL`, `node:NAME`, `subnet:10.0.0.0/24`, `internet`,
 * `quarantine`.
 * The index wants ids instead of names, so a caller that knows the names replaces them.
 */

export type Side = "from" | "to";

const MAX_LENGTH = 300;
const KINDS = ["segment", "tag", "user", "node", "subnet"] as const;
type NamedKind = (typeof KINDS)[number];
const FORMS = "any, segment:NAME, tag:NAME, user:EMAIL, node:NAME, subnet:PREFIX, internet or quarantine";

/**
 * Reads one selector. Words are case-sensitive. An e-mail address becomes lower case, and a prefix gets its only
 * spelling.
 * @param side `internet` is only allowed as a destination.
 */
export function parseSelector(text: string, side: Side): Result<Selector, TextError> {
  if (text.length > MAX_LENGTH) {
    const remedy = `Write at most ${MAX_LENGTH} characters`;
    return err({ text, position: MAX_LENGTH + 1, problem: "the selector is too long", remedy });
  }
  if (text === "any" || text === "quarantine") return ok({ kind: text });
  if (text === "internet") return side === "to" ? ok({ kind: "internet" }) : err(internetAsSource(text));
  const colon = text.indexOf(":");
  const kind = KINDS.find((known) => known === text.slice(0, Math.max(colon, 0)));
  if (!kind) return err({ text, position: 1, problem: "this is no selector", remedy: remedyFor(text) });
  return readValue(kind, text, colon + 1);
}

/** Prints a selector. `parseSelector` reads the text as the same selector. */
export function printSelector(selector: Selector): string {
  switch (selector.kind) {
    case "any":
    case "quarantine":
    case "internet":
      return selector.kind;
    case "segment":
      return `segment:${selector.segment}`;
    case "tag":
      return `tag:${selector.tag}`;
    case "user":
      return `user:${selector.user}`;
    case "node":
      return `node:${selector.node}`;
    case "subnet":
      return `subnet:${selector.prefix}`;
  }
}

/** Gives selectors names instead of ids. @param names Of segments, microsegments and nodes, by their ids. */
export const called =
  (names: ReadonlyMap<string, string>) =>
  (selector: Selector): Selector => {
    switch (selector.kind) {
      case "segment":
        return { kind: "segment", segment: names.get(selector.segment) ?? selector.segment };
      case "node":
        return { kind: "node", node: names.get(selector.node) ?? selector.node };
      default:
        return selector;
    }
  };

function readValue(kind: NamedKind, text: string, start: number): Result<Selector, TextError> {
  const value = text.slice(start);
  const refused = (offset: number, problem: string, remedy: string) =>
    err({ text, position: start + offset + 1, problem, remedy });
  if (value === "") return refused(0, `the ${kind} is missing`, `Write it after "${kind}:", without a space`);
  switch (kind) {
    case "segment": {
      const hidden = HIDDEN.exec(value);
      if (hidden) return refused(hidden.index, "this character can't be seen", "Leave it out");
      if (value.trim() !== value || value.length > 100) {
        return refused(
          0,
          "this is no segment's name",
          "Write at most 100 characters, without spaces around them",
        );
      }
      return ok({ kind, segment: value });
    }
    case "tag": {
      const wrong = value.search(/[^a-z0-9._-]/);
      if (wrong >= 0) {
        const problem = isAscii(value) ? "a tag can't hold this character" : "a tag is plain ASCII";
        return refused(
          wrong,
          problem,
          "Write lower-case letters from a to z, digits, dots, hyphens and underscores",
        );
      }
      if (!/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/.test(value)) {
        return refused(
          0,
          "this is no tag",
          "Begin and end with a letter or digit, and write at most 63 characters",
        );
      }
      return ok({ kind, tag: value });
    }
    case "user": {
      const user = normalEmail(value);
      if (!user) return refused(0, "this is no e-mail address", "Write it in full, such as ada@example.com");
      return ok({ kind, user });
    }
    case "node":
      if (!/^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/.test(value)) {
        return refused(
          0,
          "this is no node's name",
          "Write the name alone, in lower case, without its domain",
        );
      }
      return ok({ kind, node: value });
    case "subnet": {
      const prefix = parsePrefix(value);
      if (!prefix.ok) return refused(prefix.error.position - 1, prefix.error.problem, prefix.error.remedy);
      if (isDefaultRoute(prefix.value)) {
        return refused(
          0,
          "everything is no subnet",
          'Write "internet", as a destination, for what exit nodes reach',
        );
      }
      if (OVERLAY && contains(OVERLAY, prefix.value)) {
        return refused(0, NODES_ADDRESSES.problem, NODES_ADDRESSES.remedy);
      }
      return ok({ kind, prefix: formatPrefix(prefix.value) });
    }
  }
}

const OVERLAY = prefixOf(OVERLAY_IPV4);

/** Why the overlay is no subnet. */
export const NODES_ADDRESSES = {
  problem: "these are the addresses of nodes, which are behind no router",
  remedy: 'Write "any", or name the nodes: node:NAME, tag:NAME, segment:NAME or user:EMAIL',
} as const;

const internetAsSource = (text: string): TextError => ({
  text,
  position: 1,
  problem: "the Internet is a destination only",
  remedy: "Name the nodes that may begin the traffic",
});

function remedyFor(text: string): string {
  if (text === "*" || /^(any|all|everyone)$/i.test(text)) return 'Write "any"';
  if (text.includes("@") && normalEmail(text)) return `Write "user:${normalEmail(text)}"`;
  const prefix = parsePrefix(text);
  if (prefix.ok && !isDefaultRoute(prefix.value)) return `Write "subnet:${formatPrefix(prefix.value)}"`;
  if (prefix.ok) return 'Write "internet"';
  return `Write ${FORMS}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII begins with them
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);
