import { emailDomain } from "./email.ts";

/** Whom a provider's word makes a user. */
export interface Admission {
  readonly allowedDomains: readonly string[];
  /** Membership in one of them was already asked for where there are any. */
  readonly organizations: readonly string[];
}

/** Whether somebody whom nobody has added becomes a user by signing in. The domains narrow what the organisations let in. */
export const makesUserOf = ({ allowedDomains, organizations }: Admission, email: string): boolean =>
  allowedDomains.length > 0 ? allowedDomains.includes(emailDomain(email)) : organizations.length > 0;
