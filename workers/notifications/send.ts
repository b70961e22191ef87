import { mailOf, type Sender, slackTextOf, webhookBodyOf } from "../../shared/notifications/message.ts";
import type { Group } from "../../shared/notifications/notice.ts";
import { webhookHeaders } from "../../shared/notifications/webhook.ts";
import type { Bindings } from "../platform/env.ts";
import { MailNotSent, sendMail } from "../platform/mail.ts";
import { unseal } from "../platform/secrets.ts";
import { type DestinationRow, sealContext } from "./destinations.ts";
import { NotSent, post } from "./post.ts";

/** A message on its way. */
export interface Message {
  /** The same at each try. */
  readonly id: string;
  readonly groups: readonly Group[];
  readonly sender: Sender;
}

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

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
