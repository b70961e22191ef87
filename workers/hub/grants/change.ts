import {
  decide,
  type GrantCommand,
  type GrantEvent,
  type GrantRefusal,
  HOUR_MS,
  MOST_AN_HOUR,
  MOST_HELD,
  MOST_WAITING,
} from "../../../shared/access/grants/decide.ts";
import { digestOf } from "../../../shared/access/grants/digest.ts";
import { offeredScope } from "../../../shared/access/grants/settings.ts";
import type { GrantContent } from "../../../shared/access/grants/types.ts";
import { GRANT_REFUSALS } from "../../../shared/access/grants/words.ts";
import { mayCall } from "../../../shared/api/endpoint.ts";
import { isId } from "../../../shared/base/ids.ts";
import type { Bindings } from "../../platform/env.ts";
import { freshId } from "../../platform/random.ts";
import { throwRefusal } from "../../platform/refused.ts";
import { readGrant, type StoredGrant } from "../../registry/grants.ts";
import { touched } from "../../registry/risk.ts";
import type { Effects, Write } from "../call.ts";
import { answeringOf, appOf, askingOf, type GrantApp } from "./facts.ts";
import { closeEnded, statementsOf, stillSo, withinLimits } from "./store.ts";
import { type GrantView, mayRead, sightOf, type Viewer, viewsOf } from "./view.ts";

/** Carries out commands about grants: reads what they depend on, decides, and says what must be written. */

export interface Doer {
  readonly bindings: Bindings;
  readonly now: number;
  readonly viewer: Viewer;
  /** The person's or the token's name in the audit log. */
  readonly actor: string;
}

const refuse = (why: GrantRefusal): never => throwRefusal(...GRANT_REFUSALS[why]);

/** The id of the person who acts. A token never requests or answers: that is a person's to do. */
function personOf({ viewer }: Doer): string {
  if (viewer.isPerson && viewer.userId !== null) return viewer.userId;
  return throwRefusal(
    "forbidden",
    "An API token can't do this. Sign in as the person who does: in the browser, or by `rustronaut login`.",
  );
}

/** A request or grant that the viewer may see. To all others it does not exist. */
export async function readable({ bindings, viewer }: Doer, id: string): Promise<StoredGrant> {
  const stored = isId("accessGrant", id) ? await readGrant(bindings.db, id) : null;
  if (stored === null || !mayRead(await sightOf(bindings, viewer), stored.grant)) return refuse("unknown");
  return stored;
}

export interface Wish {
  readonly app: string;
  readonly reason: string;
  /** As long as the app offers, unless said. */
  readonly seconds?: number | undefined;
  readonly emergency?: boolean | undefined;
}

export async function request(doer: Doer, wish: Wish): Promise<Write<GrantView>> {
  const { bindings, now } = doer;
  const userId = personOf(doer);
  const app = await appOf(bindings.db, wish.app);
  if (app === null) return refuse("not_offered");
  const { settings } = app;
  const emergency = wish.emergency ?? false;
  const content: GrantContent = {
    ...{ userId, appId: app.id, reason: wish.reason.trim(), emergency },
    ...offeredScope(settings),
    seconds: wish.seconds ?? (emergency ? settings.emergencySeconds : settings.grantMaxSeconds),
    needed: emergency ? 0 : settings.grantApprovals,
  };
  const id = freshId("accessGrant");
  const { asker, email, judged } = await askingOf(bindings, app, userId, emergency, now);
  const digest = digestOf(content, { id, app, email });
  const decided = decide(null, { type: "request", id, content, digest, settings, asker }, now);
  if (!decided.ok) return refuse(decided.error);
  const limits = { waiting: MOST_WAITING, held: MOST_HELD, withinHour: MOST_AN_HOUR };
  return write(doer, null, app, decided.value, {
    before: [stillSo(bindings.db, judged), ...closeEnded(bindings.db, userId, now)],
    after: [withinLimits(bindings.db, userId, limits, now - HOUR_MS)],
  });
}

