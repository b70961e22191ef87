import type { Session, SessionFilter } from "./types.ts";

/** Whether a session is meant by the filter. A provider filter with neither subject nor `sid` means none. */
export function matches(session: Session, filter: SessionFilter): boolean {
  switch (filter.by) {
    case "session":
      return session.id === filter.id;
    case "parent":
      return session.parentId === filter.id;
    case "user":
      return session.principal.userId === filter.id;
    case "app":
      return session.appId === filter.id;
    case "provider": {
      const { providerId, subject, providerSid } = session.authentication;
      if (filter.subject === null && filter.sid === null) return false;
      return (
        providerId === filter.providerId &&
        (filter.subject === null || subject === filter.subject) &&
        (filter.sid === null || providerSid === filter.sid)
      );
    }
  }
}
