import { useState } from "react";
import { useApi, useMayCall, useWrite } from "../api.ts";
import { Moment } from "../components/moment.tsx";
import { Failure, Loaded } from "../components/states.tsx";

/** The passkeys of a person, and the way to remove them: the person's recovery when all are lost. */
export function UserPasskeysCard({ user }: { readonly user: string }) {
  const keys = useApi("passkeys.get", { params: { user } });
  const remove = useWrite("passkeys.remove");
  const reset = useWrite("passkeys.reset");
  const invite = useWrite("passkeys.invite");
  const mayReset = useMayCall("passkeys.reset");
  const [isSure, setSure] = useState(false);
  return (
    <section className="card">
      <h2>Passkeys</h2>
      <Failure error={remove.error ?? reset.error ?? invite.error} />
      <Loaded query={keys}>
        {({ passkeys, invitedUntil }) => (
          <>
            {passkeys.length === 0 && <p className="muted">None. Only the person can add one.</p>}
            {invitedUntil !== null && (
              <p>
                Invited to add a first one, from everywhere, until <Moment at={invitedUntil} />.
              </p>
            )}
            {mayReset && passkeys.every(({ clonedAt }) => clonedAt !== null) && (
              <div className="actions">
                <button
                  type="button"
                  className="button plain"
                  disabled={invite.isPending}
                  onClick={() => invite.mutate({ params: { user }, body: {} })}
                >
                  {invitedUntil === null ? "Invite to add a first one" : "Invite anew for a day"}
                </button>
              </div>
            )}
            <ul>
              {passkeys.map(({ id, name, isDeviceBound, createdAt, lastUsedAt, clonedAt }) => (
                <li key={id}>
                  <strong>{name}</strong>, {isDeviceBound ? "on one device" : "may be on several devices"},
                  added <Moment at={createdAt} />
                  {lastUsedAt !== null && (
                    <>
                      , last used <Moment at={lastUsedAt} />
                    </>
                  )}
                  {clonedAt !== null && (
                    <>
                      {" "}
                      <span className="badge bad">refused: there may be a copy</span>
                    </>
                  )}
                  {mayReset && (
                    <>
                      {" "}
                      <button
                        type="button"
                        className="button plain"
                        disabled={remove.isPending}
                        onClick={() => remove.mutate({ params: { user, passkey: id } })}
                      >
                        Remove {name}
                      </button>
                    </>
                  )}
                </li>
              ))}
            </ul>
            {mayReset && passkeys.length > 0 && (
              <div className="actions">
                {isSure ? (
                  <button
                    type="button"
                    className="button danger"
                    disabled={reset.isPending}
                    onClick={() => reset.mutate({ params: { user } })}
                  >
                    Remove all and end their sessions
                  </button>
                ) : (
                  <button type="button" className="button plain" onClick={() => setSure(true)}>
                    Remove all…
                  </button>
                )}
              </div>
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}
