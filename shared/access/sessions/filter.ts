import type { Session, SessionFilter } from "./types.ts";

/**
 * Whether the filter selects a session. A provider filter without a subject and without a `sid` selects no
 * session.
 */
export function matches(session: Session, filter: SessionFilter): boolean {
  switch (filter.by) {
    case "session":
      return session.id === filter.id;
    case "parent":
      return session.parentId === filter.id && (filter.appId === undefined || session.appId === filter.appId);
    case "user":
      return session.principal.userId === filter.id && isSignedInUntil(session, filter.signedInUntil);
    case "app":
      return session.appId === filter.id;
    case "passkey":
      return session.authentication.passkey?.keyId === filter.id;
    case "client":
      return session.client?.id === filter.id;
    case "everyOf":
      return session.authentication.providerId === filter.id;
    case "provider": {
      const { providerId, subject, providerSid } = session.authentication;
      if (filter.subject === null && filter.sid === null) return false;
      return (
        providerId === filter.providerId &&
        (filter.subject === null || subject === filter.subject) &&
        (filter.sid === null ||
          providerSid === filter.sid ||
          (filter.orUnknownSid === true && filter.subject !== null && providerSid === null)) &&
        isSignedInUntil(session, filter.signedInUntil)
      );
    }
  }
}

/** `auth_time` is in seconds, so it may lie up to a second before the sign-in. */
const isSignedInUntil = ({ authentication }: Session, until: number | undefined): boolean =>
  until === undefined || authentication.authTime * 1_000 <= until;
