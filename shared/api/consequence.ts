/** Which live sessions a change ends, so that whoever makes it can be asked before, with numbers. */

/** The query of `sessions.count`. */
export type SessionsOf = { readonly user: string } | { readonly app: string } | { readonly provider: string };

type Body = Readonly<Record<string, unknown>>;

/**
 * Whose sessions a call of the admin API ends, or null where it ends none.
 *
 * @param id The endpoint, such as `apps.update`.
 * @param params Its path parameters.
 */
export function endsSessionsOf(
  id: string,
  params: Readonly<Record<string, string>>,
  body: Body = {},
): SessionsOf | null {
  const { user, app, provider } = params;
  switch (id) {
    case "users.delete":
      return user === undefined ? null : { user };
    case "users.update":
      return user !== undefined && body.status === "disabled" ? { user } : null;
    case "apps.delete":
      return app === undefined ? null : { app };
    case "apps.update":
      return app !== undefined && isChanged(body, ["host", "segment"]) ? { app } : null;
    case "identityProviders.delete":
      return provider === undefined ? null : { provider };
    case "identityProviders.update":
      return provider !== undefined && isChanged(body, ["issuer"]) ? { provider } : null;
    default:
      return null;
  }
}

/** Whether it is switched off, or one of the fields on which its sessions rest is named. */
const isChanged = (body: Body, fields: readonly string[]): boolean =>
  body.enabled === false || fields.some((field) => body[field] !== undefined);

/** `3 people are signed out (7 sessions end)`. */
export function signedOutInWords({
  people,
  sessions,
}: {
  readonly people: number;
  readonly sessions: number;
}): string {
  if (sessions === 0) return "Nobody is signed out";
  const who = people === 1 ? "1 person is" : `${people} people are`;
  return `${who} signed out (${sessions === 1 ? "1 session ends" : `${sessions} sessions end`})`;
}
