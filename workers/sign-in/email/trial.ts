import type { TrialCheck, TrialResult } from "../../../shared/access/login/provider-trial.ts";
import type { Bindings } from "../../platform/env.ts";
import { tryMailService } from "../../platform/mail.ts";

export const NO_MAIL_SERVICE =
  "no mail service is set, so no code can be sent: set MAIL_URL, MAIL_FROM and MAIL_TOKEN of the Worker";

/**
 * Asks the mail service whether it accepts the token. No mail is sent, so the trial can't tell whether a mail
 * would arrive.
 */
export async function tryMail({ mail }: Bindings): Promise<TrialCheck[]> {
  const check = (result: TrialResult, finding: string): TrialCheck[] => [
    { step: "mail", result, findings: [finding] },
  ];
  if (mail === null) return check("bad", NO_MAIL_SERVICE);
  const status = await tryMailService(mail).catch(() => null);
  if (status === null) return check("bad", "the mail service does not answer: no code is sent until it does");
  if (status === 401 || status === 403) return check("bad", "the mail service does not take MAIL_TOKEN");
  if (status >= 500 || status === 404)
    return check("bad", `the mail service answers ${status}: check MAIL_URL`);
  return check(
    "unknown",
    "the mail service takes the token; whether a mail arrives is seen when one is sent",
  );
}
