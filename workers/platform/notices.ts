import type { Finding } from "../../shared/notifications/notice.ts";
import type { Bindings } from "./env.ts";

/**
 * Saves notices. A notice that is already saved stays unchanged. The job that runs each minute decides whom to tell.
 */
export async function keepNotices(
  { db }: Bindings,
  findings: readonly Finding[],
  now: number,
): Promise<void> {
  if (findings.length === 0) return;
  await db
    .prepare(
      `INSERT OR IGNORE INTO notices (key, event, at, subject, page, kept_at)
       SELECT value->>0, value->>1, value->>2, value->>3, value->>4, ?1 FROM json_each(?2)`,
    )
    .bind(
      now,
      JSON.stringify(findings.map(({ key, event, at, subject, page }) => [key, event, at, subject, page])),
    )
    .run();
}

/** While a provider stays away, there is one notice in each period of this length (milliseconds). */
const AGAIN_MS = 6 * 3_600_000;

/** The notice that an identity provider did not answer. */
export const providerDown = (
  { id, name }: { readonly id: string; readonly name: string },
  now: number,
): Finding => ({
  key: `provider.down:${id}:${Math.floor(now / AGAIN_MS)}`,
  event: "provider.down",
  at: now,
  subject: name,
  page: `providers/${id}`,
});
