import type { Claims } from "../../../shared/access/login/claim-at.ts";

/**
 * The claims that follow from a right code: the person can read this mailbox now. The address is also the
 * subject. If the mailbox later belongs to another person, that person is not the same user; `judgeUser`
 * takes care of that.
 *
 * @param now Milliseconds since the Unix epoch.
 */
export const claimsOf = (email: string, now: number): Claims => ({
  sub: email,
  email,
  email_verified: true,
  auth_time: Math.floor(now / 1_000),
  groups: [],
});
