import { throwRefusal } from "../../platform/refused.ts";
import { passkeysOf } from "../../registry/passkeys.ts";
import type { Call, Effects, Handlers } from "../call.ts";
import { findUser } from "./users.ts";

type User = Awaited<ReturnType<typeof findUser>>;
type Key = Awaited<ReturnType<typeof passkeysOf>>[number];

const view = ({ id, email }: User, keys: readonly Key[]) => ({
  userId: id,
  email,
  passkeys: keys.map(({ id: key, name, isDeviceBound, createdAt, lastUsedAt, clonedAt }) => ({
    ...{ id: key, name, isDeviceBound, createdAt, lastUsedAt, clonedAt },
  })),
});

/** Without this check, an administrator could make an owner's second factor anew. */
function mayRemove({ caller }: Pick<Call, "caller">, { role }: User): void {
  if (role === "owner" && caller.role !== "owner")
    throwRefusal("forbidden", "Only an owner may remove passkeys of an owner.");
}

/** What was shown with a key that is gone must not go on, so the person's sessions end. */
const effects = (action: string, user: User, detail: Effects["event"]["detail"]): Effects => ({
  event: { action: `passkey.${action}`, target: user.id, detail: { email: user.email, ...detail } },
  policies: false,
  userIds: [],
  ends: [{ filter: { by: "user", id: user.id }, reason: "killed_by_admin" }],
});

export const PASSKEY_HANDLERS: Handlers<"passkeys.get" | "passkeys.reset" | "passkeys.remove"> = {
  "passkeys.get": async ({ bindings, params }) => {
    const user = await findUser(bindings.db, params.user);
    return { body: view(user, await passkeysOf(bindings.db, user.id)) };
  },

  "passkeys.reset": async (call) => {
    const { bindings, params } = call;
    const user = await findUser(bindings.db, params.user);
    mayRemove(call, user);
    const keys = await passkeysOf(bindings.db, user.id);
    return {
      statements: [bindings.db.prepare("DELETE FROM passkeys WHERE user_id = ?").bind(user.id)],
      effects: effects("reset", user, { removed: keys.length }),
      body: view(user, []),
    };
  },

  "passkeys.remove": async (call) => {
    const { bindings, params } = call;
    const user = await findUser(bindings.db, params.user);
    mayRemove(call, user);
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
      ),
    };
  },
};
