import { guard } from "./guards.ts";

/** Each host of each app, with the app's id and name. */
export const HOSTS_OF_APPS = `SELECT host, id, name FROM apps
  UNION ALL SELECT other.value, apps.id, apps.name FROM apps, json_each(apps.other_hosts) AS other`;

/** After the earlier statements of the batch, no host belongs to two apps, and none is twice in one. */
export const hostsAreDistinct = (d1: D1Database): D1PreparedStatement =>
  guard(d1, "host_taken", `NOT EXISTS (SELECT 1 FROM (${HOSTS_OF_APPS}) GROUP BY host HAVING count(*) > 1)`);

/** The first of these hosts that another app has, and that app. Null if they are free. */
export const takenHost = (
  d1: D1Database,
  appId: string,
  hosts: readonly string[],
): Promise<{ readonly host: string; readonly name: string } | null> =>
  d1
    .prepare(
      `SELECT host, name FROM (${HOSTS_OF_APPS})
       WHERE id <> ? AND host IN (SELECT value FROM json_each(?)) LIMIT 1`,
    )
    .bind(appId, JSON.stringify(hosts))
    .first<{ host: string; name: string }>();
