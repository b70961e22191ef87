import { readIdentityClaims } from "../../../shared/access/login/identity-claims.ts";
import { CODE_TTL_MS } from "../../../shared/access/login/mailed-code.ts";
import type { Mail } from "../../../shared/mail/request.ts";
import type { Bindings } from "../../platform/env.ts";
import { logError } from "../../platform/log.ts";
import { sendMail } from "../../platform/mail.ts";
import { note } from "../../session/events.ts";
import type { Provider } from "../providers.ts";
import { judgeUser } from "../users.ts";
import { claimsOf } from "./claims.ts";
import { spaced } from "./code.ts";

/**
 * Sends the code, if a person with this address may sign in with it. This happens after the page is answered.
 * So neither the page nor its time reveals who is known here. Never rejects.
 */
export async function deliver(
  bindings: Bindings,
  provider: Provider,
  email: string,
  code: string,
): Promise<void> {
  try {
    const mail = await mailFor(bindings, provider, email, code);
    if (mail === null) return;
    await sendMail(bindings, mail);
    await note(bindings, "login", "login.code_sent", "system", provider.id, { email });
  } catch (error) {
    logError("code_not_sent", error, { provider: provider.id });
    await note(bindings, "login", "login.code_not_sent", "system", provider.id, { email }).catch(() => {});
  }
}

async function mailFor(
  bindings: Bindings,
  provider: Provider,
  email: string,
  code: string,
): Promise<Mail | null> {
  const now = Date.now();
  const claims = readIdentityClaims(claimsOf(email, now), provider, now);
  if (!claims.ok) return null;
  const judged = await judgeUser(bindings.db, provider, claims.value, now);
  const { host } = new URL(bindings.authOrigin);
  const unasked = "If you did not ask for it, do nothing: somebody may have typed your address.";
  if (judged.ok) {
    const text = `Your code to sign in at ${host}:

    ${spaced(code)}

It works for ${CODE_TTL_MS / 60_000} minutes, in the browser in which you asked for it. Type it there and nowhere else;
nobody of us will ask you for it.

${unasked}
`;
    return { to: email, subject: `Your sign-in code for ${host}`, text };
  }
  if (judged.error !== "other_account_linked") return null;
  const text = `You asked for a code to sign in at ${host}. You have signed in there in another way before, so codes are not
for you: choose on the sign-in page what you chose then.

${unasked}
`;
  return { to: email, subject: `Sign in at ${host} as you did before`, text };
}
