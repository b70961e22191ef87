import type { PolicyReplayed } from "./policy-life.ts";

/** What a replay found, in words, for the command line and the dashboard. */

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

const requests = ({ requests: count, callers }: PolicyReplayed["newlyDenied"]): string =>
  count === 0 ? "no request" : `${counted(count, "request")} of ${counted(callers, "caller")}`;

/** `It would newly deny 14 requests of 3 callers, and newly allow 2 requests of 1 caller.` */
export function impactInWords({ newlyDenied, newlyAllowed }: PolicyReplayed): string {
  if (newlyDenied.requests === 0 && newlyAllowed.requests === 0)
    return "It would decide none of these requests otherwise.";
  return `It would newly deny ${requests(newlyDenied)}, and newly allow ${requests(newlyAllowed)}.`;
}

/**
 * What was judged again and what was not, a sentence each.
 *
 * @param moment Writes a time for people.
 */
export function scopeInWords(found: PolicyReplayed, moment: (at: number) => string): string[] {
  const { replayed, since, from, stoppedBy, decidedOtherwise, partly, unasked, unreadable } = found;
  if (replayed + unasked + unreadable === 0) return [`No request is recorded since ${moment(since)}.`];
  const sentences = [
    stoppedBy === null
      ? `${counted(replayed, "recorded request")} since ${moment(since)} judged again.`
      : `The newest ${counted(replayed, "recorded request")}, back to ${moment(from ?? since)}, judged again: ${stoppedBy === "count" ? "there are more than one replay looks at" : "the time for one replay was over"}.`,
  ];
  if (decidedOtherwise > 0)
    sentences.push(
      `${counted(decidedOtherwise, "request")} would be decided otherwise today without it, too: policies changed since.`,
    );
  if (partly > 0)
    sentences.push(
      `Of ${counted(partly, "request")} not everything is recorded that the gateway judged, such as headers.`,
    );
  if (unasked > 0)
    sentences.push(`${counted(unasked, "request")} left out: refused before any policy was asked.`);
  if (unreadable > 0) sentences.push(`${counted(unreadable, "request")} left out: the record was cut.`);
  return sentences;
}

/** Who decides: `wiki#1`, or that nothing permits it. */
export const decidedBy = (statements: readonly string[]): string =>
  statements.length === 0 ? "no policy permits it" : statements.join(", ");
