import { type Claims, isClaims } from "./claim-at.ts";
import { normalEmail } from "./email.ts";

/**
 * The claims of the ID token, completed by userinfo of the same subject. A claim that is an object is
 * completed inside too. `email_verified` describes only the `email` in the same document. So if the ID token
 * has another address, the `email_verified` of userinfo says nothing about that address.
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
