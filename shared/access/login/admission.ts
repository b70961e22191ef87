import { emailDomain } from "./email.ts";

/** Which people become users when a provider confirms who they are. */
export interface Admission {
  readonly allowedDomains: readonly string[];
  /** If there are organizations, the caller has already checked membership in one of them. */
  readonly organizations: readonly string[];
}

/**
 * Whether a person whom no administrator added becomes a user by signing in. The domains further limit the
 * people whom the organizations let in.
 */
export const makesUserOf = ({ allowedDomains, organizations }: Admission, email: string): boolean =>
  allowedDomains.length > 0 ? allowedDomains.includes(emailDomain(email)) : organizations.length > 0;
