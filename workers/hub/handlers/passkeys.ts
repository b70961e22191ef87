import { throwRefusal } from "../../platform/refused.ts";
import { passkeysOf, workingOf } from "../../registry/passkeys.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { findUser } from "./users.ts";

type User = Awaited<ReturnType<typeof findUser>>;
type Key = Awaited<ReturnType<typeof passkeysOf>>[number];

const view = ({ id, email }: User, keys: readonly Key[], invitedUntil: number | null) => ({
  userId: id,
  email,
  invitedUntil,
  passkeys: keys.map(({ id: key, name, isDeviceBound, createdAt, lastUsedAt, clonedAt }) => ({
    ...{ id: key, name, isDeviceBound, createdAt, lastUsedAt, clonedAt },
  })),
});

const invitationOf = (d1: D1Database, { id }: User, now: number): Promise<number | null> =>
  d1
    .prepare("SELECT expires_at FROM passkey_invitations WHERE user_id = ? AND expires_at > ?")
    .bind(id, now)
    .first<number>("expires_at");

/** Without this check, an administrator could make an owner's second factor anew. */
function mayMakeAnew({ caller }: Pick<Call, "caller">, { role }: User): void {
  if (role === "owner" && caller.role !== "owner")
    throwRefusal("forbidden", "Only an owner may remove passkeys of an owner, or invite one.");
}

const endsOf = ({ id }: User): Effects["ends"] => [{ filter: { by: "user", id }, reason: "killed_by_admin" }];

const HOUR_MS = 3_600_000;
const INVITATION_HOURS = 24;

/** What was shown with a key that is gone must not go on, so the person's sessions end. */
const effects = (
  action: string,
  user: User,
  detail: Effects["event"]["detail"],
  ends = endsOf(user),
): Effects => ({
  event: { action: `passkey.${action}`, target: user.id, detail: { email: user.email, ...detail } },
  policies: false,
  userIds: [],
  ends,
});

export const PASSKEY_HANDLERS: Handlers<
  "passkeys.get" | "passkeys.invite" | "passkeys.reset" | "passkeys.remove"
> = {
  "passkeys.get": async ({ bindings, params, now }) => {
    const user = await findUser(bindings.db, params.user);
    const [keys, invitedUntil] = await Promise.all([
      passkeysOf(bindings.db, user.id),
      invitationOf(bindings.db, user, now),
    ]);
    return { body: view(user, keys, invitedUntil) };
  },

  "passkeys.invite": async (call) => {
    const { bindings, params, body, now, author } = call;
    const user = await findUser(bindings.db, params.user);
    mayMakeAnew(call, user);
    const keys = await passkeysOf(bindings.db, user.id);
    if (workingOf(keys).length > 0)
      throwRefusal("conflict", "The person has a passkey, and adds further ones by showing it.");
    const hours = body.hours ?? INVITATION_HOURS;
    const until = now + hours * HOUR_MS;
    return {
      statements: [
        bindings.db
          .prepare(
            `INSERT INTO passkey_invitations (user_id, expires_at, invited_by, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (user_id) DO UPDATE SET expires_at = ?2, invited_by = ?3, created_at = ?4`,
          )
          .bind(user.id, until, author.actor, now),
      ],
      effects: effects("invite", user, { hours }, []),
      body: view(user, keys, until),
    };
  },

  "passkeys.reset": async (call) => {
    const { bindings, params } = call;
    const user = await findUser(bindings.db, params.user);
    mayMakeAnew(call, user);
    const keys = await passkeysOf(bindings.db, user.id);
    return {
      statements: [bindings.db.prepare("DELETE FROM passkeys WHERE user_id = ?").bind(user.id)],
      effects: effects("reset", user, { removed: keys.length }),
      body: view(user, [], await invitationOf(bindings.db, user, call.now)),
    };
  },

  "passkeys.remove": async (call) => {
    const { bindings, params } = call;
    const user = await findUser(bindings.db, params.user);
    mayMakeAnew(call, user);
    const keys = await passkeysOf(bindings.db, user.id);
    const gone = keys.find(({ id }) => id === params.passkey);
    if (!gone) throwRefusal("not_found", "The person has no such passkey.");
    return {
      statements: [
        bindings.db.prepare("DELETE FROM passkeys WHERE id = ? AND user_id = ?").bind(gone.id, user.id),
      ],
      effects: effects("remove", user, { name: gone.name, key: gone.id }),
      body: view(
        user,
        keys.filter((key) => key !== gone),
        await invitationOf(bindings.db, user, call.now),
      ),
    };
  },
};
