import type { Answer, Body } from "../../shared/api/endpoints.ts";
import { lineDiff } from "../../shared/base/line-diff.ts";
import type { App, Hub } from "../app.ts";
import { toFailure } from "../app.ts";
import { diffText } from "../network/plan-text.ts";
import { warningText } from "../output/failure-text.ts";
import { replayText } from "../output/replay.ts";

/** What is shown of a change of a policy before a person is asked. */

type Tests = Body<"policies.review">["tests"];

/** A policy as a change leaves it. `source` is null if it would not be in force. */
interface Change {
  readonly name: string;
  readonly source: string | null;
  readonly tests?: Tests;
}

type Given = Readonly<Record<string, unknown>>;

/** Changes listed below a question. The whole list shows `policy replay`. */
const MOST_SHOWN = 5;

/** What a call of the admin API makes of a policy. Null if it changes nothing that is in force. */
export async function changeBy(
  { client }: Hub,
  id: string,
  params: Readonly<Record<string, string>>,
  body: Given,
): Promise<Change | null> {
  if (id === "policies.create") {
    const isInForce = body.enabled !== false && body.shadow !== true;
    return isInForce ? changeOf(String(body.name), body) : null;
  }
  if (!/^policies\.(publish|rollback|update|delete)$/.test(id)) return null;
  const policy = params.policy ?? "";
  const { data: current } = await client.call("policies.get", { params: { policy } });
  const { name, source, tests, enabled } = current;
  switch (id) {
    case "policies.publish":
      return enabled ? changeOf(name, { tests, ...body }) : null;
    case "policies.rollback": {
      const number = String(body.number);
      const { data } = await client.call("policies.version", { params: { policy, number } });
      return enabled ? changeOf(name, data) : null;
    }
    case "policies.delete":
      return enabled ? { name, source: null } : null;
    default:
      if (enabled && (body.enabled === false || body.shadow === true)) return { name, source: null };
      return !enabled && body.enabled === true ? { name, source, tests } : null;
  }
}

const changeOf = (name: string, { source, tests }: { source?: unknown; tests?: unknown }): Change => ({
  name,
  source: String(source ?? ""),
  tests: tests as Tests,
});

/**
 * Shows what a change of a policy would do: the text, what is wrong with it, and whom it would concern.
 *
 * @returns What the change must insist on, so that the hub does not refuse it.
 */
export async function showReview(app: App, hub: Hub, change: Change): Promise<Answer<"policies.review">> {
  const { name, source, tests } = change;
  const body = { name, source, ...(tests ? { tests } : {}) };
  const { data: review } = await hub.client.call("policies.review", { body });
  const before = review.current?.source ?? "";
  if (source !== null && source !== before) app.note(diffText(lineDiff(before, source)));
  for (const issue of [...review.issues, ...review.warnings]) app.note(warningText(issue as never, name));
  if (review.tests > 0 && review.failures.length === 0) app.note(`All ${review.tests} tests hold.`);
  for (const { message } of review.failures) app.note(`test failed: ${message}`);
  for (const sentence of review.lockOuts) app.note(`warning: ${sentence}`);
  if (review.issues.length === 0) await showImpact(app, hub, [{ name, source }]);
  return review;
}

/** Shows which recorded requests drafts would decide otherwise. Where that can't be said, says why. */
export async function showImpact(
  app: App,
  hub: Hub,
  drafts: Body<"policies.replay">["drafts"],
): Promise<void> {
  try {
    const { data } = await hub.client.call("policies.replay", { body: { drafts } });
    app.note(replayText(data, app.io.columns, MOST_SHOWN).trimEnd());
  } catch (error) {
    const { title, detail } = toFailure(error);
    app.note(`The recorded requests were not judged again: ${detail || title}`);
  }
}
