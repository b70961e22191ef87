import type { ReactNode } from "react";
import { etagOf, type RowOf, useApi, useWrite } from "../api.ts";
import { AllTheSame } from "../components/all-the-same.tsx";
import { useAsk } from "../components/ask.tsx";
import { SignedOut } from "../components/signed-out.tsx";

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
    update.mutate({ note, params: { user: user.id }, ifMatch: etagOf(user), body, query });
  };
  const shown = (
    <>
      {dialog}
      <AllTheSame write={update} />
    </>
  );
  return { change, dialog: shown, error: update.error };
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
