import { normalEmail } from "../../shared/access/login/email.ts";
import type { Subject } from "../../shared/access/signals/subject.ts";
import { err, ok, type Result } from "../../shared/base/result.ts";
import type { Transmitter } from "./transmitters.ts";

/** A person whom a signal names, by one identity at the transmitter's provider. */
export interface NamedPerson {
  readonly userId: string;
  readonly email: string;
  readonly role: string | null;
  readonly identityId: string;
  /** At the provider. */
  readonly subject: string;
}

const MOST = 20;

/**
 * The people whom a subject names: those of the transmitter's own provider, and no others, whatever the token says. So
 * a transmitter that lies, or that was taken over, touches nobody who signs in by another provider alone.
 *
 * @returns The error says which other issuer's people were meant.
 */
export async function peopleOf(
  db: D1Database,
  transmitter: Pick<Transmitter, "issuer" | "provider">,
  { person }: Subject,
): Promise<Result<NamedPerson[], string>> {
  const own = [transmitter.issuer, transmitter.provider.issuer].map(plain);
  const subjects: string[] = [];
  const emails: string[] = [];
  for (const one of person) {
    if (one.format === "iss_sub" && !own.includes(plain(one.iss)))
      return err(`people of ${one.iss.slice(0, 200)} are not this transmitter's`);
    if (one.format === "iss_sub") subjects.push(one.sub);
    if (one.format === "opaque") subjects.push(one.id);
    const email = one.format === "email" ? normalEmail(one.email) : null;
    if (email !== null) emails.push(email);
  }
  if (subjects.length + emails.length === 0) return ok([]);
  const { results } = await db
    .prepare(
      `SELECT u.id AS userId, u.email, u.role, i.id AS identityId, i.subject
       FROM identities i JOIN users u ON u.id = i.user_id WHERE i.provider_id = ?1 AND
       (i.subject IN (SELECT value FROM json_each(?2)) OR u.email IN (SELECT value FROM json_each(?3)))
       LIMIT ${MOST}`,
    )
    .bind(transmitter.provider.id, JSON.stringify(subjects), JSON.stringify(emails))
    .all<NamedPerson>();
  return ok(results);
}

/** Issuers are written with and without a slash at their end. */
const plain = (issuer: string): string => issuer.replace(/\/$/, "");
