import { mailOf, type Sender, slackTextOf, webhookBodyOf } from "../../shared/notifications/message.ts";
import type { Group } from "../../shared/notifications/notice.ts";
import { webhookHeaders } from "../../shared/notifications/webhook.ts";
import type { Bindings } from "../platform/env.ts";
import { MailNotSent, sendMail } from "../platform/mail.ts";
import { unseal } from "../platform/secrets.ts";
import { refusedUrl } from "./address.ts";
import { type DestinationRow, sealContext } from "./destinations.ts";

/** A destination did not take a message. The text says why, for an administrator, and holds no secret. */
export class NotSent extends Error {}

/** A message on its way. */
export interface Message {
  /** The same at each try. */
  readonly id: string;
  readonly groups: readonly Group[];
  readonly sender: Sender;
}

const TIMEOUT_MS = 10_000;

/** Sends one message. @throws NotSent */
export async function send(bindings: Bindings, row: DestinationRow, message: Message): Promise<void> {
  const { groups, sender } = message;
  switch (row.kind) {
    case "email":
      return sendAsMail(bindings, { to: row.target, ...mailOf(groups, sender) });
    case "slack":
      return post(
        bindings,
        await addressOf(bindings, row),
        JSON.stringify({ text: slackTextOf(groups, sender) }),
      );
    case "webhook": {
      const now = Date.now();
      const body = webhookBodyOf(groups, sender, now);
      const headers = webhookHeaders(await secretsOf(bindings, row, now), message.id, now, body);
      return post(bindings, await addressOf(bindings, row), body, headers);
    }
  }
}

async function sendAsMail(bindings: Bindings, mail: Parameters<typeof sendMail>[1]): Promise<void> {
  try {
    await sendMail(bindings, mail);
  } catch (error) {
    if (error instanceof MailNotSent) throw new NotSent(`${capital(error.message)}.`, { cause: error });
    throw error;
  }
}

/** The whole URL. */
async function addressOf(bindings: Bindings, row: DestinationRow): Promise<string> {
  if (row.addressSealed === null)
    throw new NotSent("It has no address yet: the document that made it holds none. Change its target.");
  return unseal(bindings, row.addressSealed, sealContext(row));
}

/** What signs a webhook now, the newest first. */
async function secretsOf(bindings: Bindings, row: DestinationRow, now: number): Promise<string[]> {
  const isRotating = row.previousUntil !== null && row.previousUntil > now;
  const sealed = [row.secretSealed, isRotating ? row.previousSealed : null].filter((one) => one !== null);
  if (sealed.length === 0) throw new NotSent("It has no secret: rotate it.");
  return Promise.all(sealed.map((one) => unseal(bindings, one, sealContext(row))));
}

async function post(
  bindings: Bindings,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const refused = refusedUrl(bindings, url);
  if (refused !== null) throw new NotSent(`Its address is refused. ${refused}`);
  const status = await statusOf(url, body, headers);
  if (status >= 300 && status < 400)
    throw new NotSent(
      `It answered ${status}, and redirects are not followed: give the address that it leads to.`,
    );
  if (status < 200 || status > 299) throw new NotSent(`It answered ${status}.`);
}

async function statusOf(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "User-Agent": "rustronaut", ...headers },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // Nothing of the answer counts but its status: its body may be as long as it likes.
    await response.body?.cancel();
    return response.status;
  } catch (cause) {
    const isLate = cause instanceof Error && cause.name === "TimeoutError";
    throw new NotSent(isLate ? "It did not answer within 10 seconds." : "It can't be reached.", { cause });
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
