import type { Claims } from "../../../shared/access/login/claim-at.ts";

/**
 * What a right code says: that its reader has this mailbox now. The address is the subject, too: who has the mailbox later
 * is somebody else, which `judgeUser` heeds.
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
