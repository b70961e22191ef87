import type { ReactNode } from "react";
import { call, etagOf, type RowOf, useApi, useWrite } from "../api.ts";
import { AllTheSame } from "../components/all-the-same.tsx";
import { useAsk } from "../components/ask.tsx";
import { SignedOut } from "../components/signed-out.tsx";
import { changesOf } from "../lib/changes.ts";
import { offerUndo } from "../lib/undo.ts";

export type User = RowOf<"users.list">;
export type UserChange = { status: User["status"] } | { role: User["role"] };

const ROLE_SAYS = {
  owner: "may do everything: change providers, make owners, publish roots of trust.",
  admin: "may change everything but owners, identity providers and roots of trust.",
  auditor: "may see everything here, and change nothing.",
  user: "may not open this hub any more. What apps they may open stays as policies say.",
} as const;

/** Changes a user after asking what can't simply be taken back, or would lock somebody out. The page renders `dialog`. */
export function useUserChange() {
  const { ask, dialog } = useAsk();
  const me = useApi("me.get", {});
  const update = useWrite("users.update");
  const change = async (user: User, body: UserChange): Promise<void> => {
    const isSelf = me.data?.user?.id === user.id;
    const question = questionOf(user, body, isSelf);
    const note = question ? await ask(question) : "";
    if (note === null) return;
    // Whoever locks out themselves was told so by the question.
    const query = isSelf && question ? { despiteLockOut: "true" as const } : {};
    update.mutate(
      { note, params: { user: user.id }, ifMatch: etagOf(user), body, query },
      {
        onSuccess: (after) =>
          isSelf || offerUndo({ says: saysDone(after, body), undo: takeBack(user, after) }),
      },
    );
  };
  const shown = (
    <>
      {dialog}
      <AllTheSame write={update} />
    </>
  );
  return { change, dialog: shown, error: update.error };
}

/** Gives a user the role or the status of before, unless somebody changed them since. */
export const takeBack =
  ({ status, role }: User, after: User) =>
  () =>
    call("users.update", {
      params: { user: after.id },
      ifMatch: etagOf(after),
      body: changesOf({ status, role }, after),
    });

function saysDone({ email, role }: User, body: UserChange): string {
  if ("role" in body) return role === null ? `${email} is no administrator now.` : `${email} is ${role} now.`;
  return body.status === "disabled" ? `${email} is disabled, and signed out.` : `${email} may sign in again.`;
}

function questionOf(user: User, body: UserChange, isSelf: boolean) {
  if ("status" in body) {
    if (body.status === "active") return null;
    return {
      question: `Disable ${user.email}?`,
      label: "Disable",
      consequence: (
        <>
          <SignedOut of={{ user: user.id }} />
          <p>
            They can’t sign in until they are enabled again, and their nodes leave the network until then.
          </p>
          {isSelf && <LockOut>You would be signed out, and could not come back by yourself.</LockOut>}
        </>
      ),
    };
  }
  const role = body.role ?? "user";
  return {
    question: `Make ${user.email} ${role === "owner" || role === "admin" || role === "auditor" ? `an ${role}` : "a mere user"}?`,
    label: "Change the role",
    consequence: (
      <>
        <p>
          {user.email} {ROLE_SAYS[role]}
        </p>
        {isSelf && <LockOut>This is your own account: you could not take it back by yourself.</LockOut>}
      </>
    ),
  };
}

function LockOut({ children }: { readonly children: ReactNode }) {
  return <p className="notice bad">{children}</p>;
}
