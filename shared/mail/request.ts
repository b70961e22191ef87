/** A mail of plain text to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** How mail services want to be asked, each by one POST of JSON. */
export const MAIL_STYLES = ["resend", "postmark", "sendgrid"] as const;
export type MailStyle = (typeof MAIL_STYLES)[number];

export interface MailRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/**
 * The request that sends a mail: `POST /emails` of Resend (and of services that copy it), `POST /email` of Postmark,
 * `POST /v3/mail/send` of SendGrid.
 *
 * @param from An address, also as `Name <address>`.
 */
export function mailRequest(style: MailStyle, token: string, from: string, mail: Mail): MailRequest {
  const { to, subject, text } = mail;
  const bearer = { Authorization: `Bearer ${token}` };
  switch (style) {
    case "resend":
      return { headers: bearer, body: { from, to: [to], subject, text } };
    case "postmark":
      return {
        headers: { "X-Postmark-Server-Token": token },
        body: { From: from, To: to, Subject: subject, TextBody: text, MessageStream: "outbound" },
      };
    case "sendgrid": {
      const [, name = "", address = from] = /^\s*(.*?)\s*<([^<>]+)>$/.exec(from) ?? [];
      return {
        headers: bearer,
        body: {
          personalizations: [{ to: [{ email: to }] }],
          from: { email: address, ...(name === "" ? {} : { name }) },
          subject,
          content: [{ type: "text/plain", value: text }],
        },
      };
    }
  }
}
