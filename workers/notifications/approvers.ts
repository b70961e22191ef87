import { GRANTS } from "../../shared/access/grants/paths.ts";
import { isNamed } from "../../shared/access/grants/settings.ts";
import type { Principal } from "../../shared/access/sessions/types.ts";
import { settleAll } from "../../shared/base/async/pool.ts";
import { requestMail } from "../../shared/notifications/request-mail.ts";
import { type AppSettings, appSettings } from "../../shared/registry/app-settings.ts";
import type { Bindings } from "../platform/env.ts";
import { logError } from "../platform/log.ts";
import { sendMail } from "../platform/mail.ts";
import { names } from "../registry/grants.ts";
import { loadPrincipals } from "../registry/principals.ts";
import { freshSnapshot } from "../registry/snapshot.ts";

/** Tells the approvers of an app by mail that somebody requests access. They need be no administrators. */

/** Requests of one round. */
const MOST_REQUESTS = 20;
/** Approvers who are told of one request: it waits for a few of them, and no mail should go to a whole company. */
const MOST_TOLD = 20;
/** People who are looked at, to find the members of groups. */
const MOST_CANDIDATES = 2_000;
/** The platform opens at most six connections. */
const WIDTH = 4;

interface Waiting {
  readonly id: string;
  readonly userId: string;
  readonly asker: string;
  readonly app: string;
  readonly settings: string;
  readonly reason: string;
  readonly seconds: number;
}

/**
 * Each request is told once its mails are on their way; one of which no mail could be sent is told in a later minute, as
 * long as it waits. Where no mail service is set, nothing is done.
 */
export async function tellApprovers(bindings: Bindings, now: number): Promise<void> {
  if (bindings.mail === null) return;
  const { results } = await bindings.db
    .prepare(
      `SELECT g.id, g.user_id AS userId, u.email AS asker, a.title AS app, a.settings, g.reason, g.seconds
       FROM access_grants g JOIN users u ON u.id = g.user_id JOIN apps a ON a.id = g.app_id
       WHERE g.status = 'pending' AND g.told_at IS NULL AND g.lapses_at > ? ORDER BY g.asked_at LIMIT ${MOST_REQUESTS}`,
    )
    .bind(now)
    .all<Waiting>();
  for (const waiting of results) await tell(bindings, waiting, now);
}

async function tell(bindings: Bindings, waiting: Waiting, now: number): Promise<void> {
  const { grantApprovers } = appSettings(JSON.parse(waiting.settings) as Partial<AppSettings>);
  const approvers = await peopleNamed(bindings, grantApprovers);
  const told = approvers.filter(({ userId }) => userId !== waiting.userId).slice(0, MOST_TOLD);
  const url = `${bindings.authOrigin}${GRANTS}/${waiting.id}`;
  let sent = 0;
  await settleAll(told, WIDTH, async ({ email }) => {
    try {
      await sendMail(bindings, { to: email, ...requestMail(waiting, url) });
      sent++;
    } catch (error) {
      logError("approver_not_told", error, { grant: waiting.id });
    }
  });
  if (sent === 0 && told.length > 0) return;
  await bindings.db.prepare("UPDATE access_grants SET told_at = ? WHERE id = ?").bind(now, waiting.id).run();
}

/** The active people whom selectors name, those named themselves first. */
async function peopleNamed(bindings: Bindings, selectors: readonly string[]): Promise<Principal[]> {
  if (selectors.length === 0) return [];
  const { results } = await bindings.db
    .prepare(
      `SELECT id FROM users u WHERE status = 'active' AND (
         'user:' || email IN (SELECT value FROM json_each(?1)) OR (?2 AND (
           EXISTS (SELECT 1 FROM group_members WHERE member_kind = 'user' AND member_id = u.id)
           OR EXISTS (SELECT 1 FROM identities WHERE user_id = u.id AND groups <> '[]'))))
       ORDER BY 'user:' || email IN (SELECT value FROM json_each(?1)) DESC, id LIMIT ${MOST_CANDIDATES}`,
    )
    .bind(JSON.stringify(selectors), selectors.some((one) => one.startsWith("group:")) ? 1 : 0)
    .all<{ id: string }>();
  const people = await loadPrincipals(
    bindings.db,
    results.map(({ id }) => id),
  );
  const snapshot = await freshSnapshot(bindings);
  const isDirect = ({ email }: Principal) => isNamed(selectors, { email, isIn: () => false });
  return people
    .filter((person) => names(snapshot, selectors, person))
    .sort((a, b) => Number(isDirect(b)) - Number(isDirect(a)));
}
