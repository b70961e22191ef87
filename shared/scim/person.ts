import { emailDomain, normalEmail } from "../access/login/email.ts";
import { HIDDEN } from "../base/hidden.ts";
import { ok, type Result } from "../base/result.ts";
import type { Resource } from "./attributes.ts";
import { fault, type ScimFault } from "./fault.ts";

/** What we take from a provider's resource of a person. */
export interface Person {
  /** In the registry's one form. */
  readonly email: string;
  readonly name: string;
  readonly active: boolean;
}

interface Email {
  readonly value?: string;
  readonly type?: string;
  readonly primary?: boolean;
}

/** The person's address: the primary one, the one for work, the first one, or the `userName`. */
export function personOf(resource: Resource): Result<Person, ScimFault> {
  const emails = ((resource.emails ?? []) as readonly Email[]).filter(({ value }) => value !== undefined);
  const chosen =
    emails.find(({ primary }) => primary) ??
    emails.find(({ type }) => type?.toLowerCase() === "work") ??
    emails[0];
  const text = chosen?.value ?? String(resource.userName ?? "");
  const email = normalEmail(text);
  if (email === null) {
    return fault("invalidValue", "The person needs an e-mail address: in emails, or as the userName.");
  }
  return ok({ email, name: nameOf(resource), active: resource.active !== false });
}

function nameOf({ displayName, name }: Resource): string {
  const { formatted, givenName, familyName } = (name ?? {}) as Readonly<Record<string, string>>;
  const parts = [givenName, familyName].filter((part) => part !== undefined && part !== "").join(" ");
  return oneLine(String(displayName ?? formatted ?? parts));
}

const MAX_NAME = 200;
const SEVERAL_HIDDEN = new RegExp(`(?:${HIDDEN.source})+`, "gu");

/** A name as the registry keeps names: without control characters and marks that turn the direction of text. */
export const oneLine = (text: string): string => text.replace(SEVERAL_HIDDEN, " ").trim().slice(0, MAX_NAME);

/** What is known of the user who has a person's address already. */
export interface Known {
  readonly role: string | null;
  /** Whether the user has signed in by the provider that sends the person. */
  readonly signedInHere: boolean;
  /** Whether another provider vouches for the user: by a sign-in, or because it sent the user by SCIM. */
  readonly knownElsewhere: boolean;
}

/**
 * Whether a provider may say from now on how it is with an existing user. A provider gets no say about people whom
 * another one vouches for, and none about an administrator who hasn't signed in by it.
 */
export function mayTakeOver({ role, signedInHere, knownElsewhere }: Known): Result<null, ScimFault> {
  if (knownElsewhere) {
    return fault(
      "uniqueness",
      "This address belongs to a person of another identity provider. An administrator can delete that user, or give it another address.",
    );
  }
  if (role !== null && !signedInHere) {
    return fault(
      "uniqueness",
      "This address belongs to an administrator who hasn't signed in by this provider. It can take over the account after the first sign-in.",
    );
  }
  return ok(null);
}

/** Whether a provider may give a person another address: then who has that address signs in as the person. */
export function mayReaddress({ role, knownElsewhere }: Known): Result<null, ScimFault> {
  if (role !== null || knownElsewhere) {
    return fault(
      "mutability",
      "The address of an administrator, or of a person whom another provider knows, is changed by an owner here.",
    );
  }
  return ok(null);
}

/** @param allowedDomains The domains of the provider's people. With `[]`, any domain. */
export function domainIsAllowed(email: string, allowedDomains: readonly string[]): Result<null, ScimFault> {
  if (allowedDomains.length === 0 || allowedDomains.includes(emailDomain(email))) return ok(null);
  return fault(
    "invalidValue",
    `The provider lets in only addresses of ${allowedDomains.slice(0, 5).join(", ")}. Add the domain to it, or leave the person out.`,
  );
}
