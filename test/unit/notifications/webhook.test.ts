import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, it } from "vitest";
import { newWebhookSecret, webhookHeaders } from "../../../shared/notifications/webhook.ts";

it("a webhook is signed as the library of Standard Webhooks has it, and by its own secret alone", () => {
  const random = (n: number) => new Uint8Array(randomBytes(n));
  const secret = newWebhookSecret(random);
  const body = JSON.stringify({ type: "notification", data: { text: "Ünïcode" } });
  const headers = webhookHeaders([newWebhookSecret(random), secret], "msg_1", Date.now(), body);
  expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
  expect(() => new Webhook(newWebhookSecret(random)).verify(body, headers)).toThrow();
  expect(() => webhookHeaders(["whsec_?"], "msg_1", 0, body)).toThrow(RangeError);
});