export interface Said {
  readonly verdict: "approve" | "deny";
  /** What the approver was shown. */
  readonly digest: string;
  readonly note: string;
}

export async function answer(doer: Doer, id: string, said: Said): Promise<Write<GrantView>> {
  const { bindings, now } = doer;
  const stored = await readable(doer, id);
  const userId = personOf(doer);
  const app = await appOf(bindings.db, stored.grant.appId);
  if (app === null) return refuse("changed");
  const { by, judged } = await answeringOf(bindings, stored.grant, app, userId);
  const { verdict, digest: seen, note } = said;
  const decided = decide(stored.grant, { type: "answer", verdict, note, seen, by }, now);
  if (!decided.ok) return refuse(decided.error);
  // A denial opens nothing, so it holds even while the person is changed.
  const before = verdict === "approve" ? [stillSo(bindings.db, judged)] : [];
  return write(doer, stored, app, decided.value, { before, after: [] });
}

/** Takes back a request, ends a grant, or acknowledges an emergency. */
export async function settle(
  doer: Doer,
  id: string,
  type: "withdraw" | "revoke" | "review",
): Promise<Write<GrantView>> {
  const { bindings, now, viewer } = doer;
  const stored = await readable(doer, id);
  const by = type === "revoke" ? (viewer.userId ?? doer.actor) : personOf(doer);
  const { apps } = await sightOf(bindings, viewer);
  const isInCharge = mayCall(viewer.role, "admin") || (viewer.isPerson && apps.includes(stored.grant.appId));
  const command: GrantCommand =
    type === "withdraw"
      ? { type, by }
      : type === "revoke"
        ? { type, by, mayRevoke: isInCharge }
        : { type, by, mayReview: isInCharge };
  const decided = decide(stored.grant, command, now);
  if (!decided.ok) return refuse(decided.error);
  const app = await appOf(bindings.db, stored.grant.appId);
  return write(doer, stored, app, decided.value, { before: [], after: [] });
}

async function write(
  { bindings, now, viewer }: Doer,
  stored: StoredGrant | null,
  app: GrantApp | null,
  events: readonly GrantEvent[],
  { before, after }: Record<"before" | "after", readonly D1PreparedStatement[]>,
): Promise<Write<GrantView>> {
  const { db } = bindings;
  const { statements, grant, version } = statementsOf(db, stored, events);
  const [view] = await viewsOf(db, [grant], await sightOf(bindings, viewer), now);
  if (!view) throw new Error("a grant has one view");
  return {
    statements: [...before, ...statements, ...after, touched(db, grant.userId, now)],
    effects: {
      event: { action: actionOf(events), target: grant.id, detail: detailOf(view, app) },
      // A grant is a fact about one person: only the objects with that person's sessions are told.
      policies: false,
      userIds: [grant.userId],
      ends: [],
    },
    body: view,
    version,
  };
}

const ENDED = { denied: "grant.deny", withdrawn: "grant.withdraw", revoked: "grant.revoke" } as const;

/** What the audit log calls it: the last thing that came about says the most. */
function actionOf(events: readonly GrantEvent[]): string {
  const last = events.at(-1);
  const isRequest = events.some(({ type }) => type === "requested");
  switch (last?.type) {
    case "requested":
      return "grant.request";
    case "granted":
      return isRequest ? "grant.emergency" : "grant.grant";
    case "answered":
      return "grant.approve";
    case "reviewed":
      return "grant.review";
    case "ended":
      return last.status === "lapsed" || last.status === "expired" ? "grant.expire" : ENDED[last.status];
    case undefined:
      throw new Error("nothing was decided about a grant");
  }
}

const detailOf = (
  { user, reason, seconds, since, until, emergency }: GrantView,
  app: GrantApp | null,
): Effects["event"]["detail"] => ({
  ...(app ? { name: app.name, app: app.name } : {}),
  ...{ user: user.email, reason, seconds, emergency },
  ...(since === null ? {} : { since, until }),
});
