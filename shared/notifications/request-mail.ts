import { spanInWords } from "../base/span.ts";
import type { Mail } from "../mail/request.ts";

/** A request for access, as an approver is told of it. */
export interface TellableRequest {
  /** The address of who asks. */
  readonly asker: string;
  /** The app's title. */
  readonly app: string;
  readonly reason: string;
  readonly seconds: number;
}

/**
 * The mail to an approver. `url` is the request's page. What the person wrote is quoted on a line of its own, so that it passes for none of our words.
 * The page asks the approver to sign in: the address alone opens nothing.
 */
export const requestMail = (
  { asker, app, reason, seconds }: TellableRequest,
  url: string,
): Omit<Mail, "to"> => ({
  subject: `${asker} requests access to ${app}`,
  text: [
    `${asker} requests access to ${app} for ${spanInWords(seconds)}, and waits for your answer. The reason they gave:`,
    `> ${reason}`,
    `Approve or deny it here: ${url}`,
    "You get this mail because you are an approver of this application. If you don't know this person, deny it or do nothing.",
  ].join("\n\n"),
});
