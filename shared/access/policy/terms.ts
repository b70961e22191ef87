import { err, ok, type Result } from "../../base/result.ts";

/** How closely requests are recorded. Each level includes the ones before. */
export const MONITORING = ["normal", "watched", "recorded"] as const;
export type MonitoringLevel = (typeof MONITORING)[number];

/** What a person must do before a request goes on. Each asks for more than the ones before. */
export const VERIFICATIONS = ["none", "reauthentication", "second_factor", "approval"] as const;
export type Verification = (typeof VERIFICATIONS)[number];

/** The terms on which permits allow. A term that no permit sets is left to the app's settings. */
export interface AccessTerms {
  readonly allowedRisk: number | null;
  readonly idleSeconds: number | null;
  readonly absoluteSeconds: number | null;
  readonly monitoring: MonitoringLevel;
  readonly verification: Exclude<Verification, "approval">;
  /** How old the verification may be, in seconds. Null: as old as the sign-in. */
  readonly verifiedWithin: number | null;
  /** The authentication contexts of which the sign-in must name one, the wanted one first. Null: any. */
  readonly acr: readonly string[] | null;
  /** The methods that the sign-in must name, all of them. */
  readonly amr: readonly string[];
  /** Whether an approval is needed, besides the verification: a grant that covers the request. */
  readonly approval: boolean;
  /** How long ago the grant may have begun, in seconds. Null: it only must be in force. */
  readonly approvedWithin: number | null;
}

export const NO_TERMS: AccessTerms = {
  allowedRisk: null,
  idleSeconds: null,
  absoluteSeconds: null,
  monitoring: "normal",
  verification: "none",
  verifiedWithin: null,
  acr: null,
  amr: [],
  approval: false,
  approvedWithin: null,
};

/** A re-authentication counts for this long, in seconds, unless the annotation says otherwise. */
const REAUTHENTICATED_WITHIN = 15 * 60;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of a text such as `15m`, or null. */
function secondsOf(text: string): number | null {
  const [, count, unit = ""] = /^([1-9]\d{0,6})([smhd])$/.exec(text.trim()) ?? [];
  return count === undefined ? null : Number(count) * (UNITS[unit] ?? 0);
}

type Read = (value: string) => Partial<AccessTerms> | null;

const duration =
  (field: "idleSeconds" | "absoluteSeconds"): Read =>
  (value) => {
    const seconds = secondsOf(value);
    return seconds === null ? null : { [field]: seconds };
  };

/** The most contexts or methods in one list. */
const MAX_LISTED = 10;

const WORDS = { acr: /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/, amr: /^[\w.:-]{1,64}$/ } as const;

/** The contexts or methods in a text with spaces between. Null if there is no text. */
export function listedWords(
  field: "acr" | "amr",
  text: string | null,
): readonly string[] | null | "unreadable" {
  if (text === null) return null;
  const words = [...new Set(text.trim().split(/ +/))];
  return words.length <= MAX_LISTED && words.every((word) => WORDS[field].test(word)) ? words : "unreadable";
}

const listed =
  (field: "acr" | "amr"): Read =>
  (value) => {
    const words = listedWords(field, value);
    return words === "unreadable" || words === null ? null : { [field]: words };
  };

const READERS: Readonly<Record<string, { readonly read: Read; readonly form: string }>> = {
  allowedRisk: {
    read: (value) => (/^(100|[1-9]?\d)$/.test(value) ? { allowedRisk: Number(value) } : null),
    form: 'a whole number from 0 to 100, such as "60"',
  },
  idle: { read: duration("idleSeconds"), form: 'a time such as "15m" or "1h"' },
  absolute: { read: duration("absoluteSeconds"), form: 'a time such as "8h" or "1d"' },
  monitor: {
    read: (value) => {
      const monitoring = MONITORING.find((level) => level === value);
      return monitoring ? { monitoring } : null;
    },
    form: MONITORING.join(", "),
  },
  acr: { read: listed("acr"), form: 'a context such as "urn:example:gold", or several with spaces between' },
  amr: { read: listed("amr"), form: 'methods of RFC 8176 such as "hwk" or "otp", with spaces between' },
  verify: { read: verification, form: 'such as "second_factor" or "reauthentication within 15m"' },
};

function verification(value: string): Partial<AccessTerms> | null {
  const [, name, within] = /^(\w+)(?: within (\w+))?$/.exec(value.trim()) ?? [];
  const asked = VERIFICATIONS.find((one) => one === name);
  const seconds = within === undefined ? null : secondsOf(within);
  if (!asked || (within !== undefined && seconds === null)) return null;
  if (asked === "approval") return { approval: true, approvedWithin: seconds };
  const usual = asked === "reauthentication" ? REAUTHENTICATED_WITHIN : null;
  return { verification: asked, verifiedWithin: seconds ?? usual };
}

/** The names of the annotations that have a meaning here. Others are comments. */
export const TERM_ANNOTATIONS: readonly string[] = Object.keys(READERS);

/**
 * The terms in the annotations of a policy. They are allowed on a permit only: what a forbid forbids has no terms.
 *
 * @returns In words what is wrong, if an annotation can't be read: a term that is not understood must not be
 *   dropped, because it would allow more than its author meant.
 */
export function termsOf(
  effect: "permit" | "forbid",
  annotations: Readonly<Record<string, unknown>>,
): Result<AccessTerms, string> {
  let terms = NO_TERMS;
  for (const [name, reader] of Object.entries(READERS)) {
    if (!Object.hasOwn(annotations, name)) continue;
    if (effect === "forbid") return err(`@${name} stands on a forbid, which gives nothing to have terms for`);
    const value = annotations[name];
    const read = typeof value === "string" ? reader.read(value) : null;
    if (!read) return err(`@${name} must be ${reader.form}`);
    terms = { ...terms, ...read };
  }
  return ok(terms);
}

/**
 * The terms of several permits together: the strictest of each. So it does not matter in which order policies
 * are read, and adding a term to a policy never gives more.
 */
export function strictest(all: readonly AccessTerms[]): AccessTerms {
  return all.reduce(
    (a, b) => ({
      allowedRisk: least(a.allowedRisk, b.allowedRisk),
      idleSeconds: least(a.idleSeconds, b.idleSeconds),
      absoluteSeconds: least(a.absoluteSeconds, b.absoluteSeconds),
      monitoring: furthest(MONITORING, a.monitoring, b.monitoring),
      verification: furthest<AccessTerms["verification"]>(PROOFS, a.verification, b.verification),
      verifiedWithin: least(a.verifiedWithin, b.verifiedWithin),
      acr: common(a.acr, b.acr),
      amr: [...new Set([...a.amr, ...b.amr])].sort(),
      approval: a.approval || b.approval,
      approvedWithin: least(a.approvedWithin, b.approvedWithin),
    }),
    NO_TERMS,
  );
}

const PROOFS = VERIFICATIONS.filter((one) => one !== "approval");

const least = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);

/** What is in both lists. Null stands for everything. */
const common = (a: readonly string[] | null, b: readonly string[] | null): readonly string[] | null =>
  a === null || b === null ? (a ?? b) : a.filter((one) => b.includes(one)).sort();

/** The one of two members that stands further back in their list. */
export const furthest = <T>(list: readonly T[], a: T, b: T): T => (list.indexOf(a) > list.indexOf(b) ? a : b);
