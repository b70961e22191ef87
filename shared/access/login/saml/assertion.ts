import { err, ok, type Result } from "../../../base/result.ts";
import type { ExpectedResponse } from "./response.ts";
import { childrenOf, type Element, isNamed, NS, namedChildren, onlyChild, textOf } from "./xml.ts";

/** What an assertion says about the person, after all checks. */
export interface SamlIdentity {
  /** Unique at the provider. Each assertion is accepted only once. */
  readonly assertionId: string;
  /** Until this time somebody could show the assertion again: milliseconds since the Unix epoch. */
  readonly rememberUntil: number;
  readonly subject: string;
  /** Whether the provider says that the subject is an e-mail address. */
  readonly isAddress: boolean;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  /** When the person signed in at the provider, in seconds since the Unix epoch. */
  readonly authenticatedAt: number;
  readonly context: string | null;
  readonly sessionIndex: string | null;
}

/** The most milliseconds that two clocks may differ. */
const SKEW_MS = 60_000;
const MAX_ATTRIBUTES = 200;
const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/**
 * Reads a signed assertion (SAML Profiles §4.1.4.3). The assertion must come from this provider, be about a
 * person who signs in here, be valid now, and answer this request.
 */
export function readAssertion(
  assertion: Element,
  expected: ExpectedResponse,
  now: number,
): Result<SamlIdentity, string> {
  const assertionId = assertion.getAttribute("ID") ?? "";
  if (assertion.getAttribute("Version") !== "2.0" || assertionId === "") return err("it is not SAML 2.0");
  if (textOf(onlyChild(assertion, NS.assertion, "Issuer")) !== expected.issuer) {
    return err("the assertion is of another issuer");
  }
  const subject = onlyChild(assertion, NS.assertion, "Subject");
  const nameId = subject && onlyChild(subject, NS.assertion, "NameID");
  const name = textOf(nameId);
  if (!subject || !nameId || !name) return err("the assertion names nobody");
  const format = nameId.getAttribute("Format");
  if (format === TRANSIENT) {
    return err("the NameID is transient, so nobody is known again: choose persistent or emailAddress");
  }
  const until = confirmedUntil(subject, expected, now);
  if (!until.ok) return until;
  const fault = conditionsFault(assertion, expected, now);
  if (fault !== null) return err(fault);
  const authentication = authenticationOf(assertion, now);
  if (!authentication.ok) return authentication;
  const attributes = attributesOf(assertion);
  if (!attributes.ok) return attributes;
  return ok({
    assertionId,
    rememberUntil: until.value + SKEW_MS,
    subject: name,
    isAddress: format === EMAIL_ADDRESS,
    attributes: attributes.value,
    ...authentication.value,
  });
}

/** Until when the holder may show the assertion here, as the answer to the request. */
function confirmedUntil(
  subject: Element,
  { recipient, requestId }: ExpectedResponse,
  now: number,
): Result<number, string> {
  const bearers = namedChildren(subject, NS.assertion, "SubjectConfirmation").filter(
    (confirmation) => confirmation.getAttribute("Method") === BEARER,
  );
  const [bearer] = bearers;
  const data = bearer && onlyChild(bearer, NS.assertion, "SubjectConfirmationData");
  if (!data || bearers.length > 1) return err("there is not one confirmation of a bearer");
  if (data.getAttribute("Recipient") !== recipient) return err("the assertion is for another address");
  if (data.getAttribute("InResponseTo") !== requestId) return err("it answers no request of this sign-in");
  const until = instant(data, "NotOnOrAfter");
  if (until === null || until <= now - SKEW_MS) return err("the assertion is too old");
  if (isEarly(data, now)) return err("the assertion is not valid yet");
  return ok(until);
}

function conditionsFault(assertion: Element, { audience }: ExpectedResponse, now: number): string | null {
  const conditions = onlyChild(assertion, NS.assertion, "Conditions");
  if (!conditions) return "the assertion has no conditions";
  if (isEarly(conditions, now)) return "the assertion is not valid yet";
  if (conditions.hasAttribute("NotOnOrAfter")) {
    const until = instant(conditions, "NotOnOrAfter");
    if (until === null || until <= now - SKEW_MS) return "the assertion is too old";
  }
  const known = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
  const isKnown = (element: Element) => known.some((name) => isNamed(element, NS.assertion, name));
  // SAML Core §2.5.1.1: a condition that is not understood counts as not met.
  if (!childrenOf(conditions).every(isKnown)) return "the assertion has a condition that is not known";
  const restrictions = namedChildren(conditions, NS.assertion, "AudienceRestriction");
  const isForUs = (restriction: Element) =>
    namedChildren(restriction, NS.assertion, "Audience").some((each) => textOf(each) === audience);
  return restrictions.length > 0 && restrictions.every(isForUs)
    ? null
    : "the assertion is for another audience";
}

type Authentication = Pick<SamlIdentity, "authenticatedAt" | "context" | "sessionIndex">;

function authenticationOf(assertion: Element, now: number): Result<Authentication, string> {
  const statement = onlyChild(assertion, NS.assertion, "AuthnStatement");
  const at = statement && instant(statement, "AuthnInstant");
  if (!statement || at === null) return err("the assertion does not say when the person signed in");
  if (at > now + SKEW_MS) return err("the person signed in in the future");
  if (statement.hasAttribute("SessionNotOnOrAfter")) {
    const until = instant(statement, "SessionNotOnOrAfter");
    if (until === null || until <= now) return err("the session at the provider is over");
  }
  const context = onlyChild(statement, NS.assertion, "AuthnContext");
  return ok({
    authenticatedAt: Math.floor(at / 1_000),
    context: context && textOf(onlyChild(context, NS.assertion, "AuthnContextClassRef")),
    sessionIndex: statement.getAttribute("SessionIndex"),
  });
}

/** Values by attribute name. If an attribute is named twice, the values of both are joined. */
function attributesOf(assertion: Element): Result<Map<string, string[]>, string> {
  const statements = namedChildren(assertion, NS.assertion, "AttributeStatement");
  const all = statements.flatMap((statement) => namedChildren(statement, NS.assertion, "Attribute"));
  if (all.length > MAX_ATTRIBUTES) return err("the assertion has too many attributes");
  const attributes = new Map<string, string[]>();
  for (const attribute of all) {
    const name = attribute.getAttribute("Name") ?? "";
    const values = namedChildren(attribute, NS.assertion, "AttributeValue").map(textOf);
    const texts = values.filter((value) => value !== null);
    if (texts.length < values.length) return err("an attribute holds more than text");
    attributes.set(name, [...(attributes.get(name) ?? []), ...texts]);
  }
  return ok(attributes);
}

/**
 * The time in an attribute, in milliseconds since the Unix epoch. SAML writes times in UTC (Core §1.3.3).
 * Null for any other text.
 */
function instant(element: Element, name: string): number | null {
  const text = element.getAttribute(name) ?? "";
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

function isEarly(element: Element, now: number): boolean {
  if (!element.hasAttribute("NotBefore")) return false;
  const from = instant(element, "NotBefore");
  return from === null || from > now + SKEW_MS;
}
