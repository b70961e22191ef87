import { type Mail, mailRequest } from "../../shared/mail/request.ts";
import type { Bindings, MailService } from "./env.ts";

/** The mail service did not accept a mail. The error's message holds no address and no text of the mail. */
export class MailNotSent extends Error {}

const TIMEOUT_MS = 8_000;

/**
 * Gives a mail to the mail service.
 * @throws MailNotSent
 */
export async function sendMail({ mail: service }: Bindings, mail: Mail): Promise<void> {
  if (service === null) throw new MailNotSent("no mail service is set");
  const { headers, body } = mailRequest(service.style, service.token, service.from, mail);
  const status = await post(service, headers, body);
  if (status < 200 || status > 299) throw new MailNotSent(`the mail service answered ${status}`);
}

/**
 * Sends the service a request that holds no mail, and gives the status of the refusal: 401 and 403 mean a wrong token.
 * @throws MailNotSent
 */
export async function tryMailService(service: MailService): Promise<number> {
  const nothing = { to: "", subject: "", text: "" };
  return post(service, mailRequest(service.style, service.token, service.from, nothing).headers, {});
}

async function post(
  { url }: MailService,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<number> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.status;
  } catch (cause) {
    throw new MailNotSent("the mail service did not answer", { cause });
  }
}
