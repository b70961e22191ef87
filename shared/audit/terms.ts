import { meaningOf } from "./meanings.ts";
import type { AuditEntry, DecisionEntry, EventEntry } from "./types.ts";

/**
 * The terms by which entries are found. Each fact that is common to several entries is one term. A term is a
 * text that begins with its kind. So a range of texts contains all terms of a kind, or all paths with the
 * same beginning. The log stores a number for each term.
 */

/** The outcome of an entry. Filtering by the outcome is the cheapest filter. */
export const OUTCOMES = { event: 0, allow: 1, deny: 2 } as const;
export type Outcome = (typeof OUTCOMES)[keyof typeof OUTCOMES];

/** The terms of one entry. Null if the entry has no such fact. */
export interface EntryTerms {
  readonly outcome: Outcome;
  readonly code: string;
  readonly app: string | null;
  readonly person: string;
  /** The path of a request, or the target of an event. */
  readonly subject: string;
}

/** The most characters of a path that a search uses. */
export const MAX_PATH_PREFIX = 200;

export function termsOf(entry: AuditEntry): EntryTerms {
  return entry.kind === "decision" ? termsOfDecision(entry) : termsOfEvent(entry);
}

function termsOfDecision({ decision, reason, appId, appName, facts }: DecisionEntry): EntryTerms {
  const { principal, request } = facts;
  return {
    outcome: OUTCOMES[decision],
    code: codeTerm("decision", OUTCOMES[decision], reason),
    app: namedTerm("app", appId, appName),
    person:
      principal.type === "Anonymous"
        ? namedTerm("person", "", ANYONE)
        : namedTerm("person", principal.id, principal.type === "User" ? principal.email : principal.name),
    subject: `p:${request.path.slice(0, MAX_PATH_PREFIX)}`,
  };
}

function termsOfEvent({ kind, action, actor, target, detail, person }: EventEntry): EntryTerms {
  const app = typeof detail.app === "string" ? namedTerm("app", "", detail.app) : null;
  return {
    outcome: OUTCOMES.event,
    code: codeTerm(kind, OUTCOMES.event, action),
    app: target.startsWith("app_") ? namedTerm("app", target, text(detail.name)) : app,
    person: person ? namedTerm("person", person.id, person.email) : actorTerm(actor),
    subject: targetTerm(target),
  };
}

/** `user:usr_…` and `token:tok_…` contain ids. `system` is a name. */
function actorTerm(actor: string): string {
  const [, id] = /^[a-z]+:(.+)$/.exec(actor) ?? [];
  return id === undefined ? namedTerm("person", "", actor) : namedTerm("person", id, "");
}

/** Callers who have not identified themselves. */
const ANYONE = "anyone";

export const targetTerm = (target: string): string => `t:${target.slice(0, MAX_PATH_PREFIX)}`;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const namedTerm = (kind: "app" | "person", id: string, name: string): string =>
  `${kind === "app" ? "a" : "u"}:${id} ${name.toLowerCase()}`;

const codeTerm = (kind: AuditEntry["kind"], outcome: Outcome, word: string): string =>
  `c:${kind} ${outcome} ${word}`;

/** The parts of a term of kind `code`. */
export function parseCode(term: string): { kind: AuditEntry["kind"]; outcome: Outcome; word: string } {
  const [kind = "", outcome = "", ...word] = term.slice(2).split(" ");
  return { kind: kind as AuditEntry["kind"], outcome: Number(outcome) as Outcome, word: word.join(" ") };
}

/**
 * Whether a stable word matches the search: the word itself is equal, or the search text is a part of its
 * explanation.
 */
export function isMeant(word: string, wanted: string): boolean {
  const asked = wanted.toLowerCase();
  return word === asked || word.includes(asked) || meaningOf(word).toLowerCase().includes(asked);
}
