import { ok, type Result } from "../base/result.ts";
import { fault, type ScimFault } from "./fault.ts";
import { oneLine } from "./person.ts";

/**
 * The names of groups that a provider manages begin with this. Neither an administrator nor a token can use such a
 * name, so nobody else decides who is in the group.
 */
export const MANAGED = "scim:";

export const isManagedName = (name: string): boolean => name.startsWith(MANAGED);

const MAX_NAME = 200;

/** What policies call a provider's group: `Group::"scim:okta/Engineering"`. */
export function managedName(namespace: string, displayName: string): Result<string, ScimFault> {
  const shown = oneLine(displayName);
  if (shown === "" || shown !== displayName.trim() || shown.length > MAX_NAME) {
    return fault(
      "invalidValue",
      `The displayName must be one line of 1 to ${MAX_NAME} characters, without control characters.`,
    );
  }
  return ok(`${MANAGED}${namespace}/${shown}`);
}

/** A namespace made of a provider's name: lower-case letters, digits and hyphens. */
export const namespaceOf = (providerName: string): string =>
  providerName
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40) || "provider";
