import { nearest } from "../../shared/base/nearest.ts";
import { throwRefusal } from "../platform/refused.ts";

/** What each kind of thing is called by, for the first thousand of them. */
const NAMES = {
  app: "SELECT name FROM apps LIMIT 1000",
  user: "SELECT email AS name FROM users LIMIT 1000",
  group: "SELECT name FROM groups LIMIT 1000",
  segment: "SELECT name FROM segments LIMIT 1000",
  microsegment: "SELECT name FROM microsegments LIMIT 1000",
  policy: "SELECT name FROM policies LIMIT 1000",
  "identity provider": "SELECT name FROM identity_providers LIMIT 1000",
  "service token": "SELECT name FROM service_tokens LIMIT 1000",
  "API token": "SELECT name FROM api_tokens LIMIT 1000",
  node: "SELECT name FROM nodes LIMIT 1000",
  suggestion: "SELECT name FROM suggestions LIMIT 1000",
  service: "SELECT name FROM mesh_services LIMIT 1000",
  "test of rules": "SELECT name FROM mesh_tests LIMIT 1000",
  rule: "SELECT name FROM mesh_rules LIMIT 1000",
  "enrolment key": "SELECT name FROM enrolment_keys LIMIT 1000",
  "notification destination": "SELECT name FROM notification_destinations LIMIT 1000",
  "log destination": "SELECT name FROM log_destinations LIMIT 1000",
  "OAuth client": "SELECT name FROM oauth_clients WHERE kind = 'registered' LIMIT 1000",
  "signal receiver": "SELECT name FROM signal_receivers LIMIT 1000",
  "signal transmitter": "SELECT name FROM signal_transmitters LIMIT 1000",
} as const;

/**
 * Refuses a name that nothing has. The refusal says the name, and the nearest one that there is, or the only one that
 * begins like that. Only callers who may see all things of this kind get here.
 */
export async function missing(db: D1Database, what: keyof typeof NAMES, reference: string): Promise<never> {
  const { results } = await db.prepare(NAMES[what]).all<{ name: string }>();
  const names = results.map(({ name }) => name);
  const longer = names.filter((name) => name.startsWith(reference));
  const near = longer.length === 1 ? longer[0] : nearest(reference, names);
  const question = near ? ` Did you mean ${near}?` : "";
  return throwRefusal("not_found", `There is no ${what} called ${reference}.${question}`);
}
