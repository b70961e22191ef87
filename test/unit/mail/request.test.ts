import { describe, expect, it } from "vitest";
import { mailRequest } from "../../../shared/mail/request.ts";

const mail = { to: "guest@partner.example", subject: "Hello", text: "A text" };
const from = "Rustronaut <access@example.com>";

describe("the request that sends a mail", () => {
  it("is as Resend documents it", () => {
    expect(mailRequest("resend", "secret", from, mail)).toEqual({
      headers: { Authorization: "Bearer secret" },
      body: { from, to: ["guest@partner.example"], subject: "Hello", text: "A text" },
    });
  });

  it("is as Postmark documents it", () => {
    expect(mailRequest("postmark", "secret", from, mail)).toEqual({
      headers: { "X-Postmark-Server-Token": "secret" },
      body: {
        From: from,
        To: "guest@partner.example",
        Subject: "Hello",
        TextBody: "A text",
        MessageStream: "outbound",
      },
    });
  });

  it("is as SendGrid documents it, the sender's name apart from the address", () => {
    expect(mailRequest("sendgrid", "secret", from, mail).body).toEqual({
      personalizations: [{ to: [{ email: "guest@partner.example" }] }],
      from: { email: "access@example.com", name: "Rustronaut" },
      subject: "Hello",
      content: [{ type: "text/plain", value: "A text" }],
    });
    const bare = mailRequest("sendgrid", "secret", "access@example.com", mail).body;
    expect(bare).toMatchObject({ from: { email: "access@example.com" } });
  });
});
