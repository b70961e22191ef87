import { useState } from "react";
import { call, etagOf, type RowOf } from "../api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Failure } from "../components/states.tsx";
import { useBulk } from "../lib/bulk.ts";
import { appOf } from "./session-words.ts";

type Session = RowOf<"sessions.list">;

const SCOPES = ["one", "device", "person"] as const;
type Scope = (typeof SCOPES)[number];

export interface EndSessionProps {
  readonly session: Session;
  readonly onKill: (id: string, note: string) => void;
}

/** Ends a session, and says how far that goes: an app session comes back while the sign-in lives. */
export function EndSession({ session, onKill }: EndSessionProps) {
  const [scope, setScope] = useState<Scope>("one");
  const lock = useBulk(disable);
  const confirm = (note: string) => {
    if (scope === "one") onKill(session.id, note);
    else if (scope === "device") onKill(session.parentId ?? session.id, note);
    else lock.mutate({ rows: [session.userId], note });
  };
  const isApp = session.kind === "app";
  return (
    <>
      <ConfirmButton
        label="End"
        name={`End the session of ${session.email} for ${appOf(session)}`}
        className="button danger small"
        question={`End a session of ${session.email}?`}
        onConfirm={confirm}
      >
        <fieldset>
          <legend className="hidden">How far</legend>
          <Choice
            scope="one"
            chosen={scope}
            onChoose={setScope}
            label={
              isApp
                ? `This session of ${appOf(session)}`
                : "This sign-in, and all apps that were opened by it"
            }
            says={
              isApp
                ? "They come back by opening the app again, unasked, for as long as they are signed in."
                : "They are put out on this device within a second, and may sign in again."
            }
          />
          {isApp && session.parentId !== null && (
            <Choice
              scope="device"
              chosen={scope}
              onChoose={setScope}
              label="Everything on this device"
              says="The sign-in ends with all apps that were opened by it. They may sign in again."
            />
          )}
          <Choice
            scope="person"
            chosen={scope}
            onChoose={setScope}
            label="Everything, and stop signing in"
            says="The account is disabled until somebody enables it: all sessions everywhere end."
          />
        </fieldset>
      </ConfirmButton>
      <Failure error={lock.error} />
    </>
  );
}

async function disable(user: string, note: string) {
  const params = { user };
  const before = await call("users.get", { params });
  return call("users.update", { note, params, ifMatch: etagOf(before), body: { status: "disabled" } });
}

interface Choice {
  readonly scope: Scope;
  readonly chosen: Scope;
  readonly onChoose: (scope: Scope) => void;
  readonly label: string;
  readonly says: string;
}

function Choice({ scope, chosen, onChoose, label, says }: Choice) {
  return (
    <label className="check">
      <input type="radio" checked={scope === chosen} onChange={() => onChoose(scope)} />
      <span>
        {label}
        <span className="hint">{says}</span>
      </span>
    </label>
  );
}
