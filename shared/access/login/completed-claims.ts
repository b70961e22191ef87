import { type Claims, isClaims } from "./claim-at.ts";
import { normalEmail } from "./email.ts";

/**
 * What the ID token says, completed by userinfo of the same subject, also within a claim that is an object.
 * `email_verified` speaks of the `email` beside it alone: userinfo's says nothing of another address in the ID token.
 */
export function completedClaims(idToken: Claims, userinfo: Claims): Claims {
  const both = Object.entries(idToken).map(([name, value]) => {
    const other = userinfo[name];
    return [name, isClaims(value) && isClaims(other) ? { ...other, ...value } : value] as const;
  });
  const { email_verified: _, ...ofAnyAddress } = userinfo;
  const [ours, its] = [idToken.email, userinfo.email];
  const isOfAnother = ours !== undefined && its !== undefined && normalEmail(ours) !== normalEmail(its);
  return { ...(isOfAnother ? ofAnyAddress : userinfo), ...Object.fromEntries(both) };
}
