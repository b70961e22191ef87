import { printable } from "../base/printable.ts";
import type { Group, Notice } from "./notice.ts";

/** The words of a message. No secret and no token is ever among them: a notice holds names. */

/** Whose message it is. */
export interface Sender {
  readonly network: string;
  /** Such as `https://hub.example.com`. */
  readonly hubOrigin: string;
}

/** Subjects that one group names; of more it gives the number. */
const MOST_NAMED = 10;
/** The same in a webhook, which a program reads. */
const MOST_TOLD = 100;
const MAX_SUBJECT = 200;

const linkTo = ({ hubOrigin }: Sender, page: string): string => `${hubOrigin}/#/${page}`;

/** What a stranger may have chosen, as one short line: it can neither begin another line nor reorder one. */
export function plain(text: string): string {
  const line = printable(text);
  return line.length > MAX_SUBJECT ? `${line.slice(0, MAX_SUBJECT)}…` : line;
}

/** The subject holds our own words alone, so that no name of a stranger comes into a header. */
export function mailOf(groups: readonly Group[], sender: Sender): { subject: string; text: string } {
  const parts = groups.map((group) =>
    [
      `${group.headline}.`,
      ...linesOf(group).map((line) => `  - ${line}`),
      `  ${linkTo(sender, group.page)}`,
    ].join("\n"),
  );
  const foot = `Sent by ${plain(sender.network)}. What it tells you of: ${linkTo(sender, "notifications")}`;
  return {
    subject: `[${plain(sender.network)}] ${summaryOf(groups)}`,
    text: `${[...parts, foot].join("\n\n")}\n`,
  };
}

/** The text for an incoming webhook of Slack, and of what copies it: `mrkdwn`. */
export function slackTextOf(groups: readonly Group[], sender: Sender): string {
  return groups
    .map((group) =>
      [
        `*${escapeSlack(plain(sender.network))}*: <${linkTo(sender, group.page)}|${escapeSlack(group.headline)}>`,
        ...linesOf(group).map((line) => `• ${escapeSlack(line)}`),
      ].join("\n"),
    )
    .join("\n");
}

/** The payload of a webhook, in the form of Standard Webhooks: `type`, `timestamp`, `data`. */
export function webhookBodyOf(groups: readonly Group[], sender: Sender, at: number): string {
  return JSON.stringify({
    type: "notification",
    timestamp: new Date(at).toISOString(),
    data: {
      network: sender.network,
      text: summaryOf(groups),
      groups: groups.map(({ event, headline, page, notices }) => ({
        event,
        text: headline,
        count: notices.length,
        url: linkTo(sender, page),
        items: notices.slice(0, MOST_TOLD).map((notice) => ({
          at: new Date(notice.at).toISOString(),
          subject: plain(notice.subject),
          url: linkTo(sender, notice.page),
        })),
      })),
    },
  });
}

/** `12 nodes want approval`, or that and how much more there is. */
export function summaryOf([first, ...others]: readonly Group[]): string {
  const more =
    others.length === 0
      ? ""
      : others.length === 1
        ? " and 1 more thing"
        : ` and ${others.length} more things`;
  return `${first?.headline ?? "Nothing happened"}${more}`;
}

function linesOf({ notices }: Group): string[] {
  const named = [...new Set(notices.map(({ subject }: Notice) => plain(subject)))];
  const left = named.length - MOST_NAMED;
  return left > 0 ? [...named.slice(0, MOST_NAMED), `and ${left} more`] : named;
}

/** The three characters that mean something in Slack's text: links, mentions and `<!channel>` begin with `<`. */
const escapeSlack = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
